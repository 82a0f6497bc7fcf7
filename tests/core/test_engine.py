"""An engine's views; its session ids and limits; many of them in a fleet."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
import pytest
from fed_engines import PLAYED, WATCHED, fed, names

import playertrack
from playertrack import (
    Diagnostic,
    Engine,
    Fleet,
    PlayertrackError,
    Policy,
    SignalError,
    State,
    Summary,
    offline_ids,
    random_ids,
    signals,
)
from playertrack.core.state import SELDOM
from playertrack.signals import (
    Captions,
    Error,
    Loaded,
    Pause,
    Playing,
    RateChange,
    Ready,
    Seek,
    Signal,
    Stall,
    TimeUpdate,
)


def test_a_new_engine_knows_nothing() -> None:
    engine = Engine("p")
    assert engine.player == "p"
    assert engine.policy == Policy()
    assert engine.state is State.IDLE
    assert not engine.closed
    assert (engine.session_id, engine.entry_id, engine.duration) == (None, None, None)
    assert (engine.position, engine.rate, engine.last_at) == (None, 1.0, None)
    assert engine.next_timer() is None
    assert engine.last_summary is None


def test_what_a_playing_engine_knows() -> None:
    engine = fed(*WATCHED, RateChange(at=53.0, rate=1.5))
    assert engine.state is State.PLAYING
    assert engine.session_id == offline_ids(None, 1, 0.0)
    assert (engine.entry_id, engine.duration) == ("A", 100.0)
    assert (engine.position, engine.rate, engine.last_at) == (70.0, 1.5, 53.0)


def test_an_engine_says_who_it_is() -> None:
    engine = fed(*WATCHED, player="tv")
    assert "tv" in repr(engine)
    assert "PLAYING" in repr(engine)


def test_time_passes_on_the_quiet_path_too() -> None:
    engine = fed(*WATCHED[:4])
    engine.timeupdate(0.25, 1.25)
    engine.timeupdate(0.5, 1.5)
    assert engine.last_at == 1.5
    assert engine.position == 0.5


@pytest.mark.parametrize(
    "ask",
    [
        Engine.snapshot,
        Engine.summary,
        lambda engine: engine.last_at,
        lambda engine: engine.close(),
        lambda engine: engine.feed(Pause(at=2.0)),  # as late as the last update (R-order)
        lambda engine: engine.timeupdate(2.5, 2.0),
        lambda engine: engine.timeupdate(3.0, 4.5),
        lambda engine: engine.timeupdate(3, 5),
        lambda engine: engine.timeupdate(25.0, 27.0),
        lambda engine: [engine.timeupdate(3.0, 4.5), engine.timeupdate(90.0, 10.0)],
        lambda engine: engine.timeupdate(3.5625, 4.5),
        lambda engine: [engine.timeupdate(3.5625, 4.5), engine.timeupdate(3.75, 4.75)],
        lambda engine: [
            engine.timeupdate(*each) for each in ((3.5625, 4.5), (3.75, 5.0), (4.0, 5.25))
        ],
    ],
)
@pytest.mark.parametrize("number", [int, np.float64])
def test_quiet_updates_of_other_numbers_are_updates_like_others(
    number: Callable[[int], float], ask: Callable[[Engine], object]
) -> None:
    others, floats, judged = (fed(*WATCHED[:4]) for _ in range(3))
    for second in (1, 2, 3):
        others.timeupdate(number(second), number(second + 1))
        floats.timeupdate(float(second), second + 1.0)
        judged.take(TimeUpdate(at=second + 1.0, position=float(second)))
    assert repr(ask(others)) == repr(ask(floats)) == repr(ask(judged))
    assert others.snapshot() == floats.snapshot() == judged.snapshot()


def test_offline_ids() -> None:
    def expected(name: str) -> str:
        return str(uuid5(NAMESPACE_URL, name))

    assert offline_ids(None, 1, 1700000000.0) == expected("playertrack::1:1700000000000")
    assert offline_ids("tv", 2, 1.0006) == expected("playertrack:tv:2:1001")
    assert offline_ids("", 1, 0.0) == offline_ids(None, 1, 0.0)


def test_the_ids_of_sessions() -> None:
    engine = Engine("p")
    first = engine.feed(Ready(at=5.0))[0]
    second = engine.feed(Loaded(at=6.0, entry_id="A"))[0]
    third = fed(*WATCHED, player="p").feed(Loaded(at=60.5, entry_id="B"))[0]
    assert first.session == second.session == offline_ids("p", 1, 5.0)
    assert third.session == offline_ids("p", 2, 60.5)


def test_random_ids() -> None:
    one, other = random_ids("p", 1, 0.0), random_ids("p", 1, 0.0)
    assert one != other
    assert UUID(one).version == 4


def test_ids_of_ones_own() -> None:
    asked = []

    def ids(player: str | None, ordinal: int, at: float) -> str:
        asked.append((player, ordinal, at))
        return f"{player}-{ordinal}"

    engine = Engine("tv", ids=ids)
    events = [*engine.feed(Playing(at=3.0)), *engine.feed(signals.Replay(at=4.0))]
    assert [event.session for event in events] == ["tv-1"] * 6 + ["tv-2"] * 2
    assert asked == [("tv", 1, 3.0), ("tv", 2, 4.0)]


@pytest.mark.parametrize("bad", ["", "x" * 51, "a,b", "a\nb", "a\x7f", "a\x85b", 5, None])
def test_ids_that_cannot_be(bad: Any) -> None:
    with pytest.raises(PlayertrackError, match="R-ids"):
        Engine(ids=lambda player, ordinal, at: bad).feed(Ready(at=0.0))


@pytest.mark.parametrize("good", ["x", "x" * 50, "a b", "séance", "Ж-1"])
def test_ids_that_can_be(good: str) -> None:
    (event,) = Engine(ids=lambda player, ordinal, at: good).feed(Ready(at=0.0))
    assert event.session == good


@pytest.mark.parametrize(
    ("position", "at", "field"),
    [
        (-1.0, 0.0, "position"),
        (nan, 0.0, "position"),
        (inf, 0.0, "position"),
        (1.0, nan, "at"),
        (1.0, inf, "at"),
        (1.0, -1e13, "at"),
    ],
)
@pytest.mark.parametrize("trace", [(), PLAYED], ids=["idle", "playing"])
def test_updates_that_cannot_be(
    trace: tuple[Signal, ...], position: Any, at: Any, field: str
) -> None:
    engine = fed(*trace)
    saved = engine.snapshot()
    with pytest.raises(SignalError, match=field):
        engine.timeupdate(position, at)
    assert engine.snapshot() == saved


@pytest.mark.parametrize(
    ("position", "at", "field"),
    [
        ("1", 0.0, "position"),
        (None, 0.0, "position"),
        (10**400, 0.0, "position"),
        (np.array([12.0, 13.0]), 12.0, "position"),
        (1.0, None, "at"),
        (1.0, "now", "at"),
        (12.0, 10**400, "at"),
    ],
)
@pytest.mark.parametrize(
    "trace", [(), PLAYED, (*PLAYED, TimeUpdate(at=11.0, position=11.0))], ids=len
)
def test_updates_of_a_wrong_type(
    trace: tuple[Signal, ...], position: Any, at: Any, field: str
) -> None:
    engine = fed(*trace)
    saved = engine.snapshot()
    with pytest.raises(SignalError, match=field):
        engine.timeupdate(position, at)
    assert engine.snapshot() == saved


def test_only_so_many_intervals_are_kept() -> None:
    reported: list[Diagnostic] = []
    engine = Engine(policy=Policy(max_intervals=3), diagnose=reported.append)
    engine.feed(Loaded(at=0.0, entry_id="A", duration=1000.0))
    engine.feed(Playing(at=0.0))
    at = 0.0
    for place, length in ((10.0, 4.0), (20.0, 1.0), (30.0, 3.0), (40.0, 2.0)):
        engine.feed(Seek(at=at, position=place))
        at += length
        engine.feed(TimeUpdate(at=at, position=place + length))
    assert engine.summary().watched == ((10.0, 14.0), (20.0, 21.0), (30.0, 33.0), (40.0, 42.0))
    engine.feed(Seek(at=at, position=500.0))
    assert engine.summary().watched == ((10.0, 14.0), (30.0, 33.0), (40.0, 42.0))
    assert [(one.kind, one.rule) for one in reported] == [("limit", "I-total")]
    assert "20.0" in reported[0].message


def test_the_shortest_interval_is_forgotten_however_often_others_grew() -> None:
    engine = Engine(policy=Policy(max_intervals=2))
    engine.feed(Loaded(at=0.0, entry_id="A", duration=1000.0))
    engine.feed(Playing(at=0.0))
    at = 0.0

    def play(start: float, end: float) -> None:
        nonlocal at
        engine.feed(Seek(at=at, position=start))
        at += end - start
        engine.feed(TimeUpdate(at=at, position=end))
        engine.feed(Seek(at=at, position=900.0))

    for start, end in ((0.0, 5.0), (100.0, 104.0), (200.0, 203.0)):
        play(start, end)
    for step in range(12):
        play(5.0 + step, 6.0 + step)
    play(300.0, 302.0)
    assert engine.summary().watched == ((0.0, 17.0), (100.0, 104.0))
    play(400.0, 406.0)
    assert engine.summary().watched == ((0.0, 17.0), (400.0, 406.0))


def test_only_so_many_error_codes_are_kept() -> None:
    """The oldest is forgotten first: it would be reported again, which does no harm."""
    engine = fed(*PLAYED)
    for code in range(65):
        assert names(engine.feed(Error(at=11.0, code=str(code), fatal=False))) == ["ERROR"]
    assert engine.feed(Error(at=11.0, code="64", fatal=False)) == ()
    assert engine.feed(Error(at=11.0, code="1", fatal=False)) == ()
    assert names(engine.feed(Error(at=11.0, code="0", fatal=False))) == ["ERROR"]
    assert len(engine.snapshot()) < 2000


def test_views_of_a_rate_next_to_nothing_are_bounded() -> None:
    engine = Engine(policy=Policy(view_interval=0.001, max_gap=1e6))
    engine.feed(Loaded(at=0.0, entry_id="A"))
    engine.feed(RateChange(at=0.0, rate=1e-6))
    engine.feed(Playing(at=0.0))
    events = engine.feed(TimeUpdate(at=1e5, position=0.5))
    assert 1 <= len(events) <= 100_000
    assert engine.feed(TimeUpdate(at=1e5, position=0.5)) == ()


def test_a_fleet_keeps_players_apart() -> None:
    fleet = Fleet(policy=Policy(view_interval=None), entry_id="D")
    assert fleet.next_timer() is None
    one = fleet.feed("one", Playing(at=0.0))
    other = fleet.feed(None, Playing(at=7.0))
    assert list(fleet.players) == ["one", None]
    assert {event.player for event in one} == {"one"}
    assert {event.player for event in other} == {None}
    assert one[1].entry_id == other[1].entry_id == "D"
    assert fleet.timeupdate("one", 1.0, 1.0) == ()
    assert fleet.players["one"].position == 1.0
    assert fleet.players[None].position == 0.0


def test_a_fleet_makes_players_as_they_come() -> None:
    fleet = Fleet()
    assert fleet.timeupdate("new", 1.0, 1.0) == ()
    assert list(fleet.players) == ["new"]
    assert fleet.players["new"].player == "new"


def test_players_cannot_be_put_in_by_the_back_door() -> None:
    with pytest.raises(TypeError):
        Fleet().players["x"] = Engine("x")  # type: ignore[index] # the point


def test_timers_of_a_fleet() -> None:
    fleet = Fleet(policy=Policy(view_interval=None))
    for player, at in (("one", 10.0), ("other", 9.0)):
        fleet.feed(player, Playing(at=at))
        fleet.feed(player, Stall(at=at + 1.0))
    assert fleet.next_timer() == 10.25
    assert [(event.player, event.at) for event in fleet.tick(10.25)] == [("other", 10.0)]
    assert fleet.next_timer() == 11.25
    assert [event.player for event in fleet.tick(12.0)] == ["one"]


def test_closing_a_fleet() -> None:
    fleet = Fleet(policy=Policy(view_interval=None))
    for player, at in (("one", 10.0), ("other", 9.0)):
        fleet.feed(player, Playing(at=at))
        fleet.feed(player, Stall(at=at + 1.0))
        fleet.tick(at + 3.0)
    closed = fleet.close("other")
    assert [(event.player, event.event, event.at) for event in closed] == [
        ("other", "BUFFER_END", 12.0)
    ]
    assert "other" not in fleet.players
    assert [(event.player, event.at) for event in fleet.close(at=20.0)] == [("one", 20.0)]


def test_a_fleet_takes_in_and_lets_go() -> None:
    fleet = Fleet()
    fleet.adopt(fed(*PLAYED, player="tv"))
    assert fleet.players["tv"].position == 10.0
    assert fleet.feed("tv", Captions(at=11.0, language="en"))[0].player == "tv"
    fleet.forget("tv")
    fleet.forget("tv")
    assert not fleet.players


def test_the_fleet_shares_its_setup() -> None:
    reported: list[Diagnostic] = []
    fleet = Fleet(ids=lambda player, ordinal, at: f"{player}{ordinal}", diagnose=reported.append)
    assert fleet.feed("x", Ready(at=0.0))[0].session == "x1"
    fleet.feed("x", Pause(at=1.0))
    assert [one.player for one in reported] == ["x"]


def test_the_package_has_what_it_says() -> None:
    for name in playertrack.__all__:
        assert getattr(playertrack, name) is not None
        assert name in dir(playertrack)


def test_the_summary_of_each_session_is_handed_out_as_it_ends() -> None:
    ended: list[Summary] = []
    engine = Engine(on_summary=ended.append)
    for entry in "AB":
        engine.feed(Loaded(at=0.0, entry_id=entry, duration=10.0))
        engine.feed(Playing(at=0.0))
    assert [summary.entry_id for summary in ended] == ["A"]
    restored = Engine.restore(engine.snapshot(), on_summary=ended.append)
    restored.close()
    assert [summary.entry_id for summary in ended] == ["A", "B"]
    assert ended[-1] == restored.last_summary


def test_views_beyond_a_hundred_are_dropped() -> None:
    """At a rate next to nothing half a second of content is worth 5,000 s of play time."""
    slow = RateChange(at=0.0, rate=1e-4)
    engine = fed(*PLAYED[:2], slow, policy=Policy(view_interval=10.0))
    assert names(engine.timeupdate(0.5, 1.0)) == ["VIEW"] * 100
    assert engine.summary().play_time == pytest.approx(5000.0)
    engine.feed(RateChange(at=1.0, rate=1.0))
    seen = [names(engine.timeupdate(0.5 + 0.9 * n, 1.0 + n)) for n in range(1, 13)]
    assert seen == [*([[]] * 11), ["VIEW"]]


def test_what_players_seldom_have_is_false_by_default() -> None:
    """Else `tidy` would keep it where all that a player has is true."""
    assert not [name for name, field in SELDOM.items() if field.default]
    engine = Engine()
    engine.overlay, engine.joined, engine.asked = 1, 0.0, False
    assert engine.tidy() == {"overlay": 1}
