"""What an engine offers besides events: diagnostics, summaries, timers, ids, saved states."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import playertrack
from playertrack import (
    Diagnostic,
    Engine,
    Event,
    Fleet,
    PlayertrackError,
    Policy,
    SignalError,
    SnapshotError,
    State,
    offline_ids,
    random_ids,
    signals,
)
from playertrack.signals import (
    Captions,
    Ended,
    Error,
    Loaded,
    Pause,
    Play,
    Playing,
    RateChange,
    Ready,
    Seek,
    Seeking,
    Signal,
    Stall,
    StallEnd,
    Stop,
    Tick,
    TimeUpdate,
)
from playertrack.testing.strategies import hostile, policies

#: 100 s of media, played to 30 s, with a pause, a seek from 30 to 60, and a stall of 2 s.
WATCHED: tuple[Signal, ...] = (
    Ready(at=0.0),
    Loaded(at=0.0, entry_id="A", duration=100.0),
    Play(at=0.0),
    Playing(at=1.0),
    TimeUpdate(at=31.0, position=30.0),
    Pause(at=31.0),
    Playing(at=40.0),
    Seek(at=40.0, position=60.0),
    TimeUpdate(at=50.0, position=70.0),
    Stall(at=50.0),
    StallEnd(at=52.0),
)


def fed(*trace: Signal, **options: Any) -> Engine:
    engine = Engine(**options)
    for signal in trace:
        engine.feed(signal)
    return engine


def names(events: Sequence[Event]) -> list[str]:
    return [event.event for event in events]


# -------------------------------------------------------------------------- what it knows


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


# ---------------------------------------------------------------------------- diagnostics


def diagnostics(*trace: Signal, **policy: Any) -> list[Diagnostic]:
    told: list[Diagnostic] = []
    fed(*trace, player="p", diagnose=told.append, policy=Policy(**policy))
    return told


PLAYED = (
    Loaded(at=0.0, entry_id="A", duration=100.0),
    Playing(at=0.0),
    TimeUpdate(at=10.0, position=10.0),
)

#: A trace after `PLAYED`, and the kind, rule, signal and time of what is said of it.
TOLD: dict[str, tuple[tuple[Signal, ...], tuple[str, str, str, float]]] = {
    "nothing here": ((StallEnd(at=11.0),), ("ignored", "R-complete", "stall_end", 11.0)),
    "little late": (
        (Tick(at=12.0), TimeUpdate(at=11.0, position=12.0)),
        ("repaired", "R-order", "timeupdate", 12.0),
    ),
    "set back": (
        (Tick(at=12.0), Captions(at=1.0, language="a")),
        ("repaired", "R-order", "captions", 12.0),
    ),
    "seek in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Seek(at=12.0, position=5.0)),
        ("ignored", "R-seek-ad", "seek", 12.0),
    ),
    "stall in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Stall(at=12.0)),
        ("ignored", "R-ad", "stall", 12.0),
    ),
    "lost ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Tick(at=131.0)),
        ("inferred", "R-ad-lost", "", 131.0),
    ),
    "an orphan": ((signals.Seeked(at=11.0),), ("ignored", "R-seek-orphan", "seeked", 11.0)),
    "an orphan near": (
        (signals.Seeked(at=11.0, position=11.0),),
        ("ignored", "R-seek-orphan", "seeked", 11.0),
    ),
    "an ad that is none": ((signals.AdEnd(at=11.0),), ("ignored", "R-ad", "ad_end", 11.0)),
    "a click on none": ((signals.AdClick(at=11.0),), ("ignored", "R-ad-click", "ad_click", 11.0)),
    "progress of none": (
        (signals.AdProgress(at=11.0, position=1.0),),
        ("ignored", "R-ad-quartile", "ad_progress", 11.0),
    ),
    "ended in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Ended(at=12.0)),
        ("ignored", "R-end", "ended", 12.0),
    ),
    "looped in a pause": (
        (Pause(at=11.0), signals.Looped(at=12.0)),
        ("ignored", "R-loop", "looped", 12.0),
    ),
    "after a stop": (
        (Stop(at=11.0), TimeUpdate(at=12.0, position=3.0)),
        ("ignored", "R-stop", "timeupdate", 12.0),
    ),
    "the same error": (
        (Error(at=11.0, code="E", fatal=False), Error(at=11.0, code="E", fatal=False)),
        ("ignored", "R-error", "error", 11.0),
    ),
    "stale": (
        (signals.Replay(at=11.0), TimeUpdate(at=12.0, position=11.0)),
        ("ignored", "R-replay-signal", "timeupdate", 12.0),
    ),
    "the ad's own": (
        (Ended(at=10.0), signals.AdStart(at=11.0, slot="postroll"), Play(at=12.0)),
        ("ignored", "R-ad-post", "play", 12.0),
    ),
    "a loop": (
        (
            Seek(at=11.0, position=99.0),
            TimeUpdate(at=12.5, position=99.75),
            TimeUpdate(at=13.0, position=0.25),
        ),
        ("inferred", "R-loop", "timeupdate", 13.0),
    ),
    "a loop by a seek": (
        (
            Loaded(at=11.0, entry_id="A", duration=10.0, loop=True),
            Playing(at=11.0),
            TimeUpdate(at=20.75, position=9.75),
            Seek(at=21.0, position=0.0),
        ),
        ("inferred", "R-loop", "seek", 21.0),
    ),
    "a run while starting": (
        (signals.Replay(at=11.0), TimeUpdate(at=12.0, position=0.5)),
        ("inferred", "R-implied-playing", "timeupdate", 12.0),
    ),
    "a lost seek": (
        (
            Seeking(at=11.0),
            *(TimeUpdate(at=at, position=at + 40.0) for at in (12.0, 12.25, 12.5)),
        ),
        ("inferred", "R-seek-lost", "timeupdate", 12.5),
    ),
    "a run in a pause": (
        (Pause(at=11.0), *(TimeUpdate(at=at, position=at - 2.0) for at in (12.0, 12.5, 13.0))),
        ("inferred", "R-resume", "timeupdate", 13.0),
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_is_said_to_people(case: str) -> None:
    trace, (kind, rule, signal, at) = TOLD[case]
    last = diagnostics(*PLAYED, *trace)[-1]
    assert (last.kind, last.rule, last.signal, last.at) == (kind, rule, signal, at)
    assert last.player == "p"
    assert isinstance(last.message, str)
    assert last.message


def test_a_jump_that_is_no_seek_is_told() -> None:
    told = diagnostics(*PLAYED, TimeUpdate(at=11.0, position=60.0), infer_seeks=False)
    assert [(one.kind, one.rule) for one in told] == [("inferred", "R-silent-seek")]


def test_a_stand_still_is_told() -> None:
    told = diagnostics(*PLAYED, TimeUpdate(at=13.0, position=10.0), frozen_after=1.0)
    assert ("inferred", "R-frozen") in [(one.kind, one.rule) for one in told]


def test_quiet_playback_says_nothing() -> None:
    assert diagnostics(*WATCHED) == []


def test_a_lost_position_before_media_is_told() -> None:
    told = diagnostics(TimeUpdate(at=1.0, position=1.0))
    assert [(one.kind, one.rule, one.signal) for one in told] == [
        ("ignored", "R-complete", "timeupdate")
    ]


# ------------------------------------------------------------------------------ summaries


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
    """What lies behind the duration is watched, but no part of the media."""
    engine = fed(
        Loaded(at=0.0, entry_id="A", duration=10.0),
        Playing(at=0.0),
        TimeUpdate(at=10.5, position=10.5),
    )
    assert engine.summary().watched == ((0.0, 10.5),)
    assert engine.summary().completion == 1.0
    assert engine.summary().unique_time == 10.5


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


# -------------------------------------------------------------------------------- closing


def test_close_is_at_the_last_time_unless_told() -> None:
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


# --------------------------------------------------------------------------------- timers


#: What waits, and until when.
TIMERS: dict[str, tuple[tuple[Signal, ...], dict[str, Any], float | None]] = {
    "nothing": (PLAYED, {}, None),
    "a stall": ((*PLAYED, Stall(at=11.0)), {}, 11.25),
    "a buffer": ((*PLAYED, Stall(at=11.0), Tick(at=12.0)), {}, None),
    "a drag": ((*PLAYED, TimeUpdate(at=11.0, position=60.0)), {}, 12.0),
    "an ad": ((*PLAYED, signals.AdStart(at=11.0, slot="midroll")), {}, 131.0),
    "a click in an ad": (
        (*PLAYED, signals.AdStart(at=11.0, slot="midroll"), signals.AdClick(at=20.0)),
        {},
        140.0,
    ),
    "a pause at the end": (
        (*PLAYED, Seek(at=70.0, position=99.75), Pause(at=71.0)),
        {},
        71.25,
    ),
    "a pause for an ad": ((*PLAYED, Pause(at=11.0)), {"ad_pause_grace": 2.0}, 13.0),
    "a stand-still": (PLAYED, {"frozen_after": 1.5}, 11.5),
    "the usual interval": (
        (*PLAYED, TimeUpdate(at=11.0, position=11.0)),
        {"frozen_after": 1.5},
        15.0,
    ),
    "the first of several": (
        (*PLAYED, TimeUpdate(at=11.0, position=60.0), Stall(at=11.5)),
        {"ad_timeout": 1.0},
        11.75,
    ),
}


@pytest.mark.parametrize("case", TIMERS)
def test_next_timer(case: str) -> None:
    trace, policy, due = TIMERS[case]
    assert fed(*trace, policy=Policy(**policy)).next_timer() == due


def test_next_timer_is_in_the_time_of_the_signals() -> None:
    """After a clock was set back the player's time is no more that of the events."""
    engine = fed(*PLAYED, Captions(at=2.0, language="en"), Stall(at=3.0))
    assert engine.next_timer() == 3.25
    assert engine.tick(3.2) == ()
    (start,) = engine.tick(3.25)
    assert (start.event, start.at) == ("BUFFER_START", 11.0)


