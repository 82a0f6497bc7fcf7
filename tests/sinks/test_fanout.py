"""One event to many sinks, of which any may fail."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sinking import EVENTS, PAUSE, Failing, Hanging, numbered

from playertrack import Tracker
from playertrack.sinks import (
    FanoutSink,
    JsonlSink,
    MemorySink,
    NullSink,
    Sink,
    SinkError,
    open_sink,
)


def test_fanout_gives_every_sink_all_events_in_order() -> None:
    sinks = [MemorySink(), MemorySink()]
    fanout = FanoutSink(sinks)
    for event in EVENTS:
        fanout.emit(event)
    assert [sink.events for sink in sinks] == [EVENTS, EVENTS]
    assert fanout.close(20.0)


@pytest.mark.parametrize(
    ("sinks", "wrong"),
    [
        (["console"], "got 'console'"),
        ("console", "got 'console'"),
        (NullSink(), "got <"),
        ([NullSink(), None], "got None"),
    ],
)
def test_what_is_no_sink_is_refused_at_once(sinks: Any, wrong: str) -> None:
    for take in (FanoutSink, Tracker):
        with pytest.raises(
            TypeError, match=r"expected a list of sinks, as in \[.*, got"
        ) as refused:
            take(sinks)
        assert wrong in str(refused.value)


def test_fanout_reports_each_kind_of_failure_of_a_sink_once() -> None:
    reported: list[tuple[Sink, Exception]] = []
    full, broken = OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "broken")
    bug = ValueError("bug")
    failing, other, healthy = Failing(full, broken, bug), Failing(bug), MemorySink()
    fanout = FanoutSink(
        [failing, other, healthy], on_error=lambda sink, error: reported.append((sink, error))
    )
    batch = numbered(9)
    for event in batch:
        fanout.emit(event)
    assert healthy.events == batch
    assert reported == [(failing, broken), (other, bug), (failing, bug), (failing, full)]
    assert not fanout.close(1.0)
    assert len(reported) == 4


def test_fanout_close_is_true_only_if_all_delivered() -> None:
    class Undelivered(NullSink):
        def close(self, timeout: float) -> bool:
            return False

    assert FanoutSink([]).close(20.0)
    assert not FanoutSink([NullSink(), Undelivered()]).close(1.0)


def test_fanout_close_reports_a_sink_that_raises_and_closes_the_others(tmp_path: Path) -> None:
    reported: list[Exception] = []
    bug, jsonl = ValueError("bug"), JsonlSink(tmp_path / "events.jsonl")
    fanout = FanoutSink([Failing(bug), jsonl], on_error=lambda _, error: reported.append(error))
    assert not fanout.close(10.0)
    assert reported == [bug]
    with pytest.raises(SinkError, match="closed"):
        jsonl.emit(PAUSE)


def test_fanout_close_does_not_wait_for_a_sink_that_hangs(tmp_path: Path) -> None:
    class Closing(JsonlSink):
        def close(self, timeout: float) -> bool:
            try:
                return super().close(timeout)
            finally:
                closed.set()

    closed = threading.Event()
    hanging, jsonl = Hanging(), Closing(tmp_path / "events.jsonl")
    assert not FanoutSink([hanging, jsonl]).close(0.05)
    assert closed.wait(20.0)
    with pytest.raises(SinkError, match="closed"):
        jsonl.emit(PAUSE)
    hanging.let_go.set()


def test_what_is_left_is_said_of_a_sink_that_is_not_closed_in_time(
    logged: Callable[[], list[logging.LogRecord]],
) -> None:
    class Behind(Hanging):
        def left(self) -> str:
            return "3 events are not delivered"

    behind = Behind()
    assert not FanoutSink([behind, NullSink()], isolate=True).close(0.0)
    assert [each.getMessage() for each in logged()] == ["3 events are not delivered"]
    behind.let_go.set()


@contextmanager
def no_new_threads() -> Iterator[None]:
    """As it is when an interpreter exits; here it is the memory that does not suffice."""
    before = threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(before)


def test_fanout_closes_without_threads_where_there_can_be_none(tmp_path: Path) -> None:
    sink = JsonlSink(tmp_path / "events.jsonl")
    with no_new_threads():
        assert FanoutSink([sink, NullSink()]).close(20.0)
    with pytest.raises(SinkError, match="closed"):
        sink.emit(PAUSE)


def test_fanout_survives_its_handler(caplog: pytest.LogCaptureFixture) -> None:
    def handler(sink: Sink, error: Exception) -> None:
        raise LookupError("the handler")

    healthy = MemorySink()
    FanoutSink([Failing(ValueError("bug")), healthy], on_error=handler).emit(PAUSE)
    assert healthy.events == [PAUSE]
    assert "LookupError" in caplog.text


@pytest.mark.parametrize("queue", [True, False])
def test_a_tracker_logs_what_it_could_not_deliver(
    queue: bool, tmp_path: Path, logged: Callable[[], list[logging.LogRecord]]
) -> None:
    directory = tmp_path / "outbox" if queue else None
    tracker = Tracker([open_sink("http://127.0.0.1:9/events", queue=directory), NullSink()])
    tracker.loaded("1_abc", duration=60.0)
    assert not tracker.close(0.5)
    [said] = [each.getMessage() for each in logged() if "not delivered" in each.getMessage()]
    assert said.startswith("http: 2 events are not delivered")
    assert said.endswith(
        f"playertrack queue flush {directory}" if queue else "a queue directory would keep them"
    )


def test_fanout_without_handler_logs(logged: Callable[[], list[logging.LogRecord]]) -> None:
    FanoutSink([Failing(ValueError("bug"))]).emit(PAUSE)
    (record,) = logged()
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "Failing failed: ValueError('bug')"
