"""What a recording of a media element holds: a record an event, with the element's state.

``t`` is in milliseconds, the times of the element in seconds. ``source`` is ``html5`` for an
event of the element (``attach``: how it was found, at the start or where records were lost),
``cmd`` for what the page did, ``page`` for what became of it; others are not about the element.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from playertrack.trace import recording as recordings
from playertrack.trace.recording import Number


class Record(recordings.Record):
    """What every record has."""

    source: str

    @property
    def at(self) -> float:
        """The time in seconds."""
        return self.t / 1000


class SetMedia(Record):
    """The page chose media."""

    url: str
    entry_id: str | None = msgspec.field(name="entryId", default=None)


class ElementEvent(Record):
    """An event of the element; a `duration` of null is unknown, or infinite once it is ready."""

    position: Annotated[float, msgspec.Meta(ge=0, le=1e12)] = msgspec.field(name="currentTime")
    duration: Number | None
    ready_state: int = msgspec.field(name="readyState")
    paused: bool = True
    ended: bool = False
    seeking: bool = False
    rate: Number = msgspec.field(name="playbackRate", default=1.0)
    loop: bool = False
    src: str = ""
    error_code: int | str = msgspec.field(name="errorCode", default="")
    error_message: str = msgspec.field(name="errorMessage", default="")


class PageEvent(Record):
    """What became of the page: ``close``, it goes away."""


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    return recordings.read(record, Record, _shape)


def _shape(base: Record) -> type[Record]:
    if base.source == "html5":
        return ElementEvent
    if base.source == "page":
        return PageEvent
    return SetMedia if base.source == "cmd" and base.kind == "setMedia" else Record
