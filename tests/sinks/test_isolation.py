"""Sinks that hang, are slow, raise or exit keep nothing from the others (wire, 5: Q-isolated)."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from sinking import numbered

from playertrack.events import Event
from playertrack.sinks import FanoutSink, MemorySink, NullSink, Sink


class Behaving(NullSink):
    """Does ``what`` with each event, on some thread."""

    def __init__(self, what: Callable[[Event], object]) -> None:
        self._what = what

    def emit(self, event: Event) -> None:
        self._what(event)


@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    """An event that is set when the test is over; who waits for it hangs until then."""
    stopped = threading.Event()
    yield stopped
    stopped.set()


def hanging(stopped: threading.Event) -> Behaving:
    return Behaving(lambda event: stopped.wait())


def leaving(_: threading.Event) -> Behaving:
    return Behaving(lambda event: sys.exit(1))


def interrupting(_: threading.Event) -> Behaving:
    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    return Behaving(interrupt)


def raising(_: threading.Event) -> Behaving:
    def fail(event: Event) -> None:
        raise OSError("no")

    return Behaving(fail)


BAD = {"hangs": hanging, "exits": leaving, "interrupts": interrupting, "raises": raising}


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("how", BAD)
def test_q_isolated_the_others_get_all_events_in_order(
    how: str, nested: bool, stopped: threading.Event
) -> None:
    prompt = MemorySink()
    got: list[Event] = []
    complete = threading.Event()
    batch = numbered(50)

    def take(event: Event) -> None:
        got.append(event)
        if len(got) == len(batch):
            complete.set()

    sinks: list[Sink] = [BAD[how](stopped), Behaving(take), prompt]
    fanout = FanoutSink([FanoutSink(sinks)] if nested else sinks, isolate=True)
    for event in batch:
        fanout.emit(event)
        assert prompt.events[-1] is event, "a sink that returns at once has it at once"
    assert complete.wait(20.0)
    assert fanout.flush(0.0 if how == "hangs" else 20.0) == (how != "hangs")
    assert fanout.close(0.0 if how == "hangs" else 20.0) == (how != "hangs")
    assert got == batch
    assert prompt.events == batch


def test_q_isolated_what_one_raises_is_reported_once(stopped: threading.Event) -> None:
    class Odd(NullSink):
        returns_at_once = True

        def emit(self, event: Event) -> None:
            raise GeneratorExit("odd")

    reports: list[str] = []
    sinks: list[Sink] = [raising(stopped), leaving(stopped), Odd(), MemorySink()]
    fanout = FanoutSink(
        sinks, isolate=True, on_error=lambda sink, error: reports.append(str(error))
    )
    for event in numbered(5):
        fanout.emit(event)
    assert fanout.flush(20.0)
    assert sorted(reports) == ["it raised GeneratorExit('odd')", "it raised SystemExit(1)", "no"]
    assert fanout.close(20.0)


@pytest.mark.parametrize("returning", ["never", "when another one ends"])
def test_q_isolated_a_close_that_has_no_thread_comes_after_those_of_the_queues(
    returning: str, stopped: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    on = threading.current_thread()

    class Closing(NullSink):
        def __init__(self, name: str, prompt: bool, hangs: bool = False) -> None:
            self.name, self.returns_at_once, self.hangs = name, prompt, hangs

        def close(self, timeout: float) -> bool:
            closed.append(self.name)
            if self.hangs and threading.current_thread() is on:
                raise AssertionError("it would hang for ever")
            return not self.hangs or stopped.wait(timeout)

    start = threading.Thread.start

    def none_left(thread: threading.Thread) -> None:
        if returning == "never" or not closed:
            raise RuntimeError("can't start new thread")
        start(thread)

    hangs = returning != "never"
    sinks = [Closing("slow", False, hangs), Closing("queue", True), Closing("other", False)]
    fanout = FanoutSink(sinks, isolate=True)
    monkeypatch.setattr(threading.Thread, "start", none_left)
    assert fanout.close(0.2) != hangs
    assert closed[0] == "queue"
    assert sorted(closed) == ["other", "queue", "slow"]


def test_a_sink_that_was_slow_gets_all_events_and_then_its_close() -> None:
    go, calls = threading.Event(), list[object]()

    class Slow(NullSink):
        def emit(self, event: Event) -> None:
            go.wait(20.0)
            calls.append(event.index)

        def close(self, timeout: float) -> bool:
            calls.append("close")
            return True

    fanout = FanoutSink([Slow()], isolate=True)
    for event in numbered(3):
        fanout.emit(event)
    go.set()
    assert fanout.close(20.0)
    assert calls == [1, 2, 3, "close"]
    assert fanout.close(20.0), "it may be closed again"