def test_times_before_1970() -> None:
    told: list[Diagnostic] = []
    engine = Engine(diagnose=told.append)
    (ready,) = engine.feed(Ready(at=-100.0))
    (loaded,) = engine.feed(Loaded(at=-99.0, entry_id="A"))
    assert (ready.at, loaded.at, engine.last_at) == (-100.0, -99.0, -99.0)
    assert told == []


def test_a_tick_at_the_time_of_a_signal_from_a_set_back_clock_is_no_news() -> None:
    """9.350000002 is 50 after -40.649999998, but the sum is a little more."""
    engine = fed(Captions(at=9.350000002, language="en"), Captions(at=-40.649999998, language="de"))
    assert engine.last_at == 9.350000002
    engine.tick(-40.649999998)
    assert engine.last_at == 9.350000002


@given(
    st.floats(0.0, 1e6),
    st.floats(-1e6, 0.0),
    st.floats(0.0, 100.0),
)
def test_timers_of_a_clock_that_was_set_back_come_in_time(
    at: float, back: float, later: float
) -> None:
    """Whatever is rounded: ticking when asked does what was due, and before that nothing is."""
    engine = fed(Playing(at=at), Captions(at=back - 3.0, language="en"))
    engine.feed(Stall(at=back - 3.0 + later))
    due = engine.next_timer()
    assert due is not None
    before = Engine.restore(engine.snapshot())
    assert names(engine.tick(due)) == ["BUFFER_START"]
    assert not before.tick(due - 0.001)


