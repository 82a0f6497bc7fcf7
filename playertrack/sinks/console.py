"""A sink for people: one aligned line an event."""

from __future__ import annotations

import sys
from typing import Self, TextIO

from .._times import clock, wall_clock
from .._words import one_word
from ..events import EVENTS, Event
from .base import SinkError

_WIDTH = max(map(len, EVENTS))


class ConsoleSink:
    """Writes a line for each event to ``stream``, by default standard output.

    The columns: time (UTC), name, index in the session, position and duration (s), session
    (its first characters), player if it has an id, entry, and what that event has besides.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout

    @classmethod
    def open(cls, argument: str) -> Self:
        """``console``, ``console:stderr`` or ``console:stdout``; else a `SinkError`."""
        if argument not in ("", "stderr", "stdout"):
            raise SinkError(f"console takes stderr or stdout, not {argument!r}")
        return cls(sys.stderr if argument == "stderr" else None)

    def emit(self, event: Event) -> None:
        """Write the line of ``event`` and flush it."""
        line = f"{_readable(event)}\n"
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        # A terminal of another encoding shows an escape rather than losing the line.
        self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()

    def close(self, timeout: float) -> bool:
        """True: every line was flushed; the stream stays open, it is not this sink's."""
        return True


def _readable(event: Event) -> str:
    columns = (
        _time(event.at),
        f"{event.event:<{_WIDTH}}",
        f"{f'#{event.index}':>5}",
        f"{_seconds(event.position):>11} /{_seconds(event.duration):>11}",
        event.session[:8],
        *(one_word(name) for name in (event.player, event.entry_id) if name is not None),
        *(
            f"{name}={_value(value)}"
            for name in event.extra
            if (value := getattr(event, name)) is not None
        ),
    )
    return "  ".join(columns)


def _time(at: float) -> str:
    return f"{wall_clock(at, 0.001):>23}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else clock(value, 0.001)


def _value(value: object) -> str:
    return repr(round(value, 3) if isinstance(value, float) else value)
