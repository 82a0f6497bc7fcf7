"""Players of a fleet that come and go: adopted, packed, forgotten; and their callbacks."""

from __future__ import annotations

from math import inf, nextafter

import msgspec
import pytest
from fed_engines import PLAYED, fed, names
from test_fleet import QUIET, feed_all

from playertrack import Diagnostic, Engine, Fleet, SnapshotError, Summary
from playertrack.signals import Close, Loaded, Playing, Stall, StallEnd, TimeUpdate


def ids(player: str | None, ordinal: int, at: float) -> str:
    return f"{player}-{ordinal}"


def test_signals_go_straight_to_the_players_unless_something_is_wanted() -> None:
    assert Fleet().plain is True
    assert Fleet(reorder=1.0).plain is False
    assert Fleet(idle_close=1.0).plain is False
    asked = Fleet()
    asked.next_timer()
    assert asked.plain is False


def test_summaries_are_handed_out() -> None:
    ended: list[Summary] = []
    fleet = Fleet(on_summary=ended.append)
    feed_all(fleet, [(None, each) for each in (*PLAYED, Close(at=11.0))])
    assert [(summary.player, summary.entry_id) for summary in ended] == [("tv", "A")]


def test_entries_show_who_is_at_work_packed_or_closed() -> None:
    fleet = Fleet(policy=QUIET)
    for player in "abc":
        fleet.feed(player, Playing(at=0.0))
    fleet.pack("b")
    fleet.close("c")
    kinds = {player: type(entry) for player, entry in fleet.entries.items()}
    assert kinds == {"a": Engine, "b": bytes, "c": type(None)}


def test_a_packed_player_wakes_with_the_callbacks_of_its_fleet() -> None:
    reported: list[Diagnostic] = []
    ended: list[Summary] = []
    fleet = Fleet(policy=QUIET, ids=ids, diagnose=reported.append, on_summary=ended.append)
    feed_all(fleet, [(None, each) for each in PLAYED])
    fleet.pack("tv")
    fleet.feed("tv", StallEnd(at=10.5))
    events = fleet.feed("tv", Loaded(at=11.0, entry_id="B"))
    assert {event.session for event in events} == {"tv-2"}
    assert [one.signal for one in reported] == ["stall_end"]
    assert [summary.entry_id for summary in ended] == ["A"]


def test_a_restored_player_has_the_callbacks_of_its_new_fleet() -> None:
    reported: list[Diagnostic] = []
    ended: list[Summary] = []
    left = Fleet(policy=QUIET)
    right = Fleet(policy=QUIET, ids=ids, diagnose=reported.append, on_summary=ended.append)
    feed_all(left, [(None, each) for each in PLAYED])
    right.restore(left.snapshot("tv"))
    right.feed("tv", StallEnd(at=10.5))
    events = right.feed("tv", Loaded(at=11.0, entry_id="B"))
    assert {event.session for event in events} == {"tv-2"}
    assert [one.signal for one in reported] == ["stall_end"]
    assert [summary.entry_id for summary in ended] == ["A"]


def test_the_timers_of_players_that_come_and_go() -> None:
    fleet, other = Fleet(policy=QUIET), Fleet(policy=QUIET)
    assert fleet.next_timer() is None
    fleet.adopt(fed(*PLAYED, Stall(at=11.0), player="tv", policy=QUIET))
    assert fleet.next_timer() == 11.25
    other.next_timer()
    other.restore(fleet.snapshot("tv"))
    assert other.next_timer() == 11.25
    other.close("tv")
    assert other.next_timer() is None
    fleet.forget("tv")
    assert fleet.next_timer() is None


def test_updates_are_watched_for_timers_too() -> None:
    fleet = Fleet(policy=QUIET)
    feed_all(fleet, [(None, each) for each in PLAYED])
    assert fleet.next_timer() is None
    fleet.timeupdate("tv", 60.0, 11.0)
    assert fleet.next_timer() == 12.0


