"""The drawing shows what is true: the events, the watched set, the states of a trace."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from pictures import SETS, Trace, observed, playing, trace, updates

from playertrack import Fleet, Policy
from playertrack.events import to_record
from playertrack.signals import Signal
from playertrack.testing.strategies import hostile
from playertrack.timeline import Observer, SessionTimeline, Timeline, observe

every_set = pytest.mark.parametrize("name", SETS)

#: Stretches so near to each other are drawn as one (s of content).
NEAR = 0.26


def row(*records: dict[str, object], **policy: object) -> SessionTimeline:
    timeline = observe(trace(*records), Policy.from_mapping(policy))
    assert len(timeline.rows) == 1
    return timeline.rows[0]


def derived(each: Trace) -> list[list[dict[str, object]]]:
    fleet = Fleet(policy=each.policy)
    events = [event for _, (who, signal) in each.signals for event in fleet.feed(who, signal)]
    return by_player(map(to_record, [*events, *fleet.close()]))


def seen(each: Trace) -> list[list[dict[str, object]]]:
    observer = Observer(each.policy)
    events = [event for line, (who, signal) in each.signals
              for event in observer.feed(line, who, signal)]  # fmt: skip
    return by_player(map(to_record, [*events, *observer.close()]))


def by_player(events: Iterable[dict[str, object]]) -> list[list[dict[str, object]]]:
    """A player's own events are in order; who of several comes first does not matter."""
    players: dict[object, list[dict[str, object]]] = {}
    for event in events:
        players.setdefault(event.get("player"), []).append(event)
    return list(players.values())


@every_set
def test_what_is_observed_is_what_is_derived(name: str) -> None:
    for each, _ in observed(name):
        assert seen(each) == derived(each), each.id


def joined(intervals: Iterable[tuple[float, float]]) -> list[list[float]]:
    """Intervals as one where they touch, or nearly so."""
    out: list[list[float]] = []
    for start, end in intervals:
        if out and start - out[-1][1] < NEAR:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return out


@every_set
def test_the_bar_shows_the_watched_set(name: str) -> None:
    for each, timeline in observed(name):
        if each.policy.replay_session == "same":
            continue  # there the bar shows what was seen before the replay, too
        for drawn in timeline.rows:
            shown = joined((stretch.start, stretch.end) for stretch in drawn.watched)
            true = joined(drawn.summary.watched)
            assert len(shown) == len(true), each.id
            for bar, watched in zip(shown, true, strict=True):
                assert bar == pytest.approx(watched, abs=NEAR), each.id


@every_set
def test_states_follow_each_other_without_a_gap(name: str) -> None:
    for each, timeline in observed(name):
        for drawn in timeline.rows:
            for before, after in pairwise(drawn.states):
                assert (before.end, before.name) != (after.start, after.name)
                assert before.end == after.start, each.id
            if drawn.states:
                assert drawn.states[-1].end == drawn.end


@every_set
def test_a_quartile_is_marked_where_it_fired(name: str) -> None:
    for _, timeline in observed(name):
        for drawn in timeline.rows:
            fired = {each.event.event: each.event.at for each in drawn.explanation.entries}
            missed = [each.milestone for each in drawn.explanation.missing if each.milestone]
            asked = sorted({*drawn.explanation.summary.quartiles, *missed})
            assert [mark.quartile for mark in drawn.marks] == asked
            for mark in drawn.marks:
                assert mark.at == fired.get(f"PLAY_REACHED_{mark.quartile}")
                assert mark.why


@given(hostile())
def test_nothing_that_is_valid_cannot_be_observed(signals: list[Signal]) -> None:
    timeline = observe([(line, (None, signal)) for line, signal in enumerate(signals, 1)])
    for drawn in timeline.rows:
        assert drawn.start <= drawn.end
        assert all(len(stroke.points) > 1 for stroke in drawn.strokes)


# ------------------------------------------------------------------------------ one by one


def treads(drawn: SessionTimeline) -> list[str]:
    return [stroke.tread for stroke in drawn.strokes]


def test_hours_of_playback_are_one_stroke_of_two_points() -> None:
    drawn = row(*playing(7200), *updates(0, 0, 7200, 5.0), view_interval=None)
    assert treads(drawn) == ["played"]
    assert drawn.strokes[0].points == ((0.0, 0.0), (7200.0, 7200.0))


def test_a_seek_is_a_jump_and_what_is_played_again_is_seen_twice() -> None:
    seek = {"signal": "seek", "at": 20.1, "position": 10}
    drawn = row(*playing(), *updates(0, 0, 20), seek, *updates(20.1, 10, 5))
    assert treads(drawn)[:3] == ["played", "jumped", "played"]
    jump = drawn.strokes[1]
    assert [position for _, position in jump.points] == [20.0, 10.0]
    seen = [(each.start, each.end, each.times) for each in drawn.watched]
    assert seen == [(0.0, 10.0, 1), (10.0, 15.0, 2), (15.0, 20.0, 1)]


