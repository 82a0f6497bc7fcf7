"""The requests of each destination, byte by byte or field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from playertrack.delivery import Answer, Destination, Kind
from playertrack.destinations.http import (
    CloudEventsDestination,
    HttpDestination,
    NdjsonDestination,
)
from playertrack.destinations.segment import ADS, CONTENT, PLAYBACK, SegmentDestination
from playertrack.destinations.xapi import XapiDestination, statement_id
from playertrack.events import EVENTS, Event

URL = "https://example.com/in"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER_ID", "ANONYMOUS_ID", "XAPI_USER", "XAPI_PASSWORD", "HTTP_TOKEN"):
        monkeypatch.delenv(f"PLAYERTRACK_{name}", raising=False)


def event(name: str, index: int = 7, **fields: Any) -> Event:
    known: dict[str, Any] = {
        "at": 1_700_000_000.25 + index,
        "session": "s-1",
        "index": index,
        "entry_id": "1_abc",
        "player": "lobby 1",
        "position": 12.75,
        "duration": 60.0,
    }
    return EVENTS[name](name, **(known | fields))


def item_of(destination: Destination, what: Event) -> Any:
    item = destination.encode(what)
    assert item is not None
    return json.loads(item)


# ------------------------------------------------------------------------------------ http

LINE = (
    b'{"event": "PAUSE", "at": 1700000007.25, "player": "lobby 1", "session": "s-1", "index": 7, '
    b'"entry_id": "1_abc", "position": 12.75, "duration": 60.0, "id": "s-1:7"}'
)


def test_http_posts_an_array() -> None:
    http = HttpDestination(URL)
    item = http.encode(event("PAUSE"))
    assert item == LINE
    made = http.request([item, item])
    assert (made.method, made.url) == ("POST", URL)
    assert made.headers == {"Content-Type": "application/json"}
    assert made.body == b"[" + LINE + b"," + LINE + b"]"


def test_ndjson_posts_lines() -> None:
    ndjson = NdjsonDestination(URL)
    made = ndjson.request([LINE, LINE])
    assert made.headers == {"Content-Type": "application/x-ndjson"}
    assert made.body == LINE + b"\n" + LINE + b"\n"


def test_cloudevents_are_read_by_the_official_sdk() -> None:
    destination = CloudEventsDestination(URL)
    items = []
    for name in EVENTS:
        item = destination.encode(event(name))
        assert item is not None
        items.append(item)
    made = destination.request(items)
    assert made.headers == {"Content-Type": "application/cloudevents-batch+json"}
    for name, each in zip(EVENTS, json.loads(made.body), strict=True):
        read = JSONFormat().read(CloudEvent, json.dumps(each))
        assert read.get_specversion() == "1.0"
        assert read.get_id() == "s-1:7"
        assert read.get_source() == "playertrack:lobby%201"
        assert read.get_type() == f"playertrack.{name}"
        assert read.get_subject() == "1_abc"
        assert read.get_datacontenttype() == "application/json"
        time = read.get_time()
        assert time is not None and time.timestamp() == 1_700_000_007.25
        data = read.get_data()
        assert isinstance(data, dict)
        assert (data["event"], data["session"], data["index"]) == (name, "s-1", 7)
        assert "id" not in data


def test_cloudevents_of_nobody_and_nothing_are_valid_too() -> None:
    item = item_of(CloudEventsDestination(URL), event("ERROR", player=None, entry_id=None, at=1e18))
    read = JSONFormat().read(CloudEvent, json.dumps(item))
    assert (read.get_source(), read.get_subject()) == ("playertrack:", None)
    assert "time" not in item


# --------------------------------------------------------------------------------- segment


def call_of(what: Event) -> Any:
    return item_of(SegmentDestination(URL), what)


def test_segment_posts_tracks_to_the_batch_call() -> None:
    segment = SegmentDestination(f"{URL}/")
    made = segment.request([b"{}", b"{}"])
    assert (made.method, made.url) == ("POST", f"{URL}/v1/batch")
    assert made.body == b'{"batch":[{},{}]}'
    authorized = segment.authorize(made, "write-key")
    assert authorized.headers["Authorization"] == "Basic d3JpdGUta2V5Og=="
    assert authorized.body == made.body


def test_a_track_of_segment() -> None:
    assert call_of(event("PLAY_REQUEST")) == {
        "type": "track",
        "messageId": "s-1:7",
        "anonymousId": "lobby 1",
        "event": "Video Playback Started",
        "properties": {
            "session_id": "s-1",
            "position": 12,
            "total_length": 60,
            "content_asset_ids": ["1_abc"],
        },
        "timestamp": "2023-11-14T22:13:27.250Z",
    }


@pytest.mark.parametrize("name", EVENTS)
def test_what_has_no_name_in_the_video_spec_is_unmapped(name: str) -> None:
    known = name in PLAYBACK or name in CONTENT or name in ADS
    assert (SegmentDestination(URL).encode(event(name)) is not None) == known


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PAUSE", "Video Playback Paused"),
        ("RESUME", "Video Playback Resumed"),
        ("SEEK", "Video Playback Seek Completed"),
        ("BUFFER_START", "Video Playback Buffer Started"),
        ("BUFFER_END", "Video Playback Buffer Completed"),
        ("ERROR", "Video Playback Interrupted"),
    ],
)
def test_playback_events_of_segment(name: str, expected: str) -> None:
    call = call_of(event(name))
    assert call["event"] == expected
    assert call["properties"]["content_asset_id"] == "1_abc"
    assert call["properties"].get("seek_position") == (12 if name == "SEEK" else None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PLAY", "Video Content Started"),
        ("VIEW", "Video Content Playing"),
        ("PLAY_REACHED_25", "Video Content Playing"),
        ("PLAY_REACHED_75", "Video Content Playing"),
        ("PLAY_REACHED_100", "Video Content Completed"),
    ],
)
def test_content_events_of_segment(name: str, expected: str) -> None:
    call = call_of(event(name))
    assert (call["event"], call["properties"]["asset_id"]) == (expected, "1_abc")


def test_ads_of_segment() -> None:
    started, playing = call_of(event("MIDROLL_STARTED")), call_of(event("PREROLL_50"))
    assert started["event"] == "Video Ad Started"
    assert started["properties"] == {
        "type": "mid-roll",
        "content": {"asset_id": "1_abc"},
        "session_id": "s-1",
        "position": None,
        "total_length": None,
    }
    assert playing["event"] == "Video Ad Playing"
    assert playing["properties"]["quartile"] == 2


def test_live_streams_of_segment_have_no_length_also_in_another_process() -> None:
    first = SegmentDestination(URL)
    first.encode(event("MEDIA_LOADED", 1, live=True))
    item = first.encode(event("PAUSE"))
    assert item is not None and json.loads(item)["properties"]["total_length"] is None
    second = SegmentDestination(URL)
    second.sessions.recall = {"s-1": first.sessions.note("s-1")}.get
    assert item_of(second, event("RESUME"))["properties"]["total_length"] is None
    replay = event("REPLAY", 1, session="s-2", previous_session="s-1")
    second.encode(replay)
    again = item_of(second, event("PLAY", 2, session="s-2"))
    assert again["properties"]["total_length"] is None
    assert again["properties"]["livestream"] is True


def test_who_watches_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call_of(event("PAUSE", player=None))["anonymousId"] == "s-1"
    monkeypatch.setenv("PLAYERTRACK_ANONYMOUS_ID", "somebody")
    assert call_of(event("PAUSE"))["anonymousId"] == "somebody"
    monkeypatch.setenv("PLAYERTRACK_USER_ID", "u-1")
    call = call_of(event("PAUSE"))
    assert call["userId"] == "u-1"
    assert "anonymousId" not in call
    assert item_of(XapiDestination(URL), event("PAUSE"))["actor"]["account"]["name"] == "u-1"


def test_an_event_that_segment_would_refuse_for_its_length_is_refused_here() -> None:
    with pytest.raises(ValueError, match="32768"):
        SegmentDestination(URL).encode(event("ERROR", code="x" * 40_000))


# ------------------------------------------------------------------------------------ xapi

EXTENSION = "https://w3id.org/xapi/video/extensions/"


def story() -> list[Event]:
    return [
        event("WIDGET_LOADED", 1, position=None, duration=None),
        event("MEDIA_LOADED", 2, position=0.0),
        event("PLAY", 3, position=0.0),
        event("SEEK", 13, position=40.0, origin=10.0, target=40.0),
        event("PAUSE", 23, position=50.0),
        event("RESUME", 30, position=50.0),
        event("PLAY_REACHED_100", 40, position=60.0),
    ]


def statements(*events: Event) -> list[Any]:
    xapi = XapiDestination(URL)
    return [json.loads(item) for each in events if (item := xapi.encode(each)) is not None]


def test_xapi_posts_statements() -> None:
    made = XapiDestination(URL).request([b"{}", b"{}"])
    assert (made.method, made.url, made.body) == ("POST", f"{URL}/statements", b"[{},{}]")
    assert made.headers["X-Experience-API-Version"] == "1.0.3"
    authorized = XapiDestination(URL).authorize(made, "user:password")
    assert authorized.headers["Authorization"] == "Basic dXNlcjpwYXNzd29yZA=="


def test_the_statements_of_a_session() -> None:
    found = statements(*story())
    verbs = [each["verb"]["id"].rpartition("/")[2] for each in found]
    assert verbs == ["initialized", "played", "seeked", "paused", "played", "paused"]
    assert [each["id"] for each in found] == [
        statement_id("s-1", index) for index in (2, 3, 13, 23, 30, 40)
    ]
    assert {each["context"]["extensions"][f"{EXTENSION}session-id"] for each in found} == {
        found[0]["id"]
    }
    assert found[3] == {
        "id": statement_id("s-1", 23),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": "https://example.com", "name": "lobby 1"},
        },
        "verb": {
            "id": "https://w3id.org/xapi/video/verbs/paused",
            "display": {"en-US": "paused"},
        },
        "object": {
            "objectType": "Activity",
            "id": "playertrack:1_abc",
            "definition": {
                "type": "https://w3id.org/xapi/video/activity-type/video",
                "name": {"und": "1_abc"},
            },
        },
        "result": {
            "extensions": {
                f"{EXTENSION}time": 50.0,
                f"{EXTENSION}progress": 0.333,
                f"{EXTENSION}played-segments": "0[.]10[,]40[.]50",
            }
        },
        "context": {
            "contextActivities": {"category": [{"id": "https://w3id.org/xapi/video"}]},
            "extensions": {
                f"{EXTENSION}session-id": statement_id("s-1", 2),
                f"{EXTENSION}length": 60.0,
            },
        },
        "timestamp": "2023-11-14T22:13:43.250Z",
    }
    sought = found[2]["result"]["extensions"]
    assert (sought[f"{EXTENSION}time-from"], sought[f"{EXTENSION}time-to"]) == (10.0, 40.0)


def test_completed_is_said_only_of_what_was_watched_as_a_whole() -> None:
    whole = [event("MEDIA_LOADED", 1), event("PLAY", 2, position=0.0)]
    whole += [event("PLAY_REACHED_100", 62, position=60.0)]
    *_, last = statements(*whole)
    assert last["verb"]["id"] == "http://adlnet.gov/expapi/verbs/completed"
    assert (last["result"]["completion"], last["result"]["duration"]) == (True, "PT60.00S")
    assert last["result"]["extensions"][f"{EXTENSION}progress"] == 1.0
    *_, parted = statements(*story())
    assert "completion" not in parted["result"]


def test_a_session_is_initialized_once_by_what_comes_first() -> None:
    again = {"session": "s-2", "position": 0.0}
    found = statements(
        event("REPLAY", 1, previous_session="s-1", **again), event("MEDIA_LOADED", 2, **again)
    )
    assert [each["id"] for each in found] == [statement_id("s-2", 1)]


def test_no_null_is_anywhere() -> None:
    nothing: dict[str, Any] = {"player": None, "entry_id": None, "position": None, "duration": None}
    for name in EVENTS:
        for each in statements(event(name, **nothing)):
            assert "null" not in json.dumps(each)


def test_another_process_goes_on_with_what_was_played() -> None:
    first, second = XapiDestination(URL), XapiDestination(URL)
    for each in story()[:4]:
        first.encode(each)
    second.sessions.recall = {"s-1": first.sessions.note("s-1")}.get
    item = second.encode(story()[4])
    assert item is not None
    assert json.loads(item) == statements(*story())[3]


def test_a_statement_that_is_there_already_is_delivered() -> None:
    xapi = XapiDestination(URL)
    conflict = Answer(409, {}, b"")
    assert xapi.judge(conflict, [b"{}"]).kind is Kind.DELIVERED
    assert xapi.judge(conflict, [b"{}", b"{}"]).kind is Kind.REJECTED


@pytest.mark.parametrize("entry", ["https://example.com/v/1", "urn:isan:0000-0001"])
def test_an_entry_that_is_an_iri_stays_one(entry: str) -> None:
    assert item_of(XapiDestination(URL), event("PAUSE", entry_id=entry))["object"]["id"] == entry


# ----------------------------------------------------------------------------- wrong use


@pytest.mark.parametrize("make", [HttpDestination, SegmentDestination, XapiDestination])
@pytest.mark.parametrize(
    "address",
    ["", "ftp://x/", "https://", "https://a b/", "https://u:p@x/", "https://x/?token=abc", "//x"],
)
def test_an_address_that_cannot_be_used_is_refused(make: Any, address: str) -> None:
    with pytest.raises(ValueError, match=r"URL|query|secret"):
        make(address)


def test_half_of_the_xapi_secrets_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYERTRACK_XAPI_USER", "u")
    with pytest.raises(ValueError, match="PLAYERTRACK_XAPI_PASSWORD is not"):
        XapiDestination(URL)


@pytest.mark.parametrize("token", ["X-Api-Key: abc", "X-Api-Key:abc"])
def test_a_header_may_stand_for_a_token(token: str) -> None:
    http = HttpDestination(URL)
    assert http.authorize(http.request([LINE]), token).headers["X-Api-Key"] == "abc"