def test_nothing_is_left_of_a_player_that_was_forgotten() -> None:
    closed: list[Engine] = []
    fleet = Fleet(policy=QUIET, reorder=5.0, idle_close=100.0, on_close=closed.append)
    feed_all(fleet, list(enumerate(PLAYED)))
    fleet.feed("tv", TimeUpdate(at=13.0, position=13.0), 5)
    assert fleet.next_timer() is not None
    fleet.forget("tv")
    assert fleet.next_timer() is None
    assert list(fleet.known) == []
    assert names(list(fleet.feed("tv", Playing(at=1000.0), 0)))[0] == "WIDGET_LOADED"
    assert closed == []


def test_a_player_that_was_ticked_is_closed_only_after_the_silence() -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0)
    fleet.feed("tv", Playing(at=1000.0))
    fleet.feed("tv", Stall(at=1000.0))
    assert fleet.next_timer() == 1000.25
    assert names(fleet.tick(1000.25)) == ["BUFFER_START"]
    assert list(fleet.known) == ["tv"]
    silence = nextafter(1100.0, inf)
    assert fleet.next_timer() == silence
    assert names(fleet.tick(silence)) == ["BUFFER_END"]
    assert list(fleet.known) == []
    assert fleet.next_timer() is None


def test_what_was_due_before_closes_nobody() -> None:
    fleet = Fleet(policy=QUIET, idle_close=100.0)
    fleet.feed("tv", Playing(at=1000.0))
    fleet.feed("tv", Stall(at=1000.0))
    assert names(fleet.tick(1100.0)) == ["BUFFER_START"]
    assert list(fleet.known) == ["tv"]


def test_a_player_is_closed_as_of_what_came_after_the_tick() -> None:
    fleet = Fleet(policy=QUIET)
    fleet.tick(20.0)
    feed_all(fleet, [(None, each) for each in (*PLAYED, Stall(at=11.0))])
    assert fleet.close("tv") == []


def test_a_player_that_was_looked_at_is_closed_as_of_the_tick() -> None:
    fleet = Fleet(policy=QUIET)
    fleet.tick(20.0)
    feed_all(fleet, [(None, each) for each in (*PLAYED, Stall(at=11.0))])
    assert fleet.next_timer() == 11.25
    events = fleet.close("tv")
    assert [(event.event, event.at) for event in events] == [
        ("BUFFER_START", 11.0),
        ("BUFFER_END", 20.0),
    ]


def test_what_was_late_is_counted_though_the_players_are_gone() -> None:
    fleet = Fleet(policy=QUIET, reorder=2.0)
    for player in "abc":
        for seq, at in ((0, 0.0), (2, 1.0), (3, 9.0), (1, 0.5)):
            fleet.feed(player, Playing(at=at), seq)
    saved = fleet.snapshot("c")
    assert fleet.restore(saved) == "c"
    fleet.forget("a")
    fleet.close("b")
    assert fleet.late == 3
    fleet.forget("c")
    fleet.restore(saved)
    assert fleet.late == 3


def test_the_snapshot_of_who_was_forgotten_is_that_of_a_new_player() -> None:
    fleet = Fleet(policy=QUIET, reorder=5.0, idle_close=100.0)
    feed_all(fleet, list(enumerate(PLAYED)))
    fleet.tick(1000.0)
    assert list(fleet.known) == []
    fleet.restore(fleet.snapshot("tv"))
    assert names(fleet.feed("tv", Playing(at=2000.0), 0))[0] == "WIDGET_LOADED"


def test_a_restored_player_takes_the_place_of_the_one_that_was_there() -> None:
    left, right = Fleet(policy=QUIET), Fleet(policy=QUIET, reorder=5.0)
    feed_all(left, [(None, each) for each in PLAYED])
    feed_all(right, list(enumerate(PLAYED)))
    right.restore(left.snapshot("tv"))
    right.feed("tv", Stall(at=11.0), 0)
    assert names(right.feed("tv", StallEnd(at=12.0), 1)) == ["BUFFER_START", "BUFFER_END"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (msgspec.msgpack.encode([9, "tv", None, None, None]), "a snapshot of version 9"),
        (b"hello", "not a snapshot of a player: "),
        (
            msgspec.msgpack.encode(
                [1, "tv", None, None, [1.0, 2, None, [], [], [], None, False, False]]
            ),
            "not a snapshot of a player: ",
        ),
    ],
)
def test_why_a_player_is_not_restored(data: bytes, said: str) -> None:
    with pytest.raises(SnapshotError, match=said):
        Fleet(reorder=5.0).restore(data)
