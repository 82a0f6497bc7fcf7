"""The records of a media element: one an event, with the element's state.

``t`` is in milliseconds, the times of the element in seconds. ``source`` is ``html5`` for an
event of the element (``attach``: how it was found, at the start or where records were lost),
``cmd`` for the media that the page chose, ``page`` for what the page says (`page_words`), and
``close`` when it goes away; others are not about the element.
"""

from __future__ import annotations

from typing import Annotated

from playertrack.trace import recording
from playertrack.trace.recording import Limits, Number, key


class Record(recording.Record):
    """The fields that every record has."""

    source: str

    @property
    def at(self) -> float:
        """The time in seconds."""
        return self.t / 1000


class SetMedia(Record):
    """The page chose media."""

    url: str
    entry_id: str | None = key("entryId", None)


class ElementEvent(Record):
    """An event of the element; a `duration` of null is unknown, or infinite once it is ready."""

    position: Annotated[float, Limits(0, 1e12)] = key("currentTime")
    duration: Number | None
    ready_state: int = key("readyState")
    paused: bool = True
    ended: bool = False
    seeking: bool = False
    rate: Number = key("playbackRate", 1.0)
    loop: bool = False
    src: str = ""
    error_code: int | str = key("errorCode", "")
    error_message: str = key("errorMessage", "")
    volume: Number | None = None
    muted: bool = False


class PageEvent(Record):
    """The page goes away (``close``)."""
