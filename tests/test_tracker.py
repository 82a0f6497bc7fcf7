"""The live tracker: real threads, real event loops, real exits; time is often a manual clock.

What must hold: signals from anywhere, in one order for all who listen; nothing raised into
the player and nothing waited for; within a session all times are elapsed times.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf, nan
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import attrs
import pytest

from playertrack import Engine, Policy, SignalError, Tracker, offline_ids, signals
from playertrack.clock import LiveClock, ManualClock
from playertrack.courier import Courier
from playertrack.events import BufferEnd, Event, Play
from playertrack.playback import State
from playertrack.session import Summary
from playertrack.setting import Diagnostic
from playertrack.signals import SIGNALS, Close, Signal, Tick
from playertrack.sinks import MemorySink, NullSink

YEARS = 50 * 365.25 * 86400.0
START = 1_700_000_000.0
PATIENCE = 20.0  # s, for what has to happen at once


class Listener:
    """Collects what a callback is told, and lets one wait for it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()

    def __call__(self, item: Any) -> None:
        self._queue.put(item)

    def next(self) -> Any:
        return self._queue.get(timeout=PATIENCE)

    def until(self, name: str) -> Event:
        while (event := self.next()).event != name:
            pass
        assert isinstance(event, Event)
        return event

    def all(self) -> list[Any]:
        return [self._queue.get() for _ in range(self._queue.qsize())]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def memory() -> MemorySink:
    return MemorySink()


@pytest.fixture
def make(memory: MemorySink, clock: ManualClock) -> Iterator[Callable[..., Tracker]]:
    """Makes trackers into one memory, closed at the end."""
    made: list[Tracker] = []

    def make(**options: Any) -> Tracker:
        options = {"sinks": [memory], "clock": clock, **options}
        made.append(Tracker(options.pop("sinks"), **options))
        return made[-1]

    yield make
    for tracker in made:
        tracker.close(PATIENCE)


def names(events: list[Event]) -> list[str]:
    return [event.event for event in events]


def start(tracker: Tracker, duration: float | None = 100.0) -> None:
    tracker.loaded("1_a", duration)
    tracker.play()
    tracker.playing()


# ----------------------------------------------------------------------- signals as methods

EXAMPLES: dict[str, dict[str, Any]] = {
    "loaded": {"entry_id": "1_a", "duration": 9.0, "live": True, "dvr": True, "loop": True},
    "durationchange": {"duration": 8.0, "live": True, "dvr": True, "loop": True},
    "error": {"code": "e", "message": "m", "fatal": False},
    "seeking": {"origin": 1.0},
    "seek": {"origin": 1.0},
    "ratechange": {"rate": 2.0},
    "source_selected": {"bitrate": 800, "source": "s"},
    "flavor_switch": {"bitrate": 800},
    "captions": {"language": None},
    "audio_track": {"language": "en"},
    "volume": {"volume": 0.5, "muted": True},
    "fullscreen": {"on": True},
    "engage": {"action": "share"},
    "ad_start": {"slot": "preroll", "duration": 30.0},
    "ad_progress": {"duration": 30.0},
}
LIVE = sorted(SIGNALS.keys() - {"tick"})


@pytest.mark.parametrize("name", LIVE)
def test_every_signal_is_a_method_with_all_its_fields(
    name: str, make: Callable[..., Tracker]
) -> None:
    heard = Listener()
    fields = {"position": 2.5, **EXAMPLES.get(name, {})}
    getattr(make(on_signal=heard), name)(**fields, at=7.0)
    assert heard.next() == SIGNALS[name](at=7.0, **fields)


@pytest.mark.parametrize("name", LIVE)
def test_method_has_the_defaults_of_its_signal(name: str) -> None:
    parameters = dict(inspect.signature(getattr(Tracker, name)).parameters)
    del parameters["self"]
    parameters.pop("timeout", None)
    fields: dict[str, attrs.Attribute[Any]] = attrs.fields_dict(cast("Any", SIGNALS[name]))
    assert parameters.keys() == fields.keys()
    for field in fields.values():
        default = parameters[field.name].default
        if field.name == "at":
            assert default is None
        elif field.default is attrs.NOTHING:
            assert default is inspect.Parameter.empty
        else:
            assert default == field.default


