"""A fleet with a reorder buffer or `idle_close`: closed players, moved ones, times of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan, nextafter
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
from fed_engines import PLAYED, names
from test_fleet import QUIET, feed_all

from playertrack import Diagnostic, Engine, Event, Fleet, SignalError, SnapshotError
from playertrack.signals import (
    MAX_AT,
    Close,
    Pause,
    Playing,
    Ready,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
)


def test_signals_of_a_closed_player_are_not_put_in_order_any_more() -> None:
    """They are no longer late, nor is anything kept of them."""
    reported: list[Diagnostic] = []
    fleet = Fleet(policy=QUIET, reorder=2.0, diagnose=reported.append)
    feed_all(fleet, [*enumerate(PLAYED), (3, Close(at=11.0))])
    closed = fleet.snapshot("tv")
    assert feed_all(fleet, [(9, Playing(at=20.0)), (None, Pause(at=12.0))]) == []
    assert fleet.timeupdate("tv", 20.0, 30.0, 10) == ()
    assert fleet.snapshot("tv") == closed
    assert fleet.late == 0
    assert reported == []


def test_other_players_are_still_put_in_order() -> None:
    fleet = Fleet(policy=QUIET, reorder=2.0)
    fleet.feed(None, Playing(at=0.0), 0)
    fleet.feed(None, Close(at=1.0), 1)
    feed_all(fleet, list(enumerate(PLAYED)))
    assert fleet.feed("tv", TimeUpdate(at=12.0, position=12.0), 4) == []
    assert fleet.players["tv"].position == 10.0
    fleet.feed("tv", TimeUpdate(at=11.0, position=11.0), 3)
    assert fleet.players["tv"].position == 12.0


@pytest.mark.parametrize(("at", "begun"), [(111.0, False), (111.125, True)])
def test_a_closed_player_begins_anew_only_after_the_silence(at: float, begun: bool) -> None:
    fleet = Fleet(policy=QUIET, reorder=2.0, idle_close=100.0)
    feed_all(fleet, [*enumerate(PLAYED), (3, Close(at=11.0))])
    assert bool(fleet.feed("tv", Playing(at=at), 0)) == begun
    order = msgspec.msgpack.decode(fleet.snapshot("tv"))[-1]
    assert (order is not None) == begun


@pytest.mark.parametrize("reorder", [None, 2.0])
def test_a_player_that_was_closed_elsewhere_begins_anew_after_a_silence(
    reorder: float | None,
) -> None:
    left = Fleet(policy=QUIET)
    right = Fleet(policy=QUIET, reorder=reorder, idle_close=100.0)
    feed_all(left, [(None, each) for each in (*PLAYED, Close(at=11.0))])
    right.restore(left.snapshot("tv"))
    assert list(right.feed("tv", Playing(at=12.0), 4)) == []
    assert names(list(right.feed("tv", Playing(at=1000.0), 0)))[0] == "WIDGET_LOADED"


@pytest.mark.parametrize("reorder", [None, 2.0])
@pytest.mark.parametrize("adopted", [False, True])
def test_silence_begins_before_a_player_comes_to_a_fleet_that_asks_for_it(
    reorder: float | None, adopted: bool
) -> None:
    left = Fleet(policy=QUIET)
    feed_all(left, [(None, each) for each in (*PLAYED, TimeUpdate(at=5.0, position=10.0))])
    ticked, fed = (Fleet(policy=QUIET, reorder=reorder, idle_close=100.0) for _ in range(2))
    for right in ticked, fed:
        if adopted:
            right.adopt(Engine.restore(left.players["tv"].snapshot()))
        else:
            right.restore(left.snapshot("tv"))
    assert ticked.next_timer() == nextafter(105.0, inf)
    ticked.tick(106.0)
    assert list(ticked.known) == []
    assert names(list(fed.feed("tv", Playing(at=106.0), 0)))[0] == "WIDGET_LOADED"


def test_a_player_that_moved_may_count_from_the_start_after_a_silence() -> None:
    left, right = (Fleet(policy=QUIET, reorder=2.0, idle_close=100.0) for _ in range(2))
    feed_all(left, list(enumerate(PLAYED)))
    right.restore(left.snapshot("tv"))
    assert names(list(right.feed("tv", Playing(at=1000.0), 0)))[0] == "WIDGET_LOADED"


@pytest.mark.parametrize("numbers", [(1, 2, 3), (0, 2, 3), (0, 1, 2), (None, None, None)])
@pytest.mark.parametrize("silence", [99.0, 100.5])
@pytest.mark.parametrize("late", [2.0, 500.0])
def test_silence_begins_after_all_that_was_sent_also_what_waits(
    numbers: tuple[int | None, ...], silence: float, late: float
) -> None:
    fleet, without_ticks = (Fleet(policy=QUIET, reorder=late, idle_close=100.0) for _ in range(2))
    times = 0.0, 2.0, 2.0 + silence
    signals = [Playing(at=times[0]), Pause(at=times[1]), Playing(at=times[2])]
    events: list[Event] = []
    for each, seq in zip(signals, numbers, strict=True):
        events += fleet.tick(each.at)
        events += fleet.feed("tv", each, seq)
    assert fleet.next_timer() is not None
    events += fleet.tick(times[2] + 101.0)
    assert list(fleet.known) == []
    expected = feed_all(without_ticks, list(zip(numbers, signals, strict=True)))
    assert events == expected + without_ticks.close()


def test_a_player_that_moved_waits_as_long_as_its_new_fleet() -> None:
    left, right = Fleet(policy=QUIET, reorder=2.0), Fleet(policy=QUIET, reorder=20.0)
    feed_all(left, list(enumerate(PLAYED)))
    right.restore(left.snapshot("tv"))
    right.feed("tv", Pause(at=11.0), 4)
    assert right.feed("tv", TimeUpdate(at=30.0, position=10.0), 5) == []
    assert right.feed("tv", TimeUpdate(at=11.0, position=11.0), 3) != []
    assert right.late == 0


@pytest.mark.parametrize("idle", [None, 100.0])
@pytest.mark.parametrize("packed", [False, True])
def test_no_timer_is_over_before_a_signal_that_waits(idle: float | None, packed: bool) -> None:
    """The wait was over in time; that is known, but not yet its turn."""
    fleet = Fleet(policy=QUIET, reorder=5.0, idle_close=idle)
    feed_all(fleet, [*enumerate(PLAYED), (3, Stall(at=11.0))])
    assert fleet.next_timer() == 11.25
    assert feed_all(fleet, [(5, StallEnd(at=11.125))]) == []
    if packed:
        fleet.pack("tv")
    assert fleet.next_timer() == (None if idle is None else 111.12500000000001)
    assert fleet.tick(20.0) == []
    assert fleet.feed("tv", TimeUpdate(at=11.0, position=11.0), 4) == []
    assert fleet.close() == []


@pytest.mark.parametrize("seq", [4, None])
def test_a_player_whose_signals_wait_moves_only_where_they_can(seq: int | None) -> None:
    left = Fleet(policy=QUIET, reorder=2.0)
    feed_all(left, list(enumerate(PLAYED)))
    right = Fleet(policy=QUIET)
    right.restore(left.snapshot("tv"))
    before = right.snapshot("tv")
    left.feed("tv", TimeUpdate(at=12.0, position=12.0), seq)
    with pytest.raises(SnapshotError, match="signals wait in it for their turn"):
        right.restore(left.snapshot("tv"))
    assert right.snapshot("tv") == before


@pytest.mark.parametrize(
    "options", [{}, {"idle_close": 100.0}, {"reorder": 2.0}, {"reorder": 2.0, "idle_close": 100.0}]
)
def test_whole_numbers_are_times_like_any_other(options: dict[str, Any]) -> None:
    fleets = {number: Fleet(policy=QUIET, **options) for number in (int, float)}
    for number, fleet in fleets.items():
        feed_all(fleet, list(enumerate(PLAYED)))
        fleet.timeupdate("tv", number(11), number(11), 3)
        fleet.timeupdate("tv", number(12), number(12), 4)
    assert fleets[int].snapshot("tv") == fleets[float].snapshot("tv")
    assert fleets[int].players["tv"].position == 12.0


@pytest.mark.parametrize("seq", [-1, 1.5, nan, inf, "1", True, 2**63])
def test_a_number_that_cannot_be_is_refused(seq: Any) -> None:
    fleet = Fleet(policy=QUIET, reorder=2.0)
    feed_all(fleet, list(enumerate(PLAYED)))
    before = fleet.snapshot("tv")
    with pytest.raises(SignalError, match="expected a whole number, 0 or more"):
        fleet.feed("tv", Pause(at=11.0), seq)
    with pytest.raises(SignalError, match="expected a whole number, 0 or more"):
        fleet.timeupdate("tv", 11.0, 11.0, seq)
    assert fleet.snapshot("tv") == before


def test_numbers_of_numpy_and_whole_floats_are_numbers() -> None:
    kinds: list[Any] = [int, float, np.int64]
    fleets = {number: Fleet(policy=QUIET, reorder=2.0) for number in kinds}
    for number, fleet in fleets.items():
        feed_all(fleet, [(number(seq), each) for seq, each in enumerate(PLAYED)])
        fleet.timeupdate("tv", 11.0, 11.0, number(3))
        fleet.timeupdate("tv", 13.0, 13.0, number(5))
    assert len({fleet.snapshot("tv") for fleet in fleets.values()}) == 1


class Observed(Engine):
    """Notes the signals that it is fed; of an update in its turn none is made."""

    __slots__ = ()
    fed: ClassVar[list[str]] = []

    def feed(self, signal: Signal) -> Sequence[Event]:
        self.fed.append(signal.name)
        return super().feed(signal)


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "reorder": {"reorder": 2.0},
    "idle close": {"idle_close": 1e13},
    "both": {"reorder": 2.0, "idle_close": 1e13},
}


@pytest.mark.parametrize(
    ("first", "updates"),
    [
        (0.0, [(0.0, 0.0), (0.5, 0.5), (1.5, 1.5)]),
        (-MAX_AT, [(0.0, -MAX_AT), (0.5, 0.5 - MAX_AT)]),
        (0.0, [(0.5, 0.5), (0.0, MAX_AT)]),
    ],
)
@pytest.mark.parametrize("case", OPTIONS)
def test_updates_in_their_turn_are_taken_without_a_signal(
    case: str, first: float, updates: list[tuple[float, float]]
) -> None:
    fleet = Fleet(policy=QUIET, **OPTIONS[case])
    fleet.adopt(Observed("tv", policy=QUIET))
    fleet.feed("tv", Ready(at=first), 0)
    Observed.fed.clear()
    for seq, (position, at) in enumerate(updates, 1):
        fleet.timeupdate("tv", position, at, seq)
    assert Observed.fed == []
    assert fleet.players["tv"].last_at == updates[-1][1]


def test_updates_until_the_silence_are_taken_without_a_signal() -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0)
    fleet.adopt(Observed("tv", policy=QUIET))
    fleet.timeupdate("tv", 0.0, 1000.0)
    Observed.fed.clear()
    fleet.timeupdate("tv", 1.0, 1100.0)
    assert Observed.fed == []
    assert fleet.players["tv"].last_at == 1100.0


def test_updates_out_of_their_turn_wait() -> None:
    fleet = Fleet(policy=QUIET, reorder=5.0)
    feed_all(fleet, list(enumerate(PLAYED)))
    fleet.timeupdate("tv", 12.0, 12.0, 4)
    fleet.timeupdate("tv", 10.5, 10.5)
    assert fleet.players["tv"].position == 10.0
    fleet.timeupdate("tv", 11.0, 11.0, 3)
    assert fleet.players["tv"].position == 12.0


@pytest.mark.parametrize(
    ("position", "at"),
    [(inf, 11.0), (nan, 11.0), (-1.0, 11.0), (11.0, 2 * MAX_AT), (11.0, -2 * MAX_AT), (11.0, nan)],
)
@pytest.mark.parametrize("case", OPTIONS)
def test_what_cannot_be_an_update_does_not_count(case: str, position: float, at: float) -> None:
    fleet = Fleet(policy=QUIET, **OPTIONS[case])
    feed_all(fleet, list(enumerate(PLAYED)))
    before = fleet.snapshot("tv")
    with pytest.raises(SignalError):
        fleet.timeupdate("tv", position, at, 3)
    assert fleet.snapshot("tv") == before
