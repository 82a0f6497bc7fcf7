"""The records of Qt's `QMediaPlayer`: one for each signal, command or poll.

``t`` is in seconds, positions and durations are in milliseconds. ``kind`` is Qt's own name of
the signal and ``args`` what it carried, enumerators by their names; ``app.NAME`` is a command
that the program gave, in seconds, ``poll`` what the player said when its event loop asked it,
and ``turn`` that the loop has come back to its top since the record before.
"""

from __future__ import annotations

from typing import Any

from playertrack.trace import recording
from playertrack.trace.recording import Number, Record, TranslationError, by_kind, key


class Emitted(Record):
    """A signal of the player and its arguments."""

    args: list[Number | str | bool | None] = key("args", [])

    def number(self) -> float:
        """The argument of a signal that carries a number."""
        value = self._first()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TranslationError("args", self.args, "a list with a number")
        return value

    def seconds(self) -> float:
        """The argument of a signal that carries milliseconds."""
        return max(0.0, self.number() / 1000)

    def name(self) -> str:
        """The argument of a signal that carries an enumerator: Playing, of PlayingState."""
        value = self._first()
        if not isinstance(value, str):
            raise TranslationError("args", self.args, "a list with the name of an enumerator")
        return short_name(value)

    def text(self, index: int) -> str:
        """An argument that is a text; empty if it is not there."""
        value = self.args[index] if index < len(self.args) else ""
        return value if isinstance(value, str) else ""

    def _first(self) -> Number | str | bool | None:
        return self.args[0] if self.args else None


class Poll(Record):
    """The player's answers, on its own thread."""

    position_ms: Number | None = None
    duration_ms: Number | None = None
    status: str = ""


def short_name(enumerator: str) -> str:
    """``Playing`` for ``PlaybackState.PlayingState``; the bindings differ in what they print."""
    return enumerator.rpartition(".")[2].removesuffix("State")


def enumerator_of(report: Record) -> str:
    """The enumerator that a signal carries, if it does."""
    if isinstance(report, Emitted) and report.args and isinstance(report.args[0], str):
        return short_name(report.args[0])
    return ""


def explains(kind: str) -> bool:
    """True if a record of this kind says what a position before it was."""
    return kind in _EXPLAINING or kind.startswith("ret.")


def without_urls(message: str) -> str:
    """Words that may hold a secret are left out."""
    return " ".join(word for word in message.split() if "://" not in word)


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    report = recording.read(record, Record, by_kind(_SHAPES))
    if report.kind in _NUMBERS and isinstance(report, Emitted):
        report.number()
    elif report.kind in _NAMES and isinstance(report, Emitted):
        report.name()
    return report


#: What comes between the positions that show where playback is by now.
BETWEEN_POSITIONS = {"positionChanged", "mediaStatusChanged", "poll", "turn", "tick"}

_EXPLAINING = {
    *("positionChanged", "playbackStateChanged", "mediaStatusChanged", "poll", "turn", "tick"),
    *("sourceChanged", "errorOccurred", "app.play", "app.open"),
}

_NUMBERS = ("positionChanged", "durationChanged", "playbackRateChanged")
_NAMES = ("mediaStatusChanged", "playbackStateChanged")
_OTHERS = ("seekableChanged", "loopsChanged", "sourceChanged", "errorOccurred")

_SHAPES: dict[str, type[Record]] = {
    **dict.fromkeys((*_NUMBERS, *_NAMES, *_OTHERS), Emitted),
    "poll": Poll,
}
