"""Updates taken at once: the same as one by one, with what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Any

import pytest
from fed_engines import PLAYED, fed

from playertrack import Engine, Policy
from playertrack.events import Event
from playertrack.signals import (
    Playing,
    RateChange,
    Seeked,
    Seeking,
    Signal,
    Stall,
    TimeUpdate,
)


def at_11() -> Engine:
    return fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), policy=Policy(view_interval=None))


#: Updates of each second from 11 to 30.
SECONDS = [float(second) for second in range(11, 31)]


def advanced(
    engine: Engine, positions: Sequence[float], times: Sequence[float], start: int, stop: int
) -> tuple[int, list[tuple[int, Event]]]:
    """How far the engine gets, and the events with the indices of their updates."""
    indices: list[int] = []
    events: list[Event] = []
    end = engine.advance(positions, times, start, stop, indices, events)
    return end, list(zip(indices, events, strict=True))


def test_updates_are_taken_at_once_and_the_milestones_among_them() -> None:
    engine = at_11()
    assert advanced(engine, SECONDS, SECONDS, 1, 4) == (4, [])
    assert (engine.position, engine.last_at) == (14.0, 14.0)
    end, made = advanced(engine, SECONDS, SECONDS, 4, 20)
    assert (end, engine.position, engine.last_at) == (20, 30.0, 30.0)
    assert [(index, event.event, event.at) for index, event in made] == [
        (14, "PLAY_REACHED_25", 25.0)
    ]


def test_each_of_them_may_reach_something() -> None:
    positions = [11.0, 26.0, 51.0, 76.0, 80.0]
    end, made = advanced(at_11(), positions, positions, 1, 5)
    assert (end, [(index, event.event) for index, event in made]) == (
        5,
        [(1, "PLAY_REACHED_25"), (2, "PLAY_REACHED_50"), (3, "PLAY_REACHED_75")],
    )


def test_one_of_them_may_reach_several_things() -> None:
    positions = [11.0, 76.0, 80.0]
    end, made = advanced(at_11(), positions, positions, 1, 3)
    assert (end, [(index, event.event) for index, event in made]) == (
        3,
        [(1, "PLAY_REACHED_25"), (1, "PLAY_REACHED_50"), (1, "PLAY_REACHED_75")],
    )


def test_a_point_is_looked_at_a_little_early() -> None:
    """Half of 100 s is not watched before the last of these."""
    policy = Policy(view_interval=None, milestones=(), completion=0.5)
    engine = fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), policy=policy)
    positions = [11.0, 30.0, 49.9999985, 50.5, 51.0]
    end, made = advanced(engine, positions, positions, 1, 5)
    assert (end, [(index, event.event) for index, event in made]) == (5, [(3, "COMPLETED")])


def test_updates_from_elsewhere_are_not_taken_at_once() -> None:
    engine = at_11()
    later = [second + 1.0 for second in SECONDS]
    assert advanced(engine, SECONDS, SECONDS, 2, 20) == (2, [])
    assert advanced(engine, SECONDS, later, 1, 20) == (1, [])
    assert advanced(engine, later, SECONDS, 1, 20) == (1, [])
    assert (engine.position, engine.last_at) == (11.0, 11.0)


def test_the_time_of_updates_is_that_of_their_clock() -> None:
    engine = at_11()
    engine.timeupdate(11.0, 2.0)  # the clock was set back by 9 s
    engine.timeupdate(12.0, 3.0)
    earlier = [second - 9.0 for second in SECONDS]
    end, made = advanced(engine, SECONDS, earlier, 2, 20)
    assert (end, engine.position, engine.last_at) == (20, 30.0, 30.0)
    assert [event.at for _, event in made] == [25.0]


def test_updates_after_a_stand_are_not_taken_at_once() -> None:
    engine = at_11()
    engine.timeupdate(11.0, 11.5)
    assert advanced(engine, SECONDS, SECONDS, 1, 20) == (1, [])
    assert (engine.position, engine.last_at) == (11.0, 11.5)


def test_an_update_just_before_a_view_is_taken_at_once_without_one() -> None:
    engine = fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), policy=Policy(view_interval=10.0))
    times = [11.0, 12.0, 19.999995, 20.0, 21.0]
    end, made = advanced(engine, times, times, 1, 5)
    assert (end, [(index, event.event) for index, event in made]) == (5, [(3, "VIEW")])


def settling(back: float = 0.0) -> list[Signal]:
    """A seek to 20 at 12, complete at 12.5, and two updates after it: it waits until 13.5 for more.

    Before it the clock is set ``back``.
    """
    return [
        *PLAYED,
        TimeUpdate(at=11.0, position=11.0),
        TimeUpdate(at=11.0 - back, position=11.0),
        Seeking(at=12.0 - back, position=20.0),
        Seeked(at=12.5 - back, position=20.0),
        Playing(at=12.5 - back),
        TimeUpdate(at=12.75 - back, position=20.25),
        TimeUpdate(at=13.0 - back, position=20.5),
    ]


@pytest.mark.parametrize("back", [0.0, 9.0])
@pytest.mark.parametrize(
    ("steps", "taken", "why"),
    [
        ([0.125, 0.125, 0.125, 0.125], 3, "until shortly before the seek is settled"),
        ([0.25, 0.25], 1, "until shortly before the seek is settled"),
        ([0.1, 0.35, 0.01], 1, "each only as far as leaves no doubt that it is no part of it"),
    ],
)
def test_updates_are_taken_at_once_while_a_seek_settles(
    steps: list[float], taken: int, why: str, back: float
) -> None:
    policy = Policy(view_interval=None, jump_tolerance=0.4)
    together, single = fed(*settling(back), policy=policy), fed(*settling(back), policy=policy)
    times = list(accumulate(steps, initial=13.0 - back))
    positions = list(accumulate(steps, initial=20.5))
    assert advanced(together, positions, times, 1, len(times)) == (1 + taken, []), why
    for position, at in zip(positions[1 : 1 + taken], times[1:], strict=False):
        assert single.timeupdate(position, at) == ()
    assert together.snapshot() == single.snapshot()
    assert together.now == single.now == times[taken] + back
    assert together.tick(20.0) == single.tick(20.0) != ()


def test_while_a_seek_settles_no_more_is_taken_than_was_asked_for() -> None:
    engine = fed(*settling(), policy=Policy(view_interval=None))
    times, positions = [13.0, 13.125, 13.25], [20.5, 20.625, 20.75]
    assert advanced(engine, positions, times, 1, 2) == (2, [])
    assert engine.position == 20.625


@pytest.mark.parametrize(
    ("last", "frozen_after"),
    [
        (TimeUpdate(at=13.0, position=20.8), None),  # it is ahead
        (RateChange(at=13.0, rate=2.0), None),  # nobody has looked since
        (TimeUpdate(at=13.0, position=20.5), 2.0),  # updates are awaited
    ],
)
def test_what_a_seek_leaves_behind_may_be_more_than_that_it_settles(
    last: Signal, frozen_after: float | None
) -> None:
    policy = Policy(view_interval=None, frozen_after=frozen_after)
    engine = fed(*settling()[:-1], last, policy=policy)
    assert engine.position is not None
    positions, times = [engine.position, engine.position + 0.125], [engine.moved_at, 13.125]
    assert advanced(engine, positions, times, 1, 2) == (1, [])


def test_while_a_seek_settles_nothing_is_reached_at_once() -> None:
    engine = fed(*settling(), policy=Policy(view_interval=None, milestones=(21,)))
    times, positions = [13.0, 13.125, 13.25], [20.5, 20.625, 21.0]
    assert advanced(engine, positions, times, 1, 3) == (2, [])


@pytest.mark.parametrize(
    "changes",
    [{"view_interval": 0.7}, {"view_interval": 3.0, "completion": 0.5}, {"view_interval": None}],
)
@pytest.mark.parametrize("rate", [0.5, 1.0, 3.7])
def test_at_once_is_as_one_by_one(rate: float, changes: dict[str, Any]) -> None:
    stall = [Stall(at=10.5), Playing(at=12.0), RateChange(at=12.0, rate=rate)]
    opened = [*PLAYED, TimeUpdate(at=10.25, position=10.25), *stall]
    random = Random(3)
    times, positions = [12.25], [10.75]
    while positions[-1] < 105.0:  # 5 s beyond the end
        step = random.choice([0.25, 0.25, 2.0])
        times.append(times[-1] + step)
        positions.append(positions[-1] + step * rate * random.choice([1.0, 1.01, 1.02]))
    policy = Policy(**changes)
    together, single = fed(*opened, policy=policy), fed(*opened, policy=policy)
    indices: list[int] = []
    made: list[Event] = []
    index = alone = 0
    while index < len(times):
        at_once = index and together.advance(positions, times, index, len(times), indices, made)
        if at_once in (0, index):
            made += together.timeupdate(positions[index], times[index])
            alone += 1
            at_once = index + 1
        index = at_once
    events = [single.timeupdate(*each) for each in zip(positions, times, strict=True)]
    assert made == [event for some in events for event in some]
    assert alone < len(times) / 2
    assert together.snapshot() == single.snapshot()
    assert (together.now, together.steady, together.calm) == (
        single.now,
        single.steady,
        single.calm,
    )
