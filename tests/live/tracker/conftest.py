"""Trackers into one memory, on a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playertrack import Tracker
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink
from tracker.tracking import PATIENCE, START


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
