"""The records of a Chromecast: one for each media status, with the names of pychromecast.

``t`` and all times are in seconds. A status holds only what changed; all else stays as it was.
``current_time`` is where playback was when the status was sent.
"""

from __future__ import annotations

from typing import Any

from playertrack.trace import recording
from playertrack.trace.recording import Number, Record, by_kind


class MediaStatus(Record):
    """A status of the receiver's media session."""

    media_session_id: int | None = None
    player_state: str | None = None
    idle_reason: str | None = None
    current_time: Number | None = None
    duration: Number | None = None
    stream_type: str | None = None
    content_id: str | None = None
    title: str | None = None
    playback_rate: Number | None = None


_FIELDS = tuple(MediaStatus.__annotations__)

_SHAPES: dict[str, type[Record]] = {"media_status": MediaStatus}


def fields(status: Any) -> dict[str, Any]:
    """The fields of a record, of a `MediaStatus` of pychromecast."""
    return {name: getattr(status, name, None) for name in _FIELDS}


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    return recording.read(record, Record, by_kind(_SHAPES))