def test_any_number_of_rates() -> None:
    engine = fed(*PLAYED)
    at, position = 10.0, 10.0
    for step in range(200):
        rate = 1.0 + step / 1000
        engine.feed(RateChange(at=at, rate=rate))
        at, position = at + 0.25, position + 0.25 * rate
        engine.timeupdate(position, at)
    assert engine.rate == 1.199
    ((start, end),) = engine.summary().watched
    assert start == 0.0
    assert end == pytest.approx(position)
    assert engine.summary().play_time == pytest.approx(60.0)


def test_a_grace_is_over_in_the_arithmetic_of_floats() -> None:
    """0.3 + 0.25 is less than 0.25 after 0.3: ticking when asked must still get somewhere."""
    at = 1_700_000_000.1
    engine = fed(
        Loaded(at=at, entry_id="A", duration=100.0),
        Playing(at=at),
        TimeUpdate(at=at + 10.0, position=10.0),
    )
    engine.feed(Stall(at=at + 10.3))
    due = engine.next_timer()
    assert due is not None
    assert names(engine.tick(due)) == ["BUFFER_START"]


# ------------------------------------------------------------------------------------ ids


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


# --------------------------------------------------------------------------------- limits


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
    [("1", 0.0, "position"), (None, 0.0, "position"), (1.0, None, "at"), (1.0, "now", "at")],
)
def test_updates_of_a_wrong_type(position: Any, at: Any, field: str) -> None:
    with pytest.raises(SignalError, match=field):
        fed(*PLAYED).timeupdate(position, at)


