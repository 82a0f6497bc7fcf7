"""A whole playback in one call, of which only is known what was watched (guide, 8 and 12.3)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Event, Policy, SignalError, WatchError, offline_ids, report_view
from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.events import Play, Replay, Seek, View, to_record
from playertrack.outbox import look
from playertrack.sinks import MemorySink
from playertrack.trace.lint import check

QUIET = Policy(view_interval=None)


def view(*watched: tuple[float, float], duration: float = 100.0, **options: Any) -> list[Event]:
    options = {"at": 1000.0, "policy": QUIET, "ids": offline_ids, **options}
    return report_view("1_abc", duration=duration, watched=watched, **options)


def rows(events: Iterable[Event]) -> list[tuple[str, float, float | None]]:
    return [(each.event, each.at - 1000.0, each.position) for each in events]


def test_what_is_watched_through_reaches_every_quartile() -> None:
    assert rows(view((0, 100))) == [
        ("WIDGET_LOADED", 0.0, None),
        ("MEDIA_LOADED", 0.0, 0.0),
        ("PLAY_REQUEST", 0.0, 0.0),
        ("PLAY", 0.0, 0.0),
        ("FIRST_PLAY", 0.0, 0.0),
        ("PLAY_REACHED_25", 25.0, 25.0),
        ("PLAY_REACHED_50", 50.0, 50.0),
        ("PLAY_REACHED_75", 75.0, 75.0),
        ("PLAY_REACHED_100", 100.0, 100.0),
    ]


def test_a_gap_is_a_seek_and_reaches_nothing() -> None:
    events = view((0, 60), (80, 100))
    assert rows(events)[5:] == [
        ("PLAY_REACHED_25", 25.0, 25.0),
        ("PLAY_REACHED_50", 50.0, 50.0),
        ("SEEK", 60.0, 80.0),
        ("PLAY_REACHED_100", 80.0, 100.0),
    ]
    (seek,) = (each for each in events if isinstance(each, Seek))
    assert (seek.origin, seek.target, seek.inferred) == (60.0, 80.0, False)


def test_stretches_that_meet_are_one() -> None:
    assert rows(view((0, 30), (30, 60))) == rows(view((0, 60)))


def test_it_may_begin_anywhere_and_need_not_end() -> None:
    events = view((40, 60.5))
    assert rows(events)[3:] == [
        ("PLAY", 0.0, 40.0),
        ("FIRST_PLAY", 0.0, 40.0),
        ("PLAY_REACHED_50", 10.0, 50.0),
    ]


def test_a_quartile_has_the_time_at_which_it_was_reached() -> None:
    reached = [each for each in rows(view((0, 50), duration=50)) if "REACHED" in each[0]]
    assert [at for _, at, _ in reached] == [12.5, 25.0, 37.5, 50.0]


def test_what_is_watched_again_is_a_seek_back_and_after_the_end_a_replay() -> None:
    assert [name for name, *_ in rows(view((0, 30), (10, 40)))][5:] == ["PLAY_REACHED_25", "SEEK"]
    events = view((50, 100), (0, 30))
    (replay,) = (each for each in events if isinstance(each, Replay))
    assert replay.previous_session == events[0].session
    after = events[events.index(replay) :]
    assert {each.session for each in after} != {replay.previous_session}
    assert [each.event for each in after] == ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]


def test_it_ends_now_if_nobody_says_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playertrack.live.backfill.time", lambda: 5000.0)
    events = view((0, 60), (80, 100), at=None)
    assert (events[0].at, events[-1].at) == (4920.0, 5000.0)


def test_there_is_a_view_for_each_ten_seconds_that_were_watched() -> None:
    events = view((0, 60), (80, 97), policy=Policy())
    assert sum(each.play_time for each in events if isinstance(each, View)) == 70.0
    assert [each.join_time for each in events if isinstance(each, Play)] == [0.0]


@given(
    duration=st.floats(0.5, 500.0),
    cuts=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8, unique=True),
)
def test_whatever_was_watched_the_invariants_hold(duration: float, cuts: list[float]) -> None:
    edges = sorted({duration * cut for cut in cuts})
    parts = list(pairwise(edges))[::2]
    if not parts:
        return
    events = view(*parts, duration=duration, policy=Policy())
    assert check([to_record(each) for each in events]) == []
    reached = {int(each.event[13:]) for each in events if each.event.startswith("PLAY_REACHED")}
    watched = {
        quartile
        for quartile in (25, 50, 75, 100)
        if any(start < duration * quartile / 100 <= end for start, end in parts)
    }
    assert reached == watched


@pytest.mark.parametrize(
    ("duration", "watched", "said"),
    [
        (0, [(0, 1)], "duration: 0 is not allowed; expected seconds, above 0"),
        (float("inf"), [(0, 1)], "duration: inf"),
        (True, [(0, 1)], "duration: True"),
        ("100", [(0, 1)], "duration: '100'"),
        (100, [], "one stretch at least"),
        (100, [(0, 101)], "expected no more than the duration, which is 100"),
        (100, [(60, 60)], "the first the smaller"),
        (100, [(-1, 60)], "from and to in seconds"),
        (100, [(0, float("nan"))], "from and to in seconds"),
        (100, [60], "watched: 60 is not allowed; expected a pair"),
        (600_000, [(0, 600_000), (0, 500_000)], "up to 604800 s in one call"),
    ],
)
def test_what_cannot_be_names_the_field_and_what_may_be(
    duration: Any, watched: Any, said: str
) -> None:
    sink = MemorySink()
    with pytest.raises(WatchError) as caught:
        report_view("1_abc", duration=duration, watched=watched, sinks=[sink])
    assert said in str(caught.value)
    assert sink.events == []


def test_an_entry_and_a_time_are_checked_as_signals_are() -> None:
    with pytest.raises(SignalError, match="entry_id"):
        report_view("", duration=10, watched=[(0, 5)])
    with pytest.raises(SignalError, match="at"):
        report_view("1_abc", duration=10, watched=[(0, 5)], at=float("nan"))


def test_it_is_durable_when_the_call_returns(tmp_path: Path) -> None:
    sink = StatsSink(Identity(partner_id=102), queue=tmp_path, url="http://127.0.0.1:9")
    memory = MemorySink()
    events = view((0, 100), sinks=[memory, sink])
    assert memory.events == events
    (standing,) = look(tmp_path).standings
    assert standing.counts.pending == 7
    assert not sink.close(0.0)
