"""Invariants of every sequence of valid signals (contract, section 12), and what must not matter.

- no sequence raises, and each event keeps I-once, I-life, I-pair, I-index, I-session;
- a quartile fires only for what was watched (I-true), and nobody watches faster than they
  can (I-pace);
- ticks, saving and restoring, the shortcut for updates and other players change no output;
- whoever ticks when `next_timer` says gets somewhere;
- of a player that reports all, all is known: what was watched, for how long, and the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitor import Monitor

from playertrack import Diagnostic, Engine, Fleet, Policy
from playertrack.core.state import State
from playertrack.events import Event
from playertrack.signals import (
    Loaded,
    Pause,
    Playing,
    RateChange,
    Seeked,
    Seeking,
    Signal,
    Stall,
    Tick,
    TimeUpdate,
)
from playertrack.testing import ScriptedPlayer, Seen
from playertrack.testing.strategies import hostile, policies, stories, traces


def derive(engine: Engine, trace: Iterable[Signal]) -> list[Event]:
    return [event for signal in trace for event in engine.feed(signal)]


# --------------------------------------------------------------------------- invariants


@given(traces(), policies())
def test_invariants(trace: list[Signal], policy: Policy) -> None:
    engine = Engine(policy=policy)
    monitor = Monitor(policy)
    for signal in trace:
        monitor.judge(engine, engine.feed(signal))
    monitor.judge(engine, engine.close())
    monitor.end()
    assert engine.closed


#: What gives slack or takes it, so that a new stretch begins (R-natural).
_BEGINS = {"PLAY", "RESUME", "BUFFER_END", "SEEK", "REPLAY", "MEDIA_LOADED"}
_LIVELY = (State.PLAYING, State.STALLING, State.BUFFERING)


@attrs.define
class Stretch:
    """How much was played, and how much time there was for it, since slack was last set."""

    played: float
    session: str | None
    began: float
    cap: float
    rate: float
    seconds: float = 0.0


@given(traces(), policies())
def test_nobody_watches_faster_than_they_can(trace: list[Signal], policy: Policy) -> None:
    engine = Engine(policy=policy)
    stretch: Stretch | None = None
    for signal in trace:
        before = engine.state, engine.ad is None, engine.rate
        events = engine.feed(signal)
        summary, at = engine.summary(), engine.last_at
        assert at is not None
        same = (engine.state, engine.ad is None, engine.rate) == before
        if (
            stretch is None
            or not same
            or engine.state is not State.PLAYING
            or engine.session_id != stretch.session
            or any(event.event in _BEGINS for event in events)
            or not isinstance(signal, TimeUpdate)
        ):
            cap = policy.jump_tolerance * max(1.0, engine.rate)
            stretch = Stretch(
                summary.play_time, engine.session_id, engine.moved_at, cap, engine.rate
            )
            if engine.elapsed is not None:
                stretch.began = min(stretch.began, engine.elapsed.since - engine.elapsed.seconds)
        else:
            content = (summary.play_time - stretch.played) * stretch.rate
            allowed = 1.1 * stretch.rate * (at - stretch.began) + stretch.cap
            assert content <= allowed * (1 + 1e-9) + 1e-6


@given(traces(), policies())
def test_a_summary_adds_up(trace: list[Signal], policy: Policy) -> None:
    engine = Engine(policy=policy)
    for signal in trace:
        engine.feed(signal)
        summary = engine.summary()
        bounds = [bound for interval in summary.watched for bound in interval]
        assert bounds == sorted(set(bounds))
        assert len(summary.watched) <= policy.max_intervals + 1
        assert summary.unique_time == pytest.approx(sum(b - a for a, b in summary.watched))
        assert summary.completion is None or 0.0 <= summary.completion <= 1.0
        assert summary.play_time >= 0.0
        assert summary.stall_time >= 0.0
        assert list(summary.quartiles) == sorted(set(summary.quartiles))


# -------------------------------------------------------------------- what must not matter


@given(traces(), policies())
def test_the_same_signals_give_the_same_events(trace: list[Signal], policy: Policy) -> None:
    one, other = Engine(policy=policy), Engine(policy=policy)
    assert derive(one, trace) == derive(other, trace)
    assert one.snapshot() == other.snapshot()


@given(traces(), policies(), st.data())
def test_ticks_change_nothing(trace: list[Signal], policy: Policy, data: st.DataObject) -> None:
    ticked: list[Signal] = []
    for signal, following in pairwise([*trace, None]):
        assert signal is not None
        ticked.append(signal)
        if following is not None and data.draw(st.booleans()):
            gap = max(0.0, following.at - signal.at)
            share = data.draw(st.sampled_from((0.0, 0.1, 0.25, 0.5, 1.0, -3.0)))
            ticked.append(Tick(at=max(-1e12, min(signal.at + share * gap, 1e12))))
    one, other = Engine(policy=policy), Engine(policy=policy)
    assert derive(one, ticked) + list(one.close()) == derive(other, trace) + list(other.close())


@given(traces(), policies())
def test_ticking_when_asked_changes_nothing_and_gets_somewhere(
    trace: list[Signal], policy: Policy
) -> None:
    one, other = Engine(policy=policy), Engine(policy=policy)
    events: list[Event] = []
    for signal in trace:
        while (due := one.next_timer()) is not None and due < signal.at:
            events += one.tick(due)
            following = one.next_timer()
            assert following is None or following > due
        events += one.feed(signal)
        due = one.next_timer()
        now = one.last_at
        assert now is not None
        assert due is None or due + one.offset > now
    assert events + list(one.close()) == derive(other, trace) + list(other.close())


@pytest.mark.parametrize("grid", [1e-9, 0.12, 0.25, 1.0])
@pytest.mark.parametrize("changes", [{}, {"frozen_after": 1.0}, {"completion": 0.3}])
def test_the_shortcuts_decide_as_the_long_way_for_long(
    grid: float, changes: dict[str, Any]
) -> None:
    """Coarse positions, late callbacks, a clock that was set back, pictures that stand."""
    random, policy = Random(7), Policy(**changes)
    quick, thorough = Engine(policy=policy), Engine(policy=policy)
    opening = [Loaded(at=1000.0, entry_id="A", duration=900.0), Playing(at=1000.0)]
    at, here, updates = 1000.0, 0.0, list[Signal]()
    for number in range(4000):
        at += 0.25 if random.random() < 0.99 else 1.3
        here += 0.25 if random.random() < 0.98 else 0.0
        shown = round(here / grid) * grid
        back = 500.0 if number > 2000 else 0.0
        updates.append(TimeUpdate(at=at - back + random.uniform(0.0, 0.05), position=shown))
    for signal in [*opening, *updates]:
        assert quick.feed(signal) == thorough.take(signal)
    assert quick.snapshot() == thorough.snapshot()
    assert quick.close() == thorough.close()


@pytest.mark.parametrize("step", [0.05, 0.25, 0.8])
@pytest.mark.parametrize(
    "changes",
    [{}, {"view_interval": 0.7}, {"settle": 0.3, "frozen_after": 0.7}, {"settle": 3.0}],
)
def test_the_shortcuts_decide_as_the_long_way_after_what_interrupts(
    step: float, changes: dict[str, Any]
) -> None:
    random, policy = Random(7), Policy(**changes)
    quick, thorough = Engine(policy=policy), Engine(policy=policy)
    at, here = 1000.0, 0.0
    for number in range(3000):
        fed: list[Signal] = []
        if number % 100 in (0, 3):
            here = random.choice([0.0, 30.0, here])  # the last is one of the session before, too
            fed = [
                Loaded(at=at, entry_id=f"{number}", duration=60.0, position=here or None),
                Playing(at=at),
            ]
        elif random.random() < 0.02:
            here = random.uniform(0.0, 60.0)
            fed = [Seeking(at=at, position=here), Seeked(at=at + 0.01, position=here)]
        elif random.random() < 0.02:
            wait = random.choice([step / 2, 2.0])
            fed = [random.choice([Stall, Pause])(at=at), Playing(at=at + wait)]
            at += wait
        elif random.random() < 0.02:
            fed = [RateChange(at=at, rate=random.choice([0.5, 1.0, 2.0, 8.0]))]
        at += step
        here += step * random.choice([0.0, 0.2, 1.0, 1.0, 1.0, 1.0, 1.0, 1.2])
        shown = here + (random.random() < 0.02) * random.choice([-20.0, -0.5, 0.45, 20.0])
        fed.append(TimeUpdate(at=at, position=max(0.0, shown)))
        for signal in fed:
            assert quick.feed(signal) == thorough.take(signal)
        if number % 3 == 0:  # a snapshot makes the quick one catch up
            assert quick.snapshot() == thorough.snapshot()


@given(traces(), policies())
def test_the_shortcut_for_updates_decides_as_the_long_way(
    trace: list[Signal], policy: Policy
) -> None:
    said: list[Diagnostic] = []
    expected: list[Diagnostic] = []
    quick = Engine(policy=policy, diagnose=said.append)
    thorough = Engine(policy=policy, diagnose=expected.append)
    for number, signal in enumerate(trace):
        made, judged = quick.feed(signal), thorough.take(signal)
        assert made == judged
        assert [event.cause for event in made] == [event.cause for event in judged]
        assert said == expected
        if number % 3 == 0:  # a snapshot makes the quick one catch up
            assert quick.snapshot() == thorough.snapshot()
        assert quick.next_timer() == thorough.next_timer()
    assert quick.close() == thorough.close()


@given(traces(), policies())
def test_timeupdate_is_a_timeupdate(trace: list[Signal], policy: Policy) -> None:
    one, other = Engine(policy=policy), Engine(policy=policy)
    for signal in trace:
        if isinstance(signal, TimeUpdate):
            assert one.timeupdate(signal.position, signal.at) == other.feed(signal)
        else:
            assert one.feed(signal) == other.feed(signal)
    assert one.snapshot() == other.snapshot()


@given(traces(), policies())
def test_splits_change_nothing(trace: list[Signal], policy: Policy) -> None:
    whole, split = Engine("p", policy=policy), Engine("p", policy=policy)
    for signal in trace:
        saved = split.snapshot()
        split = Engine.restore(saved)
        assert split.snapshot() == saved
        assert split.feed(signal) == whole.feed(signal)
        assert split.next_timer() == whole.next_timer()
        assert split.summary() == whole.summary()
        assert split.last_summary == whole.last_summary
    assert split.snapshot() == whole.snapshot()
    assert Engine.restore(split.snapshot()).close() == whole.close()


@given(traces(), policies())
def test_the_future_needs_nothing_but_the_snapshot(trace: list[Signal], policy: Policy) -> None:
    half = len(trace) // 2
    whole, left = Engine(policy=policy), Engine(policy=policy)
    events = derive(left, trace[:half])
    right = Engine.restore(left.snapshot())
    events += derive(right, trace[half:])
    assert events + list(right.close()) == derive(whole, trace) + list(whole.close())
    assert right.snapshot() == whole.snapshot()


@given(hostile(30), hostile(30), policies(), st.randoms(use_true_random=False))
def test_players_do_not_disturb_each_other(
    one: list[Signal], other: list[Signal], policy: Policy, random: Random
) -> None:
    fleet = Fleet(policy=policy)
    alone = {name: Engine(name, policy=policy) for name in ("one", "other")}
    queues = {"one": list(one), "other": list(other)}
    while any(queues.values()):
        name = random.choice([name for name, queue in queues.items() if queue])
        signal = queues[name].pop(0)
        assert fleet.feed(name, signal) == alone[name].feed(signal)
    dues = [due for engine in alone.values() if (due := engine.next_timer()) is not None]
    assert fleet.next_timer() == min(dues, default=None)


@given(traces(), policies())
def test_after_close_nothing(trace: list[Signal], policy: Policy) -> None:
    engine = Engine(policy=policy)
    derive(engine, trace)
    engine.close()
    saved, summary = engine.snapshot(), engine.last_summary
    assert derive(engine, trace) == []
    assert engine.snapshot() == saved
    assert engine.last_summary == summary
    assert engine.next_timer() is None


@given(traces(), policies())
def test_a_snapshot_stays_small(trace: list[Signal], policy: Policy) -> None:
    engine = Engine(policy=policy)
    derive(engine, trace)
    intervals = 0 if engine.watched is None else len(engine.watched)
    assert len(engine.snapshot()) < 2500 + 20 * intervals


# ---------------------------------------------------------------- a player that reports all


@given(stories())
def test_of_a_player_that_reports_all_all_is_known(player: ScriptedPlayer) -> None:
    engine = Engine(policy=Policy(view_interval=None))
    events = derive(engine, player.signals) + list(engine.close())
    by_session: dict[str, list[Event]] = {}
    for event in events:
        by_session.setdefault(event.session, []).append(event)
    played = [log for log in by_session.values() if any(e.event == "PLAY" for e in log)]
    assert len(played) == len(player.seen)
    assert player.duration is not None
    for seen, log in zip(player.seen, played, strict=True):
        check_session(seen, log, player.duration)
    if player.seen:
        summary = engine.last_summary
        assert summary is not None
        seen = player.seen[-1]
        # The time of a stall that counts is part of that over which a new rate is averaged.
        changed = any(signal.name == "ratechange" for signal in player.signals)
        credit = sum(min(each, Policy().stall_credit) for each in seen.stalls) if changed else 0.0
        assert summary.play_time == pytest.approx(seen.seconds, abs=1e-5 + credit)
        assert summary.stall_time == pytest.approx(sum(felt(seen)))
        assert summary.stall_count == len(felt(seen))
        assert summary.seek_count == seen.seeks
        stretches = [bound for pair in union(seen.stretches) for bound in pair]
        watched = [bound for interval in summary.watched for bound in interval]
        assert watched == pytest.approx(stretches, abs=1e-5)


def felt(seen: Seen) -> list[float]:
    """The stalls that last longer than the grace."""
    return [seconds for seconds in seen.stalls if seconds >= Policy().stall_grace]


def check_session(seen: Seen, log: list[Event], duration: float) -> None:
    names = [event.event for event in log]
    assert names.count("SEEK") == seen.seeks
    assert names.count("BUFFER_START") == names.count("BUFFER_END") == len(felt(seen))
    assert names.count("PAUSE") == seen.pauses
    assert seen.pauses - 1 <= names.count("RESUME") <= seen.pauses
    assert "ERROR" not in names
    watched = union(seen.stretches)
    for quartile in (25, 50, 75, 100):
        point = duration * quartile / 100
        inside = [(a, b) for a, b in watched if a < point <= b]
        # The arithmetic of the player's own steps may miss a point by next to nothing.
        if all(abs(point - bound) > 1e-6 for pair in watched for bound in pair) or quartile == 100:
            assert (f"PLAY_REACHED_{quartile}" in names) == bool(inside)


def union(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The parts watched at least once."""
    whole: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole
