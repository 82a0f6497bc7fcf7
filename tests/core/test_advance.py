"""Updates taken at once: the same as one by one, with what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from fed_engines import PLAYED, fed

from playertrack import Engine, Policy
from playertrack.events import Event
from playertrack.signals import Playing, RateChange, Stall, TimeUpdate


def at_11() -> Engine:
    return fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), policy=Policy(view_interval=None))


#: Updates of each second from 11 to 30.
SECONDS = [float(second) for second in range(11, 31)]


Made = list[tuple[int, Sequence[Event]]]


def test_updates_are_taken_at_once_and_the_milestones_among_them() -> None:
    engine = at_11()
    made: Made = []
    assert engine.advance(SECONDS, SECONDS, 1, 4, made) == 4
    assert (engine.position, engine.last_at, made) == (14.0, 14.0, [])
    assert engine.advance(SECONDS, SECONDS, 4, 20, made) == 20
    assert (engine.position, engine.last_at) == (30.0, 30.0)
    assert [(index, event.event, event.at) for index, events in made for event in events] == [
        (14, "PLAY_REACHED_25", 25.0)
    ]


def test_each_of_them_may_reach_something() -> None:
    positions = [11.0, 26.0, 51.0, 76.0, 80.0]
    made: Made = []
    assert at_11().advance(positions, positions, 1, 5, made) == 5
    assert [(index, [event.event for event in events]) for index, events in made] == [
        (1, ["PLAY_REACHED_25"]),
        (2, ["PLAY_REACHED_50"]),
        (3, ["PLAY_REACHED_75"]),
    ]


def test_a_point_is_looked_at_a_little_early() -> None:
    """Half of 100 s is not watched before the last of these."""
    policy = Policy(view_interval=None, milestones=(), completion=0.5)
    engine = fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), policy=policy)
    positions = [11.0, 30.0, 49.9999985, 50.5, 51.0]
    made: Made = []
    assert engine.advance(positions, positions, 1, 5, made) == 5
    assert [(index, [event.event for event in events]) for index, events in made] == [
        (3, ["COMPLETED"])
    ]


def test_updates_from_elsewhere_are_not_taken_at_once() -> None:
    engine = at_11()
    later = [second + 1.0 for second in SECONDS]
    made: Made = []
    assert engine.advance(SECONDS, SECONDS, 2, 20, made) == 2
    assert engine.advance(SECONDS, later, 1, 20, made) == 1
    assert engine.advance(later, SECONDS, 1, 20, made) == 1
    assert (engine.position, engine.last_at, made) == (11.0, 11.0, [])


def test_the_time_of_updates_is_that_of_their_clock() -> None:
    engine = at_11()
    engine.timeupdate(11.0, 2.0)  # the clock was set back by 9 s
    engine.timeupdate(12.0, 3.0)
    earlier = [second - 9.0 for second in SECONDS]
    made: Made = []
    assert engine.advance(SECONDS, earlier, 2, 20, made) == 20
    assert (engine.position, engine.last_at) == (30.0, 30.0)
    assert [event.at for _, events in made for event in events] == [25.0]


def test_updates_after_a_stand_are_not_taken_at_once() -> None:
    engine = at_11()
    engine.timeupdate(11.0, 11.5)
    assert engine.advance(SECONDS, SECONDS, 1, 20, []) == 1
    assert (engine.position, engine.last_at) == (11.0, 11.5)


def test_an_update_just_before_a_view_is_taken_at_once_without_one() -> None:
    engine = fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), policy=Policy(view_interval=10.0))
    times = [11.0, 12.0, 19.999995, 20.0, 21.0]
    made: Made = []
    assert engine.advance(times, times, 1, 5, made) == 5
    assert [(index, event.event) for index, events in made for event in events] == [(3, "VIEW")]
    assert [index for index, _ in made] == [3]


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
    made: list[tuple[int, Sequence[Event]]] = []
    index = 0
    while index < len(times):
        at_once = index and together.advance(positions, times, index, len(times), made)
        if at_once in (0, index):
            made.append((index, together.timeupdate(positions[index], times[index])))
            at_once = index + 1
        index = at_once
    events = [single.timeupdate(*each) for each in zip(positions, times, strict=True)]
    assert [event for _, some in made for event in some] == [e for some in events for e in some]
    assert len(made) < len(times)
    assert together.snapshot() == single.snapshot()
    assert (together.now, together.steady, together.calm) == (
        single.now,
        single.steady,
        single.calm,
    )
