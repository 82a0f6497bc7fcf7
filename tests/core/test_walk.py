"""A short walk over the states of a player; `benchmarks/walk.py` walks as long as one likes."""

from __future__ import annotations

from math import log2
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from walking import CORE, FULL, POLICY, Walk, check_names, state_of

from playertrack import Engine
from playertrack.core.state import State
from playertrack.signals import AdStart, Play, RateChange, Signal, from_record, to_record
from playertrack.testing.strategies import hostile

PLAYING = (
    {"signal": "loaded", "entry_id": "A", "duration": 8.0},
    {"signal": "playing"},
)


def test_every_signal_from_the_first_states() -> None:
    walk = Walk(FULL)
    walk.begin(PLAYING)
    walk.go_on(lambda: walk.depth > 1 and walk.transitions > 10_000)
    assert {State.IDLE, State.LOADED, State.PLAYING, State.STALLING, State.CLOSED} < walk.reached
    assert walk.states > 2000


@pytest.mark.parametrize("changes", [{}, {"replay_session": "same"}, {"frozen_after": 1.5}])
def test_what_happens_all_the_time(changes: dict[str, Any]) -> None:
    walk = Walk(CORE, attrs.evolve(POLICY, **changes))
    walk.begin(PLAYING)
    walk.go_on(lambda: walk.transitions > 8000)
    assert walk.states > 1000


def test_a_state_is_made_of_what_there_is() -> None:
    check_names()


@given(hostile(25))
@example([Play(at=0.0), AdStart(at=0.0, slot="preroll")])
@example([RateChange(at=0.0, rate=2.0), Play(at=5.0), AdStart(at=9.0, slot="preroll")])
def test_a_state_does_not_depend_on_the_time_of_day(trace: list[Signal]) -> None:
    """The parts that the walk leaves out of a state: a day later the same signals give the same."""
    now, later = Engine(policy=POLICY), Engine(policy=POLICY)
    for signal in trace:
        record = {name: _exact(name, value) for name, value in to_record(signal).items()}
        at = 1e6 + record["at"]
        one = now.feed(from_record({**record, "at": at}))
        other = later.feed(from_record({**record, "at": at + 86400.0}))
        assert [(event.event, event.at) for event in one] == [
            (event.event, event.at - 86400.0) for event in other
        ]
        assert state_of(now) == state_of(later)


def _exact(name: str, value: Any) -> Any:
    """A value near ``value`` with which nothing is rounded, at whatever time of day."""
    match name:
        case "at" | "position" | "origin":
            return None if value is None else round(max(-1e6, min(1e6, value)) * 64) / 64
        case "rate":
            return 2.0 ** round(log2(value))
    return value
