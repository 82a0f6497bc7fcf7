"""Reads two clocks at one moment, to compare them."""

from __future__ import annotations

from collections.abc import Callable

#: Readings that lie no farther apart (s) are of one moment.
_MOMENT = 0.01

#: How often they are read until they are.
_TRIES = 5


def read_both(wall: Callable[[], float], steady: Callable[[], float]) -> tuple[float, float]:
    """Read ``wall`` and ``steady`` (s) at one moment; gives both.

    A machine may freeze between two readings, which would pass for a step of the wall clock.
    """
    before = steady()
    for _ in range(_TRIES):
        now, after = wall(), steady()
        if after - before <= _MOMENT:
            break
        before = after
    return now, after
