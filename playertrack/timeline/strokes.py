"""Reduces the path of the playhead to a few straight lines.

Hours of updates are one line where playback just went on, so what is kept is where the line
bends: a new point is drawn only if without it the line would be off by more than `_OFF`.
"""

from __future__ import annotations

from math import inf
from typing import Literal

import attrs

from ..policy import Policy

#: How the playhead went: ``played`` joined the watched set, ``still`` is waiting or paused,
#: ``jumped`` is a seek or another leap, ``skimmed`` is too fast to be watched (R-fast).
Tread = Literal["played", "still", "jumped", "skimmed"]

Point = tuple[float, float]

#: How far (s of content) a stroke may be off.
_OFF = 0.05


@attrs.frozen
class Stroke:
    """A line through ``points``: Unix time, and position of the content (s)."""

    tread: Tread
    points: tuple[Point, ...]


@attrs.define
class _Line:
    """A line that is being drawn; ``low`` and ``high`` are the slopes that are near enough."""

    tread: Tread
    points: list[Point]
    last: Point
    low: float = -inf
    high: float = inf

    def extend(self, at: float, position: float) -> None:
        if (at, position) == self.last:
            return
        since, origin = self.points[-1]
        if at > since:
            low = max(self.low, (position - _OFF - origin) / (at - since))
            high = min(self.high, (position + _OFF - origin) / (at - since))
            if low <= high:
                self.low, self.high, self.last = low, high, (at, position)
                return
        if self.last != self.points[-1]:
            self.points.append(self.last)
        self.low, self.high, self.last = -inf, inf, (at, position)
        since, origin = self.points[-1]
        if at > since:
            self.low = (position - _OFF - origin) / (at - since)
            self.high = (position + _OFF - origin) / (at - since)
        else:
            self.points.append(self.last)

    def stroke(self) -> Stroke:
        points = self.points if self.last == self.points[-1] else [*self.points, self.last]
        return Stroke(self.tread, tuple(points))


class Course:
    """The way of a session's playhead from the time ``begun`` on.

    ``played`` are the stretches of content that it played.
    """

    def __init__(self, policy: Policy, begun: float) -> None:
        self._begun = begun
        self._back = policy.back_tolerance
        self._lines: list[_Line] = []
        self._here: Point | None = None
        self.played: list[tuple[float, float]] = []

    def move(self, at: float, position: float, tread: Tread) -> None:
        """The playhead is at ``position``, and nothing was watched on the way there."""
        self._draw(at, position, tread)

    def play(self, at: float, start: float, end: float, seconds: float) -> None:
        """In the ``seconds`` before ``at`` the content from ``start`` to ``end`` was played."""
        here = self._here
        if here is None:
            self._draw(max(at - seconds, self._begun), start, "played")
        elif abs(here[1] - start) > self._back:
            self._draw(max(here[0], at - seconds), start, "jumped")
        self._draw(at, end, "played")
        if self.played and abs(self.played[-1][1] - start) <= self._back:
            # A few tenths back and forth are no second time.
            begun, before = self.played[-1]
            self.played[-1] = (begun, max(before, end))
        elif end > start:
            self.played.append((start, end))

    def _draw(self, at: float, position: float, tread: Tread) -> None:
        here = self._here
        self._here = (at, position)
        if here is None:
            self._lines.append(_Line(tread, [self._here], self._here))
            return
        line = self._lines[-1]
        if line.tread != tread:
            if tread == "jumped" or position == here[1]:  # until now it was where it had been
                if line.tread == "jumped":
                    line = _Line("still", [here], here)
                    self._lines.append(line)
                line.extend(at, here[1])
                here = (at, here[1])
            self._lines.append(_Line(tread, [here], here))
        self._lines[-1].extend(at, position)

    def strokes(self, end: float) -> tuple[Stroke, ...]:
        """The strokes, as far as they begin before ``end``; the last one goes on until then."""
        if self._here is not None and self._here[0] < end and self._lines[-1].tread != "played":
            self._draw(end, self._here[1], "still")
        strokes = (line.stroke() for line in self._lines)
        return tuple(each for each in strokes if len(each.points) > 1 and each.points[0][0] <= end)
