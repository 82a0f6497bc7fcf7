"""The strategies: they draw what they say, and shrink to what it takes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from playertrack import Engine, Policy
from playertrack.signals import Signal
from playertrack.testing import ScriptedPlayer, assert_session_valid
from playertrack.testing.strategies import hostile, policies, realistic, stories, traces

#: The same search in each run; what is found is made as small as it gets.
SEARCH = settings(
    max_examples=500,
    database=None,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def names(trace: list[Signal]) -> list[str]:
    return [signal.name for signal in trace]


def reached(trace: list[Signal]) -> set[str]:
    engine = Engine()
    return {event.event for signal in trace for event in engine.feed(signal)}


@given(stories())
def test_the_events_of_a_story_are_valid(player: ScriptedPlayer) -> None:
    assert_session_valid(player)


@given(traces(), policies())
def test_any_trace_can_be_derived(trace: list[Signal], policy: Policy) -> None:
    engine = Engine(policy=policy)
    for signal in trace:
        engine.feed(signal)
    assert engine.close() is not None


def test_hostile_signals_shrink_to_those_that_it_takes() -> None:
    trace = find(hostile(12), lambda trace: "BUFFER_START" in reached(trace), settings=SEARCH)
    assert len(trace) <= 4
    assert "stall" in names(trace)


def test_stories_shrink_to_what_it_takes() -> None:
    player = find(
        stories(), lambda player: bool(player.seen and player.seen[0].seeks), settings=SEARCH
    )
    played = [name for name in names(player.signals) if name != "timeupdate"]
    assert played == ["ready", "loaded", "play", "playing", "seeking", "seeked"]


@pytest.mark.parametrize("event", ["REPLAY", "PLAY_REACHED_100", "SEEK", "SPEED", "PAUSE"])
def test_what_viewers_do_is_among_what_is_realistic(event: str) -> None:
    once = settings(SEARCH, phases=[Phase.generate])
    assert find(realistic(), lambda trace: event in reached(trace), settings=once)