def test_a_jump_is_a_jump_for_a_tolerant_policy_too() -> None:
    drawn = row(
        *playing(),
        *updates(0, 0, 10),
        {"signal": "seeking", "at": 10.25, "position": 11.5},
        {"signal": "seeked", "at": 10.5, "position": 11.5},
        *updates(10.5, 11.5, 3),
        jump_tolerance=2.0,
    )
    assert "jumped" in treads(drawn)


def test_a_wait_begins_when_the_event_says_and_not_when_somebody_speaks() -> None:
    drawn = row(
        *playing(),
        *updates(0, 0, 5),
        {"signal": "stall", "at": 5.5},
        {"signal": "stall_end", "at": 9},
        *updates(9, 5.5, 2),
    )
    bands = [(band.name, band.start, band.end) for band in drawn.states]
    assert bands[1] == ("BUFFERING", 5.5, 9.0)


def test_a_wait_within_its_grace_is_shown_as_one() -> None:
    drawn = row(
        *playing(),
        {"signal": "stall", "at": 5.5},
        {"signal": "stall_end", "at": 5.625},
        *updates(6, 5.5, 2),
    )
    bands = [(band.name, band.start, band.end) for band in drawn.states]
    assert bands[1] == ("STALLING", 5.5, 5.625)


def test_a_pause_stands_still_until_playback_goes_on() -> None:
    drawn = row(
        *playing(),
        *updates(0, 0, 5),
        {"signal": "pause", "at": 5},
        {"signal": "playing", "at": 25},
        *updates(25, 5, 5),
    )
    assert treads(drawn) == ["played", "still", "played"]
    assert drawn.strokes[1].points == ((5.0, 5.0), (25.0, 5.0))


def test_what_is_too_fast_is_skimmed() -> None:
    fast = [{"signal": "timeupdate", "at": 5 + i, "position": 5 + 8 * i} for i in range(1, 5)]
    drawn = row(*playing(), *updates(0, 0, 5), {"signal": "ratechange", "at": 5, "rate": 8}, *fast)
    assert "skimmed" in treads(drawn)
    assert [(each.start, each.end) for each in drawn.watched] == [(0.0, 5.0)]


def test_ads_and_seeks_are_interruptions() -> None:
    drawn = row(
        *playing(),
        *updates(0, 0, 5),
        {"signal": "ad_start", "at": 5, "slot": "midroll"},
        {"signal": "ad_end", "at": 15},
        *updates(15, 5, 5),
        {"signal": "seeking", "at": 20, "position": 60},
        {"signal": "seeked", "at": 21, "position": 60},
        *updates(21, 60, 2),
    )
    shown = [(band.name, band.start, band.end) for band in drawn.interruptions]
    assert shown == [("ad", 5.0, 15.0), ("seek", 20.0, 21.0)]


def two_sessions(*, wait: float = 3) -> Timeline:
    end = {"signal": "ended", "at": 10.1}
    again = {"signal": "playing", "at": 10.1 + wait}
    return observe(trace(*playing(10), *updates(0, 0, 10), end, again, *updates(10.1 + wait, 0, 5)))


def test_a_replay_is_a_row_of_its_own() -> None:
    first, second = two_sessions().rows
    assert [mark.at is not None for mark in first.marks] == [True] * 4
    assert [mark.at is not None for mark in second.marks] == [True, True, False, False]
    assert (first.summary.ordinal, second.summary.ordinal) == (1, 2)
    assert second.start == pytest.approx(13.1)


def test_a_session_that_waits_for_days_is_not_drawn_for_days() -> None:
    first, second = two_sessions(wait=200_000).rows
    assert first.end - first.start < 12
    assert second.start == pytest.approx(200_010.1)


def test_players_are_kept_apart() -> None:
    one = [{**record, "player": "one"} for record in (*playing(), *updates(0, 0, 5))]
    two = [{**record, "player": "two"} for record in (*playing(), *updates(0, 0, 9))]
    mixed = sorted([*one, *two], key=lambda record: record["at"])
    timeline = observe(trace(*mixed))
    assert [(each.summary.player, each.summary.play_time) for each in timeline.rows] == [
        ("one", 5.0),
        ("two", 9.0),
    ]


def test_the_whole_duration_is_shown_however_little_was_seen() -> None:
    assert row(*playing(7200), *updates(0, 0, 10)).span == (0.0, 7200.0)
    assert row(*playing(300), *updates(0, 100, 24)).span == (0.0, 300.0)


def test_live_content_may_count_from_anywhere() -> None:
    live = [
        {"signal": "loaded", "at": 0, "entry_id": "A", "live": True},
        {"signal": "playing", "at": 0},
        *updates(0, 1.7e9, 60),
    ]
    drawn = row(*live)
    assert drawn.span == (1.7e9 + 0.5, 1.7e9 + 60)
    assert drawn.origin == drawn.span[0]
    assert row(*playing(7200), *updates(0, 0, 10)).origin == 0.0
