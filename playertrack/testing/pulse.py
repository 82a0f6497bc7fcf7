"""Notices when the machine stands still while players are watched, and excuses what comes of it.

A scenario gives its commands at times of its own. Where the machine does nothing for a moment,
playback is further than was meant, a drag becomes two seeks, a short pause a long one. That is
what the viewer sees, so it is right to report it; and nothing else is right.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ..events import Event

#: So often (s) the pulse beats; one that is late by so much (s) shows a standstill.
_BEAT, _LATE = 0.05, 0.15

#: What was played in a standstill is reported within this time (s) after it.
_SOON = 1.5

_QUARTILE = "PLAY_REACHED_"
#: Pairs that a standstill may be between.
_PAIRS = {"BUFFER_START": "BUFFER_END", "PAUSE": "RESUME"}


class Pulse:
    """Beats while the process runs; ``now`` is the clock that dates its standstills."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last = now()
        self._spans: list[tuple[float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._last = self._now()
        self._thread.start()

    def stop(self) -> None:
        """End; what was noticed is kept."""
        self._over.set()
        self._thread.join()

    def stood(self, since: float, until: float) -> float:
        """How long (s) nothing ran between these times."""
        spans = [*self._spans]
        if not self._over.is_set():
            spans += self._late_by(self._now())
        return sum(max(0.0, min(until, end) - max(since, start)) for start, end in spans)

    def _beat(self) -> None:
        while not self._over.wait(_BEAT):
            now = self._now()
            self._spans += self._late_by(now)
            self._last = now

    def _late_by(self, now: float) -> list[tuple[float, float]]:
        """The standstill that ends now, if there is one."""
        return [(self._last, now)] if now - self._last > _BEAT + _LATE else []


def excused(
    events: Sequence[Event], expected: Sequence[Any], pulse: Pulse
) -> tuple[list[Event], list[Any]]:
    """The rest of the events, and of those expected, without what a standstill explains.

    A wait that it fell into; a pause that it made long; a seek that it parted; a quartile that
    was played over earlier, or at all, since the next command came late.
    """
    expected, left = [*expected], [*events]
    for first, last in _PAIRS.items():
        for start, end in _pairs(left, first, last):
            spare = not _expects(expected, first) and not _expects(expected, last)
            if spare and pulse.stood(start.at, end.at):
                left = [event for event in left if event is not start and event is not end]
    seeks = [event for event in left if event.event == "SEEK"]
    for seek, following in pairwise(seeks):
        wanted = sum(_is(each, "SEEK") for each in expected)
        spare = sum(event.event == "SEEK" for event in left) > wanted
        if spare and pulse.stood(seek.at, following.at):
            left = [event for event in left if event is not seek]
    sessions = list(dict.fromkeys(event.session for event in left))
    for event in [*left]:
        if event.event.startswith(_QUARTILE) and pulse.stood(event.at - _SOON, event.at):
            left = [each for each in left if each is not event]
            awaited = (event.event, sessions.index(event.session))
            places = zip(expected, _sessions(expected), strict=True)
            found = next((n for n, place in enumerate(places) if place == awaited), None)
            if found is not None:
                del expected[found]
    return left, expected


def _sessions(expected: Sequence[Any]) -> list[int]:
    """In which session each of them is, from 0."""
    opening = [_is(each, "REPLAY") or _is(each, "MEDIA_LOADED") for each in expected]
    return [max(0, sum(opening[: n + 1]) - 1) for n in range(len(expected))]


def _pairs(events: Sequence[Event], first: str, last: str) -> list[tuple[Event, Event]]:
    both = [event for event in events if event.event in (first, last)]
    return [(a, b) for a, b in pairwise(both) if a.event == first and b.event == last]


def _is(expected: Any, name: str) -> bool:
    return bool(expected == name or (isinstance(expected, tuple) and expected[0] == name))


def _expects(expected: Sequence[Any], name: str) -> bool:
    return any(_is(each, name) for each in expected)
