"""The collector with destinations that are none of Kaltura's."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import aiohttp
import attrs
import pytest
from async_tests import in_loop

from playertrack import Engine, signals
from playertrack.collector import Collector
from playertrack.collector.intake import PATHS, BodyError, read_items
from playertrack.events import Event
from playertrack.sinks import open_sink
from playertrack.sinks.base import Sink

NAMES = ["http", "ndjson", "cloudevents", "segment", "xapi"]


def playback(*, seek: bool = True) -> list[Event]:
    engine = Engine(player="kiosk", entry_id="1_abc", ids=lambda p, n, at: f"session-{n}")
    made: list[Event] = []
    start = 1_700_000_000.0
    made += engine.feed(signals.Ready(at=start))
    made += engine.feed(signals.Loaded(at=start, entry_id="1_abc", duration=60.0))
    made += engine.feed(signals.Playing(at=start + 1))
    for second in range(1, 31):
        made += engine.timeupdate(float(second), start + 1 + second)
    made += engine.feed(signals.Pause(at=start + 32))
    made += engine.feed(signals.Playing(at=start + 40))
    if seek:
        made += engine.feed(signals.Seek(at=start + 41, position=50.0))
    for second in range(1, 11):
        made += engine.timeupdate(50.0 + second, start + 42 + second)
    made += engine.feed(signals.Ended(at=start + 53))
    made += engine.feed(signals.Playing(at=start + 60))
    return [*made, *engine.close()]


async def sent(collector: Collector, name: str, events: list[Event], **options: Any) -> Sink:
    sink = open_sink(f"{name}:{collector.url(name)}", **options)
    for event in events:
        sink.emit(event)
    assert await asyncio.to_thread(sink.close, 20.0)
    return sink


@pytest.mark.parametrize("name", NAMES)
@in_loop
async def test_what_a_player_does_is_taken_and_right(name: str) -> None:
    async with Collector() as collector:
        await sent(collector, name, playback(), token="user:password")
        assert [(each.event, each.findings) for each in collector.bad] == []
        assert {each.endpoint for each in collector.good} == {name}
        assert {each.session for each in collector.good} & {"session-1"} or name == "xapi"
        assert len(collector.good) >= 8
        assert len(collector.sessions) == 2
        assert "password" not in json.dumps([each.to_record() for each in collector.received])
        # … and again, as after an answer that was lost.
        await sent(collector, name, playback(), token="user:password")
        assert {each.findings for each in collector.bad} == {
            ("the same event for the second time",)
        }


@pytest.mark.parametrize("name", ["http", "ndjson", "cloudevents"])
@in_loop
async def test_events_that_cannot_be_are_found_by_the_lint(name: str) -> None:
    events = [each for each in playback() if each.event not in ("PLAY", "MEDIA_LOADED")]
    async with Collector() as collector:
        await sent(collector, name, events)
        found = {finding for each in collector.bad for finding in each.findings}
    assert "VIEW before PLAY" in found
    assert "index 3 follows 1" in found


@pytest.mark.parametrize("name", ["segment", "xapi"])
@in_loop
async def test_order_is_judged_where_fewer_events_arrive_too(name: str) -> None:
    events = [each for each in playback() if each.event != "PLAY"]
    async with Collector() as collector:
        await sent(collector, name, [each for each in events if each.event != "RESUME"])
        found = {finding for each in collector.bad for finding in each.findings}
    assert "PAUSE before PLAY" in found


@pytest.mark.parametrize("name", NAMES)
@in_loop
async def test_faults_are_outlived(name: str) -> None:
    async with Collector() as collector:
        collector.fault("status", endpoint=name, status=503, retry_after=0, times=1)
        await sent(collector, name, playback())
        assert len(collector.good) == len(collector.accepted) > 0
        assert {each.outcome for each in collector.received} == {"HTTP 503", "accepted"}


@in_loop
async def test_a_token_that_has_expired_is_renewed() -> None:
    tokens = iter(["old", "new"])
    async with Collector() as collector:
        collector.fault("expired_ks", endpoint="http", times=1)
        await sent(collector, "http", playback(), token=lambda: next(tokens))
        assert {each.ks for each in collector.accepted} == {"Bearer new"}


@in_loop
async def test_compressed_bodies_are_taken() -> None:
    async with Collector() as collector, aiohttp.ClientSession() as session:
        line = b'{"event": "WIDGET_LOADED", "at": 1.0, "session": "s", "index": 1, "entry_id": null'
        body = b"[" + line + b', "position": null, "duration": null, "id": "s:1"}]'
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        url = collector.url("http")
        async with session.post(url, data=gzip.compress(body), headers=headers) as response:
            assert response.status == 200
            assert response.headers["Accept-Encoding"] == "gzip"
        assert len(collector.good) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'{"batch": []}', b"[" * 100_000])
@in_loop
async def test_a_body_that_is_none_is_refused(path: str, body: bytes) -> None:
    async with Collector() as collector, aiohttp.ClientSession() as session:
        url = f"{collector.analytics_url}{path}"
        async with session.post(url, data=body) as response:
            assert response.status == 400
        assert collector.received == []


@pytest.mark.parametrize("endpoint", PATHS.values())
@pytest.mark.parametrize(
    "item", [None, 5, "x", [], {}, {"event": 5, "verb": {"id": []}}, {"id": 1}]
)
def test_whatever_an_item_is_it_is_judged(endpoint: str, item: object) -> None:
    types = {
        "ndjson": "application/x-ndjson",
        "cloudevents": "application/cloudevents-batch+json",
    }
    values = {"batch": [item]} if endpoint == "segment" else [item]
    body = json.dumps(item if endpoint == "ndjson" else values).encode()
    try:
        [found] = read_items(endpoint, types.get(endpoint, "application/json"), body)
    except BodyError:
        return
    collector = Collector()
    received = collector.history.take(endpoint, found, None, accepted=True, outcome="accepted")
    assert received.findings
    json.dumps(attrs.asdict(received))
