"""Natural moves: the arithmetic of R-natural, and runs, held against the contract's words."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from playertrack.core.playhead import Move, Pace, Playhead, Run
from playertrack.policy import Policy

POLICY = Policy()


def pace(rate: float = 1.0, **policy: float) -> Pace:
    return Pace.of(Policy(**policy), rate)  # type: ignore[arg-type] # any field


def playhead(position: float = 10.0, rate: float = 1.0, slack: float = 0.5) -> Playhead:
    """At ``position`` since 100."""
    return Playhead(position, 100.0, slack, pace(rate), None)


# ------------------------------------------------------------------------------ judgement


@pytest.mark.parametrize(
    ("position", "at", "move"),
    [
        (10.0, 100.0, Move.STILL),
        (10.0, 500.0, Move.STILL),
        (11.0, 101.0, Move.NATURAL),
        (11.5, 101.0, Move.NATURAL),
        (11.5625, 101.0, Move.JUMP),
        (10.5, 100.0, Move.NATURAL),
        (10.5000001, 100.0, Move.JUMP),
        (10.0000001, 500.0, Move.NATURAL),
        (70.5, 160.0, Move.NATURAL),
        (70.5, 900.0, Move.NATURAL),
        (70.5625, 900.0, Move.JUMP),
        (9.9999, 100.0, Move.JITTER),
        (9.75, 100.0, Move.JITTER),
        (9.75, 900.0, Move.JITTER),
        (9.7499, 900.0, Move.JUMP),
        (0.0, 900.0, Move.JUMP),
    ],
)
def test_judgement(position: float, at: float, move: Move) -> None:
    head = playhead()
    assert head.judge(position, head.travel(at)) is move


@pytest.mark.parametrize(
    ("rate", "farthest"),
    [(0.25, 10.75), (1.0, 11.5), (2.0, 12.5), (4.0, 14.5)],
)
def test_the_rate_counts_the_slack_does_not_change(rate: float, farthest: float) -> None:
    head = playhead(rate=rate)
    assert head.judge(farthest, head.travel(101.0)) is Move.NATURAL
    assert head.judge(farthest + 0.0625, head.travel(101.0)) is Move.JUMP


@pytest.mark.parametrize(("rate", "cap"), [(0.5, 0.5), (1.0, 0.5), (1.5, 0.75), (8.0, 4.0)])
def test_the_cap_is_that_of_the_rate(rate: float, cap: float) -> None:
    assert pace(rate).cap == cap


@pytest.mark.parametrize(("rate", "move"), [(4.0, Move.NATURAL), (4.0625, Move.FAST)])
def test_what_is_too_fast_to_watch(rate: float, move: Move) -> None:
    head = playhead(rate=rate)
    assert head.judge(11.0, head.travel(101.0)) is move


def test_slack_is_spent_and_earned() -> None:
    head = playhead()
    head.spend(1.5, head.travel(101.0))
    assert head.slack == pytest.approx(0.1)
    head.arrive(11.5, 101.0)
    head.spend(1.0, head.travel(102.0))
    assert head.slack == pytest.approx(0.2)
    head.arrive(12.5, 102.0)
    head.spend(0.0, head.travel(105.0))
    assert head.slack == 0.5


# -------------------------------------------------------------------------- what counts


def seconds(head: Playhead, at: float) -> float:
    travel = head.travel(at)
    assert travel.content == pytest.approx(travel.seconds)
    return travel.seconds


def test_a_stall_counts_three_seconds() -> None:
    head = playhead()
    head.stall(102.0)
    assert seconds(head, 104.0) == 4.0
    assert seconds(head, 105.0) == 5.0
    assert seconds(head, 109.0) == 5.0
    head.unstall(110.0)
    assert seconds(head, 110.0) == 5.0
    assert seconds(head, 111.5) == 6.5


def test_each_stall_counts_for_itself() -> None:
    head = playhead()
    for at in (101.0, 111.0):
        head.stall(at)
        head.unstall(at + 9.0)
    assert seconds(head, 121.0) == 1.0 + 3.0 + 1.0 + 3.0 + 1.0


def test_a_short_stall_counts_as_it_is() -> None:
    head = playhead()
    head.stall(101.0)
    head.unstall(102.0)
    assert seconds(head, 103.0) == 3.0


def test_a_stall_that_began_before_the_move() -> None:
    """A player's stand-still may be known only later (R-frozen)."""
    head = playhead()
    head.stall(100.0)
    assert seconds(head, 110.0) == 3.0