def test_signal_happens_now_unless_it_says_when(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    heard = Listener()
    tracker = make(on_signal=heard)
    tracker.ready()
    clock.advance(2.5)
    tracker.play()
    tracker.pause(at=START + 2.0)
    assert [heard.next().at for _ in range(3)] == [START, START + 2.5, START + 2.0]


def script() -> list[Signal]:
    """A playback with a stall, a seek, an end and a replay."""
    return [
        signals.Loaded(at=10.0, entry_id="1_a", duration=20.0),
        signals.Play(at=11.0),
        signals.Playing(at=11.5),
        *(signals.TimeUpdate(at=11.5 + 0.25 * n, position=0.25 * n) for n in range(1, 41)),
        signals.Stall(at=21.6),
        signals.StallEnd(at=24.0),
        signals.Seek(at=25.0, position=18.0),
        *(signals.TimeUpdate(at=25.0 + 0.25 * n, position=18.0 + 0.25 * n) for n in range(1, 8)),
        signals.Ended(at=27.0),
        signals.Play(at=30.0),
        signals.Playing(at=31.0),
        signals.Close(at=32.0),
    ]


def derived(trace: list[Signal]) -> list[Event]:
    engine = Engine("tv")
    return [event for signal in trace for event in engine.feed(signal)]


def test_events_are_those_of_the_engine(
    make: Callable[..., Tracker], memory: MemorySink, clock: ManualClock
) -> None:
    tracker = make(player="tv", ids=offline_ids)
    for signal in script():
        tracker.feed(signal)
        clock.advance(0.05)
    assert tracker.close(PATIENCE)
    assert memory.events == derived(script())
    assert "REPLAY" in names(memory.events)


def test_recorded_signals_give_the_same_events_again(
    make: Callable[..., Tracker], memory: MemorySink, clock: ManualClock
) -> None:
    recorded: list[Signal] = []
    tracker = make(player="tv", ids=offline_ids, on_signal=recorded.append)
    start(tracker, 10.0)
    for n in range(1, 20):
        clock.advance(0.5)
        tracker.timeupdate(0.5 * n)
    tracker.stall()
    clock.advance(3.0)
    assert tracker.flush(PATIENCE)  # the timers had their turn
    tracker.timeupdate(9.9)
    assert tracker.close(PATIENCE)
    assert not [signal for signal in recorded if isinstance(signal, Tick)]
    assert memory.events == derived(recorded)
    assert {"BUFFER_START", "PLAY_REACHED_75"} <= {*names(memory.events)}


# -------------------------------------------------------------------------------- threads


def test_eight_threads_make_one_order_for_everyone() -> None:
    one, other = MemorySink(), MemorySink()
    told: list[Event] = []
    heard: list[Signal] = []
    troubles: list[Any] = []
    tracker = Tracker(
        [one, other], on_event=told.append, on_signal=heard.append,
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

    assert told == one.events == other.events
    assert names(told).count("SHARE_CLICKED") == 800
    assert names(told).count("FLAVOR_SWITCH") == 800
    assert [event.at for event in told] == sorted(event.at for event in told)
    assert [signal.at for signal in heard] == sorted(signal.at for signal in heard)
    indices = defaultdict(list)
    for event in told:
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
    told: list[Event] = []

    class Slow(NullSink):
        def emit(self, event: Event) -> None:
            begun.set()
            assert go_on.wait(PATIENCE)

    tracker = make(sinks=[Slow()], on_event=told.append)
    tracker.ready()
    assert begun.wait(PATIENCE)
    start(tracker)
    tracker.pause()  # all this while the sink has not come back
    assert tracker.state is State.PAUSED
    assert told == []
    assert not tracker.flush(0.01)
    go_on.set()
    assert tracker.flush(PATIENCE)
    assert names(told)[-1] == "PAUSE"


def test_what_waits_for_a_sink_that_hangs_is_bounded(
    make: Callable[..., Tracker], caplog: pytest.LogCaptureFixture
) -> None:
    hang = threading.Event()
    begun = threading.Event()
    heard: list[Signal] = []

    def hanging(signal: Signal) -> None:
        begun.set()
        hang.wait()
        heard.append(signal)

    tracker = make(sinks=[], on_signal=hanging)
    tracker.ready()
    assert begun.wait(PATIENCE)
    for n in range(100_100):
        tracker.timeupdate(float(n))
    tracker.feed(Close(at=START))
    hang.set()
    assert not tracker.close(PATIENCE)  # not everything was delivered
    first, *updates, last = heard
    assert isinstance(first, signals.Ready)
    assert isinstance(last, Close)
    assert len(updates) == 99_999
    assert [update.position for update in updates] == [*map(float, range(101, 100_100))]
    assert "were dropped" in caplog.text


# ------------------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    ("send", "field"),
    [
        (lambda tracker: tracker.timeupdate(nan), "position"),
        (lambda tracker: tracker.loaded("", 3.0), "entry_id"),
        (lambda tracker: tracker.play(at="now"), "at"),
        (lambda tracker: tracker.engage("unknown", position=-1.0), "position"),
    ],
)
def test_signal_that_cannot_be_is_told_each_time_and_logged_once(
    send: Callable[[Tracker], None],
    field: str,
    make: Callable[..., Tracker],
    memory: MemorySink,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[Exception] = []
    tracker = make(on_error=told.append)
    for _ in range(3):
        send(tracker)
    assert tracker.flush(PATIENCE)
    assert [type(error) for error in told] == [SignalError] * 3
    assert {getattr(error, "field", None) for error in told} == {field}
    assert memory.events == []
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("playertrack", logging.WARNING)
    assert field in record.getMessage()


def test_failing_sinks_and_callbacks_are_told_once_and_hurt_nobody(
    make: Callable[..., Tracker], memory: MemorySink, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(NullSink):
        def emit(self, event: Event) -> None:
            raise OSError("disk")

        def close(self, timeout: float) -> bool:
            raise LookupError("at the end")

    def fail(item: object) -> None:
        raise ValueError(type(item).__name__)

    told: list[Exception] = []
    tracker = make(
        sinks=[Failing(), memory], on_event=fail, on_signal=fail, on_diagnostic=fail,
        on_summary=fail, on_error=told.append,
    )  # fmt: skip
    for _ in range(3):
        start(tracker)
        tracker.stall_end()
        tracker.stop()
    assert not tracker.close(PATIENCE)
    assert names(memory.events).count("MEDIA_LOADED") == 3
    kinds = [(type(error), str(error)) for error in told]
    assert (OSError, "disk") in kinds
    assert kinds[-1] == (LookupError, "at the end")
    assert sorted(text for kind, text in kinds if kind is ValueError) == [
        "Diagnostic", "Event", "Loaded", "Summary"
    ]  # fmt: skip
    assert len(told) == 6
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 6


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
    told: list[Exception] = []
    tracker = make(on_event=lambda _: sys.exit(3), on_error=told.append)
    start(tracker)
    assert tracker.close(PATIENCE)
    assert "PLAY" in names(memory.events)
    assert [str(error) for error in told] == ["it raised SystemExit(3)"]


def test_factory_of_ids_that_fails_is_told_and_the_player_goes_on(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    def ids(player: str | None, ordinal: int, at: float) -> str:
        if not told:
            raise LookupError("no id")
        return "s"

    told: list[Exception] = []
    tracker = make(ids=ids, on_error=told.append)
    tracker.ready()
    assert tracker.flush(PATIENCE)
    tracker.ready()
    tracker.loaded("1_a")
    assert tracker.flush(PATIENCE)
    assert [str(error) for error in told] == ["no id"]
    assert names(memory.events)[-1] == "MEDIA_LOADED"


def test_what_is_no_signal_is_told(make: Callable[..., Tracker]) -> None:
    told = Listener()
    make(on_error=told).feed("play")  # type: ignore[arg-type]
    assert isinstance(told.next(), AttributeError)


def test_error_comes_without_a_handler(
    make: Callable[..., Tracker], caplog: pytest.LogCaptureFixture
) -> None:
    tracker = make()
    tracker.timeupdate(-1.0)
    assert tracker.flush(PATIENCE)
    assert "timeupdate: position: -1.0 is not allowed" in caplog.text


# --------------------------------------------------------------------------------- timers


def test_timer_is_run_without_a_further_signal(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    told = Listener()
    tracker = make(on_event=told)
    start(tracker)
    tracker.stall()
    clock.advance(0.2)
    clock.advance(0.1)
    assert told.until("BUFFER_START").at == START


def test_timer_is_run_on_real_time() -> None:
    told = Listener()
    with Tracker(on_event=told, policy=Policy(stall_grace=0.01)) as tracker:
        start(tracker)
        tracker.stall()
        assert told.until("BUFFER_START").rule == "R-stall"


def test_timer_is_heard_of_by_a_thread_that_waits_for_nothing() -> None:
    class Watched(LiveClock):
        """Says when somebody waits without a timer; he holds the lock until he does."""

        waiting = threading.Event()

        def wait(self, condition: threading.Condition, until: float | None) -> None:
            if until is None:
                self.waiting.set()
            super().wait(condition, until)

    told = Listener()
    with Tracker(on_event=told, policy=Policy(stall_grace=0.01), clock=Watched()) as tracker:
        start(tracker)
        assert tracker.flush(PATIENCE)
        Watched.waiting.clear()
        tracker.engage("share")
        assert Watched.waiting.wait(PATIENCE)
        tracker.stall()
        told.until("BUFFER_START")


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
        machine.run(0.25)  # which the thread, waiting in real time, does not hear of
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


def test_signal_that_is_told_of_late_keeps_its_time(
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
    told = Listener()
    courier = Courier(
        ManualClock(), due=lambda: -inf, settle=lambda: None, finish=lambda _: True, on_error=None
    )
    with courier.lock:
        courier.put("test", told, "first")
        courier.rouse()
    assert told.next() == "first"
    assert courier.close(PATIENCE)


# ----------------------------------------------------------------------------------- time


class Machine:
    """A wall clock that can be stepped and a monotonic one that cannot."""

    def __init__(self, wall: float) -> None:
        self.wall = wall
        self.monotonic = 5.0
        self.clock = LiveClock(lambda: self.wall, lambda: self.monotonic)

    def run(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


def play_through(machine: Machine, tracker: Tracker, step: float) -> None:
    """A playback of 20 s with a stall, and a step of the wall clock in each phase of it."""
    machine.run(600.0)
    tracker.loaded("1_a", 20.0)
    tracker.play()
    machine.wall += step
    machine.run(0.5)
    tracker.playing()
    for n in range(1, 41):
        machine.run(0.25)
        tracker.timeupdate(0.25 * n)
    machine.run(0.25)
    tracker.stall()
    machine.wall += step
    machine.run(2.0)
    tracker.stall_end()
    for n in range(41, 81):
        machine.run(0.25)
        tracker.timeupdate(0.25 * n)
    machine.wall += step
    machine.run(0.25)
    tracker.ended()


@pytest.mark.parametrize("step", [0.0, YEARS, 3600.0, -3600.0, -60.0])
def test_step_of_the_wall_clock_is_no_time_in_a_session(step: float, memory: MemorySink) -> None:
    machine = Machine(wall=1e9)
    summaries: list[Summary] = []
    diagnostics: list[Diagnostic] = []
    tracker = Tracker(
        [memory], clock=machine.clock, on_summary=summaries.append,
        on_diagnostic=diagnostics.append,
    )  # fmt: skip
    for _ in range(3):
        play_through(machine, tracker, step)
    assert tracker.close(PATIENCE)

    events = memory.events
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert [event.join_time for event in events if isinstance(event, Play)] == [0.5] * 3
    assert [event.seconds for event in events if isinstance(event, BufferEnd)] == [2.0] * 3
    for summary in summaries:
        assert (summary.join_time, summary.stall_time) == (0.5, 2.0)
        assert summary.play_time == pytest.approx(20.0, abs=0.3)
        assert summary.quartiles == (25, 50, 75, 100)
    sessions = {event.session for event in events}
    assert len(sessions) == len(summaries) == 3
    for session in sessions:
        its = [event for event in events if event.session == session]
        assert its[-1].at - its[0].at == pytest.approx(22.75, abs=0.5)
    assert [found for found in diagnostics if found.rule == "R-order"] == []


def test_kiosk_that_boots_in_1970_is_right_from_its_next_session_on(memory: MemorySink) -> None:
    machine = Machine(wall=30.0)
    with Tracker([memory], clock=machine.clock) as tracker:
        tracker.ready()
        play_through(machine, tracker, step=0.0)
        machine.wall += START
        machine.run(1.0)
        tracker.replay()
        now = machine.wall
        machine.run(1.0)
        tracker.playing()
        assert tracker.flush(PATIENCE)
        replay = next(event for event in memory.events if event.event == "REPLAY")
        assert replay.at == pytest.approx(now)
        assert memory.events[-1].at == pytest.approx(now + 1.0)
        assert all(event.at < 1000.0 for event in memory.events if event.session != replay.session)


def test_clock_that_was_stepped_before_the_first_signal_is_right_at_once(
    memory: MemorySink,
) -> None:
    machine = Machine(wall=30.0)
    with Tracker([memory], clock=machine.clock) as tracker:
        machine.wall += START
        tracker.ready()
    assert memory.events[0].at == pytest.approx(START + 30.0)


def test_step_back_is_made_up_for_between_sessions(memory: MemorySink) -> None:
    machine = Machine(wall=START)
    begins = []
    with Tracker([memory], clock=machine.clock) as tracker:
        tracker.loaded("1_a", 10.0)
        machine.wall -= 100.0
        for _ in range(3):
            tracker.playing()
            machine.run(1.0)
            tracker.stop()
            machine.run(60.0)
            tracker.playing()
            assert tracker.flush(PATIENCE)
            begins.append((memory.events[-1].at, machine.wall))
    ahead = [at - wall for at, wall in begins]
    assert ahead == pytest.approx([39.0, 0.0, 0.0])  # 61 s after the last event
    assert [event.at for event in memory.events] == sorted(event.at for event in memory.events)


def test_signals_that_bring_their_own_time_are_not_corrected(memory: MemorySink) -> None:
    machine = Machine(wall=START)
    with Tracker([memory], clock=machine.clock) as tracker:
        for n in range(3):
            machine.wall += 1000.0
            machine.run(10.0)
            tracker.loaded(f"1_{n}", 10.0, at=10.0 * n)
            tracker.playing(at=10.0 * n + 1.0)
    assert {event.at for event in memory.events} == {0.0, 1.0, 10.0, 11.0, 20.0, 21.0}


def test_own_time_after_a_correction_is_that_of_the_event(memory: MemorySink) -> None:
    machine = Machine(wall=0.0)
    with Tracker([memory], clock=machine.clock) as tracker:
        machine.wall = START
        tracker.loaded("1_a", 10.0)
        tracker.playing(at=START + 1.0)
        tracker.engage("share")
    assert [event.at for event in memory.events] == pytest.approx(
        [START] * 2 + [START + 1.0] * (len(memory.events) - 2)
    )


def test_signal_without_time_goes_on_from_the_last_that_had_one(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    tracker = make()
    tracker.loaded("1_a", 10.0, at=100.0)
    clock.advance(2.0)
    tracker.play()
    clock.advance(1.0)
    tracker.playing()
    tracker.close(PATIENCE)
    play = next(event for event in memory.events if isinstance(event, Play))
    assert (play.at, play.join_time) == (103.0, 1.0)


# ---------------------------------------------------------------------------- what it knows


def test_summary_and_state_are_those_of_now(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    tracker = make(player="tv")
    assert repr(tracker) == "<Tracker 'tv' IDLE>"
    start(tracker)
    clock.advance(2.0)
    tracker.timeupdate(2.0)
    assert tracker.summary().play_time == 2.0
    assert tracker.state is State.PLAYING
    tracker.close(PATIENCE)
    assert repr(tracker) == "<Tracker 'tv' CLOSED>"
    assert repr(make()) == "<Tracker IDLE>"


def test_summary_of_each_session_is_told_when_it_ended(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    told: list[Summary] = []
    tracker = make(on_summary=told.append)
    for entry in ("1_a", "1_b"):
        tracker.loaded(entry, 10.0)
        tracker.playing()
        clock.advance(2.0)
        tracker.timeupdate(2.0)
    tracker.close(PATIENCE)
    assert [(summary.entry_id, summary.play_time) for summary in told] == [
        ("1_a", 2.0), ("1_b", 2.0)
    ]  # fmt: skip


def test_diagnostics_are_told(make: Callable[..., Tracker]) -> None:
    told = Listener()
    make(on_diagnostic=told).stall_end()
    assert told.next().kind == "ignored"


def test_tracker_goes_on_from_a_snapshot(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    first = make(sinks=[], player="tv", entry_id="1_z", policy=Policy(view_interval=None))
    start(first)
    snapshot = first.snapshot()
    clock.advance(1.0)
    second = make(snapshot=snapshot)
    second.pause()
    assert second.close(PATIENCE)
    (pause,) = memory.events
    assert (pause.event, pause.index, pause.player) == ("PAUSE", 6, "tv")


def test_session_that_goes_on_from_a_snapshot_is_not_corrected(memory: MemorySink) -> None:
    machine = Machine(wall=START)
    first = Tracker(clock=machine.clock)
    start(first)
    machine.wall += 1000.0
    machine.run(1.0)
    with Tracker([memory], clock=machine.clock, snapshot=first.snapshot()) as second:
        second.pause()
    first.close(PATIENCE)
    assert [(event.event, event.at) for event in memory.events] == [("PAUSE", START + 1.0)]


# -------------------------------------------------------------------------------- the end


def test_with_block_ends_the_session_and_delivers(memory: MemorySink, clock: ManualClock) -> None:
    with Tracker([memory], clock=clock) as tracker:
        start(tracker)
        tracker.stall()
        clock.advance(1.0)
    assert names(memory.events)[-2:] == ["BUFFER_START", "BUFFER_END"]
    assert tracker.state is State.CLOSED


def test_close_may_be_called_again_and_what_comes_later_is_ignored(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    told: list[Any] = []
    tracker = make(on_error=told.append, on_diagnostic=told.append, on_signal=told.append)
    tracker.ready()
    assert tracker.close(PATIENCE)
    assert tracker.close(0.0)
    before = len(told)
    tracker.play()
    tracker.timeupdate(nan)
    tracker.feed(signals.Play(at=0.0))
    assert tracker.flush(PATIENCE)
    assert names(memory.events) == ["WIDGET_LOADED"]
    assert len(told) == before


def test_close_of_a_tracker_that_was_never_used(make: Callable[..., Tracker]) -> None:
    class Closable(NullSink):
        closed = False

        def close(self, timeout: float) -> bool:
            self.closed = True
            return True

    sink = Closable()
    assert make(sinks=[sink]).close(PATIENCE)
    assert sink.closed


def test_close_tells_what_is_not_delivered(make: Callable[..., Tracker]) -> None:
    class Undelivered(NullSink):
        def close(self, timeout: float) -> bool:
            assert 0.0 < timeout <= PATIENCE
            return False

    assert not make(sinks=[Undelivered()]).close(PATIENCE)


def test_close_takes_position_and_time_and_drops_what_cannot_be(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    heard = Listener()
    make(on_signal=heard).close(PATIENCE, position=3.0, at=START + 1.0)
    assert heard.next() == Close(at=START + 1.0, position=3.0)
    told = Listener()
    tracker = make(on_signal=heard, on_error=told)
    assert tracker.close(PATIENCE, position=nan)
    assert heard.next() == Close(at=START)
    assert told.next().field == "position"


def test_close_signal_that_is_fed_ends_the_player(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    tracker = make()
    start(tracker)
    tracker.feed(Close(at=START))
    assert tracker.state is State.CLOSED
    assert tracker.close(PATIENCE)
    assert memory.events


def test_sink_that_hangs_at_the_close_costs_no_more_than_the_timeout(
    make: Callable[..., Tracker], tmp_path: Path
) -> None:
    let_go = threading.Event()

    class Hanging(NullSink):
        def close(self, timeout: float) -> bool:
            return let_go.wait()

    stream_ended = Listener()
    tracker = make(sinks=[Hanging()])
    stream = tracker.events()
    tracker.ready()
    assert not tracker.close(0.05)
    let_go.set()
    asyncio.run(asyncio.wait_for(read(stream, stream_ended), PATIENCE))
    assert names(stream_ended.all()) == ["WIDGET_LOADED"]


def test_callback_may_close_its_tracker_but_not_wait(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    answers = Listener()

    def close(event: Event) -> None:
        if event.event == "PLAY":
            answers((tracker.flush(PATIENCE), tracker.close(PATIENCE)))

    tracker = make(on_event=close)
    start(tracker)
    assert answers.next() == (False, False)
    assert tracker.close(PATIENCE)
    assert "FIRST_PLAY" in names(memory.events)


@contextmanager
def no_new_threads() -> Iterator[None]:
    """As it is when an interpreter exits; here it is the memory that does not suffice."""
    before = threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(before)


def test_close_delivers_by_itself_where_there_can_be_no_thread(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    answers: list[bool] = []

    def close(event: Event) -> None:
        answers.append(tracker.close(PATIENCE))

    tracker = make(on_event=close)
    with no_new_threads():
        start(tracker)
        assert memory.events == []
        assert tracker.close(PATIENCE)
    assert names(memory.events)[:2] == ["WIDGET_LOADED", "MEDIA_LOADED"]
    assert answers == [False] * len(memory.events)


# -------------------------------------------------------------------------------- asyncio


async def read(stream: Any, listener: Callable[[Event], object]) -> None:
    async for event in stream:
        listener(event)


def test_events_can_be_read_by_several_in_several_loops(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    tracker = make()
    told: list[list[Event]] = [[], [], []]
    streams = [tracker.events() for _ in told]

    def elsewhere() -> None:
        asyncio.run(read(streams[2], told[2].append))

    async def main() -> None:
        reading = [asyncio.ensure_future(read(streams[n], told[n].append)) for n in (0, 1)]
        start(tracker)
        assert await asyncio.to_thread(tracker.flush, PATIENCE)
        tracker.pause()
        assert await asyncio.to_thread(tracker.close, PATIENCE)
        await asyncio.gather(*reading)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    asyncio.run(main())
    thread.join(PATIENCE)
    assert names(memory.events)[-1] == "PAUSE"
    assert told == [memory.events] * 3


def test_timer_is_run_in_a_program_of_asyncio() -> None:
    async def main() -> Event:
        tracker = Tracker(policy=Policy(stall_grace=0.01))
        stream = tracker.events()
        start(tracker)
        tracker.stall()
        async for event in stream:
            if event.event == "BUFFER_START":
                break
        assert await asyncio.to_thread(tracker.close, PATIENCE)
        return event

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)).rule == "R-stall"


def test_slow_reader_sees_the_last_events(make: Callable[..., Tracker], memory: MemorySink) -> None:
    tracker = make()
    stream = tracker.events(limit=2)
    start(tracker)
    tracker.close(PATIENCE)
    told: list[Event] = []
    asyncio.run(read(stream, told.append))
    assert told == memory.events[-2:]
    assert stream.dropped == len(memory.events) - 2


def test_events_of_a_closed_tracker_are_over(make: Callable[..., Tracker]) -> None:
    tracker = make()
    tracker.close(PATIENCE)
    told: list[Event] = []
    asyncio.run(read(tracker.events(), told.append))
    assert told == []


# ------------------------------------------------------------------------ exit and fork

PROGRAM = """
import os, sys, threading
from playertrack import Tracker
from playertrack.sinks import JsonlSink, NullSink

def start(tracker):
    tracker.loaded("1_a", 10.0)
    tracker.playing()

class Hanging(NullSink):
    def close(self, timeout):
        print("closing", flush=True)
        threading.Event().wait()

path = sys.argv[1]
"""


def run(program: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program, str(path)],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def logged(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()]


PLAYED = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "VIEW"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("start(Tracker([JsonlSink(path)]))", PLAYED),
        ("t = Tracker([JsonlSink(path)]); start(t); t.stall(position=0)", PLAYED),
        ("t = Tracker([JsonlSink(path)]); start(t); t.pause(); sys.exit()", [*PLAYED, "PAUSE"]),
        ("t = Tracker([JsonlSink(path)])", []),
        ("t = Tracker([JsonlSink(path)]); start(t); t.close(); t.close()", PLAYED),
    ],
)
def test_exit_delivers_what_a_tracker_left_open_has(
    program: str, expected: list[str], tmp_path: Path
) -> None:
    done = run(program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert logged(tmp_path / "events.jsonl") == expected


def test_exit_ends_a_stall_that_was_open(tmp_path: Path) -> None:
    program = """
from playertrack import Policy
t = Tracker([JsonlSink(path)], policy=Policy(stall_grace=0.0))
start(t)
t.stall()
"""
    done = run(program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert logged(tmp_path / "events.jsonl") == [*PLAYED, "BUFFER_START", "BUFFER_END"]


@pytest.mark.parametrize("program", ["", "t.close(0.01)", "t.flush(); sys.exit()"])
def test_exit_is_not_kept_by_a_sink_that_hangs(program: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    done = run(f"t = Tracker([Hanging(), JsonlSink(path)]); start(t)\n{program}", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "closing\n", "")
    assert logged(path) == PLAYED


def test_error_of_the_program_is_still_its_own(tmp_path: Path) -> None:
    done = run("start(Tracker([JsonlSink(path)])); 1 / 0", tmp_path / "events.jsonl")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert logged(tmp_path / "events.jsonl") == PLAYED


FORK = """
import warnings
warnings.simplefilter("ignore")
def fork(child):
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        child()
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_fork_leaves_the_player_to_the_parent(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)], on_error=print)
start(t)
def child():
    t.pause()
    t.timeupdate(-1)
    assert t.flush() and t.close() and "PLAYING" in repr(t)
fork(child)
t.pause()
"""
    done = run(FORK + program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert logged(tmp_path / "events.jsonl") == [*PLAYED, "PAUSE"]


def test_fork_before_the_first_signal_gives_a_tracker_to_each(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)])
def child():
    start(t)
    assert t.close(20)
fork(child)
start(t)
"""
    done = run(FORK + program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert logged(tmp_path / "events.jsonl") == PLAYED * 2


def test_fork_while_everyone_is_at_work_does_not_hang(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)], on_signal=lambda s: None)
start(t)
go_on = True
def hammer():
    while go_on:
        t.engage("share")
        t.flush(20)
threads = [threading.Thread(target=hammer) for _ in range(3)]
for thread in threads: thread.start()
for _ in range(20):
    fork(lambda: (t.play(), t.close(), None))
go_on = False
for thread in threads: thread.join()
assert t.close(20)
"""
    done = run(FORK + program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    shares = logged(tmp_path / "events.jsonl")[len(PLAYED) :]
    assert set(shares) == {"SHARE_CLICKED"}
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == [*range(1, len(lines) + 1)]
