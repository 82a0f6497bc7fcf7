"""Helpers that the tests of the tracker share: patience, a listener, a clock to be stepped."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

from playertrack import Tracker
from playertrack.events import Event
from playertrack.live.clock import LiveClock

YEARS = 50 * 365.25 * 86400.0
START = 1_700_000_000.0
PATIENCE = 60.0  # s, for what has to happen at once


class Listener:
    """Collects what a callback receives, and lets one wait for it."""

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


def names(events: list[Event]) -> list[str]:
    return [event.event for event in events]


def start(tracker: Tracker, duration: float | None = 100.0) -> None:
    tracker.loaded("1_a", duration)
    tracker.play()
    tracker.playing()


class Machine:
    """A wall clock that can be stepped and a monotonic one that cannot."""

    def __init__(self, wall: float) -> None:
        self.wall = wall
        self.monotonic = 5.0
        self.clock = LiveClock(lambda: self.wall, lambda: self.monotonic)

    def run(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds
