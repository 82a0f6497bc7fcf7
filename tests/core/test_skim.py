"""`Fleet.skim`: it takes quiet updates by itself, and what it does is what `timeupdate` does."""

from __future__ import annotations

from collections.abc import Sequence
from math import nextafter
from typing import Any, ClassVar

import attrs
import pytest
from fed_engines import PLAYED, fed, names
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Engine, Fleet, Policy
from playertrack.core.playhead import DRIFT
from playertrack.events import Event
from playertrack.signals import Captions, Close, Pause, RateChange, Seek, Signal, TimeUpdate

QUIET = Policy(view_interval=None)

#: As far as a player at normal speed can be after 0.125 by 0.25 s later, without any rounding.
REACHED = 0.125 + 0.25 * DRIFT * (1.0 - 2**-40)
BEYOND = nextafter(REACHED, 1.0)


@attrs.frozen
class Update:
    player: str | None
    position: float
    at: float


@attrs.frozen
class Other(Update):
    """Of another kind than what is skimmed."""


class Observed(Engine):
    """Notes the updates that it is asked to take, once each: those that are not quiet."""

    __slots__ = ()
    updates: ClassVar[list[float]] = []

    @classmethod
    def observe(cls, at: float) -> None:
        if cls.updates[-1:] != [at]:
            cls.updates.append(at)

    def timeupdate(self, position: float, at: float) -> Sequence[Event]:
        self.observe(at)
        return super().timeupdate(position, at)

    def take_calmly(self, position: float, at: float) -> Sequence[Event] | None:
        self.observe(at)
        return super().take_calmly(position, at)

    def reach_quickly(self, start: float, position: float) -> Sequence[Event]:
        self.observe(self.moved_at)
        return super().reach_quickly(start, position)


def observed(*trace: Signal, player: str | None = "tv", policy: Policy = QUIET) -> Fleet:
    """A fleet of one player that was fed ``trace``, and notes what it is asked from now on."""
    engine = Observed(player, policy=policy)
    for signal in trace:
        engine.feed(signal)
    Observed.updates.clear()
    fleet = Fleet(policy=policy)
    fleet.adopt(engine)
    return fleet


def at_1(*more: Signal, player: str | None = "tv", policy: Policy = QUIET) -> Fleet:
    """Such a fleet whose player plays and was last at 1 s, if no ``more`` happened."""
    first = TimeUpdate(at=1.0, position=1.0)
    return observed(*PLAYED[:2], first, *more, player=player, policy=policy)


def skimmed(fleet: Fleet, *updates: Update) -> list[tuple[float, list[str] | None]]:
    """All that is given: the time of the update, and the names of its events."""
    return [
        (update.at, None if events is None else names(events))
        for update, events in fleet.skim(updates, Update)
    ]


def tv(position: float, at: float) -> Update:
    return Update("tv", position, at)


#: What comes after an update at 1 s: position and time, and whether the player is asked.
STEPS: dict[str, tuple[float, float, bool]] = {
    "a second later": (2.0, 2.0, False),
    "a little later": (1.25, 1.25, False),
    "less than could be": (1.125, 2.0, False),
    "next to nothing": (1.0 + 2**-40, 2.0, False),
    "no step": (1.0, 2.0, True),
    "a step back": (0.875, 2.0, True),
    "as far as it can reach": (1.0 + 0.25 * 1.0999755859375, 1.25, False),
    "further": (1.0 + 0.25 * 1.10009765625, 1.25, True),
    "no time": (1.125, 1.0, True),
    "up to a milestone": (24.9375, 23.875, True),
    "just prompt": (2.75, 2.96875, False),
    "no longer prompt": (2.75, 3.0, False),
    "just less than its patience": (5.0, 5.375, False),
    "its patience": (5.0, 5.625, True),
}


@pytest.mark.parametrize("step", STEPS)
def test_what_is_quiet_is_taken_without_the_player(step: str) -> None:
    position, at, asked = STEPS[step]
    fleet, same = at_1(), fed(*PLAYED[:2], player="tv", policy=QUIET)
    assert skimmed(fleet, tv(position, at)) == []
    assert Observed.updates == ([at] if asked else [])
    same.timeupdate(1.0, 1.0)
    same.timeupdate(position, at)
    assert fleet.players["tv"].snapshot() == same.snapshot()
    assert fleet.players["tv"].last_at == same.last_at


@pytest.mark.parametrize(("position", "asked"), [(REACHED, []), (BEYOND, [0.375])])
def test_exactly_as_far_as_it_can_reach(position: float, asked: list[float]) -> None:
    fleet = observed(*PLAYED[:2], TimeUpdate(at=0.125, position=0.125))
    skimmed(fleet, tv(position, 0.375))
    assert Observed.updates == asked


@pytest.mark.parametrize(
    ("before", "position", "at", "policy"),
    [
        *((1.0, position, at, QUIET) for position, at, _ in STEPS.values()),
        (0.125, REACHED, 0.375, QUIET),
        (0.125, BEYOND, 0.375, QUIET),
        (1.0, 2.875, 2.875, Policy(view_interval=None, max_gap=2.0)),
        (1.0, 3.0, 3.0, Policy(view_interval=None, max_gap=2.0)),
    ],
)
def test_the_player_takes_the_same_updates_as_the_rules_do(
    before: float, position: float, at: float, policy: Policy
) -> None:
    first = TimeUpdate(at=before, position=before)
    quick, judged = (fed(*PLAYED[:2], first, policy=policy) for _ in range(2))
    assert quick.timeupdate(position, at) == judged.take(TimeUpdate(at=at, position=position))
    assert quick.snapshot() == judged.snapshot()


@pytest.mark.parametrize("number", [(3, 3.0), (3.0, 3), (3, 3)])
@pytest.mark.parametrize("at_2", [2.0, 2.25])
def test_whole_numbers_are_positions_like_any_other(
    number: tuple[float, float], at_2: float
) -> None:
    engines = [
        fed(*PLAYED[:2], *(TimeUpdate(at=at, position=p) for at, p in ((1.0, 1.0), (2.0, at_2))))
        for _ in range(2)
    ]
    engines[0].timeupdate(*number)
    engines[1].timeupdate(3.0, 3.0)
    assert engines[0].snapshot() == engines[1].snapshot()
    assert type(engines[0].position) is float


def test_a_step_that_just_keeps_the_slack_full_leaves_all_quiet() -> None:
    fleet = observed(*PLAYED[:2], TimeUpdate(at=0.125, position=0.125))
    skimmed(fleet, tv(0.125 + 0.25 * DRIFT, 0.375), tv(1.0, 1.0))
    assert Observed.updates == [0.375]


def test_it_is_quiet_again_once_the_slack_is_full() -> None:
    fleet = at_1()
    skimmed(fleet, tv(2.25, 2.0), tv(3.0, 3.0), tv(4.0, 4.0), tv(5.0, 5.0))
    assert Observed.updates == [2.0, 3.0]


@pytest.mark.parametrize(("at", "asked"), [(2.875, []), (3.0, [3.0])])
def test_exactly_its_patience(at: float, asked: list[float]) -> None:
    fleet = at_1(policy=Policy(view_interval=None, max_gap=2.0))
    skimmed(fleet, tv(at, at))
    assert Observed.updates == asked


def test_an_update_that_is_calm_goes_no_further() -> None:
    fleet = at_1(policy=Policy(view_interval=None, frozen_after=2.0))
    engine: Any = fleet.players["tv"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Observed, "timeupdate", None)
        assert skimmed(fleet, tv(2.0, 2.0), tv(2.0, 2.5), tv(2.75, 3.0)) == []
    assert (engine.position, engine.cadence.gaps) == (2.75, [1.0, 0.5, 0.5])


def test_an_error_of_the_player_is_no_player_that_is_new() -> None:
    def missing(*args: object) -> None:
        raise AttributeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Observed, "take_calmly", missing)
        with pytest.raises(AttributeError):
            skimmed(at_1(), tv(2.25, 2.0))


def test_a_player_that_is_nowhere_yet() -> None:
    fleet, same = Fleet(), Engine("tv")
    fleet.engine("tv")
    moves = [(float(at), float(at)) for at in range(8)]
    assert skimmed(fleet, *(tv(*move) for move in moves)) == [
        (at, names(events)) for position, at in moves if (events := same.timeupdate(position, at))
    ]
    assert fleet.players["tv"].snapshot() == same.snapshot()


def test_a_milestone_is_given_with_its_events() -> None:
    fleet = at_1()
    updates = [tv(float(at), float(at)) for at in range(2, 28)]
    assert skimmed(fleet, *updates) == [(25.0, ["PLAY_REACHED_25"])]
    assert Observed.updates == [25.0]
    assert fleet.players["tv"].position == 27.0


@pytest.mark.parametrize("step", [0.5, 2.0, 4.0])
def test_a_milestone_is_reached_at_its_very_position(step: float) -> None:
    """However slow the player is, and however seldom it reports."""
    fleet = at_1(RateChange(at=1.0, rate=0.5))
    updates = [tv(1.0 + number * step / 2, 1.0 + number * step) for number in range(1, 100)]
    assert (49.0, ["PLAY_REACHED_25"]) in skimmed(fleet, *updates)


def test_each_player_by_itself() -> None:
    fleet = at_1(player=None)
    fleet.adopt(fed(*PLAYED, TimeUpdate(at=11.0, position=11.0), player="tv", policy=QUIET))
    assert skimmed(fleet, Update(None, 2.0, 2.0), tv(12.0, 12.0), Update(None, 3.0, 3.0)) == []
    assert (fleet.players["tv"].position, fleet.players[None].position) == (12.0, 3.0)
    assert Observed.updates == []


def test_what_is_no_update_or_of_no_engine_is_handed_back() -> None:
    fleet = at_1()
    fleet.adopt(fed(*PLAYED, player="packed"))
    fleet.adopt(fed(*PLAYED, player="closed"))
    fleet.pack("packed")
    fleet.feed("closed", Close(at=11.0))
    updates = (
        tv(2.0, 2.0),
        Other("tv", 3.0, 3.0),
        Update("packed", 11.0, 11.0),
        Update("closed", 12.0, 12.0),
        Update("new", 13.0, 13.0),
        tv(4.0, 4.0),
    )
    assert list(fleet.skim(updates, Update)) == [(update, None) for update in updates[1:5]]
    assert fleet.players["tv"].position == 4.0
    assert list(fleet.known) == ["tv", "packed", "closed"]


def test_the_clock_of_a_player_that_was_set_back() -> None:
    fleet = at_1(
        TimeUpdate(at=1001.0, position=10.0),
        Captions(at=2.0, language="en"),
        TimeUpdate(at=3.0, position=11.0),
        TimeUpdate(at=4.0, position=12.0),
        TimeUpdate(at=8.0, position=16.0),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Observed, "timeupdate", None)
        assert skimmed(fleet, tv(17.0, 9.0), tv(18.0, 10.0)) == []
    assert (fleet.players["tv"].position, fleet.players["tv"].last_at) == (18.0, 1009.0)


moves = st.lists(
    st.tuples(
        st.sampled_from(["tv", None]),
        st.sampled_from([0.0, 0.25, 1.0, 2.0, 5.0, 70.0]),
        st.sampled_from([-1.0, 0.0, 0.5, 0.9, 1.0, 1.09, 1.2, 8.0]),
    ),
    max_size=40,
)
BEFORE: tuple[tuple[Signal, ...], ...] = (
    (),
    (Pause(at=1.5),),
    (Seek(at=1.5, position=40.0),),
    (RateChange(at=1.5, rate=2.0),),
)


@given(moves, st.sampled_from(BEFORE), st.sampled_from([None, 2.0]), st.sampled_from([None, 3.0]))
def test_it_is_what_timeupdate_does(
    moves: list[tuple[str | None, float, float]],
    before: tuple[Signal, ...],
    frozen_after: float | None,
    view_interval: float | None,
) -> None:
    policy = Policy(frozen_after=frozen_after, view_interval=view_interval)
    quick, each = Fleet(policy=policy), Fleet(policy=policy)
    for fleet in (quick, each):
        for player in ("tv", None):
            for signal in (*PLAYED[:2], TimeUpdate(at=1.0, position=1.0), *before):
                fleet.feed(player, signal)
    where: dict[str | None, tuple[float, float]] = {}
    for player, seconds, speed in moves:
        position, at = where.get(player, (1.5, 1.5))
        where[player] = position, at = max(0.0, position + seconds * speed), at + seconds
        made = each.timeupdate(player, position, at)
        update = Update(player, position, at)
        assert list(quick.skim([update], Update)) == ([(update, made)] if made else [])
        assert quick.snapshot(player) == each.snapshot(player)
