"""The table is total: each signal, in each variant, in each state that real signals lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import pytest
from monitor import Monitor

from playertrack import Diagnostic, Engine, Policy
from playertrack.core.state import State
from playertrack.signals import ACTIONS, SIGNALS, SLOTS, Playing, from_record

_LOADED: tuple[dict[str, Any], ...] = (
    {"signal": "ready", "at": 0.0},
    {"signal": "loaded", "at": 0.0, "entry_id": "A", "duration": 10.0},
)
_PLAYING = (
    *_LOADED,
    {"signal": "playing", "at": 0.0},
    {"signal": "timeupdate", "at": 5.0, "position": 5.0},
)
_PAUSED = (*_PLAYING, {"signal": "pause", "at": 5.0}, {"signal": "tick", "at": 5.5})

#: How real signals lead to each state.
WAYS: dict[State, tuple[dict[str, Any], ...]] = {
    State.IDLE: (),
    State.READY: _LOADED[:1],
    State.LOADED: _LOADED,
    State.STARTING: (*_LOADED, {"signal": "play", "at": 0.0}),
    State.PLAYING: _PLAYING,
    State.STALLING: (*_PLAYING, {"signal": "stall", "at": 5.0}),
    State.BUFFERING: (
        *_PLAYING,
        {"signal": "stall", "at": 5.0},
        {"signal": "tick", "at": 6.0},
    ),
    State.PAUSING: _PAUSED[:-1],
    State.PAUSED: _PAUSED,
    State.RESUMING: (*_PAUSED, {"signal": "play", "at": 6.0}),
    State.ENDED: (*_PLAYING, {"signal": "ended", "at": 5.0}),
    State.FAILED: (*_PLAYING, {"signal": "error", "at": 5.0, "code": "E1"}),
    State.CLOSED: (*_PLAYING, {"signal": "close", "at": 5.0}),
}

#: What may be laid over any of them.
OVERLAYS: dict[str, tuple[dict[str, Any], ...]] = {
    "plain": (),
    "seek": ({"signal": "seeking"},),
    "named seek": ({"signal": "seeking", "position": 8.0},),
    "waiting seek": ({"signal": "seeking"}, {"signal": "seeked"}),
    "midroll": ({"signal": "ad_start", "slot": "midroll", "duration": 1.0},),
    "postroll": ({"signal": "ad_start", "slot": "postroll"},),
    "seek in a midroll": ({"signal": "seeking"}, {"signal": "ad_start", "slot": "midroll"}),
    "complete seek in a midroll": (
        {"signal": "seeking", "position": 8.0},
        {"signal": "ad_start", "slot": "midroll"},
        {"signal": "seeked"},
    ),
    "overlay": ({"signal": "ad_start", "slot": "overlay"},),
    "jump": ({"signal": "timeupdate", "position": 1.0},),
    "settling seek": ({"signal": "seek", "position": 1.0},),
    "player's seek": ({"signal": "seek", "position": 1.0, "by": "player"},),
    "fall": (
        {"signal": "timeupdate", "position": 9.75},
        {"signal": "tick", "at": 6.5},
        {"signal": "timeupdate", "position": 9.875, "at": 6.625},
        {"signal": "timeupdate", "position": 0.0, "at": 6.75},
    ),
}

#: The variants of each signal that has more than one, or needs a field.
VARIANTS: dict[str, Sequence[dict[str, Any]]] = {
    "loaded": (
        {"entry_id": "A"},
        {"entry_id": "A", "duration": 20.0, "position": 3.0},
        {"entry_id": "B", "duration": 5.0, "loop": True},
        {"entry_id": "B", "live": True},
    ),
    "timeupdate": [{"position": where} for where in (0.0, 5.0, 5.125, 6.0, 9.875, 10.0, 30.0)],
    "seeking": ({}, {"origin": 5.0}, {"position": 0.0, "origin": 9.0}),
    "seek": ({"position": 0.0}, {"position": 8.0, "origin": 5.5}, {"position": 50.0}),
    "ratechange": ({"rate": 1.0}, {"rate": 2.0}, {"rate": 8.0}),
    "durationchange": ({"duration": None}, {"duration": 4.0}, {"duration": 5.0, "live": True}),
    "error": ({"code": "E1"}, {"code": "E2", "fatal": False}),
    "source_selected": ({}, {"bitrate": 500, "source": "hd"}),
    "flavor_switch": ({}, {"bitrate": 500}),
    "captions": ({"language": None}, {"language": "en"}),
    "audio_track": ({"language": "en"},),
    "volume": ({"volume": 0.5, "muted": True},),
    "fullscreen": ({"on": True}, {"on": False}),
    "engage": [{"action": action} for action in ACTIONS],
    "ad_start": [{"slot": slot, "duration": 8.0} for slot in SLOTS],
    "ad_progress": ({"position": 0.0}, {"position": 6.0, "duration": 8.0}),
}

#: After how long (s) the signal comes; once its clock was set back.
STEPS = (0.125, 200.0, -100.0)


def variants(name: str) -> Iterator[dict[str, Any]]:
    """The signal in all its variants, each with and without a position."""
    for fields in VARIANTS.get(name, ({},)):
        yield {"signal": name, **fields}
        if "position" not in fields:
            for where in (5.25, 10.0):
                yield {"signal": name, "position": where, **fields}


@cache
def reached(state: State, overlay: str) -> tuple[bytes, Monitor, float]:
    """A player in ``state`` with something laid over it, saved; what was seen of it; the time."""
    policy = Policy(view_interval=1.0)
    engine, monitor, at = Engine(policy=policy), Monitor(policy), 0.0
    for record in WAYS[state]:
        at = record["at"]
        monitor.judge(engine, engine.feed(from_record(record)))
    assert engine.state is state
    for record in OVERLAYS[overlay]:
        at = record.get("at", at)
        monitor.judge(engine, engine.feed(from_record({"at": at, **record})))
    return engine.snapshot(), monitor, at


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
def test_every_signal_in_every_state(state: State, name: str) -> None:
    """Nothing raises, and what comes out keeps the invariants, to the end of the player."""
    for record, step, overlay in product(variants(name), STEPS, OVERLAYS):
        saved, before, at = reached(state, overlay)
        engine, monitor = Engine.restore(saved), before.copy()
        for signal in (
            from_record({"at": at + step, **record}),
            Playing(at=at + max(step, 0.0) + 0.25),
        ):
            monitor.judge(engine, engine.feed(signal))
        monitor.judge(engine, engine.close())
        monitor.end()


def test_every_state_has_a_way() -> None:
    assert set(WAYS) == set(State)


def test_a_signal_that_means_nothing_is_a_diagnostic() -> None:
    reported: list[Diagnostic] = []
    engine = Engine(diagnose=reported.append)
    engine.feed(from_record({"signal": "pause", "at": 1.0}))
    assert [(one.kind, one.signal, one.at) for one in reported] == [("ignored", "pause", 1.0)]
    assert engine.state is State.IDLE
