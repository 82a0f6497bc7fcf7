"""Player events as requests to analytics.trackEvent (wire, 2)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from kava_requests import ME, column, event, fields, run, sent
from made_requests import request_of

from playertrack import events
from playertrack.destinations.kaltura import (
    KAVA_IDS,
    Identity,
    KavaDestination,
    WireError,
    WireProfile,
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

# ----------------------------------------------------------------------------- ids and form


def test_every_event_of_the_table_has_its_id_and_no_other_is_sent() -> None:
    assert IDS == KAVA_IDS
    for name in events.EVENTS:
        made = request_of(KavaDestination(ME), event(name))
        if name in IDS:
            assert fields(made)["eventType"] == str(IDS[name])
        else:
            assert made is None


def test_the_form_of_the_guide() -> None:
    made = request_of(KavaDestination(ME), event("PAUSE", position=2.5))
    assert made is not None
    assert made.url == (
        "https://analytics.kaltura.com/api_v3/index.php?service=analytics&action=trackEvent"
    )
    assert made.method == "POST"
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
    mapper = KavaDestination(who, WireProfile.player_v7())
    made = request_of(mapper, event("PLAY", position=0.087377, join_time=0.021))
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
    made = request_of(KavaDestination(ME, profile), event("PAUSE"))
    assert made is not None
    authorized = KavaDestination(ME, profile).authorize(made, 'a+b"=&d')
    assert authorized.url == made.url
    as_json = made.headers["Content-Type"] == "application/json"
    read = fields_of(authorized.body, as_json)
    assert read.pop("ks") == 'a+b"=&d'
    assert read == fields_of(made.body, as_json)


def fields_of(body: bytes, as_json: bool) -> dict[str, Any]:
    return json.loads(body) if as_json else dict(parse_qsl(body.decode()))


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
    mapper = KavaDestination(ME)
    with pytest.raises(WireError, match="entry_id"):
        request_of(mapper, event("MEDIA_LOADED", entry_id=None))
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


def test_the_speed_is_sent_from_then_on_and_in_the_players_next_session() -> None:
    found = run(
        event("PLAY"),
        event("SPEED", 1, rate=1.5),
        event("PAUSE", 2),
        event("MEDIA_LOADED", 3, session="s-2"),
        event("MEDIA_LOADED", 3, session="s-3", player="another"),
    )
    assert column(found, "playbackSpeed") == ["1", "1.5", "1.5", "1.5", "1"]


@pytest.mark.parametrize(
    ("position", "duration", "reported", "kind"),
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
    position: float | None, duration: float | None, reported: str, kind: str
) -> None:
    found = run(
        event("MEDIA_LOADED", live=True), event("PAUSE", position=position, duration=duration)
    )[1]
    assert (found["position"], found["playbackType"]) == (reported, kind)
