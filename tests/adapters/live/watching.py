"""What a tracker tells, to be waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from playertrack import Event, Tracker
from playertrack.signals import Signal, TimeUpdate

#: How long (s) anything may take on a machine that has other things to do.
TIMEOUT = 15.0


class Watching:
    """A tracker and all that it told; the end of a ``with`` block closes it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.signals: list[Signal] = []
        self._changed = threading.Condition()
        self.tracker = Tracker(on_event=self._tell, on_signal=self._hear)

    def _tell(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def _hear(self, signal: Signal) -> None:
        with self._changed:
            self.signals.append(signal)
            self._changed.notify_all()

    def __enter__(self) -> Watching:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.tracker.close(TIMEOUT)

    @property
    def names(self) -> list[str]:
        return [event.event for event in self.events if event.event != "VIEW"]

    def until(self, name: str, count: int = 1) -> Any:
        """The ``count``-th event of that name, as soon as it is there."""
        found = self._wait(lambda: [event for event in self.events if event.event == name], count)
        return found[count - 1]

    def until_at(self, position: float) -> None:
        """Wait until a position of at least that many seconds was told."""
        start = len(self.signals)
        self._wait(
            lambda: [
                signal
                for signal in self.signals[start:]
                if isinstance(signal, TimeUpdate) and signal.position >= position
            ],
            1,
        )

    def until_signal(self, name: str) -> Any:
        return self._wait(lambda: [s for s in self.signals if s.name == name], 1)[0]

    def _wait(self, find: Callable[[], list[Any]], count: int) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(find()) >= count, TIMEOUT), self.events
            return find()
