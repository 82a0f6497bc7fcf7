"""Engines that were fed, and traces to feed them with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playertrack import (
    Engine,
    Event,
)
from playertrack.signals import (
    Loaded,
    Pause,
    Play,
    Playing,
    Ready,
    Seek,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
)

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


PLAYED = (
    Loaded(at=0.0, entry_id="A", duration=100.0),
    Playing(at=0.0),
    TimeUpdate(at=10.0, position=10.0),
)
