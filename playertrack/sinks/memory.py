"""A sink that keeps events in memory, for tests and for looking at the last ones."""

from __future__ import annotations

from collections import deque
from typing import Self

from ..errors import shorten
from ..events import Event
from .base import SinkError


class MemorySink:
    """Keeps every event, or the last ``limit`` of them."""

    def __init__(self, limit: int | None = None) -> None:
        self._events: deque[Event] = deque(maxlen=limit)

    @classmethod
    def open(cls, argument: str) -> Self:
        """``memory`` or ``memory:LIMIT``; a `SinkError` if the limit is no whole number."""
        try:
            return cls(int(argument) if argument else None)
        except (ValueError, OverflowError):
            message = f"memory takes a number of events to keep, not {shorten(argument)}"
            raise SinkError(message) from None

    @property
    def events(self) -> list[Event]:
        """The events kept so far, the oldest first."""
        return list(self._events)

    def emit(self, event: Event) -> None:
        """Keep ``event``; beyond the limit the oldest goes."""
        self._events.append(event)

    def close(self, timeout: float) -> bool:
        """True; the events stay."""
        return True
