"""Many players: order, idle ones, closed ones, timers, and state as a value."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs
import msgspec
import pytest
from fed_engines import PLAYED, WATCHED
from hypothesis import example, given
from hypothesis import strategies as st

from playertrack import Diagnostic, Engine, Event, Fleet, Policy, SnapshotError
from playertrack.core.timer_heap import TimerHeap
from playertrack.errors import FieldError
from playertrack.signals import (
    Close,
    Loaded,
    Pause,
    Playing,
    RateChange,
    Ready,
    Seek,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
    from_record,
    to_record,
)
from playertrack.testing.strategies import hostile, policies

QUIET = Policy(view_interval=None)


def names(events: list[Event]) -> list[str]:
    return [event.event for event in events]


def feed_all(fleet: Fleet, signals: list[tuple[int | None, Signal]]) -> list[Event]:
    return [event for seq, each in signals for event in fleet.feed("tv", each, seq)]


def derived(trace: tuple[Signal, ...] | list[Signal], policy: Policy = QUIET) -> list[Event]:
    engine = Engine("tv", policy=policy)
    return [event for each in trace for event in engine.feed(each)] + list(engine.close())


# ------------------------------------------------------------------------ order


@given(hostile(30), policies(), st.randoms(use_true_random=False))
def test_a_player_is_derived_in_the_order_of_its_numbers(
    trace: list[Signal], policy: Policy, random: Random
) -> None:
    numbered: list[tuple[int | None, Signal]] = list(enumerate(trace, 1))
    arriving = sorted(numbered, key=lambda one: (one[0] or 0) + random.uniform(0, 8))
    arriving += random.sample(numbered, len(numbered) // 3)
    fleet = Fleet(policy=policy, reorder=1e12)

    assert feed_all(fleet, arriving) + fleet.close() == derived(trace, policy)
    assert fleet.late == 0


def test_without_reorder_numbers_mean_nothing() -> None:
    fleet = Fleet(policy=QUIET)
    events = feed_all(fleet, [(9, each) for each in WATCHED])
    assert events + fleet.close() == derived(WATCHED)
    assert not fleet.ordered and Fleet(reorder=2.0).ordered


def test_a_pace_is_that_of_its_players_before_they_are_there() -> None:
    fleet = Fleet()
    expected = attrs.asdict(fleet.pace(2.0, 190.0), recurse=False)
    feed_all(fleet, [(None, Playing(at=0.0)), (None, RateChange(at=200.0, rate=2.0))])
    assert feed_all(fleet, [(None, TimeUpdate(at=10.0, position=1.0))]) == []
    assert attrs.asdict(fleet.players["tv"].pace, recurse=False) == expected
    assert expected["offset"] == 190.0


def test_what_is_late_is_left_out_counted_and_reported() -> None:
    reported: list[Diagnostic] = []
    fleet = Fleet(policy=QUIET, reorder=2.0, diagnose=reported.append)
    pause, playing = Pause(at=11.0), Playing(at=12.0)
    signals: list[tuple[int | None, Signal]] = list(enumerate(PLAYED, 1))
    signals += [(5, playing), (6, TimeUpdate(at=15.0, position=15.0)), (4, pause)]
    feed_all(fleet, signals)

    assert fleet.late == 1
    late = [attrs.astuple(one) for one in reported if one.kind == "late"]
    message = "it came too late to be put in order: 4"
    assert late == [("late", 11.0, "tv", "reorder", "pause", message)]
    fleet.close()
    fleet.forget("tv")
    assert fleet.late == 1


# ------------------------------------------------------------------------ idle close


def shifted(trace: tuple[Signal, ...], by: float) -> list[Signal]:
    return [from_record({**to_record(each), "at": each.at + by}) for each in trace]


@pytest.mark.parametrize("reorder", [None, 5.0])
@pytest.mark.parametrize("again", ["on", "start"])
def test_a_player_that_was_idle_begins_anew(reorder: float | None, again: str) -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0, reorder=reorder)
    first = 1 if again == "start" else len(WATCHED) + 1
    later = shifted(WATCHED, 1000.0)
    events = feed_all(fleet, [*enumerate(WATCHED, 1), *enumerate(later, first)])
    assert events + fleet.close() == derived(WATCHED) + derived(later)


@pytest.mark.parametrize(("silence", "sessions"), [(100.0, 1), (100.001, 2)])
def test_exactly_so_long_goes_on(silence: float, sessions: int) -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0)
    last = WATCHED[-1].at
    events = feed_all(fleet, [(None, each) for each in WATCHED])
    events += fleet.feed("tv", Playing(at=last + silence))
    assert len({event.session for event in events}) == sessions
    assert names(events).count("WIDGET_LOADED") == sessions


def test_updates_are_judged_like_all_signals() -> None:
    fleet = Fleet(policy=QUIET, idle_close=10.0)
    fleet.feed("tv", Loaded(at=0.0, entry_id="A", duration=100.0))
    fleet.feed("tv", Playing(at=0.0))
    for at in (8.0, 16.0, 24.0):
        fleet.timeupdate("tv", at, at)
    assert fleet.players["tv"].position == 24.0
    fleet.timeupdate("tv", 35.0, 34.5)
    assert fleet.players["tv"].session_id is None


def test_a_player_that_said_goodbye_may_come_back_after_the_silence() -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0)
    feed_all(fleet, [(None, each) for each in (*WATCHED, Close(at=60.0))])
    assert feed_all(fleet, [(None, Playing(at=160.0))]) == []
    assert names(feed_all(fleet, [(None, Playing(at=300.0))]))[0] == "WIDGET_LOADED"


def test_after_a_close_numbers_begin_anew() -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0, reorder=5.0)
    feed_all(fleet, list(enumerate(WATCHED)))
    fleet.close("tv")
    assert not fleet.feed("tv", Playing(at=1000.0), len(WATCHED))
    assert fleet.feed("tv", Playing(at=1000.0), 0)


@given(hostile(40), policies())
def test_idle_close_is_a_close_and_a_new_player(trace: list[Signal], policy: Policy) -> None:
    fleet = Fleet(policy=policy, idle_close=30.0)
    expected: list[Event] = []
    part: list[Signal] = []
    for each in trace:
        if part and each.at - part[-1].at > 30.0:
            expected += derived(part, policy)
            part = []
        part.append(each)
    expected += derived(part, policy)
    assert feed_all(fleet, [(None, each) for each in trace]) + fleet.close() == expected


def test_a_service_closes_idle_players_when_time_comes() -> None:
    closed: list[Engine] = []
    fleet = Fleet(policy=QUIET, idle_close=100.0, on_close=closed.append)
    fleet.feed("tv", Playing(at=0.0))
    fleet.feed("radio", Playing(at=50.0))
    assert fleet.next_timer() is not None
    assert fleet.tick(100.0) == []
    fleet.tick(100.5)
    assert [engine.player for engine in closed] == ["tv"]
    assert list(fleet.players) == ["radio"]
    assert names(list(fleet.feed("tv", Playing(at=200.0))))[0] == "WIDGET_LOADED"


# ------------------------------------------------------------------------ closed and packed


def test_a_closed_player_leaves_only_its_id() -> None:
    closed: list[Engine] = []
    fleet = Fleet(policy=QUIET, on_close=closed.append)
    feed_all(fleet, [(None, each) for each in (*WATCHED, Close(at=60.0))])
    assert not fleet.players
    assert [engine.summary().seek_count for engine in closed] == [1]
    assert fleet.feed("tv", Playing(at=70.0)) == ()
    assert fleet.timeupdate("tv", 70.0, 70.0) == ()
    assert not fleet.players
    assert fleet.close() == []
    fleet.forget("tv")
    assert names(list(fleet.feed("tv", Playing(at=70.0))))[0] == "WIDGET_LOADED"


@given(hostile(30), policies(), st.integers(0, 30))
def test_packing_changes_nothing(trace: list[Signal], policy: Policy, cut: int) -> None:
    fleet = Fleet(policy=policy)
    events = feed_all(fleet, [(None, each) for each in trace[:cut]])
    fleet.pack("tv")
    fleet.pack("nobody")
    assert not fleet.players
    events += feed_all(fleet, [(None, each) for each in trace[cut:]])
    assert events + fleet.close() == derived(trace, policy)


def test_a_packed_player_keeps_its_timer() -> None:
    fleet = Fleet(policy=QUIET)
    fleet.feed("tv", Playing(at=0.0))
    fleet.feed("tv", Stall(at=10.0))
    fleet.pack("tv")
    assert fleet.next_timer() == 10.25
    assert names(fleet.tick(10.25)) == ["BUFFER_START"]


def test_updates_of_a_packed_player_wake_it() -> None:
    fleet = Fleet(policy=QUIET)
    feed_all(fleet, [(None, each) for each in PLAYED])
    fleet.timeupdate("tv", 11.0, 11.0)
    fleet.pack("tv")
    fleet.timeupdate("tv", 12.0, 12.0)
    assert fleet.players["tv"].position == 12.0


# ------------------------------------------------------------------------ timers


@given(
    st.lists(st.tuples(st.sampled_from("abc"), hostile(3)), max_size=12),
    policies(),
)
def test_timers_are_those_of_the_engines(
    turns: list[tuple[str, list[Signal]]], policy: Policy
) -> None:
    """Looked at after each turn: the heap forgets nothing and keeps nothing."""
    fleet = Fleet(policy=policy)
    for player, signals in turns:
        for each in signals:
            fleet.feed(player, each)
        dues = [due for engine in fleet.players.values() if (due := engine.next_timer())]
        assert fleet.next_timer() == min(dues, default=None)


def test_what_is_due_comes_in_the_order_of_time() -> None:
    fleet = Fleet(policy=QUIET)
    for number, player in enumerate("cab"):
        fleet.feed(player, Playing(at=0.0))
        fleet.feed(player, Stall(at=10.0 - number))
    assert [event.player for event in fleet.tick(20.0)] == ["b", "a", "c"]
    assert fleet.next_timer() is None


def test_a_wait_that_is_over_is_no_timer() -> None:
    fleet = Fleet(policy=QUIET)
    feed_all(fleet, [(None, each) for each in (*PLAYED, Stall(at=10.0))])
    assert fleet.next_timer() == 10.25
    fleet.feed("tv", StallEnd(at=10.125))
    assert fleet.next_timer() is None


@pytest.mark.parametrize(("idle_close", "due"), [(0.125, 10.125), (100.0, 10.25)])
def test_the_sooner_of_a_wait_and_the_silence(idle_close: float, due: float) -> None:
    fleet = Fleet(policy=QUIET, idle_close=idle_close)
    fleet.feed("tv", Playing(at=10.0))
    fleet.feed("tv", Stall(at=10.0))
    timer = fleet.next_timer()
    assert timer is not None
    assert due <= timer < due + 1e-9


def test_a_silence_may_be_over_at_time_zero() -> None:
    fleet = Fleet(policy=QUIET, idle_close=5.0)
    fleet.feed("tv", Playing(at=-5.0))
    timer = fleet.next_timer()
    assert timer is not None
    assert 0.0 < timer < 1e-9
    fleet.tick(0.0)
    assert list(fleet.known) == ["tv"]
    fleet.tick(timer)
    assert not fleet.known


def test_nothing_is_noted_before_somebody_asks() -> None:
    heap = TimerHeap(lambda player: 1.0)
    heap.touch("tv")
    assert heap.first() is None
    assert heap.settled("tv")
    heap.watch(["tv"])
    assert heap.first() == 1.0


# ------------------------------------------------------------------------ state as a value


CLOSED_LATE: list[Signal] = [
    Loaded(at=0.0, entry_id="A"),
    Playing(at=0.0),
    Ready(at=0.0),
    Close(at=10.0),
]


@given(hostile(30), policies(), st.integers(0, 30), st.sampled_from([None, 30.0]))
@example(CLOSED_LATE, Policy(), 4, None)
def test_a_player_can_move_to_another_fleet(
    trace: list[Signal], policy: Policy, cut: int, idle: float | None
) -> None:
    options: dict[str, Any] = {"policy": policy, "reorder": 5.0, "idle_close": idle}
    numbered: list[tuple[int | None, Signal]] = list(enumerate(trace, 1))
    arriving = numbered[1::2] + numbered[::2]
    whole, left, right = Fleet(**options), Fleet(**options), Fleet(**options)
    expected = feed_all(whole, arriving) + whole.close()
    events = feed_all(left, arriving[:cut])
    if cut and arriving:
        assert right.restore(left.snapshot("tv")) == "tv"
    events += feed_all(right, arriving[cut:])
    assert events + right.close() == expected
    assert left.late + right.late == whole.late


def test_a_closed_player_stays_closed_elsewhere() -> None:
    fleet, other = Fleet(), Fleet()
    fleet.feed("tv", Playing(at=0.0))
    fleet.feed("tv", Close(at=1.0))
    other.restore(fleet.snapshot("tv"))
    assert other.feed("tv", Playing(at=2.0)) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        msgspec.msgpack.encode([9, "tv", None, None, None]),
        msgspec.msgpack.encode([1, "tv", b"nothing", None, None]),
        msgspec.msgpack.encode([1, "tv", None, None, [1, 2, 3]]),
        msgspec.msgpack.encode([1, "tv", None, None, [1, 2, 3, [[1, 1, {}]], [], [], 0, 0, 0]]),
    ],
)
def test_what_is_no_snapshot_of_a_player(data: bytes) -> None:
    fleet = Fleet(reorder=5.0)
    fleet.feed("tv", Seek(at=0.0, position=1.0), 0)
    with pytest.raises(SnapshotError):
        fleet.restore(data)
    assert list(fleet.players) == ["tv"]


def test_a_closed_player_is_forgotten_after_the_silence() -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0)
    fleet.feed("tv", Loaded(at=0.0, entry_id="1_a"))
    fleet.feed("tv", Close(at=1.0))
    assert fleet.tick(50.0) == []
    assert not fleet.feed("tv", Pause(at=60.0))
    assert fleet.tick(500.0) == []
    assert names(list(fleet.feed("tv", Loaded(at=501.0, entry_id="1_a")))) == [
        *("WIDGET_LOADED", "MEDIA_LOADED"),
    ]


def test_a_player_that_is_due_as_soon_as_it_was_called_waits_for_the_next_time() -> None:
    heap = TimerHeap(lambda player: 1.0)
    heap.watch(["tv"])
    for _ in range(2):
        called = []
        for player in heap.due(1.0):
            called.append(player)
            heap.touch(player)
        assert called == ["tv"]


def test_a_snapshot_with_an_unknown_field_is_refused() -> None:
    fields = msgspec.msgpack.decode(Engine("tv").snapshot())
    fields[-1] = {"nonsense": 1}
    with pytest.raises(SnapshotError, match="there is no 'nonsense'"):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize("field", ["reorder", "idle_close"])
def test_a_wait_is_no_time_or_one_of_0_seconds_or_more(field: str) -> None:
    bad: Any
    good: Any
    for bad in (-0.1, float("nan"), float("inf"), True, "5"):
        with pytest.raises(FieldError, match=f"^{field}: "):
            Fleet(**{field: bad})
    for good in (None, 0, 0.0, 5):
        Fleet(**{field: good})
