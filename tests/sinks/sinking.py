"""Events to hand to sinks, and sinks that fail or hang."""

from __future__ import annotations

import threading
from typing import Any

from playertrack import events
from playertrack.events import Event
from playertrack.sinks import (
    NullSink,
)

PAUSE = Event("PAUSE", at=1700000003.25, session="s-1", index=7, entry_id="1_a", position=2.5)
ERROR = events.Error("ERROR", at=0.0, session="s-1", index=8, code="é", message="ваш\n日本")
EVENTS = [PAUSE, ERROR]


def numbered(count: int, **fields: Any) -> list[Event]:
    return [
        Event("PAUSE", at=float(index), session="s", index=index, **fields)
        for index in range(1, count + 1)
    ]


class Failing:
    """Raises what it is given, in both methods."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def emit(self, event: Event) -> None:
        raise self.errors[event.index % len(self.errors)]

    def close(self, timeout: float) -> bool:
        raise self.errors[0]


class Hanging(NullSink):
    """Does not come back from `close` before it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def close(self, timeout: float) -> bool:
        return self.let_go.wait()
