"""Nothing is raised into the player, and nothing waited for."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from math import nan

import pytest

from playertrack import SignalError, Tracker
from playertrack.events import Event
from playertrack.sinks import MemorySink, NullSink
from tracker.tracking import PATIENCE, Listener, names, start


@pytest.mark.parametrize(
    ("send", "field"),
    [
        (lambda tracker: tracker.timeupdate(nan), "position"),
        (lambda tracker: tracker.loaded("", 3.0), "entry_id"),
        (lambda tracker: tracker.play(at="now"), "at"),
        (lambda tracker: tracker.engage("unknown", position=-1.0), "position"),
    ],
)
def test_invalid_signal_is_reported_each_time_and_logged_once(
    send: Callable[[Tracker], None],
    field: str,
    make: Callable[..., Tracker],
    memory: MemorySink,
    logged: Callable[[], list[logging.LogRecord]],
) -> None:
    reported: list[Exception] = []
    tracker = make(on_error=reported.append)
    for _ in range(3):
        send(tracker)
    assert tracker.flush(PATIENCE)
    assert [type(error) for error in reported] == [SignalError] * 3
    assert {getattr(error, "field", None) for error in reported} == {field}
    assert memory.events == []
    (record,) = logged()
    assert record.levelno == logging.WARNING
    assert field in record.getMessage()


def test_failing_sinks_and_callbacks_are_reported_once_and_hurt_nobody(
    make: Callable[..., Tracker],
    memory: MemorySink,
    logged: Callable[[], list[logging.LogRecord]],
) -> None:
    class Failing(NullSink):
        def emit(self, event: Event) -> None:
            raise OSError("disk")

        def close(self, timeout: float) -> bool:
            raise LookupError("at the end")

    def fail(item: object) -> None:
        raise ValueError(type(item).__name__)

    reported: list[Exception] = []
    tracker = make(
        sinks=[Failing(), memory], on_event=fail, on_signal=fail, on_diagnostic=fail,
        on_summary=fail, on_error=reported.append,
    )  # fmt: skip
    for _ in range(3):
        start(tracker)
        tracker.stall_end()
        tracker.stop()
    assert not tracker.close(PATIENCE)
    assert names(memory.events).count("MEDIA_LOADED") == 3
    kinds = [(type(error), str(error)) for error in reported]
    assert (OSError, "disk") in kinds
    assert kinds[-1] == (LookupError, "at the end")
    assert sorted(text for kind, text in kinds if kind is ValueError) == [
        "Diagnostic", "Event", "Loaded", "Summary"
    ]  # fmt: skip
    assert len(reported) == 6
    assert [record.levelno for record in logged()].count(logging.ERROR) == 6


def test_handler_of_errors_may_fail_too(
    make: Callable[..., Tracker], memory: MemorySink, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(error: Exception) -> None:
        raise LookupError("the handler")

    tracker = make(on_error=fail)
    tracker.timeupdate(nan)
    tracker.ready()
    assert tracker.close(PATIENCE)
    assert "LookupError: the handler" in caplog.text
    assert names(memory.events) == ["WIDGET_LOADED"]


def test_exit_asked_for_in_a_callback_ends_nothing(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    reported: list[Exception] = []
    tracker = make(on_event=lambda _: sys.exit(3), on_error=reported.append)
    start(tracker)
    assert tracker.close(PATIENCE)
    assert "PLAY" in names(memory.events)
    assert [str(error) for error in reported] == ["it raised SystemExit(3)"]


def test_failing_factory_of_ids_is_reported_and_the_player_goes_on(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    def ids(player: str | None, ordinal: int, at: float) -> str:
        if not reported:
            raise LookupError("no id")
        return "s"

    reported: list[Exception] = []
    tracker = make(ids=ids, on_error=reported.append)
    tracker.ready()
    assert tracker.flush(PATIENCE)
    tracker.ready()
    tracker.loaded("1_a")
    assert tracker.flush(PATIENCE)
    assert [str(error) for error in reported] == ["no id"]
    assert names(memory.events)[-1] == "MEDIA_LOADED"


def test_what_is_no_signal_is_reported(make: Callable[..., Tracker]) -> None:
    reported = Listener()
    make(on_error=reported).feed("play")  # type: ignore[arg-type] # the point
    assert isinstance(reported.next(), AttributeError)


def test_error_comes_without_a_handler(
    make: Callable[..., Tracker], caplog: pytest.LogCaptureFixture
) -> None:
    tracker = make()
    tracker.timeupdate(-1.0)
    assert tracker.flush(PATIENCE)
    assert "timeupdate: position: -1.0 is not allowed" in caplog.text
