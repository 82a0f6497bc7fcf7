"""The clocks: elapsed time that no step of the wall clock can reach."""

from __future__ import annotations

import threading
from math import inf, nan

import pytest

from playertrack.live.clock import Clock, LiveClock, ManualClock
from playertrack.live.dispatcher import Dispatcher

YEARS = 50 * 365.25 * 86400


class Machine:
    """A wall clock and a monotonic one, as a machine has them."""

    def __init__(self, wall: float = 1000.0) -> None:
        self.wall = wall
        self.monotonic = 77.0

    def run(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def clock(self) -> LiveClock:
        return LiveClock(lambda: self.wall, lambda: self.monotonic)


def test_live_time_starts_at_the_wall_clock_and_goes_on_with_the_monotonic_one() -> None:
    machine = Machine(wall=1000.0)
    clock = machine.clock()
    assert clock.time() == 1000.0
    machine.run(2.5)
    assert clock.time() == 1002.5
    assert clock.correction() == 0.0


@pytest.mark.parametrize("step", [YEARS, 3600.0, -3600.0, 0.5])
def test_step_of_the_wall_clock_is_a_correction_and_no_elapsed_time(step: float) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.run(1.0)
    machine.wall += step
    machine.run(1.0)
    assert clock.time() == 1002.0
    assert clock.correction() == pytest.approx(step)


def test_steps_add_up_and_may_be_taken_back() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall += 100.0
    assert clock.correction() == 100.0
    machine.wall -= 30.0
    assert clock.correction() == 70.0
    machine.wall -= 70.0
    assert clock.correction() == 0.0


def test_two_clocks_that_are_not_read_at_once_are_no_step() -> None:
    machine = Machine()
    clock = machine.clock()
    for error in (0.01, -0.02, 0.05):
        machine.wall += error
        assert clock.correction() == 0.0


@pytest.mark.parametrize("reading", range(12))
def test_a_machine_that_freezes_at_any_reading_makes_no_step(reading: int) -> None:
    machine = Machine()
    left = reading

    def read(clock: str) -> float:
        nonlocal left
        if left == 0:
            machine.run(2.0)
        left -= 1
        value: float = getattr(machine, clock)
        return value

    clock = LiveClock(lambda: read("wall"), lambda: read("monotonic"))
    for _ in range(3):
        assert clock.correction() == 0.0
    assert clock.time() == machine.wall


def test_slow_drift_is_a_correction_in_the_end() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(20):
        machine.wall += 0.01
        clock.correction()
    assert clock.correction() == pytest.approx(0.2, abs=0.1)
    assert clock.correction() != 0.0


def test_live_clock_of_this_machine_passes() -> None:
    clock = LiveClock()
    before = clock.time()
    assert before > 1.7e9
    assert clock.time() >= before


@pytest.mark.parametrize("clock", [LiveClock(), ManualClock()])
@pytest.mark.parametrize("ahead", [0.0, -5.0])
def test_wait_is_over_when_the_time_is_reached(clock: Clock, ahead: float) -> None:
    condition = threading.Condition()
    with condition:
        clock.wait(condition, clock.time() + ahead)


def test_live_wait_is_over_by_itself() -> None:
    condition = threading.Condition()
    clock = LiveClock()
    until = clock.time() + 0.01
    with condition:
        while clock.time() < until:
            clock.wait(condition, until)


@pytest.mark.parametrize("clock", [LiveClock(), ManualClock()])
@pytest.mark.parametrize("until", [None, 1e18])
def test_wait_ends_with_a_notification(clock: Clock, until: float | None) -> None:
    condition = threading.Condition()
    over = threading.Event()

    def wait() -> None:
        with condition:
            holding.set()
            clock.wait(condition, until)
        over.set()

    holding = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    assert holding.wait(30)
    with condition:  # free only when the other one waits
        condition.notify()
    assert over.wait(30)
    thread.join()


def test_manual_time_passes_only_when_moved() -> None:
    clock = ManualClock(5.0)
    assert clock.time() == clock.time() == 5.0
    clock.advance(2.5)
    clock.advance(0.0)
    assert clock.time() == 7.5


def test_manual_time_does_not_go_back() -> None:
    clock = ManualClock(5.0)
    for seconds in (-1.0, nan):
        with pytest.raises(ValueError, match="step"):
            clock.advance(seconds)
    assert clock.time() == 5.0


def test_manual_step_is_a_correction() -> None:
    clock = ManualClock(5.0)
    clock.step(YEARS)
    clock.step(-1.0)
    assert clock.time() == 5.0
    assert clock.correction() == YEARS - 1.0


def test_manual_advance_wakes_all_who_wait() -> None:
    clock = ManualClock(0.0)
    conditions = [threading.Condition() for _ in range(3)]
    holding = threading.Barrier(4)

    def wait(condition: threading.Condition) -> None:
        with condition:
            holding.wait(30)
            while clock.time() < 2.0:
                clock.wait(condition, 2.0)

    threads = [threading.Thread(target=wait, args=(condition,)) for condition in conditions]
    for thread in threads:
        thread.start()
    holding.wait(30)
    clock.advance(1.0)
    clock.advance(1.0)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


class Waiting(threading.Condition):
    """A condition on a machine that stands still for ``stood`` seconds while it is waited for."""

    def __init__(self, machine: Machine, stood: float) -> None:
        super().__init__()
        self._machine = machine
        self._stood = stood

    def wait(self, timeout: float | None = None) -> bool:
        self._machine.run((timeout or 0.0) + self._stood)
        return False


@pytest.mark.parametrize("until", [0.03, 0.25, 5.0])
@pytest.mark.parametrize(("stood", "held"), [(0.0, False), (0.2, False), (1.3, True)])
def test_after_a_standstill_there_is_a_moment_before_silence_means_anything(
    stood: float, held: bool, until: float
) -> None:
    machine = Machine()
    clock = machine.clock()
    until_then = clock.wait(Waiting(machine, stood), 1000.0 + until)
    assert clock.time() == pytest.approx(1000.0 + min(until, 0.25) + stood)
    assert until_then == (clock.time() + 1.0 if held else None)


class Stood:
    """A clock on a machine that stands still for 5 s while it is waited for first."""

    def __init__(self) -> None:
        self.manual = ManualClock(0.0)
        self.over = threading.Event()
        self.time, self.correction = self.manual.time, self.manual.correction

    def wait(self, condition: threading.Condition, until: float | None) -> float | None:
        if until is None or self.over.is_set():
            self.manual.wait(condition, until)
            return None
        self.manual.advance(5.0)
        self.over.set()
        return self.time() + 1.0


def test_timers_wait_for_that_moment() -> None:
    clock, received, done = Stood(), threading.Event(), threading.Event()
    settled: list[float] = []

    def settle() -> None:
        settled.append(clock.time())
        done.set()

    dispatcher = Dispatcher(clock, lambda: inf if settled else 2.0, settle, lambda _: True, None)
    with dispatcher.lock:
        dispatcher.wake()
    assert clock.over.wait(20.0)
    with dispatcher.lock:
        dispatcher.put("test", lambda _: received.set(), None)
    assert received.wait(20.0), "callbacks are not held"
    assert not settled
    clock.manual.advance(1.0)
    assert done.wait(20.0)
    assert settled == [6.0]
    assert dispatcher.close(20.0)
