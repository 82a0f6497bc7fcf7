"""One order for all who listen, from however many threads the signals come."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from playertrack import Tracker, signals
from playertrack.core.state import State
from playertrack.events import Event
from playertrack.live.clock import ManualClock
from playertrack.signals import Close, Signal
from playertrack.sinks import FanoutSink, MemorySink, NullSink
from tracker.tracking import PATIENCE, START, names, start


def test_eight_threads_make_one_order_for_everyone() -> None:
    one, other = MemorySink(), MemorySink()
    reported: list[Event] = []
    taken: list[Signal] = []
    troubles: list[Any] = []
    tracker = Tracker(
        [one, other], on_event=reported.append, on_signal=taken.append,
        on_error=troubles.append, on_diagnostic=troubles.append,
    )  # fmt: skip
    together = threading.Barrier(8)

    def hammer(number: int) -> None:
        together.wait(PATIENCE)
        for n in range(100):
            tracker.engage("share")
            tracker.flavor_switch(1000 * number + n)
            if number == 0 and n % 10 == 0:
                tracker.loaded(f"1_{n}", 60.0)
                tracker.play()
                tracker.playing()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=hammer, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert tracker.close(PATIENCE)

    assert reported == one.events == other.events
    assert names(reported).count("SHARE_CLICKED") == 800
    assert names(reported).count("FLAVOR_SWITCH") == 800
    assert [event.at for event in reported] == sorted(event.at for event in reported)
    assert [signal.at for signal in taken] == sorted(signal.at for signal in taken)
    indices = defaultdict(list)
    for event in reported:
        indices[event.session].append(event.index)
    assert len(indices) == 10
    assert all(index == [*range(1, len(index) + 1)] for index in indices.values())
    assert troubles == []


def test_callback_and_sink_may_send_signals(
    clock: ManualClock, make: Callable[..., Tracker], memory: MemorySink
) -> None:
    class Controlling(NullSink):
        def emit(self, event: Event) -> None:
            if event.event == "PAUSE":
                tracker.playing()

    def control(event: Event) -> None:
        if event.event == "PLAY":
            tracker.pause()
            tracker.engage("info")

    tracker = make(sinks=[Controlling(), memory], on_event=control)
    start(tracker)
    while "RESUME" not in names(memory.events):
        assert tracker.flush(PATIENCE)
    played = names(memory.events)
    assert played[2:4] == ["PLAY_REQUEST", "PLAY"]
    assert played[-3:] == ["PAUSE", "INFO_CLICKED", "RESUME"]
    assert [event.index for event in memory.events] == [*range(1, len(played) + 1)]


def test_signal_in_the_midst_of_a_step_comes_after_it(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    def ids(player: str | None, ordinal: int, at: float) -> str:
        tracker.engage("share")
        tracker.engage("info")
        return f"s{ordinal}"

    tracker = make(ids=ids)
    tracker.loaded("1_a")
    tracker.close(PATIENCE)
    assert names(memory.events) == [
        "WIDGET_LOADED", "MEDIA_LOADED", "SHARE_CLICKED", "INFO_CLICKED"
    ]  # fmt: skip


def test_slow_callback_and_sink_cost_the_player_nothing(make: Callable[..., Tracker]) -> None:
    begun, go_on = threading.Event(), threading.Event()
    reported: list[Event] = []

    class Slow(NullSink):
        def emit(self, event: Event) -> None:
            begun.set()
            assert go_on.wait(PATIENCE)

    tracker = make(sinks=[Slow()], on_event=reported.append)
    tracker.ready()
    assert begun.wait(PATIENCE)
    start(tracker)
    tracker.pause()  # all this while the sink has not come back
    assert tracker.state is State.PAUSING
    assert not tracker.flush(0.01)
    go_on.set()
    tracker.close(PATIENCE)
    assert names(reported)[-1] == "PAUSE"


def test_what_waits_for_a_sink_that_hangs_is_bounded(
    make: Callable[..., Tracker], caplog: pytest.LogCaptureFixture
) -> None:
    hang = threading.Event()
    begun = threading.Event()
    taken: list[Signal] = []

    def hanging(signal: Signal) -> None:
        begun.set()
        hang.wait()
        taken.append(signal)

    tracker = make(sinks=[], on_signal=hanging)
    tracker.ready()
    assert begun.wait(PATIENCE)
    for n in range(100_100):
        tracker.timeupdate(float(n))
    tracker.feed(Close(at=START))
    hang.set()
    assert not tracker.close(PATIENCE)  # not everything was delivered
    first, *updates, last = taken
    assert isinstance(first, signals.Ready)
    assert isinstance(last, Close)
    assert len(updates) == 99_999
    assert [update.position for update in updates] == [*map(float, range(101, 100_100))]
    assert "were dropped" in caplog.text


def test_q_isolated_a_sink_that_hangs_keeps_nothing_from_the_others() -> None:
    stopped, complete = threading.Event(), threading.Event()
    got: list[str] = []

    class Hanging(NullSink):
        def emit(self, event: Event) -> None:
            stopped.wait()

    class Slow(NullSink):
        """No sink of ours, so it is not known to return at once."""

        def emit(self, event: Event) -> None:
            got.append(event.event)
            if event.event == "FIRST_PLAY":
                complete.set()

    memory = MemorySink()
    tracker = Tracker([Hanging(), FanoutSink([Hanging(), Slow()]), memory])
    try:
        start(tracker)
        assert complete.wait(PATIENCE)
        assert got == names(memory.events)[: len(got)]
    finally:
        stopped.set()
        tracker.close(PATIENCE)
