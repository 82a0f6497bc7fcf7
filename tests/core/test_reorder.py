"""The reorder buffer: order, repeats, gaps, what comes late, and its state as a value."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playertrack.core.reorder import Reorder
from playertrack.signals import Pause, Signal, Tick

#: What arrives: the number (None: it has none) and `at`; what is released in the end, each by
#: number or, without one, by `at`; and how many were late. The lateness is 5 s.
CASES: dict[str, tuple[list[tuple[int | None, float]], list[float], int]] = {
    "in order": ([(1, 0), (2, 1), (3, 2)], [1, 2, 3], 0),
    "from zero": ([(0, 0), (1, 1), (2, 2)], [0, 1, 2], 0),
    "zero comes second": ([(1, 1), (0, 0), (2, 2)], [0, 1, 2], 0),
    "backwards": ([(3, 2), (2, 1), (1, 0)], [1, 2, 3], 0),
    "a repeat": ([(1, 0), (2, 1), (2, 1), (1, 0), (3, 2)], [1, 2, 3], 0),
    "a repeat of what waits": ([(1, 0), (3, 2), (3, 2), (2, 1)], [1, 2, 3], 0),
    "waited for as long as allowed": ([(1, 0), (3, 2), (4, 7), (2, 1)], [1, 2, 3, 4], 0),
    "too late": ([(1, 0), (3, 2), (4, 7.5), (2, 1), (5, 8)], [1, 3, 4, 5], 1),
    "too late, twice": ([(1, 0), (3, 2), (4, 7.5), (2, 1), (2, 1)], [1, 3, 4], 1),
    "too late, two of three": ([(0, 0), (4, 2), (5, 8), (1, 1), (2, 1)], [0, 4, 5], 2),
    "never comes": ([(1, 0), (4, 2), (3, 2)], [1, 3, 4], 0),
    "first is lost": ([(3, 0), (2, 0), (4, 6)], [2, 3, 4], 0),
    "the clock is set back": ([(1, 9000), (3, 2), (4, 9), (2, 1)], [1, 2, 3, 4], 0),
    "by at": ([(None, 3), (None, 1), (None, 2)], [1, 2, 3], 0),
    "by at, nothing is a repeat": ([(None, 1), (None, 1)], [1, 1], 0),
    "by at, exactly": ([(None, 3), (None, 8), (None, 3)], [3, 3, 8], 0),
    "by at, too late": ([(None, 1), (None, 9), (None, 2)], [1, 9], 1),
    "by at, before a number of the same time": ([(None, 2), (0, 2)], [2, 0], 0),
    "by at, after an earlier number": ([(None, 3), (0, 2)], [0, 3], 0),
}


def released(order: Reorder, arriving: list[tuple[int | None, float]]) -> list[float]:
    out: list[float] = []
    for seq, at in arriving:
        # The position is what the signal is known by.
        out += (each.position or 0.0 for each in order.push(signal(seq, at), seq))
    return out + [each.position or 0.0 for each in order.flush()]


def signal(seq: int | None, at: float) -> Signal:
    return Pause(at=at, position=at if seq is None else seq)


@pytest.mark.parametrize("case", CASES)
def test_order(case: str) -> None:
    arriving, expected, late = CASES[case]
    order = Reorder(5.0)
    assert (released(order, arriving), order.late) == (expected, late)


#: What arrives, and how many signals each releases.
AT_ONCE: dict[str, tuple[list[tuple[int | None, float]], list[int]]] = {
    "what is contiguous": ([(0, 0), (1, 1), (3, 3), (2, 2), (4, 4)], [1, 1, 0, 2, 1]),
    "by at, exactly": ([(None, 3), (None, 8), (None, 8.5)], [0, 0, 1]),
    "by at, while a number is waited for": ([(0, 0), (2, 10), (None, 6), (3, 12)], [1, 0, 0, 1]),
}


@pytest.mark.parametrize("case", AT_ONCE)
def test_what_is_released_when(case: str) -> None:
    arriving, counts = AT_ONCE[case]
    order = Reorder(5.0)
    assert [len(order.push(signal(seq, at), seq)) for seq, at in arriving] == counts


#: With idle_close of 100 s.
AFTER_SILENCE: dict[str, tuple[list[tuple[int | None, float]], list[float], int]] = {
    "the numbers go on": ([(1, 0), (2, 1), (4, 203), (3, 202)], [1, 2, 3, 4], 0),
    "they start again": ([(1, 0), (2, 1), (3, 2), (1, 200), (2, 201)], [1, 2, 3, 1, 2], 0),
    "they go on, and no more start": ([(1, 0), (2, 1), (3, 200), (1, 201)], [1, 2, 3], 0),
    "they go on, from before": ([(0, 0), (1, 1), (3, 200), (2, 1)], [0, 1, 2, 3], 0),
    "again, with a repeat": ([(0, 0), (1, 1), (0, 200), (0, 201)], [0, 1, 0], 0),
    "again, zero comes second": ([(0, 0), (1, 1), (1, 201), (0, 200)], [0, 1, 0, 1], 0),
    "again, out of order": ([(1, 0), (2, 1), (2, 201), (1, 200), (3, 202)], [1, 2, 1, 2, 3], 0),
    "exactly so long is no silence": ([(1, 0), (2, 1), (1, 101)], [1, 2], 0),
    "exactly so long, after more": ([(1, 0), (2, 1), (9, 200), (1, 101)], [1, 2, 9], 0),
    "a gap is given up": ([(1, 0), (3, 1), (4, 200)], [1, 3, 4], 0),
    "too late to start again": (
        [(1, 0), (2, 1), (9, 200), (10, 206), (1, 207), (2, 208)],
        [1, 2, 9, 10],
        0,
    ),
    "late, from before": ([(1, 0), (2, 1), (1, 200), (2, 202), (9, 1)], [1, 2, 1, 2], 1),
    "two of them": ([(1, 0), (2, 1), (1, 200), (8, 1), (9, 1)], [1, 2, 1], 2),
}


@pytest.mark.parametrize("case", AFTER_SILENCE)
def test_numbers_after_a_silence(case: str) -> None:
    arriving, expected, late = AFTER_SILENCE[case]
    order = Reorder(5.0, idle_close=100.0)
    assert (released(order, arriving), order.late) == (expected, late)


def delayed(random: Random, count: int, most: float) -> list[tuple[int | None, float]]:
    """Numbered signals 0.1 s to 1 s apart, each on its way for up to ``most`` seconds."""
    at, sent = 0.0, []
    for seq in range(1, count + 1):
        at += random.uniform(0.1, 1.0)
        sent.append((at + random.uniform(0.0, most), seq, at))
    return [(seq, at) for _, seq, at in sorted(sent)]


@given(st.randoms(use_true_random=False), st.integers(1, 60), st.booleans())
def test_what_is_late_by_no_more_than_allowed_is_put_in_order(
    random: Random, count: int, repeated: bool
) -> None:
    arriving = delayed(random, count, 5.0)
    if repeated:
        arriving += arriving[: count // 2]
    order = Reorder(5.0)
    assert released(order, arriving) == list(range(1, count + 1))
    assert order.late == 0


arrivals = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 12)),
        st.one_of(st.floats(0, 40), st.integers(0, 400).map(float)),
    ),
    max_size=30,
)


@given(arrivals, st.integers(0, 30), st.sampled_from([None, 20.0]))
def test_the_state_is_a_value(
    arriving: list[tuple[int | None, float]], cut: int, idle: float | None
) -> None:
    whole, left = Reorder(5.0, idle), Reorder(5.0, idle)
    for seq, at in arriving[:cut]:
        assert whole.push(signal(seq, at), seq) == left.push(signal(seq, at), seq)
    right = Reorder.restore(5.0, idle, json.loads(json.dumps(left.state(), allow_nan=False)))
    for seq, at in arriving[cut:]:
        assert whole.push(signal(seq, at), seq) == right.push(signal(seq, at), seq)
    assert whole.state() == right.state()
    assert whole.flush() == right.flush()
    assert whole.late == right.late


@given(arrivals)
def test_nothing_is_lost_but_what_is_late_or_repeated(
    arriving: list[tuple[int | None, float]],
) -> None:
    order = Reorder(5.0)
    out = released(order, arriving)
    loose = [at for seq, at in arriving if seq is None]
    assert len(out) + order.late <= len(arriving)
    assert len({seq for seq, _ in arriving if seq is not None}) + len(loose) == len(out) + (
        order.late
    )


def test_the_state_is_as_it_is_stored() -> None:
    """Snapshots of players hold it: what it means is a contract."""
    order = Reorder(5.0, idle_close=100.0)
    assert order.state() == [None, 0, 0, [], [], [], None, True, False]
    for seq, at in ((0, 0.0), (3, 1.0), (4, 7.0), (1, 1.0), (0, 200.0), (None, 201.0), (2, 202.0)):
        order.push(Pause(at=at), seq)
    assert order.state() == [
        *(202.0, 1, 1),  # the latest `at`, the number expected next, how many were late
        [[2, 202.0, {"signal": "pause", "at": 202.0}]],
        [{"signal": "pause", "at": 201.0}],
        [],  # the numbers given up are those before the silence
        *(7.0, False, True),  # it ended an era, and the numbers began anew
    ]


def test_a_number_that_came_late_is_no_more_lost() -> None:
    order = Reorder(5.0)
    for seq, at in ((0, 0.0), (4, 2.0), (5, 8.0)):
        order.push(signal(seq, at), seq)
    lost = []
    for seq in (2, 1, 3):
        order.push(signal(seq, 1.0), seq)
        lost.append(order.state()[5])
    assert lost == [[[1, 2], [3, 4]], [[3, 4]], []]


def test_numbers_that_were_given_up_are_not_remembered_for_ever() -> None:
    order = Reorder(1.0)
    for step in range(3000):
        order.push(Tick(at=2.0 * step), 2 * step)
    assert len(json.dumps(order.state())) < 30_000
    order.push(Tick(at=0.0), 1)
    order.push(Tick(at=0.0), 2 * 2990 + 1)
    assert order.late == 1


WAITING: dict[str, tuple[float, list[tuple[int | None, float]], list[int]]] = {
    "five seconds for a 0": (60.0, [(1, 0), (2, 4), (3, 5), (4, 5.5), (5, 6)], [0, 0, 0, 4, 1]),
    "less, as for others": (2.0, [(1, 0), (2, 2), (3, 2.5)], [0, 0, 3]),
    "not for a 1": (60.0, [(2, 0), (3, 6), (1, 7), (4, 8)], [0, 0, 3, 1]),
    "not for what is lacking later": (60.0, [(0, 0), (1, 1), (3, 2), (4, 60)], [1, 1, 0, 0]),
    "a 0 in time": (60.0, [(1, 0), (0, 5), (2, 6)], [0, 2, 1]),
}


@pytest.mark.parametrize("case", WAITING)
def test_a_0_is_not_waited_for_as_long_as_others(case: str) -> None:
    lateness, arriving, counts = WAITING[case]
    order = Reorder(lateness)
    assert [len(order.push(signal(seq, at), seq)) for seq, at in arriving] == counts


@pytest.mark.parametrize(("lateness", "most"), [(5.0, 10_000), (1000.0, 100_000)])
@pytest.mark.parametrize("numbered", [True, False])
def test_a_clock_that_stands_still_does_not_fill_the_memory(
    lateness: float, most: int, numbered: bool
) -> None:
    order = Reorder(lateness)
    for seq in range(2, most + 2):
        assert order.push(Tick(at=7.0), seq if numbered else None) == []
    released = order.push(Tick(at=7.0), most + 2 if numbered else None)
    assert len(released) == (most + 1 if numbered else 1)  # with a number nothing else is lacking
    assert order.late == 0


def test_the_quick_way_is_for_what_is_next() -> None:
    order = Reorder(5.0, idle_close=100.0)
    assert not order.passes(0, 0.0)  # the first shows where numbers begin
    assert order.push(signal(0, 0.0), 0)
    assert order.passes(1, 100.0)
    assert order.passes(2, 50.0)
    assert order.latest == 100.0
    assert not order.passes(2, 100.0)
    assert not order.passes(4, 100.0)
    assert not order.passes(3, 200.5)
    assert not order.push(signal(4, 101.0), 4)
    assert not order.passes(3, 101.0)
    assert len(order.push(signal(3, 101.0), 3)) == 2
    assert not order.push(signal(None, 102.0))
    assert not order.passes(5, 102.0)


def test_the_quick_way_is_not_for_numbers_of_before_the_silence() -> None:
    order = Reorder(5.0, idle_close=100.0)
    for seq, at in ((0, 0.0), (1, 1.0), (0, 200.0)):
        assert order.push(signal(seq, at), seq)
    assert not order.passes(1, 1.0)
    assert not order.push(signal(1, 1.0), 1)
    assert order.late == 1


def test_a_silence_of_exactly_so_long_gives_nothing_up() -> None:
    order = Reorder(5.0, idle_close=2.0)
    out = [len(order.push(signal(seq, at), seq)) for seq, at in ((0, 0), (2, 1), (3, 3), (1, 3))]
    assert out == [1, 0, 0, 3]


@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0.0, 1.0, 50.0, 300.0])), max_size=40),
    st.sampled_from([None, 100.0]),
)
@example([(0, 0.0), (1, 300.0), (2, 1.0)], 100.0)  # a silence
@example([(0, 50.0), (1, 0.0), (2, 1.0)], None)  # a clock that goes back
def test_the_quick_way_is_the_long_way(steps: list[tuple[int, float]], idle: float | None) -> None:
    """`passes` lets through just what `push` would release at once."""
    quick, long = Reorder(5.0, idle), Reorder(5.0, idle)
    at = 0.0
    for seq, step in steps:
        at += step
        signal = Pause(at=at - 0.5 * (seq % 3))
        released = [signal] if quick.passes(seq, signal.at) else quick.push(signal, seq)
        assert released == long.push(signal, seq)
    assert quick.flush() == long.flush()
    assert (quick.late, quick.latest) == (long.late, long.latest)
