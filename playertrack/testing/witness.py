"""Watches a live player: a tracker whose events can be awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile, groupby
from typing import Any, Self

from .._times import clock
from ..events import Event, to_record
from ..live.clock import LiveClock
from ..live.tracker import Tracker
from ..policy import Policy
from ..signals import Play, Signal, TimeUpdate
from ..trace.lint import check
from .assertions import assert_events
from .awaited import why_no_event, why_no_signal
from .patterns import Expected
from .pulse import Pulse, excused

#: The signals that playback is over.
_OVER = ("ended", "error", "stop", "close")


class Witness:
    """Keeps the signals and events of its ``tracker``, and waits for them.

    What does not come within ``timeout`` (s) is an AssertionError that shows what came, and
    which rule and signals it would have come of. The end of a ``with`` block closes the
    tracker, and holds the events against the invariants.
    """

    def __init__(self, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._changed = threading.Condition()
        self._since = 0  # so many signals had come when the last wait was over
        self.events: list[Event] = []
        self.signals: list[Signal] = []
        clock = LiveClock()
        #: Whether the machine stood still meanwhile.
        self.pulse = Pulse(clock.time)
        self.tracker = Tracker(clock=clock, on_event=self._on_event, on_signal=self._on_signal)

    def __enter__(self) -> Self:
        self.pulse.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        delivered = self.tracker.close(self._timeout)
        self.pulse.stop()
        if kind is None:
            assert delivered, "the tracker could not be closed in time"
            broken = check(map(to_record, self.events))
            assert not broken, f"{broken} in\n{self.story}"

    @property
    def policy(self) -> Policy:
        """How the signals are judged: as suits the player that is measured."""
        return self.tracker.policy

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
        lines.sort(key=lambda line: line[:2])  # what has the same time stays in the order it came
        return "\n".join(f"{clock(at - start, 0.001):>10} {line}" for at, _, line in lines)

    def until(self, name: str, count: int = 1, *, session: str | None = None) -> Any:
        """The ``count``-th event of that name, as soon as there is one.

        ``session``: of those of that session.
        """

        def why(since: int) -> Iterator[str]:
            return why_no_event(name, self.events, self.signals, since, self.policy)

        what = f"{name} number {count}"

        def found() -> list[Event]:
            events = (event for event in self.events if session in (None, event.session))
            return [event for event in events if event.event == name]

        return self._until(found, count, what, why)

    def until_signal(self, name: str, count: int = 1) -> Any:
        """The ``count``-th signal of that name, as soon as there is one."""
        what = f"signal {name} number {count}"
        return self._until_signal(
            lambda: [s for s in self.signals if s.name == name], count, what, name
        )

    def until_over(self) -> Signal:
        """The signal that playback is over: at its end, as it seems, or by a failure."""

        def over() -> list[Signal]:
            asked = dropwhile(lambda signal: not isinstance(signal, Play), self.signals)
            return [signal for signal in asked if signal.name in _OVER]

        found: Signal = self._until_signal(over, 1, "end", *_OVER)
        return found

    def until_at(self, position: float) -> float:
        """Where the playhead is (s of content) when next it is at ``position`` or beyond it."""
        start = len(self.signals)

        def beyond() -> list[TimeUpdate]:
            updates = (s for s in self.signals[start:] if isinstance(s, TimeUpdate))
            return [signal for signal in updates if signal.position >= position]

        what = f"position {position}"
        found: TimeUpdate = self._until_signal(beyond, 1, what, TimeUpdate.name)
        return found.position

    def _until_signal(
        self, find: Callable[[], Sequence[Signal]], count: int, what: str, *names: str
    ) -> Any:
        def why(since: int) -> Iterator[str]:
            return why_no_signal(names, self.events, self.signals, since)

        return self._until(find, count, what, why)

    def _until(
        self,
        find: Callable[[], Sequence[Any]],
        count: int,
        what: str,
        why: Callable[[int], Iterator[str]],
    ) -> Any:
        __tracebackhide__ = True
        with self._changed:
            if not self._changed.wait_for(lambda: len(find()) >= count, self._timeout):
                head = f"{what} did not come within {self._timeout:g} s"
                raise AssertionError("\n".join([head, *why(self._since), self.story]))
            self._since = len(self.signals)
            return find()[count - 1]

    def _on_event(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def _on_signal(self, signal: Signal) -> None:
        with self._changed:
            self.signals.append(signal)
            self._changed.notify_all()


def assert_reported(witness: Witness, *expected: Expected, but: Sequence[str] = ()) -> None:
    """The events are these, VIEW and ``but`` those apart; ``...`` is any number of them.

    Besides there may be what comes of a machine that stood still (`pulse.excused`).
    """
    __tracebackhide__ = True
    left, wanted = excused(witness.events, expected, witness.pulse)
    log = witness if len(left) == len(witness.events) else left
    try:
        assert_events(log, wanted, ignore=["VIEW", *but])
    except AssertionError as error:
        raise AssertionError(f"{error}\n{witness.story}") from None


def _shown(position: float | None) -> str:
    return "" if position is None else clock(position, 0.001)
