"""The handler answers any post, and its events hold the invariants."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from itertools import count
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posting import Client, batch, closed, event, media, played, receiving, started

from playertrack.events import to_record
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink
from playertrack.trace.lint import check
from playertrack_html5 import Translator
from playertrack_html5.receiving import Receiver

KINDS = (
    *("loadstart", "emptied", "loadedmetadata", "durationchange", "play", "playing", "pause"),
    *("timeupdate", "seeking", "seeked", "waiting", "ended", "error", "ratechange", "attach"),
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**400), 1e308, "\ud800", "\x00", {}, [[]]]),
    st.text(max_size=5),
)
TIMES = st.floats(0, 60)
POSITIONS = st.one_of(st.floats(0, 10), st.sampled_from([0.0, 8.0, 1e9]))
RECORDS = st.one_of(
    st.builds(
        event,
        TIMES,
        st.sampled_from(KINDS),
        POSITIONS,
        paused=st.booleans(),
        ended=st.booleans(),
        seeking=st.booleans(),
        loop=st.booleans(),
        readyState=st.integers(0, 4),
        duration=st.sampled_from([None, 0, 8.0, 12.0, 1e6]),
        playbackRate=st.sampled_from([1, 2, 16, 0, -1]),
        src=st.sampled_from(["", "/a", "/b"]),
    ),
    st.builds(media, TIMES, st.sampled_from(["1_abc", "1_def"])),
    st.builds(closed, TIMES),
)


@attrs.frozen
class Server:
    """A receiver that runs as long as the module's tests do."""

    runner: asyncio.Runner
    client: Client
    clock: ManualClock
    sink: MemorySink
    pages: Iterator[int] = attrs.field(factory=count)

    def post(self, body: object) -> tuple[int, dict[str, Any] | None]:
        """The answer a second later."""
        self.clock.advance(1.0)
        status, answer, _ = self.runner.run(self.client.post(body))
        return status, answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    clock, sink = ManualClock(), MemorySink()
    serving = receiving(Receiver([sink], clock=clock, max_players=1000))
    with asyncio.Runner() as runner:
        yield Server(runner, runner.run(serving.__aenter__()), clock, sink)
        runner.run(serving.__aexit__(None, None, None))


def answers(server: Server, body: object) -> int:
    status, answer = server.post(body)
    assert status in (204, 400, 413)
    if status == 204:
        assert answer is None
    else:
        assert answer is not None
        assert list(answer) == ["error"]
        assert isinstance(answer["error"], str) and 0 < len(answer["error"]) < 1000
    return status


@pytest.fixture(autouse=True)
def untroubled(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that was posted is a traceback."""
    yield
    assert not [each for each in caplog.get_records("call") if each.levelno >= logging.WARNING]


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(server: Server, body: bytes) -> None:
    assert answers(server, body) == 400


@given(st.recursive(ODD, lambda inner: st.lists(inner, max_size=3)))
def test_any_json_is_answered(server: Server, body: object) -> None:
    assert answers(server, json.dumps(body).encode()) == 400


@given(st.data())
def test_batch_with_anything_in_it_is_answered(server: Server, data: st.DataObject) -> None:
    posted = batch([*started(), *played(0.0, 0.0, 1.0)], player=data.draw(st.sampled_from("ab")))
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt = data.draw(st.sampled_from([posted, *posted["records"]]))
        if isinstance(spoilt, dict):
            spoilt[data.draw(st.sampled_from([*spoilt, "more"]))] = data.draw(ODD)
        if not isinstance(posted["records"], list) or not posted["records"]:
            break
    answers(server, json.dumps(posted).encode())


@given(st.data())
def test_events_of_pages_that_do_anything_hold_the_invariants(
    server: Server, data: st.DataObject
) -> None:
    player = f"page {next(server.pages)}/"  # drawn ones come again
    before = len(server.sink.events)
    for _ in range(data.draw(st.integers(1, 6))):
        records = data.draw(st.lists(RECORDS, max_size=12))
        if data.draw(st.booleans()):
            records.sort(key=lambda record: record["t"])
        first = data.draw(st.integers(0, 30))
        sent = data.draw(st.floats(0, 200))
        answers(server, batch(records, player=player, first=first, sent=sent, entry="1_abc"))
    reported = server.sink.events[before:]
    assert all((event.player or "").startswith(player) for event in reported)
    assert check(map(to_record, reported), policy=Translator.policy) == []


def test_it_goes_on_after_all_that(server: Server) -> None:
    before = len(server.sink.events)
    assert answers(server, batch(started(), player="last")) == 204
    assert "PLAY" in [event.event for event in server.sink.events[before:]]
