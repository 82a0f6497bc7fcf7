"""The totals of a session; and how engines are closed."""

from __future__ import annotations

import attrs
from fed_engines import WATCHED, fed

from playertrack import Engine, Policy, offline_ids, signals
from playertrack.signals import (
    Captions,
    Error,
    Loaded,
    Playing,
    Tick,
    TimeUpdate,
)


def test_a_summary_in_full() -> None:
    engine = fed(*WATCHED, player="p")
    engine.feed(Error(at=53.0, code="E1", fatal=False))
    assert attrs.asdict(engine.summary()) == {
        "player": "p",
        "session": offline_ids("p", 1, 0.0),
        "ordinal": 1,
        "entry_id": "A",
        "duration": 100.0,
        "live": False,
        "join_time": 1.0,
        "play_time": 40.0,
        "stall_count": 1,
        "stall_time": 2.0,
        "seek_count": 1,
        "error_count": 1,
        "watched": ((0.0, 30.0), (60.0, 70.0)),
        "unique_time": 40.0,
        "completion": 0.4,
        "quartiles": (25,),
        "completed": False,
        "position": 70.0,
    }


def test_a_summary_before_anything() -> None:
    summary = Engine().summary()
    assert summary.session is None
    assert summary.ordinal == 0
    assert summary.join_time is None
    assert (summary.play_time, summary.unique_time, summary.completion) == (0.0, 0.0, None)
    assert (summary.watched, summary.quartiles, summary.position) == ((), (), None)


def test_completion_counts_the_content_only() -> None:
    """Content behind the duration is watched, but no part of the media."""
    engine = fed(
        Loaded(at=0.0, entry_id="A", duration=10.0),
        Playing(at=0.0),
        TimeUpdate(at=10.5, position=10.5),
    )
    assert engine.summary().watched == ((0.0, 10.5),)
    assert engine.summary().completion == 1.0
    assert engine.summary().unique_time == 10.5


def test_it_says_whether_the_share_was_watched() -> None:
    watched = [fed(*WATCHED, policy=Policy(completion=share)) for share in (0.4, 0.5)]
    assert [engine.summary().completed for engine in watched] == [True, False]


def test_live_media_has_no_completion() -> None:
    engine = fed(Loaded(at=0.0, entry_id="A", duration=10.0, live=True), Playing(at=0.0))
    assert engine.summary().completion is None
    assert engine.summary().live


def test_the_last_summary_is_that_of_the_session_that_ended() -> None:
    engine = fed(*WATCHED)
    running = engine.summary()
    assert engine.last_summary is None
    engine.feed(Loaded(at=53.0, entry_id="B"))
    assert engine.last_summary == running
    assert engine.summary().entry_id == "B"
    assert engine.summary().ordinal == 2
    assert engine.summary().play_time == 0.0
    engine.close()
    assert engine.last_summary is not None
    assert engine.last_summary.ordinal == 2


def test_the_summary_of_a_closed_player_is_final() -> None:
    engine = fed(*WATCHED)
    running = engine.summary()
    assert engine.close() == ()
    assert engine.last_summary == engine.summary() == running


def test_close_is_at_the_last_time_unless_given() -> None:
    stalled = (*WATCHED[:-1], Tick(at=51.0))
    assert fed(*stalled).close()[-1].at == 51.0
    assert fed(*stalled).close(54.0)[-1].at == 54.0
    assert fed(*stalled).feed(signals.Close(at=55.0))[-1].at == 55.0


def test_close_before_anything() -> None:
    engine = Engine()
    assert engine.close() == ()
    assert engine.closed
    assert engine.last_summary is None


def test_close_after_a_clock_was_set_back() -> None:
    engine = fed(*WATCHED[:-1], Captions(at=10.0, language="en"), Tick(at=11.0))
    assert engine.close()[-1].at == 51.0


def test_nothing_after_close() -> None:
    engine = fed(*WATCHED)
    engine.close()
    assert engine.feed(Loaded(at=60.0, entry_id="B")) == ()
    assert engine.timeupdate(3.0, 61.0) == ()
    assert engine.tick(62.0) == ()
    assert engine.close() == ()
