"""What was watched: a union of intervals of content, and the points that lie in it.

The set is kept as a flat list ``[a0, b0, a1, b1, …]`` of disjoint intervals ``(a, b]`` in
ascending order: small to keep, quick to save. Positions are seconds of content.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def join(watched: list[float], start: float, end: float) -> None:
    """Let ``(start, end]`` join the set; intervals that touch or overlap become one."""
    first = bisect_left(watched, start)
    last = bisect_right(watched, end)
    bounds = []
    if first % 2 == 0:
        bounds.append(start)
    if last % 2 == 0:
        bounds.append(end)
    watched[first:last] = bounds


def forget_shortest(watched: list[float]) -> tuple[float, float]:
    """Drop the shortest interval and say which it was; never claims more than was watched."""
    lengths = [watched[i + 1] - watched[i] for i in range(0, len(watched), 2)]
    index = 2 * lengths.index(min(lengths))
    start, end = watched[index : index + 2]
    del watched[index : index + 2]
    return start, end


def holds(watched: Sequence[float], point: float) -> bool:
    """Whether ``point`` lies in some ``(a, b]`` (R-quartile)."""
    return bisect_left(watched, point) % 2 == 1


def cut(watched: list[float], end: float) -> list[float]:
    """The part of the set that lies before ``end``."""
    count = bisect_left(watched, end)
    return watched[:count] + [end] * (count % 2)


def intervals(watched: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The set as pairs."""
    return tuple((watched[i], watched[i + 1]) for i in range(0, len(watched), 2))


def length(watched: Sequence[float]) -> float:
    """Unique seconds of content in the set."""
    return sum((b - a for a, b in intervals(watched)), 0.0)
