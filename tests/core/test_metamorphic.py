"""The watched set stays the same whatever the time of day, the scale, the reporting interval.

The viewer is simulated, so what was really watched is known: a milestone that fires for
anything else is false, whatever the player leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Engine, Policy
from playertrack.events import Event
from playertrack.signals import Loaded, RateChange, Signal, TimeUpdate, from_record, to_record
from playertrack.testing import ScriptedPlayer, Seen
from playertrack.testing.strategies import stories

QUIET = Policy(view_interval=None)


def derive(signals: Sequence[Signal], policy: Policy = QUIET) -> list[Event]:
    engine = Engine(policy=policy)
    events = [event for signal in signals for event in engine.feed(signal)]
    return events + list(engine.close())


def changed(signal: Signal, **fields: Any) -> Signal:
    return from_record({**to_record(signal), **fields})


def thinned(signals: Sequence[Signal], interval: float) -> list[Signal]:
    """The trace of a player that reports where it is so seldom (s)."""
    kept, last = list[Signal](), -interval
    for signal in signals:
        if type(signal) is not TimeUpdate:
            kept.append(signal)
        elif signal.at - last >= interval - 1e-6:
            kept.append(signal)
            last = signal.at
    return kept


def reached(events: Sequence[Event]) -> list[set[int]]:
    """The milestones of each session."""
    sessions: dict[str, set[int]] = {}
    for event in events:
        points = sessions.setdefault(event.session, set())
        if event.event.startswith("PLAY_REACHED_"):
            points.add(int(event.event.removeprefix("PLAY_REACHED_")))
    return list(sessions.values())


def watched(seen: Seen, duration: float, slack: float) -> set[int]:
    """The milestones that the viewer played over, give or take ``slack`` at both ends."""
    return {
        percent
        for percent in QUIET.milestones
        for start, end in seen.stretches
        if start - slack < duration * percent / 100 <= end + slack
    }


@given(stories(), st.sampled_from((0.25, 1.0, 2.0, 5.0)))
def test_no_milestone_is_false_however_seldom_a_player_reports(
    player: ScriptedPlayer, interval: float
) -> None:
    assert player.duration is not None
    fired = reached(derive(thinned(player.signals, interval)))
    for points, seen in zip(fired, player.seen, strict=False):
        # J, and what the end of the media is believed without a report (R-last-stretch).
        assert points <= watched(seen, player.duration, 0.5) | {100}


@given(stories())
def test_none_is_missed_by_a_player_that_reports_four_times_a_second(
    player: ScriptedPlayer,
) -> None:
    assert player.duration is not None
    fired = reached(derive(player.signals))
    for points, seen in zip(fired, player.seen, strict=False):
        assert watched(seen, player.duration, -0.5) <= points


@given(stories(), st.sampled_from((-(2.0**20), 2.0**10, 2.0**30)))
def test_the_time_of_day_does_not_matter(player: ScriptedPlayer, shift: float) -> None:
    exact = [changed(signal, at=round(signal.at * 64) / 64) for signal in player.signals]
    moved = [changed(signal, at=signal.at + shift) for signal in exact]
    assert [(event.event, event.at + shift, event.position) for event in derive(exact)] == [
        (event.event, event.at, event.position) for event in derive(moved)
    ]


@pytest.mark.parametrize("scale", [0.5, 2.0, 4.0])
def test_the_scale_does_not_matter(scale: float) -> None:
    """Media twice as long, played at twice the speed, is watched as the same."""
    player = ScriptedPlayer(100.0).load().play().watch(30).pause(5).play().watch(5).stall(4)
    player.seek(70).watch(to=100).end()

    def scaled(signal: Signal) -> Signal:
        position = None if signal.position is None else signal.position * scale
        if isinstance(signal, Loaded):
            assert signal.duration is not None
            return changed(signal, position=position, duration=signal.duration * scale)
        return changed(signal, position=position)

    usual = derive(player.signals)
    start = player.signals[0].at
    larger = derive([RateChange(at=start, rate=scale), *map(scaled, player.signals)])
    reported = [(event.event, round(event.at, 6)) for event in larger if event.event != "SPEED"]
    assert reported == [(event.event, round(event.at, 6)) for event in usual]
