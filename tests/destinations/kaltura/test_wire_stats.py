"""Requests to stats.collect (wire, section 1)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_requests import request_of

from playertrack import events
from playertrack.delivery import Request
from playertrack.destinations.kaltura import (
    STATS_IDS,
    Identity,
    StatsDestination,
    WireError,
    WireProfile,
)

#: As the contract has it, word for word but for what it calls by two names.
TABLE = """
WIDGET_LOADED 1 MEDIA_LOADED 2 PLAY 3 PLAY_REACHED_25 4 PLAY_REACHED_50 5 PLAY_REACHED_75 6
PLAY_REACHED_100 7 OPEN_EDIT 8 SHARE_CLICKED 9 DOWNLOAD_CLICKED 10 REPORT_CLICKED 11
BUFFER_START 12 BUFFER_END 13 OPEN_FULL_SCREEN 14 CLOSE_FULL_SCREEN 15 REPLAY 16 SEEK 17
OPEN_UPLOAD 18 SAVE_PUBLISH 19 CLOSE_EDITOR 20 PRE_BUMPER_PLAYED 21 POST_BUMPER_PLAYED 22
BUMPER_CLICKED 23 PREROLL_STARTED 24 MIDROLL_STARTED 25 POSTROLL_STARTED 26 OVERLAY_STARTED 27
PREROLL_CLICKED 28 MIDROLL_CLICKED 29 POSTROLL_CLICKED 30 OVERLAY_CLICKED 31
PREROLL_25 32 PREROLL_50 33 PREROLL_75 34 MIDROLL_25 35 MIDROLL_50 36 MIDROLL_75 37
POSTROLL_25 38 POSTROLL_50 39 POSTROLL_75 40
"""
IDS = {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", TABLE)}

ME = Identity(partner_id=102)


def event(name: str, **fields: Any) -> events.Event:
    known: dict[str, Any] = {"at": 1700000000.5, "session": "s-1", "index": 1, "entry_id": "1_abc"}
    return events.EVENTS[name](name, **(known | fields))


def request(
    what: events.Event, identity: Identity = ME, profile: WireProfile | None = None
) -> Request:
    made = request_of(StatsDestination(identity, profile), what)
    assert made is not None
    return made


def fields(made: Request) -> dict[str, str]:
    """The fields of the event, without what is around their names."""
    text = made.body.decode() if made.body else urlsplit(made.url).query
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return {name[6:].rstrip("]"): value for name, value in pairs if name.startswith("event")}


def sent(what: events.Event, identity: Identity = ME, **profile: Any) -> dict[str, str]:
    return fields(request(what, identity, WireProfile(**profile)))


def test_every_event_of_the_table_has_its_id_and_no_other_is_sent() -> None:
    assert IDS == STATS_IDS
    assert sorted(IDS.values()) == list(range(1, 41))
    mapper = StatsDestination(ME)
    for name in events.EVENTS:
        made = request_of(mapper, event(name))
        if name in IDS:
            assert made is not None
            assert fields(made)["eventType"] == str(IDS[name])
        else:
            assert made is None


def test_what_is_always_sent() -> None:
    assert list(sent(event("PLAY")).items())[:6] == [
        ("objectType", "KalturaStatsEvent"),
        ("partnerId", "102"),
        ("entryId", "1_abc"),
        ("eventType", "3"),
        ("sessionId", "s-1"),
        ("eventTimestamp", "1700000000"),
    ]
    assert set(sent(event("PLAY"))) == {
        *("objectType", "partnerId", "entryId", "eventType", "sessionId", "eventTimestamp"),
        "clientVer",
    }


def test_the_request_is_a_form_and_frozen() -> None:
    made = request(event("SEEK", index=7))
    assert made.method == "POST"
    assert dict(made.headers) == {"Content-Type": "application/x-www-form-urlencoded"}
    with pytest.raises(AttributeError):
        made.body = b""  # type: ignore[misc] # the point: it is frozen


def test_the_context_is_on_every_event() -> None:
    who = Identity(
        partner_id=102,
        entry_id="1_default",
        uiconf_id=23448255,
        referrer="kiosk://device-001",
        user_id="viewer@example.com",
        application="signage",
        context_id=77,
    )
    for name in ("PLAY", "PREROLL_STARTED"):
        found = sent(event(name, entry_id=None), who)
        assert found["entryId"] == "1_default"
        assert found["uiconfId"] == "23448255"
        assert found["referrer"] == "kiosk://device-001"
        assert found["userId"] == "viewer@example.com"
        assert found["applicationId"] == "signage"
        assert found["contextId"] == "77"
        assert "ks" not in found
    assert sent(event("PLAY"), who)["entryId"] == "1_abc"


@pytest.mark.parametrize(
    ("position", "seconds", "milliseconds"),
    [(0.0, "0", "0"), (0.999, "0", "999"), (13.531, "13", "13531"), (1.001, "1", "1001")],
)
def test_the_current_point(position: float, seconds: str, milliseconds: str) -> None:
    what = event("PLAY", position=position)
    assert sent(what)["currentPoint"] == seconds
    assert sent(what, position_unit="ms")["currentPoint"] == milliseconds


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(27.0, "27"), (12.612, "13"), (12.5, "13"), (12.499, "12"), (None, None)],
)
def test_the_duration(duration: float | None, expected: str | None) -> None:
    assert sent(event("PLAY", duration=duration)).get("duration") == expected


def test_the_duration_of_live_media_is_left_out_in_the_whole_session_and_its_replay() -> None:
    mapper = StatsDestination(ME)
    for what in (
        event("MEDIA_LOADED", live=True, duration=100.0),
        event("PLAY", duration=100.0),
        event("REPLAY", session="s-2", previous_session="s-1", duration=100.0),
        event("PLAY", session="s-2", duration=100.0),
    ):
        made = request_of(mapper, what)
        assert made is not None
        assert "duration" not in fields(made)
    for what in (
        event("MEDIA_LOADED", session="s-3", duration=100.0),
        event("REPLAY", session="s-4", previous_session="s-3", duration=100.0),
        event("REPLAY", session="s-5", previous_session="unknown", duration=100.0),
    ):
        made = request_of(mapper, what)
        assert made is not None
        assert fields(made)["duration"] == "100"


def test_seek_is_true_from_the_first_seek_of_the_session_on() -> None:
    mapper = StatsDestination(ME)
    names = ["PLAY", "SEEK", "BUFFER_START", "PLAY_REACHED_25"]
    found = [request_of(mapper, event(name)) for name in names]
    other = request_of(mapper, event("PLAY", session="s-2"))
    assert [fields(made).get("seek") for made in (*found, other) if made] == [
        *(None, "true", "true", "true"),
        None,
    ]


def test_control_characters_go_and_commas_do_not_corrupt_the_log() -> None:
    who = Identity(partner_id=1, user_id="a,\x00b\x1f\x7f\x85c\ud800\ufffe", referrer="x://a,b")
    found = sent(event("PLAY", entry_id="1_\na,b", session="s"), who)
    assert found["userId"] == "a~bc"
    assert found["referrer"] == "x://a~b"
    assert found["entryId"] == "1_a~b"


def test_what_is_special_to_forms_arrives_as_it_is() -> None:
    who = Identity(partner_id=1, user_id="ä&b=c[d] +%:日本🙂")
    assert sent(event("PLAY"), who)["userId"] == "ä&b=c[d] +%:日本🙂"


def test_the_referrer_is_cut() -> None:
    who = Identity(partner_id=1, referrer="https://host/" + "ä" * 300)
    assert sent(event("PLAY"), who)["referrer"] == ("https://host/" + "ä" * 300)[:255]


@pytest.mark.parametrize(
    "wrong",
    [
        {"partner_id": 0},
        {"partner_id": -1},
        {"partner_id": "abc"},
        {"partner_id": 1.5},
        {"partner_id": True},
        {"partner_id": None},
        {"partner_id": 1, "uiconf_id": -1},
        {"partner_id": 1, "context_id": "x"},
        {"partner_id": 1, "user_id": 5},
        {"partner_id": 1, "custom_vars": ("a", "b", "c", "d")},
        {"partner_id": 1, "custom_vars": "abc"},
    ],
)
def test_a_bad_identity_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(WireError) as refused:
        Identity(**wrong)
    assert refused.value.field == list(wrong)[-1]


def test_whole_numbers_may_come_as_text() -> None:
    assert Identity(partner_id="102", uiconf_id="7") == Identity(partner_id=102, uiconf_id=7)


@pytest.mark.parametrize("nothing", [None, "", "\x00"])
def test_an_event_of_no_entry_is_refused(nothing: str | None) -> None:
    with pytest.raises(WireError) as refused:
        request_of(StatsDestination(ME), event("WIDGET_LOADED", entry_id=nothing))
    assert refused.value.field == "entry_id"


def test_an_unmapped_event_needs_no_entry() -> None:
    assert request_of(StatsDestination(ME), event("PAUSE", entry_id=None)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "www.kaltura.com",
        "ftp://host",
        "https://",
        "https://me:secret@host/",
        "https://h?x=1",
        "https://h/ x",
        "https://h:port",
        "https://[::1",
        None,
    ],
)
def test_a_bad_address_is_refused_without_showing_it(wrong: Any) -> None:
    with pytest.raises(WireError) as refused:
        StatsDestination(ME, url=wrong)
    assert refused.value.field == "service_url"
    assert "secret" not in f"{refused.value} {refused.value!r}"


def test_legacy_sends_what_the_old_players_sent() -> None:
    made = request(event("PLAY", position=13.531, duration=27.2), profile=WireProfile.legacy())
    assert (made.method, made.headers, made.body) == ("GET", {}, b"")
    address = urlsplit(made.url)
    assert address.path == "/api_v3/index.php"
    pairs = dict(parse_qsl(address.query))
    assert pairs.pop("event:clientVer")
    assert pairs == {
        "service": "stats",
        "action": "collect",
        "format": "1",
        "event:objectType": "KalturaStatsEvent",
        "event:partnerId": "102",
        "event:entryId": "1_abc",
        "event:eventType": "3",
        "event:sessionId": "s-1",
        "event:eventTimestamp": "1700000000500",
        "event:currentPoint": "13531",
        "event:duration": "27",
        "event:uiconfId": "0",
    }


def test_the_ks_is_attached_last_and_nowhere_else() -> None:
    for profile in (WireProfile(), WireProfile.legacy()):
        made = request(event("PLAY"), profile=profile)
        destination = StatsDestination(ME, profile)
        authorized = destination.authorize(made, "a+b/c=&d")
        text = authorized.body.decode() or urlsplit(authorized.url).query
        assert ("ks", "a+b/c=&d") in parse_qsl(text)
        without = [pair for pair in parse_qsl(text) if pair[0] != "ks"]
        assert without == parse_qsl(made.body.decode() or urlsplit(made.url).query)
        assert destination.authorize(made, None) == destination.authorize(made, "") == made


def test_a_profile_of_unknown_words_is_refused() -> None:
    with pytest.raises(WireError) as refused:
        WireProfile(timestamp_unit="h")
    assert refused.value.field == "timestamp_unit"


def test_the_key_of_an_identity_is_of_whose_ks_it_is() -> None:
    one = Identity(partner_id=1, application="a", referrer="x://1")
    assert one.key == Identity(partner_id=1, application="a", referrer="x://2").key
    others = [
        Identity(partner_id=2, application="a"),
        Identity(partner_id=1, application="b"),
        Identity(partner_id=1, application="a", user_id="u"),
        Identity(partner_id=1, application="a", name="second"),
    ]
    assert len({one.key, *(each.key for each in others)}) == 5


@given(
    st.text(min_size=1),
    st.floats(allow_nan=False, min_value=-1e12, max_value=1e12),
    st.none() | st.floats(min_value=0, max_value=1e9),
)
def test_whatever_the_event_holds_there_is_a_form_or_a_reason(
    text: str, at: float, seconds: float | None
) -> None:
    who = Identity(partner_id=1, user_id=text, referrer=text)
    what = event("SEEK", at=at, position=seconds, duration=seconds, entry_id=f"1{text}")
    for profile in (WireProfile(), WireProfile.legacy()):
        found = fields(request(what, who, profile))
        assert int(found["eventTimestamp"]) <= at * 1000 or at < 0
        for value in found.values():
            assert "," not in value
            assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in value)