def test_only_so_many_intervals_are_kept() -> None:
    told: list[Diagnostic] = []
    engine = Engine(policy=Policy(max_intervals=3), diagnose=told.append)
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
    assert [(one.kind, one.rule) for one in told] == [("limit", "I-total")]
    assert "20.0" in told[0].message


def test_only_so_many_error_codes_are_kept() -> None:
    """The oldest is forgotten first: it would be told again, which does no harm."""
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


# ------------------------------------------------------------------------------ snapshots


def test_a_snapshot_holds_everything() -> None:
    engine = fed(
        *PLAYED,
        player="tv",
        policy=Policy(view_interval=5.0, end_tolerance=1.5),
        entry_id="D",
        ids=lambda player, ordinal, at: f"s{ordinal}",
    )
    told: list[Diagnostic] = []
    other = Engine.restore(
        engine.snapshot(), ids=lambda player, ordinal, at: f"t{ordinal}", diagnose=told.append
    )
    assert (other.player, other.policy, other.session_id) == ("tv", engine.policy, "s1")
    assert (other.state, other.position, other.entry_id) == (State.PLAYING, 10.0, "A")
    assert other.feed(Loaded(at=12.0, entry_id="B"))[0].session == "t2"
    other.feed(StallEnd(at=13.0))
    assert [one.kind for one in told] == ["ignored"]


def test_a_restored_engine_assumes_the_same_media() -> None:
    other = Engine.restore(Engine(entry_id="D").snapshot())
    assert other.feed(Playing(at=0.0))[1].entry_id == "D"


def test_a_snapshot_of_another_version() -> None:
    fields = msgspec.msgpack.decode(fed(*WATCHED).snapshot())
    fields[0] += 1
    with pytest.raises(SnapshotError, match="version"):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\xc0", b"{}", b"hello", b"\x91\x01", b"\xff" * 100, b"\x80", b"\x90"],
)
def test_what_is_no_snapshot(data: bytes) -> None:
    with pytest.raises(SnapshotError, match="not a snapshot: "):
        Engine.restore(data)


def test_a_snapshot_that_was_cut() -> None:
    saved = fed(*WATCHED).snapshot()
    for length in range(len(saved)):
        with pytest.raises(SnapshotError):
            Engine.restore(saved[:length])
    with pytest.raises(SnapshotError):
        Engine.restore(saved + b"\x00")


