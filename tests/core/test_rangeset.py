"""The watched set, held against sets of whole seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack.core.rangeset import (
    by_length,
    cut,
    forget_shortest,
    holds,
    intervals,
    join,
    length,
    note_length,
)

_interval = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair)))


def joined(*stretches: tuple[float, float]) -> list[float]:
    watched: list[float] = []
    for start, end in stretches:
        join(watched, start, end)
    return watched


@given(st.lists(_interval))
def test_joining_is_union(stretches: list[tuple[int, int]]) -> None:
    """``(a, b]`` of whole numbers holds a+1 … b; what touches is one interval."""
    watched = joined(*stretches)
    seconds = {second for start, end in stretches for second in range(start + 1, end + 1)}
    assert {second for second in range(70) if holds(watched, second)} == seconds
    assert {second for second in range(70) if holds(watched, second - 0.5)} == seconds
    assert length(watched) == len(seconds)
    assert watched == sorted(set(watched))
    assert intervals(watched) == tuple(zip(watched[::2], watched[1::2], strict=True))


@given(st.lists(_interval), st.integers(0, 70))
def test_a_cut_leaves_what_lies_before_it(stretches: list[tuple[int, int]], end: int) -> None:
    watched = joined(*stretches)
    before = {second for second in range(end + 1) if holds(watched, second)}
    left = cut(watched, end)
    assert {second for second in range(70) if holds(left, second)} == before
    assert length(left) == len(before)
    assert watched == joined(*stretches)


@given(st.lists(_interval), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(stretches: list[tuple[int, int]], random: object) -> None:
    assert joined(*stretches) == joined(*sorted(stretches)) == joined(*stretches[::-1])


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        ([(0.0, 1.0)], [0.0, 1.0]),
        ([(0.0, 1.0), (1.0, 2.0)], [0.0, 2.0]),
        ([(1.0, 2.0), (0.0, 1.0)], [0.0, 2.0]),
        ([(0.0, 1.0), (1.5, 2.0)], [0.0, 1.0, 1.5, 2.0]),
        ([(0.0, 1.0), (2.0, 3.0), (1.0, 2.0)], [0.0, 3.0]),
        ([(0.0, 9.0), (2.0, 3.0)], [0.0, 9.0]),
        ([(2.0, 3.0), (5.0, 6.0), (0.0, 9.0)], [0.0, 9.0]),
        ([(0.0, 3.0), (2.0, 5.0)], [0.0, 5.0]),
        ([(0.0, 3.0), (0.0, 3.0)], [0.0, 3.0]),
        ([(0.0, 3.0), (0.0, 5.0)], [0.0, 5.0]),
    ],
)
def test_joining(stretches: list[tuple[float, float]], expected: list[float]) -> None:
    assert joined(*stretches) == expected


@pytest.mark.parametrize(
    ("point", "held"),
    [(0.0, False), (1.0, False), (1.5, True), (2.0, True), (2.5, False), (4.0, True), (5.0, False)],
)
def test_an_interval_is_open_below_and_closed_above(point: float, held: bool) -> None:
    assert holds([1.0, 2.0, 3.0, 4.0], point) is held


def test_nothing_watched() -> None:
    assert not holds([], 1.0)
    assert intervals([]) == ()
    assert length([]) == 0.0


def test_the_shortest_is_forgotten_the_first_of_equals() -> None:
    watched = [0.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    heap = by_length(watched)
    assert forget_shortest(watched, heap) == (5.0, 6.0)
    assert watched == [0.0, 4.0, 7.0, 8.0]
    assert forget_shortest(watched, heap) == (7.0, 8.0)
    assert forget_shortest(watched, heap) == (0.0, 4.0)
    assert watched == []


def test_an_interval_that_grew_is_not_forgotten_as_it_was() -> None:
    watched = [0.0, 1.0, 5.0, 9.0]
    heap = by_length(watched)
    join(watched, 1.0, 3.0)
    note_length(watched, heap, 1.0)
    assert forget_shortest(watched, heap) == (0.0, 3.0)
    assert watched == [5.0, 9.0]


def test_a_gap_is_not_forgotten_as_the_interval_that_was_there() -> None:
    watched = [0.0, 4.0, 5.0, 6.0, 8.0, 12.0]
    heap = by_length(watched)
    note_length(watched, heap, 5.0)  # it was seen twice
    assert forget_shortest(watched, heap) == (5.0, 6.0)
    join(watched, 4.0, 5.0)
    join(watched, 6.0, 8.0)
    note_length(watched, heap, 4.0)
    note_length(watched, heap, 6.0)
    assert forget_shortest(watched, heap) == (0.0, 5.0)
    assert watched == [6.0, 12.0]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 6)), max_size=60))
def test_the_shortest_is_found_as_if_all_were_looked_at(moves: list[tuple[int, int]]) -> None:
    watched: list[float] = []
    heap = by_length(watched)
    for start, ahead in moves:
        join(watched, float(start), float(start + ahead))
        note_length(watched, heap, float(start))
        if len(watched) > 8:
            spans = intervals(watched)
            shortest = min(spans, key=lambda span: span[1] - span[0])
            assert forget_shortest(watched, heap) == shortest
            assert intervals(watched) == tuple(span for span in spans if span != shortest)
