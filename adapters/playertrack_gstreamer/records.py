"""The records of playbin and of GstPlay: one for each message, command or poll.

``t`` is in seconds, ``*_ns``, `position` and `duration` of GstPlay in nanoseconds. ``kind``
is GStreamer's own name of the message, ``app.NAME`` a command that the program gave or what
it did by itself, ``ret.NAME`` what a call returned, ``poll`` what a query gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from playertrack.trace import recording
from playertrack.trace.recording import Limits, Number, Record, by_kind, key

_Nanoseconds = Annotated[float, Limits(-1e20, 1e20)]


class Message(Record):
    """A message of which only matters that it came, and from the pipeline itself."""

    pipeline: bool = True


class StateChanged(Record):
    """An element of the pipeline, or the pipeline itself, changed its state."""

    old: str
    new: str
    pending: str = ""
    pipeline: bool = False


class Buffering(Record):
    """How full a queue is, in percent."""

    percent: Number


class Sought(Record):
    """The answer to a seek: accepted or not; a change of rate is one, from ``at_ns``."""

    r: bool
    at_ns: _Nanoseconds | None = None


class StateSet(Record):
    """How a change of state went; ``no-preroll`` is what live sources say."""

    target: str
    r: str


class Poll(Record):
    """The answers of the queries; null: it failed.

    ``rate`` is that of the segment, or what it was changed to since, and ``stop_ns`` its end.
    """

    position_ns: _Nanoseconds | None
    duration_ns: _Nanoseconds | None
    rate: Number | None = None
    stop_ns: _Nanoseconds | None = None


class PipelineError(Record):
    """An error of an element of the pipeline."""

    domain: str
    code: int
    message: str = ""


class PlayPoll(Record):
    """The answers of GstPlay to a poll."""

    rate: Number | None = None


class PlayState(Record):
    """The state that GstPlay is in."""

    play_state: str = key("play-state")


class Position(Record):
    """Where GstPlay is, or where its seek landed."""

    position: _Nanoseconds


class Duration(Record):
    """How long the media of GstPlay is."""

    duration: _Nanoseconds


class PlayError(Record):
    """An error of GstPlay, as it describes itself."""

    error: str


_Shapes = Mapping[str, type[Record]]

PLAYBIN: _Shapes = {
    "state-changed": StateChanged,
    "stream-start": Message,
    "buffering": Buffering,
    "error": PipelineError,
    "ret.seek_simple": Sought,
    "ret.seek_rate": Sought,
    "ret.set_state": StateSet,
    "poll": Poll,
}

GSTPLAY: _Shapes = {
    "state-changed": PlayState,
    "position-updated": Position,
    "seek-done": Position,
    "duration-changed": Duration,
    "error": PlayError,
    "poll": PlayPoll,
}


def read(record: dict[str, Any], shapes: _Shapes) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    return recording.read(record, Record, by_kind(shapes))
