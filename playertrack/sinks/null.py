"""A sink that drops all events."""

from __future__ import annotations

from typing import Self

from ..events import Event
from .base import SinkError


class NullSink:
    """Forgets every event."""

    @classmethod
    def open(cls, argument: str) -> Self:
        """``null``; a `SinkError` if it is given an argument."""
        if argument:
            raise SinkError(f"null takes no argument, not {argument!r}")
        return cls()

    def emit(self, event: Event) -> None:
        """Forget ``event``."""

    def close(self, timeout: float) -> bool:
        """True: nothing is left."""
        return True
