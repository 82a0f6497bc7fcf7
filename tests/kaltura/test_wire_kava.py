"""Requests to analytics.trackEvent (wire, sections 2 and 3)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import events
from playertrack.kaltura import (
    KAVA_IDS,
    ApplicationMapper,
    Identity,
    KavaMapper,
    Request,
    WireError,
    WireProfile,
    attach_ks,
)

TABLE = """
MEDIA_LOADED 1 PLAY_REQUEST 2 PLAY 3 RESUME 4
PLAY_REACHED_25 11 PLAY_REACHED_50 12 PLAY_REACHED_75 13 PLAY_REACHED_100 14
SHARE_CLICKED 21 DOWNLOAD_CLICKED 23 REPORT_CLICKED 24
OPEN_FULL_SCREEN 31 CLOSE_FULL_SCREEN 32 PAUSE 33 REPLAY 34 SEEK 35 RELATED_CLICKED 36
CAPTIONS 38 SOURCE_SELECTED 39 INFO_CLICKED 40 SPEED 41 AUDIO_SELECTED 42 FLAVOR_SWITCH 43
BUFFER_START 45 BUFFER_END 46 ERROR 98 VIEW 99
"""
IDS = {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", TABLE)}

ME = Identity(partner_id=102)


def event(name: str, at: float = 0.0, **fields: Any) -> events.Event:
    known: dict[str, Any] = {"session": "s-1", "index": 1, "entry_id": "1_abc"}
    return events.EVENTS[name](name, at=1700000000.0 + at, **(known | fields))


def fields(made: Request | None) -> dict[str, Any]:
    """What the server reads, as text; from the form, or from the query and the JSON."""
    assert made is not None
    query = dict(parse_qsl(urlsplit(made.url).query))
    if made.form == "json":
        body = json.loads(made.body)
    else:
        pairs = parse_qsl(made.body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs)
        body = dict(pairs)
    assert not query.keys() & body.keys()
    found: dict[str, Any] = query | body
    return found


def sent(what: events.Event, identity: Identity = ME) -> dict[str, Any]:
    return fields(KavaMapper(identity).request(what))


def run(*story: events.Event, mapper: KavaMapper | None = None) -> list[dict[str, Any]]:
    """What is sent of a story."""
    mapper = mapper or KavaMapper(ME)
    return [fields(made) for what in story if (made := mapper.request(what))]


def column(found: list[dict[str, Any]], name: str) -> list[Any]:
    return [each.get(name) for each in found]


# ----------------------------------------------------------------------------- ids and form


def test_every_event_of_the_table_has_its_id_and_no_other_is_sent() -> None:
    assert IDS == KAVA_IDS
    for name in events.EVENTS:
        made = KavaMapper(ME).request(event(name))
        if name in IDS:
            assert fields(made)["eventType"] == str(IDS[name])
        else:
            assert made is None


def test_the_form_of_the_guide() -> None:
    made = KavaMapper(ME).request(event("PAUSE", position=2.5))
    assert made is not None
    assert made.url == (
        "https://analytics.kaltura.com/api_v3/index.php?service=analytics&action=trackEvent"
    )
    assert (made.method, made.destination, made.lane) == ("POST", "kava", "s-1")
    assert dict(made.headers) == {"Content-Type": "application/x-www-form-urlencoded"}
    found = fields(made)
    assert found.pop("clientVer") == found.pop("clientTag")
    assert found == {
        "service": "analytics",
        "action": "trackEvent",
        "format": "1",
        "eventType": "33",
        "partnerId": "102",
        "entryId": "1_abc",
        "sessionId": "s-1",
        "eventIndex": "1",
        "position": "2.5",
        "playbackType": "vod",
        "playbackSpeed": "1",
        "deliveryType": "url",
    }
    assert b"timestamp" not in made.body.lower()


def test_the_form_of_player_v7() -> None:
    who = Identity(partner_id=102, uiconf_id=202, referrer="http://localhost/page.html")
    mapper = KavaMapper(who, WireProfile.player_v7())
    made = mapper.request(event("PLAY", position=0.087377, join_time=0.021))
    assert made is not None
    assert made.method == "POST"
    assert dict(made.headers) == {"Content-Type": "application/json"}
    assert list(dict(parse_qsl(urlsplit(made.url).query)).items()) == [
        ("service", "analytics"),
        ("action", "trackEvent"),
        ("eventType", "3"),
        ("partnerId", "102"),
        ("entryId", "1_abc"),
        ("sessionId", "s-1"),
    ]
    body = json.loads(made.body)
    assert body.pop("clientVer") == body.pop("clientTag")
    assert body == {
        "apiVersion": "3.3.0",
        "format": 1,
        "eventIndex": 1,
        "position": 0.087377,
        "playbackType": "vod",
        "playbackSpeed": 1.0,
        "joinTime": 0.021,
        "bufferTime": 0,
        "bufferTimeSum": 0.0,
        "actualBitrate": -1,
        "deliveryType": "url",
        "referrer": "http://localhost/page.html",
        "uiConfId": 202,
    }


@pytest.mark.parametrize("profile", [WireProfile(), WireProfile.player_v7()])
def test_the_ks_is_attached_last_and_goes_into_the_body(profile: WireProfile) -> None:
    made = KavaMapper(ME, profile).request(event("PAUSE"))
    assert made is not None
    url, body = attach_ks(made, 'a+b"=&d')
    assert url == made.url
    read = json.loads(body) if made.form == "json" else dict(parse_qsl(body.decode()))
    assert read.pop("ks") == 'a+b"=&d'
    before = json.loads(made.body) if made.form == "json" else dict(parse_qsl(made.body.decode()))
    assert read == before


def test_the_context_is_on_every_event() -> None:
    who = Identity(
        partner_id=102,
        uiconf_id=7,
        user_id="u",
        referrer="kiosk://device-001",
        application="signage",
        kaltura_application="events-portal",
        context_id=5,
        virtual_event_id="42",
        custom_vars=("one", None, "three"),
        delivery_type="hls",
    )
    found = sent(event("PAUSE"), who)
    assert {
        "uiConfId": "7",
        "userId": "u",
        "referrer": "kiosk://device-001",
        "application": "signage",
        "kalturaApplication": "events-portal",
        "playbackContext": "5",
        "virtualEventId": "42",
        "customVar1": "one",
        "customVar3": "three",
        "deliveryType": "hls",
    }.items() <= found.items()
    assert "customVar2" not in found
    assert "uiconfId" not in found


def test_an_event_of_no_entry_is_refused_and_does_not_count() -> None:
    mapper = KavaMapper(ME)
    with pytest.raises(WireError, match="entry_id"):
        mapper.request(event("MEDIA_LOADED", entry_id=None))
    assert run(event("PLAY_REQUEST"), mapper=mapper)[0]["eventIndex"] == "1"


# ------------------------------------------------------------------- the fields of each event


def test_fields_of_play() -> None:
    found = run(
        event("FLAVOR_SWITCH", bitrate=390.625), event("PLAY", 1, join_time=0.021, position=0.0)
    )[1]
    assert (found["joinTime"], found["bufferTime"], found["bufferTimeSum"]) == ("0.021", "0", "0")
    assert found["actualBitrate"] == "390.625"


def test_fields_of_seek_and_full_screen_and_captions() -> None:
    assert sent(event("SEEK", target=8.4, position=8.4))["targetPosition"] == "8.4"
    assert sent(event("OPEN_FULL_SCREEN"))["screenMode"] == "2"
    assert sent(event("CLOSE_FULL_SCREEN"))["screenMode"] == "1"
    assert sent(event("CAPTIONS", language="he"))["caption"] == "he"
    assert sent(event("CAPTIONS", language=None))["caption"] == "off"
    assert sent(event("AUDIO_SELECTED", language="en"))["language"] == "en"
    assert sent(event("FLAVOR_SWITCH", bitrate=800))["actualBitrate"] == "800"
    assert sent(event("SOURCE_SELECTED", bitrate=None))["actualBitrate"] == "-1"


def test_where_an_error_was() -> None:
    error: dict[str, Any] = {"code": "3022", "message": "no, \x00not there"}
    found = run(
        event("ERROR", **error),
        event("PLAY_REQUEST"),
        event("ERROR", **error),
        event("PLAY"),
        event("ERROR", **error),
    )
    assert column(found, "errorPosition") == ["3", None, "1", None, "2"]
    assert found[0]["errorCode"] == "3022"
    assert found[0]["errorDetails"] == "no, not there"


def test_the_speed_is_told_from_then_on_and_in_the_players_next_session() -> None:
    found = run(
        event("PLAY"),
        event("SPEED", 1, rate=1.5),
        event("PAUSE", 2),
        event("MEDIA_LOADED", 3, session="s-2"),
        event("MEDIA_LOADED", 3, session="s-3", player="another"),
    )
    assert column(found, "playbackSpeed") == ["1", "1.5", "1.5", "1.5", "1"]


@pytest.mark.parametrize(
    ("position", "duration", "told", "kind"),
    [
        (100.0, 300.0, "-200", "dvr"),
        (200.0, 300.0, "-100", "live"),
        (299.5, 300.0, "0", "live"),
        (300.5, 300.0, "0", "live"),
        (12.0, None, "0", "live"),
        (None, 50.0, "-50", "live"),
    ],
)
def test_the_position_of_live_media_is_behind_the_edge(
    position: float | None, duration: float | None, told: str, kind: str
) -> None:
    found = run(
        event("MEDIA_LOADED", live=True), event("PAUSE", position=position, duration=duration)
    )[1]
    assert (found["position"], found["playbackType"]) == (told, kind)


# --------------------------------------------------------------- index, sums, the 30 s rule


def view(at: float, play_time: float = 10.0, buffer_time: float = 0.0) -> events.Event:
    return event("VIEW", at, play_time=play_time, buffer_time=buffer_time)


def test_the_index_counts_what_is_sent() -> None:
    found = run(
        event("WIDGET_LOADED"),
        event("MEDIA_LOADED"),
        event("PLAY_REQUEST"),
        event("PLAY"),
        event("FIRST_PLAY"),
        event("PREROLL_STARTED"),
        event("PAUSE"),
        event("MEDIA_LOADED", session="s-2"),
    )
    assert column(found, "eventIndex") == ["1", "2", "3", "4", "1"]


def test_the_sums_of_views() -> None:
    found = run(view(0, 0.0), view(10), view(20.5, buffer_time=0.5), view(30.75, 10.0, 0.25))
    assert column(found, "playTimeSum") == ["0", "10", "20", "30"]
    assert column(found, "bufferTime") == ["0", "0", "0.5", "0.25"]
    assert column(found, "bufferTimeSum") == ["0", "0", "0.5", "0.75"]


def test_the_server_forgets_a_session_without_views_for_30_seconds() -> None:
    found = run(
        event("PLAY"),
        view(0, 0.0),
        view(10, buffer_time=1.0),
        event("PAUSE", 12),
        event("SHARE_CLICKED", 40),  # 30 s: not yet
        event("RESUME", 40.5),
        event("CAPTIONS", 75, language="en"),  # what was forgotten stays so
        view(76, buffer_time=0.25),
        view(86),
    )
    assert column(found, "eventIndex") == ["1", "2", "3", "4", "5", "1", "2", "3", "4"]
    assert column(found, "playTimeSum")[-2:] == ["10", "20"]
    assert column(found, "bufferTimeSum")[-2:] == ["0.25", "0.25"]


def test_before_the_first_view_there_is_nothing_to_forget() -> None:
    found = run(event("MEDIA_LOADED"), event("PLAY_REQUEST", 3600), event("PLAY", 3601))
    assert column(found, "eventIndex") == ["1", "2", "3"]


def test_the_average_bitrate_is_over_the_time_of_playback() -> None:
    found = run(
        event("FLAVOR_SWITCH", 0, bitrate=1000),
        event("PLAY", 5),
        event("FLAVOR_SWITCH", 11, bitrate=3000),
        view(15),
        event("PAUSE", 15),
        event("RESUME", 25),
        view(35),
    )
    assert found[3]["averageBitrate"] == "1800"
    assert found[-1]["averageBitrate"] == "2400"
    assert run(event("PLAY"), view(10))[1]["averageBitrate"] == "0"


def test_a_replay_goes_on_with_the_bitrate_and_the_kind_of_media() -> None:
    found = run(
        event("MEDIA_LOADED", live=True),
        event("FLAVOR_SWITCH", bitrate=800),
        event("PLAY"),
        event("REPLAY", 5, session="s-2", previous_session="s-1"),
        event("PLAY", 5, session="s-2"),
        event("MEDIA_LOADED", 6, session="s-3"),
        event("PLAY", 6, session="s-3"),
    )
    assert column(found, "actualBitrate") == [None, "800", "800", None, "800", None, "-1"]
    assert column(found, "playbackType") == ["live"] * 5 + ["vod"] * 2


def test_the_sound_is_what_the_mapper_was_told() -> None:
    mapper = KavaMapper(ME)
    assert run(view(0), mapper=mapper)[0]["soundMode"] == "2"
    mapper.muted = True
    assert run(view(1), mapper=mapper)[0]["soundMode"] == "1"


# ---------------------------------------------------------------------------- what is answered


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (b'{"time": 1700000123.5, "viewEventsEnabled": true}', "1700000123.5"),
        (b"1700000123", "1700000123"),
        (b'"1700000123"', "1700000123"),
        (b"<html>", None),
        (b"null", None),
        (b"true", None),
        (b'{"objectType": "KalturaAPIException", "code": "X", "time": 5}', None),
    ],
)
def test_the_time_of_the_first_answer_is_told_from_then_on(first: bytes, told: str | None) -> None:
    mapper = KavaMapper(ME)
    assert "sessionStartTime" not in run(event("PLAY"), mapper=mapper)[0]
    mapper.answered("s-1", first)
    mapper.answered("another", b"5")
    found = run(event("PAUSE"), event("RESUME"), mapper=mapper)
    assert column(found, "sessionStartTime") == [told, told]
    if told is not None:
        mapper.answered("s-1", b"99")
        assert run(event("PAUSE"), mapper=mapper)[0]["sessionStartTime"] == told


def test_views_stop_for_the_session_when_they_are_not_wanted() -> None:
    mapper = KavaMapper(ME)
    mapper.answered("s-1", b'{"time": 5, "viewEventsEnabled": false}')
    found = run(event("PLAY"), view(0), view(10), event("PAUSE", 11), mapper=mapper)
    assert column(found, "eventType") == ["3", "33"]
    assert column(found, "eventIndex") == ["1", "2"]
    other = event("VIEW", session="s-2", play_time=10.0)
    assert run(other, mapper=mapper)[0]["eventType"] == "99"


# ----------------------------------------------------------------------------- the application


def test_a_funnel_of_an_application() -> None:
    who = Identity(partner_id=102, kaltura_application="portal", user_id="u", referrer="app://x")
    mapper = ApplicationMapper(who)
    page = mapper.page("keynote", "session", at=1.0, entry_id="1_abc")
    button = mapper.button(
        *("watch", "cta"), at=2.0, page_name="keynote", page_type="session", session="s-1"
    )
    assert fields(page) == {
        "service": "analytics",
        "action": "trackEvent",
        "format": "1",
        "eventType": "10003",
        "partnerId": "102",
        "entryId": "1_abc",
        "kalturaApplication": "portal",
        "pageType": "session",
        "pageName": "keynote",
        "userId": "u",
        "referrer": "app://x",
    }
    assert fields(button)["eventType"] == "10002"
    assert fields(button)["buttonType"] == "cta"
    assert fields(button)["buttonName"] == "watch"
    assert fields(button)["pageName"] == "keynote"
    assert fields(button)["sessionId"] == "s-1"
    assert (page.index, button.index) == (1, 2)
    assert (page.destination, button.lane) == ("kava", "s-1")
    assert page.lane not in ("", "s-1")


@pytest.mark.parametrize("wrong", [5, b"x", ["x"]])
def test_a_name_that_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(WireError, match="buttonName"):
        ApplicationMapper(ME).button(wrong, at=0.0)
    with pytest.raises(WireError, match="pageType"):
        ApplicationMapper(ME).page("a", wrong, at=0.0)


# ------------------------------------------------------------------------------- any story


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(events.EVENTS)),
            st.floats(0, 50),
            st.sampled_from(["s-1", "s-2"]),
        ),
        max_size=40,
    )
)
def test_in_any_story_the_index_goes_up_by_one_or_begins_anew(
    story: list[tuple[str, float, str]],
) -> None:
    mapper = KavaMapper(ME)
    last = {"s-1": 0, "s-2": 0}
    at = 0.0
    for name, later, session in story:
        at += later
        made = mapper.request(event(name, at, session=session, position=1.0))
        if made is None:
            continue
        index = int(fields(made)["eventIndex"])
        assert index in (last[session] + 1, 1)
        last[session] = index


def test_sessions_of_long_ago_are_forgotten() -> None:
    mapper = KavaMapper(ME)
    run(event("MEDIA_LOADED"), mapper=mapper)
    for n in range(10_000):
        mapper.request(event("MEDIA_LOADED", session=f"other-{n}", player=f"{n}"))
    assert run(event("PLAY_REQUEST"), mapper=mapper)[0]["eventIndex"] == "1"
    assert run(event("PLAY_REQUEST", session="other-9999"), mapper=mapper)[0]["eventIndex"] == "2"
