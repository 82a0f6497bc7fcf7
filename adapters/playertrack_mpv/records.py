"""The records of mpv: one for each event, changed property, command.

``t`` is in seconds, and so are the positions. ``kind`` is mpv's own name of the event,
``prop.NAME`` a property that changed to ``value``, ``app.NAME`` a command that the program
gave. ``poll`` and ``chapters`` are what was asked for.
"""

from __future__ import annotations

from typing import Annotated, Any

from playertrack.trace import recording
from playertrack.trace.recording import Limits, Number, Record, by_kind


class Seconds(Record):
    """A property that is a position or a length; null while there is no media."""

    value: Number | None


class Size(Record):
    """The size (bytes) of the file; null where nobody knows."""

    value: Number | None


class Speed(Record):
    """The property `speed`."""

    value: Annotated[float, Limits(gt=0, le=1e12)]


class Switch(Record):
    """A property that is on, off, or without meaning at present."""

    value: bool | None


class Text(Record):
    """A property that is a text."""

    value: str | None


class Chapters(Record):
    """Where (s) the chapters of the file start."""

    starts: list[Number]


class Loop(Record):
    """The property `loop-file`: false, or how often; texts are ``inf``, ``no`` and ``yes``."""

    value: bool | int | float | str | None


class Point(Record):
    """A point (s) of an A-B loop; texts and false are that it is not set."""

    value: bool | int | float | str | None


class Track(Record):
    """The property `aid` or `sid`: a track's number, or false for none; ``lang`` if it says."""

    value: bool | int | str | None
    lang: str | None = None


class Poll(Record):
    """The properties as read; only these reveal the same length twice in a row."""

    duration: Number | None


class EndFile(Record):
    """The end of a file, and why."""

    reason: str
    file_error: str | None = None


_SHAPES: dict[str, type[Record]] = {
    "prop.time-pos": Seconds,
    "prop.duration": Seconds,
    "prop.file-size": Size,
    "prop.speed": Speed,
    "prop.pause": Switch,
    "prop.paused-for-cache": Switch,
    "prop.eof-reached": Switch,
    "prop.partially-seekable": Switch,
    "prop.seekable": Switch,
    "prop.fullscreen": Switch,
    "prop.ab-loop-a": Point,
    "prop.ab-loop-b": Point,
    "prop.start": Text,
    "prop.end": Text,
    "prop.length": Text,
    "prop.aid": Track,
    "prop.sid": Track,
    "prop.file-format": Text,
    "prop.loop-file": Loop,
    "end-file": EndFile,
    "poll": Poll,
    "chapters": Chapters,
}


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    return recording.read(record, Record, by_kind(_SHAPES))
