"""The watched parts: a union of intervals of content, and the points that lie in it.

The set is kept as a flat list ``[a0, b0, a1, b1, …]`` of disjoint intervals ``(a, b]`` in
ascending order: small to keep, quick to save. Positions are seconds of content.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from operator import sub

#: An interval in a heap: its length, start and end.
_Length = tuple[float, float, float]


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


def by_length(watched: Sequence[float]) -> list[_Length]:
    """A heap of the intervals by their length; `forget_shortest` takes from it."""
    heap = [(end - start, start, end) for start, end in intervals(watched)]
    heapify(heap)
    return heap


def note_length(watched: Sequence[float], heap: list[_Length], start: float) -> None:
    """Let the interval that holds what follows ``start`` be found by its length."""
    index = bisect_right(watched, start) - 1
    a, b = watched[index : index + 2]
    heappush(heap, (b - a, a, b))


def forget_shortest(watched: list[float], heap: list[_Length]) -> tuple[float, float]:
    """Drop the shortest interval and say which it was; never claims more than was watched.

    What the heap has of intervals that are no more is passed over.
    """
    while True:
        _, start, end = heappop(heap)
        index = bisect_left(watched, start)
        if index % 2 == 0 and watched[index : index + 2] == [start, end]:
            del watched[index : index + 2]
            return start, end


def holds(watched: Sequence[float], point: float) -> bool:
    """True if ``point`` lies in some ``(a, b]`` (R-quartile)."""
    return bisect_left(watched, point) % 2 == 1


def cut(watched: list[float], end: float) -> list[float]:
    """The part of the set that lies before ``end``; the list itself if all of it does."""
    if not watched or watched[-1] <= end:
        return watched
    count = bisect_left(watched, end)
    return watched[:count] + [end] * (count % 2)


def intervals(watched: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The set as pairs."""
    bounds = iter(watched)
    return tuple(zip(bounds, bounds, strict=True))


def length(watched: Sequence[float]) -> float:
    """Unique seconds of content in the set."""
    return sum(map(sub, watched[1::2], watched[::2]), 0.0)
