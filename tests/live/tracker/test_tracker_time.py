"""Within a session all times are elapsed times, whatever the wall clock does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from playertrack import Tracker
from playertrack.core.context import Diagnostic
from playertrack.core.session import Summary
from playertrack.events import BufferEnd, Play
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink
from tracker.tracking import PATIENCE, START, YEARS, Machine


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
