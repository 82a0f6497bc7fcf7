"""The numbers of a fleet, against ones that were computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from playertrack import Event, Fleet, Policy
from playertrack.core.session import offline_ids
from playertrack.events import to_record
from playertrack.signals import (
    Ended,
    Error,
    Loaded,
    Play,
    Playing,
    Seek,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
)
from playertrack.trace.plays import FromEvents, from_summary
from playertrack.trace.statistics import Stats, grouped, percentile
from playertrack.trace.summaries import EndedSessions as Sessions

DAY = 86400.0


def start(at: float, entry: str = "A", join: float = 1.0, duration: float | None = 100.0) -> Any:
    return [
        Loaded(at=at, entry_id=entry, duration=duration),
        Play(at=at),
        Playing(at=at + join),
    ]


def run(at: float, first: float, last: float) -> list[Signal]:
    """Played from one position to the other, an update each second."""
    steps = int(last - first)
    return [TimeUpdate(at=at + step, position=first + step) for step in range(1, steps + 1)]


#: Four players. What each did, and what that amounts to:
PLAYERS: dict[str, list[Signal]] = {
    # join 1 s; 100 s played to the end, none waited
    "whole": [*start(0.0), *run(1.0, 0.0, 100.0), Ended(at=101.0)],
    # join 2 s; 30 s played, one wait of 10 s; 30 of 100 watched
    "waits": [
        *start(0.0, join=2.0),
        *run(2.0, 0.0, 20.0),
        Stall(at=22.0),
        StallEnd(at=32.0),
        *run(32.0, 20.0, 30.0),
    ],
    # join 4 s; 10 s played, a seek from 10 to 80, 20 s played to the end; 30 of 100 watched
    "seeks": [
        *start(DAY, "B", join=4.0),
        *run(DAY + 4.0, 0.0, 10.0),
        Seek(at=DAY + 14.0, position=80.0),
        *run(DAY + 14.0, 80.0, 100.0),
        Ended(at=DAY + 34.0),
    ],
    # asked to play, failed before the first frame
    "fails": [
        Loaded(at=0.0, entry_id="A", duration=100.0),
        Play(at=0.0),
        Error(at=3.0, code="E"),
    ],
}


def both(times: int = 1) -> tuple[list[Any], list[Any]]:
    """The plays by summaries, and by the log of events, where each is found so many times."""
    sessions = Sessions(offline_ids)
    fleet = Fleet(ids=sessions.ids, on_close=sessions.closed)
    sessions.watch(fleet)
    log, events = FromEvents(), list[Event]()
    for player, signals in PLAYERS.items():
        for each in signals:
            events += fleet.feed(player, each)
    for event in events + fleet.close():
        for _ in range(times):
            log.add(to_record(event))
    return [from_summary(row) for row in sessions.take()], list(log)


def test_all_plays_together() -> None:
    exact, _ = both()
    [found] = grouped(exact)
    assert (found.sessions, found.plays, found.seeks, found.errors) == (4, 3, 1, 1)
    assert [found.join_time_p50, found.join_time_p95] == pytest.approx([2.0, 3.8])
    assert (found.play_time, found.rebuffers, found.rebuffer_time) == (160.0, 1, 10.0)
    assert found.rebuffer_ratio == pytest.approx(10 / 170)
    assert found.rebuffer_frequency == pytest.approx(60 * 1 / 160)
    assert found.completion == pytest.approx(2 / 3)
    assert found.watched_share == pytest.approx((1.0 + 0.3 + 0.3) / 3)
    curve = [found.retention[percent] for percent in (0, 10, 11, 20, 30, 31, 80, 81, 100)]
    thirds = [3, 3, 2, 2, 2, 1, 1, 2, 2]
    assert curve == pytest.approx([third / 3 for third in thirds])


def test_a_log_of_events_knows_views_and_milestones() -> None:
    exact, logged = both()
    [by_summary], [by_events] = grouped(exact), grouped(logged)
    same = ("sessions", "plays", "join_time_p50", "join_time_p95", "rebuffers", "rebuffer_time")
    for name in (*same, "seeks", "errors", "completion"):
        assert getattr(by_events, name) == getattr(by_summary, name), name
    assert by_events.play_time == 160.0
    known = {p: share for p, share in enumerate(by_events.retention) if share is not None}
    assert known == {p: by_summary.retention[p] for p in (0, 25, 50, 75, 100)}
    assert by_events.watched_share is None


def test_media3_counts_the_same() -> None:
    """`PlaybackStats`: rebuffers a second of play time; its ratio counts the start as waiting.

    1 rebuffer in 160 s; rebuffer time 10 s of 160 s played and 1 + 2 + 4 s joining + 10 s waited.
    """
    exact, _ = both()
    [found] = grouped(exact)
    assert found.rebuffer_frequency == pytest.approx(60 * (1 / 160))
    assert found.play_time is not None
    joined = sum(play.join_time for play in exact if play.join_time is not None)
    of_media3 = found.rebuffer_time / (found.play_time + joined + found.rebuffer_time)
    assert of_media3 == pytest.approx(10 / 177)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("entry_id", [("A", 3, 2), ("B", 1, 1)]),
        ("day", [("1970-01-01", 3, 2), ("1970-01-02", 1, 1)]),
        ("player", [("seeks", 1, 1), ("waits", 1, 1), ("whole", 1, 1), ("fails", 1, 0)]),
        ("country", [(None, 4, 3)]),
    ],
)
def test_by_any_field(by: str, expected: list[tuple[Any, int, int]]) -> None:
    for plays in both():
        found = grouped(plays, by)
        assert [(each.group, each.sessions, each.plays) for each in found] == expected


def test_what_was_delivered_twice_counts_once() -> None:
    assert grouped(both(times=2)[1]) == grouped(both()[1])
    log = FromEvents()
    for index in (1, 4, 2, 4, 0, 3, 4, 2, 1, 0, 5, 5):
        log.add({"event": "SEEK", "session": "a", "index": index})
    assert log.plays["a"].seek_count == 6


def test_a_field_that_others_added() -> None:
    log = FromEvents()
    for session, country in (("a", "de"), ("b", "fr"), ("c", "de")):
        log.add({"event": "PLAY", "session": session, "country": country, "join_time": 1})
    found = grouped(log, "country")
    assert [(each.group, each.plays) for each in found] == [("de", 2), ("fr", 1)]


def test_nothing_is_known_of_nothing() -> None:
    assert grouped([]) == []
    log = FromEvents()
    log.add({"event": "WIDGET_LOADED", "session": "a"})
    [found] = grouped(log)
    nothing = (None,) * 101
    assert found == Stats(
        None, 1, 0, None, None, None, 0, 0.0, None, None, 0, 0, None, None, nothing
    )


def test_live_media_have_no_end() -> None:
    log = FromEvents()
    for event in ({"event": "MEDIA_LOADED", "live": True, "duration": 50.0}, {"event": "PLAY"}):
        log.add({"session": "a", "duration": 50.0, **event})
    [found] = grouped(log)
    assert (found.plays, found.completion, found.retention[0]) == (1, None, None)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_replay_of_live_media_is_live(backwards: bool) -> None:
    """Events and summaries agree, in whatever order the events are."""
    media = Loaded(at=0.0, entry_id="A", duration=20.0, live=True, dvr=True)
    trace = [media, Playing(at=0.0, position=0.0), *run(0.0, 0.0, 20.0), Ended(at=20.0)]
    for begin in (30.0, 60.0):
        trace += [Playing(at=begin, position=0.0), *run(begin, 0.0, 20.0), Ended(at=begin + 20.0)]
    fleet = Fleet()
    events = [event for each in trace for event in fleet.feed("tv", each)] + fleet.close()
    log = FromEvents()
    for event in reversed(events) if backwards else events:
        log.add(to_record(event))
    [found] = grouped(log, "live")
    assert (found.group, found.plays, found.completion) == (True, 3, None)


def test_a_log_of_replays_that_go_round_is_read() -> None:
    log = FromEvents()
    for session, before in ("ab", "bc", "ca"):
        log.add({"session": session, "event": "REPLAY", "previous_session": before})
    assert grouped(log)[0].sessions == 3


@pytest.mark.parametrize(
    ("reached", "policy", "completion"),
    [
        ((), None, 0.0),
        ((25, 50), None, 0.0),
        ((25, 100), None, 1.0),
        ((10, 90), None, None),
        ((10, 90), Policy(milestones=(10, 90)), None),
        ((10,), Policy(milestones=(10, 90, 100)), 0.0),
        ((10, 100), None, 1.0),
    ],
)
def test_a_log_without_a_milestone_at_the_end_does_not_know_who_reached_it(
    reached: tuple[int, ...], policy: Policy | None, completion: float | None
) -> None:
    log = FromEvents(policy)
    for event in ("PLAY", *(f"PLAY_REACHED_{percent}" for percent in reached)):
        log.add({"event": event, "session": "a", "duration": 50.0})
    [found] = grouped(log)
    assert found.completion == completion
    assert [found.retention[percent] for percent in reached] == [1.0] * len(reached)


@pytest.mark.parametrize("at", [float("nan"), 1e300, -1e300, "now", None, True])
def test_records_that_are_none(at: Any) -> None:
    log = FromEvents()
    for record in (
        {},
        {"event": 1, "session": 2},
        {"event": "PLAY", "session": "s", "at": at, "join_time": at, "duration": "long"},
        {"event": "PLAY_REACHED_²", "session": "s"},
        {"event": "PLAY_REACHED_900", "session": "s"},
        {"event": "VIEW", "session": "s", "play_time": []},
    ):
        log.add(record)
    [found] = grouped(log, "day")
    assert (found.group, found.plays) == (None, 1)


@pytest.mark.parametrize(
    ("numbers", "percent", "expected"),
    [([], 50, None), ([7.0], 95, 7.0), ([1.0, 3.0], 50, 2.0), ([0.0, 1.0, 2.0, 3.0, 4.0], 25, 1.0)],
)
def test_percentiles(numbers: list[float], percent: float, expected: float | None) -> None:
    assert percentile(numbers, percent) == expected
