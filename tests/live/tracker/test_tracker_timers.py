"""Events that are due come without a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf

import pytest

from playertrack import Policy, Tracker
from playertrack.core.context import Diagnostic
from playertrack.live.clock import LiveClock, ManualClock
from playertrack.live.dispatcher import Dispatcher
from playertrack.sinks import MemorySink
from tracker.tracking import PATIENCE, START, Listener, Machine, names, start


def test_timer_is_run_without_a_further_signal(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    reported = Listener()
    tracker = make(on_event=reported)
    start(tracker)
    tracker.stall()
    clock.advance(0.2)
    clock.advance(0.1)
    assert reported.until("BUFFER_START").at == START


def test_timer_is_run_on_real_time() -> None:
    reported = Listener()
    with Tracker(on_event=reported, policy=Policy(stall_grace=0.01)) as tracker:
        start(tracker)
        tracker.stall()
        assert reported.until("BUFFER_START").rule == "R-stall"


def test_timer_wakes_a_thread_that_waits_for_nothing() -> None:
    class Watched(LiveClock):
        """Says when somebody waits without a timer; he holds the lock until he does."""

        waiting = threading.Event()

        def wait(self, condition: threading.Condition, until: float | None) -> None:
            if until is None:
                self.waiting.set()
            super().wait(condition, until)

    reported = Listener()
    with Tracker(on_event=reported, policy=Policy(stall_grace=0.01), clock=Watched()) as tracker:
        start(tracker)
        assert tracker.flush(PATIENCE)
        Watched.waiting.clear()
        tracker.engage("share")
        assert Watched.waiting.wait(PATIENCE)
        tracker.stall()
        reported.until("BUFFER_START")


def test_timer_that_is_given_up_makes_no_event(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    tracker = make()
    start(tracker)
    tracker.stall()
    clock.advance(0.2)
    tracker.stall_end()
    clock.advance(10.0)
    assert tracker.flush(PATIENCE)
    assert "BUFFER_START" not in names(memory.events)


def test_flush_has_what_is_due_handed_over(memory: MemorySink) -> None:
    machine = Machine(wall=START)
    with Tracker([memory], clock=machine.clock) as tracker:
        start(tracker)
        tracker.stall()
        machine.run(0.25)  # which the thread, waiting in real time, does not notice
        assert tracker.flush(PATIENCE)
        assert names(memory.events)[-1] == "BUFFER_START"


def test_timers_keep_to_the_time_that_signals_bring(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    tracker = make(policy=Policy(view_interval=None))
    tracker.loaded("1_a", 100.0, at=5.0)
    tracker.playing(at=6.0)
    tracker.stall(at=7.0)
    clock.advance(0.2)
    assert tracker.flush(PATIENCE)
    assert names(memory.events)[-1] == "FIRST_PLAY"
    clock.advance(0.1)
    assert tracker.flush(PATIENCE)
    assert (memory.events[-1].event, memory.events[-1].at) == ("BUFFER_START", 7.0)
    clock.advance(0.7)
    tracker.stall_end()
    assert tracker.flush(PATIENCE)
    assert memory.events[-1].at == pytest.approx(8.0)


def test_timers_work_where_the_time_of_signals_was_set_back(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    tracker = make()
    tracker.loaded("1_a", 100.0, at=1000.0 / 3)
    tracker.playing(at=0.1)
    tracker.stall(at=0.1)
    clock.advance(0.2500001)
    assert tracker.flush(PATIENCE)
    assert names(memory.events)[-1] == "BUFFER_START"


def test_signal_that_comes_late_keeps_its_time(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    diagnostics: list[Diagnostic] = []
    tracker = make(on_diagnostic=diagnostics.append)
    tracker.loaded("1_a", 100.0, at=START)
    tracker.playing(at=START)
    tracker.stall(at=START)
    clock.advance(0.4)
    assert tracker.flush(PATIENCE)  # BUFFER_START, due at 0.25
    tracker.stall_end(at=START + 0.3)
    assert tracker.flush(PATIENCE)
    assert (memory.events[-1].event, memory.events[-1].at) == ("BUFFER_END", START + 0.3)
    assert diagnostics == []


def test_timer_that_does_not_go_away_keeps_nobody_from_working() -> None:
    reported = Listener()
    dispatcher = Dispatcher(
        ManualClock(), due=lambda: -inf, settle=lambda: None, finish=lambda _: True, on_error=None
    )
    with dispatcher.lock:
        dispatcher.put("test", reported, "first")
    assert reported.next() == "first"
    assert dispatcher.close(PATIENCE)