def test_standing_still_counts_three_seconds() -> None:
    head = playhead()
    head.stand(102.0)
    assert head.elapsed is None
    assert seconds(head, 105.0) == 5.0
    head.stand(104.0)
    assert seconds(head, 104.0) == 3.0
    head.stand(110.0)
    assert seconds(head, 110.0) == 3.0
    assert seconds(head, 112.0) == 5.0


def test_standing_still_at_the_limit() -> None:
    head = playhead()
    head.stand(103.0)
    assert seconds(head, 104.0) == 4.0


def test_a_minute_at_most_is_believed() -> None:
    head = playhead()
    head.stall(130.0)
    head.unstall(140.0)
    assert seconds(head, 150.0) == 43.0
    assert seconds(head, 167.0) == 60.0
    assert seconds(head, 500.0) == 60.0
    head.stall(500.0)
    assert seconds(head, 501.0) == 60.0


def test_nothing_is_cut_from_uncut() -> None:
    head = playhead()
    head.stall(110.0)
    head.unstall(150.0)
    assert head.travel(300.0).uncut == 200.0
    assert playhead().travel(300.0).uncut == 200.0
    head.arrive(20.0, 300.0)
    assert head.travel(301.0).uncut == 1.0


def test_parts_at_different_rates_add_up() -> None:
    head = playhead()
    head.run_at(pace(2.0), 104.0)
    travel = head.travel(110.0)
    assert (travel.seconds, travel.content, travel.uncut) == (10.0, 16.0, 16.0)
    assert travel.cap == 1.0
    assert travel.rate == 1.6
    assert not travel.fast
    head.run_at(pace(0.5), 110.0)
    travel = head.travel(112.0)
    assert (travel.seconds, travel.content, travel.cap) == (12.0, 17.0, 1.0)


def test_a_part_that_was_too_fast_spoils_the_whole() -> None:
    head = playhead()
    head.run_at(pace(8.0), 101.0)
    assert not head.travel(101.0).fast
    head.run_at(pace(1.0), 102.0)
    assert head.travel(102.0).fast
    head.arrive(20.0, 102.0)
    assert not head.travel(103.0).fast


def test_a_rate_that_held_for_no_time_does_not_count() -> None:
    head = playhead()
    head.run_at(pace(8.0), 100.0)
    head.run_at(pace(1.0), 100.0)
    travel = head.travel(101.0)
    assert (travel.fast, travel.cap, travel.content) == (False, 0.5, 1.0)


def test_a_rate_that_held_for_no_time_does_not_count_in_the_midst() -> None:
    head = playhead()
    head.run_at(pace(0.5), 101.0)
    head.run_at(pace(8.0), 102.0)
    head.run_at(pace(1.0), 102.0)
    travel = head.travel(103.0)
    assert (travel.fast, travel.cap, travel.content) == (False, 0.5, 2.5)


def test_standing_still_across_a_change_of_rate() -> None:
    """The first three seconds count, at the rates that they had."""
    head = playhead()
    head.run_at(pace(2.0), 102.0)
    head.stand(110.0)
    travel = head.travel(110.0)
    assert (travel.seconds, travel.content) == (3.0, 4.0)


def test_a_stall_across_a_change_of_rate() -> None:
    head = playhead()
    head.stall(101.0)
    head.run_at(pace(2.0), 102.0)
    head.unstall(110.0)
    travel = head.travel(111.0)
    assert (travel.seconds, travel.content) == (1.0 + 3.0 + 1.0, 1.0 + 1.0 + 4.0 + 2.0)


def test_a_rate_at_which_nothing_adds_up_is_a_rate() -> None:
    slowest = 5e-324
    assert playhead(rate=slowest).travel(100.5).whole().rate == slowest


def test_arriving_begins_anew() -> None:
    head = playhead()
    head.stall(101.0)
    head.run_at(pace(2.0), 102.0)
    head.arrive(20.0, 110.0)
    assert head.elapsed is None
    assert head.travel(111.0).content == 2.0


# ---------------------------------------------------------------- held against a plain sum


_parts = st.lists(
    st.tuples(
        st.sampled_from(("run", "stall", "rate")),
        st.sampled_from((0.0, 0.5, 1.0, 3.0, 4.0, 20.0)),
        st.sampled_from((0.5, 1.0, 2.0)),
    ),
    max_size=8,
)


@given(_parts)
def test_time_adds_up(parts: list[tuple[str, float, float]]) -> None:
    """The content of each part is its rate times its seconds, of which so many count."""
    head = playhead()
    at, rate, left, content, uncut = 100.0, 1.0, 60.0, 0.0, 0.0
    for kind, lasts, other in parts:
        if kind == "stall":
            head.stall(at)
        if kind == "rate":
            rate = other
            head.run_at(pace(rate), at)
        counts = min(lasts, left, 3.0 if kind == "stall" else inf)
        left -= counts
        content += rate * counts
        uncut += rate * lasts
        at += lasts
        if kind == "stall":
            head.unstall(at)
    travel = head.travel(at)
    assert travel.seconds == pytest.approx(60.0 - left)
    assert travel.content == pytest.approx(content)
    assert travel.uncut == pytest.approx(uncut)


@given(
    st.sampled_from((0.5, 1.0, 1.5, 2.0, 4.0)),
    st.lists(
        st.tuples(st.floats(0.0, 5.0), st.floats(-0.2, 3.0)),
        max_size=30,
    ),
)
def test_nobody_gains_on_time(rate: float, moves: list[tuple[float, float]]) -> None:
    """I-pace: however the moves are cut, they cover 1.1 r a second and J once."""
    head = playhead(rate=rate, slack=pace(rate).cap)
    at, covered = 100.0, 0.0
    for step, pull in moves:
        at += step
        travel = head.travel(at)
        position = 10.0 if head.position is None else head.position
        target = position + rate * step * pull
        if head.judge(target, travel) is Move.NATURAL:
            head.spend(target - position, travel)
            head.arrive(target, at)
            covered += target - position
    assert covered <= 1.1 * rate * (at - 100.0) + pace(rate).cap + 1e-9


@given(
    st.floats(0.01, 4.0),
    st.floats(0.0, 1.0, exclude_max=True),
    st.one_of(st.just(1.0), st.floats(0.0, 1.0, exclude_min=True)),
)
def test_what_needs_no_judgement_is_natural(rate: float, wait: float, share: float) -> None:
    """Within reach and patience a move is natural, and leaves a full slack full (Pace)."""
    own = pace(rate)
    elapsed = wait * own.patience
    ahead = share * (elapsed * own.reach)
    assume(elapsed < own.patience)
    assume(ahead > 0.0)
    head = Playhead(0.0, 0.0, own.cap, own, None)
    travel = head.travel(elapsed)
    assert head.judge(ahead, travel) is Move.NATURAL
    head.spend(ahead, travel)
    assert head.slack == own.cap


# ------------------------------------------------------------------------------------ runs


def test_a_run_adds_up() -> None:
    run = Run.begin(10.0, 100.0, pace(2.0))
    assert (run.moves, run.covered, run.seconds) == (0, 0.0, 0.0)
    assert run.follow(11.0, 100.5) is Move.NATURAL
    assert run.follow(12.5, 101.5) is Move.NATURAL
    assert (run.moves, run.covered, run.seconds, run.base) == (2, 2.5, 1.25, 10.0)
    assert not run.fast


def test_a_run_stands_still() -> None:
    run = Run.begin(10.0, 100.0, pace())
    assert run.follow(10.0, 100.5) is Move.STILL
    assert (run.moves, run.covered) == (0, 0.0)
    assert run.follow(11.5, 101.0) is Move.NATURAL
    assert run.moves == 1


def test_a_run_that_stood_still_for_long_does_not_catch_up() -> None:
    run = Run.begin(10.0, 100.0, pace())
    assert run.follow(10.0, 150.0) is Move.STILL
    assert run.follow(14.0, 150.0) is Move.JUMP
    assert run.follow(13.5, 150.0) is Move.NATURAL


@pytest.mark.parametrize(("position", "move"), [(10.375, Move.JITTER), (12.0, Move.JUMP)])
def test_a_run_is_left_as_it_was_by_what_breaks_it(position: float, move: Move) -> None:
    run = Run.begin(10.0, 100.0, pace())
    run.follow(10.5, 100.5)
    assert run.follow(position, 100.75) is move
    assert (run.position, run.moves, run.covered) == (10.5, 1, 0.5)


def test_a_run_has_a_slack_of_its_own() -> None:
    run = Run.begin(10.0, 100.0, pace())
    assert run.slack == 0.5
    run.follow(11.5, 101.0)
    assert run.slack == pytest.approx(0.1)
    assert run.follow(12.75, 102.0) is Move.JUMP


def test_a_fast_run_is_fast_for_good() -> None:
    run = Run.begin(10.0, 100.0, pace(8.0))
    assert run.follow(14.0, 100.5) is Move.FAST
    run.run_at(pace(1.0), 100.5)
    assert run.follow(14.5, 101.0) is Move.NATURAL
    assert run.fast
    assert run.moves == 2
    assert run.seconds == 1.0
