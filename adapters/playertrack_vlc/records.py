"""The records of libVLC: one for each callback, command or poll.

``t`` is in seconds, ``*_ms`` in milliseconds. ``kind`` is libVLC's own name of the event,
``app.NAME`` a command that the program gave, ``ret.NAME`` what the call returned, ``poll``
what the player said when it was asked.
"""

from __future__ import annotations

from typing import Any

from playertrack.trace import recording
from playertrack.trace.recording import Number, Record, by_kind


class Returned(Record):
    """A call's return value: 0 is success, null means that it cannot fail."""

    r: int | None = None


class TimeChanged(Record):
    """Where the input is; ``main`` is whether it came on the program's own thread."""

    new_time_ms: Number
    main: bool = False


class LengthChanged(Record):
    """How long the media is; 0 is unknown."""

    new_length_ms: Number


class Buffering(Record):
    """How full the cache is before playback goes on, in percent."""

    new_cache: Number


class Poll(Record):
    """The player's answers to a poll; without media the time is -1."""

    rate: Number
    time_ms: Number = -1


_SHAPES: dict[str, type[Record]] = {
    "MediaPlayerTimeChanged": TimeChanged,
    "MediaPlayerLengthChanged": LengthChanged,
    "MediaPlayerBuffering": Buffering,
    "ret.set_rate": Returned,
    "ret.set_time": Returned,
    "poll": Poll,
}


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    return recording.read(record, Record, by_kind(_SHAPES))
