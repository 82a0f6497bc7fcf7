"""Watches a live player: a tracker whose events can be awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Self

from .._times import clock
from ..events import Event, to_record
from ..live.tracker import Tracker
from ..signals import Signal, TimeUpdate
from ..trace.lint import check


class Witness:
    """Keeps the signals and events of its ``tracker``, and waits for them.

    What does not come within ``timeout`` (s) is an AssertionError that shows what came. The
    end of a ``with`` block closes the tracker, and holds the events against the invariants.
    """

    def __init__(self, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._changed = threading.Condition()
        self.events: list[Event] = []
        self.signals: list[Signal] = []
        self.tracker = Tracker(on_event=self._on_event, on_signal=self._on_signal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        delivered = self.tracker.close(self._timeout)
        if kind is None:
            assert delivered, "the tracker could not be closed in time"
            broken = check(map(to_record, self.events))
            assert not broken, f"{broken} in\n{self.story}"

    @property
    def names(self) -> list[str]:
        """The names of all events but VIEW, which are a matter of time."""
        return [event.event for event in self.events if event.event != "VIEW"]

    @property
    def story(self) -> str:
        """All that was reported, a line each; updates in a row are one."""
        start = self.signals[0].at if self.signals else 0.0
        lines: list[tuple[float, int, str]] = []
        for updates, row in groupby(list(self.signals), lambda s: isinstance(s, TimeUpdate)):
            signals = list(row)
            if updates and len(signals) > 2:
                first, last = signals[0], signals[-1]
                shown = f"{_shown(first.position)} … {_shown(last.position)}"
                end = clock(last.at - start, 0.001)
                lines.append((first.at, 0, f"    {len(signals)} timeupdates {shown} at {end}"))
            else:
                lines += [(s.at, 0, f"    {s.name} {_shown(s.position)}") for s in signals]
        lines += [(event.at, 1, f"{event!r}") for event in list(self.events)]
        return "\n".join(f"{clock(at - start, 0.001):>10} {line}" for at, _, line in sorted(lines))

    def until(self, name: str, count: int = 1) -> Any:
        """The ``count``-th event of that name, as soon as there is one."""
        what = f"{name} number {count}"
        return self._until(lambda: [e for e in self.events if e.event == name], count, what)

    def until_signal(self, name: str, count: int = 1) -> Any:
        """The ``count``-th signal of that name, as soon as there is one."""
        what = f"signal {name} number {count}"
        return self._until(lambda: [s for s in self.signals if s.name == name], count, what)

    def until_over(self) -> Signal:
        """The signal that playback is over: at its end, as it seems, or by a failure."""
        over = ("ended", "error", "stop", "close")
        found: Signal = self._until(lambda: [s for s in self.signals if s.name in over], 1, "end")
        return found

    def until_at(self, position: float) -> float:
        """Where the playhead is (s of content) when next it is at ``position`` or beyond it."""
        start = len(self.signals)

        def beyond() -> list[TimeUpdate]:
            updates = (s for s in self.signals[start:] if isinstance(s, TimeUpdate))
            return [signal for signal in updates if signal.position >= position]

        found: TimeUpdate = self._until(beyond, 1, f"position {position}")
        return found.position

    def _until(self, find: Callable[[], Sequence[Any]], count: int, what: str) -> Any:
        with self._changed:
            came = self._changed.wait_for(lambda: len(find()) >= count, self._timeout)
            assert came, f"{what} did not come within {self._timeout:g} s in\n{self.story}"
            return find()[count - 1]

    def _on_event(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def _on_signal(self, signal: Signal) -> None:
        with self._changed:
            self.signals.append(signal)
            self._changed.notify_all()


def _shown(position: float | None) -> str:
    return "" if position is None else clock(position, 0.001)