def test_a_snapshot_with_a_policy_that_cannot_be() -> None:
    fields = msgspec.msgpack.decode(fed(*WATCHED).snapshot())
    for policy in ({"settle": -1.0}, {"unknown": 1}, {"settle": "x"}):
        fields[1] = msgspec.msgpack.encode([policy, None, None])
        with pytest.raises(SnapshotError):
            Engine.restore(msgspec.msgpack.encode(fields))


@given(hostile(20), policies(), st.data())
def test_hostile_bytes(trace: list[Signal], policy: Policy, data: st.DataObject) -> None:
    """Whatever was done to them, bytes are a snapshot or a `SnapshotError`."""
    saved = bytearray(fed(*trace, policy=policy).snapshot())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(saved) - 1))
        saved[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not saved:
            break
    try:
        engine = Engine.restore(bytes(saved))
    except SnapshotError:
        return
    assert isinstance(engine.state, State)


@pytest.mark.parametrize("rate", [0.0, -1.0, nan, inf])
def test_a_snapshot_of_no_rate(rate: float) -> None:
    saved = fed(*WATCHED).snapshot()
    fields = msgspec.msgpack.decode(saved)
    place = 7
    assert fields[place] == 1.0
    fields[place] = rate
    with pytest.raises(SnapshotError):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize("place", [4, 5, 6, 9, 15, 16])
@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_a_snapshot_of_a_number_that_cannot_be(place: int, number: float) -> None:
    fields = msgspec.msgpack.decode(fed(*WATCHED).snapshot())
    assert isinstance(fields[place], float)
    fields[place] = number
    with pytest.raises(SnapshotError, match="number"):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    ("trace", "place", "value", "why"),
    [
        (PLAYED, 1, msgspec.msgpack.encode([{}, None, None]), "PLAYING without media"),
        ((*PLAYED, Stall(at=11.0)), 19, None, "missing that STALLING has"),
        ((*PLAYED, Pause(at=11.0)), 19, {}, "missing that PAUSED has"),
        ((*PLAYED, Pause(at=11.0)), 3, "ENDING", "missing that ENDING has"),
        ((Ready(at=0.0),), 3, "LOADED", "LOADED without media"),
    ],
)
def test_a_snapshot_of_a_state_that_cannot_be(
    trace: tuple[Signal, ...], place: int, value: Any, why: str
) -> None:
    fields = msgspec.msgpack.decode(fed(*trace).snapshot())
    fields[place] = value
    with pytest.raises(SnapshotError, match=why):
        Engine.restore(msgspec.msgpack.encode(fields))


# ---------------------------------------------------------------------------------- fleet


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
        Fleet().players["x"] = Engine("x")  # type: ignore[index]


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
    assert fleet.players["other"].closed
    assert [(event.player, event.at) for event in fleet.close(at=20.0)] == [("one", 20.0)]


def test_a_fleet_takes_in_and_lets_go() -> None:
    fleet = Fleet()
    fleet.adopt(fed(*PLAYED, player="tv"))
    assert fleet.players["tv"].position == 10.0
    assert fleet.feed("tv", Pause(at=11.0))[0].player == "tv"
    fleet.forget("tv")
    fleet.forget("tv")
    assert not fleet.players


def test_the_fleet_shares_its_setup() -> None:
    told: list[Diagnostic] = []
    fleet = Fleet(ids=lambda player, ordinal, at: f"{player}{ordinal}", diagnose=told.append)
    assert fleet.feed("x", Ready(at=0.0))[0].session == "x1"
    fleet.feed("x", Pause(at=1.0))
    assert [one.player for one in told] == ["x"]


def test_the_package_has_what_it_says() -> None:
    for name in playertrack.__all__:
        assert getattr(playertrack, name) is not None
        assert name in dir(playertrack)
