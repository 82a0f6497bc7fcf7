"""The time for a live player: Unix time that only ever passes.

A wall clock may be set while a player runs: a kiosk boots in 1970 and reaches the network
minutes later. Were that step to reach the engine, a stall of two seconds would last fifty
years. So the time that the engine gets is Unix time as it was when the clock was made, plus
the monotonic time since; a step of the wall clock never shows in it. What the wall clock
says by now is `Clock.correction` away, and the tracker adds that from the first event of a
session to its last: within a session all differences are elapsed time, and the session
after a step has the corrected time (R-order).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from .._clocks import read_both

#: Less than this (s) between two readings of two clocks is no step: they are not read at once.
_NOISE = 0.1

#: So often (s) who waits looks whether the machine runs …
_LOOK = 0.25

#: … which it did not if a look comes this much (s) late. Then the player could say nothing …
_LATE = 0.25

#: … and gets a moment (s) to say what it did, before its silence means anything.
_MOMENT = 1.0


class Clock(Protocol):
    """The clock of a tracker; any thread may ask it."""

    def time(self) -> float:
        """Unix time (s) whose differences are elapsed time: it never steps nor goes back."""

    def correction(self) -> float:
        """The seconds to add to `time` for the wall clock's time; 0.0 until it is stepped."""

    def wait(self, condition: threading.Condition, until: float | None) -> float | None:
        """Wait for a notification, or for `time` to reach ``until``; the condition is held.

        It may return sooner. Returns until when nothing is due, if the machine stood still: the
        player could say nothing meanwhile.
        """


class LiveClock:
    """The clock of this machine.

    ``wall`` and ``monotonic`` (s) are what it is made of. Where the monotonic clock stands
    still while the machine sleeps, as on Linux, so does this one: sleep is a step of the wall
    clock, not time spent in a session.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._wall_start, self._monotonic_start = read_both(wall, monotonic)
        self._correction = 0.0

    def time(self) -> float:
        """Unix time (s) as of the start, plus the monotonic time since."""
        return self._wall_start + (self._monotonic() - self._monotonic_start)

    def correction(self) -> float:
        """How far (s) the wall clock was stepped since the start, forward or back."""
        now, elapsed = read_both(self._wall, self._monotonic)
        ahead = now - self._wall_start - (elapsed - self._monotonic_start)
        if abs(ahead - self._correction) > _NOISE:
            self._correction = ahead
        return self._correction

    def wait(self, condition: threading.Condition, until: float | None) -> float | None:
        """Wait for a notification, or for `time` to reach ``until``, but not for long."""
        if until is None:
            condition.wait()
            return None
        looked = self.time()
        condition.wait(min(max(0.0, until - looked), _LOOK))
        now = self.time()
        return now + _MOMENT if now - looked > _LOOK + _LATE else None


class ManualClock:
    """A clock for tests: time passes when `advance` says so, and wakes who waits for it.

    >>> clock = ManualClock(1700000000.0)
    >>> clock.advance(2.5)
    >>> clock.time()
    1700000002.5
    """

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._correction = 0.0
        self._lock = threading.Lock()
        self._waiting: list[threading.Condition] = []

    def time(self) -> float:
        """Unix time (s): that of the start and all that was advanced since."""
        return self._now

    def correction(self) -> float:
        """The sum (s) of all steps."""
        return self._correction

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass; `ValueError` if they are negative, which time never is."""
        if not seconds >= 0.0:
            raise ValueError(f"time does not go back: {seconds!r}; to set the clock, use step()")
        with self._lock:
            self._now += seconds
            waiting = tuple(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()

    def step(self, seconds: float) -> None:
        """Set the wall clock ``seconds`` forward, or back; no time passes."""
        self._correction += seconds

    def wait(self, condition: threading.Condition, until: float | None) -> None:
        """Wait for a notification, or for `advance` to reach ``until``."""
        with self._lock:
            if until is not None and self._now >= until:
                return
            self._waiting.append(condition)
        try:
            condition.wait()
        finally:
            with self._lock:
                self._waiting.remove(condition)
