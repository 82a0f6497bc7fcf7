"""The records of MPRIS: one for each D-Bus signal, or poll of the properties.

``t`` is in seconds, positions and lengths are in microseconds, as on the bus.
"""

from __future__ import annotations

from typing import Annotated, Any

from playertrack.trace import recording
from playertrack.trace.recording import Limits, Record, TranslationError, by_kind, key

Microseconds = Annotated[float, Limits(-1e18, 1e18)]

_PROPERTIES = {"PlaybackStatus": str, "Rate": float, "Metadata": dict, "Position": float}

_NO_TRACK = "/org/mpris/MediaPlayer2/TrackList/NoTrack"


class Changed(Record):
    """``PropertiesChanged``: the properties that changed, by name.

    One with all of them, ``Position`` too, says what a player does that is listened to from now on.
    """

    changed: Any

    def get(self, name: str, kind: type) -> Any:
        """A property of that type, None if it is not among them."""
        if not isinstance(self.changed, dict):
            raise TranslationError("changed", self.changed, "an object of properties")
        value = self.changed.get(name)
        if kind is float and type(value) is int:
            value = float(value)
        if value is None or (isinstance(value, kind) and not _is_too_large(name, value)):
            return value
        raise TranslationError("changed", value, f"a value that {name} can have")

    def check(self) -> None:
        """Raise `TranslationError` for a property that cannot be."""
        for name, kind in _PROPERTIES.items():
            self.get(name, kind)


class Seeked(Record):
    """``Seeked``: where playback is, since it is not where it would have run to."""

    position: Microseconds


class Poll(Record):
    """The property ``Position``, which no signal reports."""

    position: Microseconds | None = key("Position", None)


_SHAPES: dict[str, type[Record]] = {"PropertiesChanged": Changed, "Seeked": Seeked, "poll": Poll}


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    report = recording.read(record, Record, by_kind(_SHAPES))
    if isinstance(report, Changed):
        report.check()
    return report


def track_of(metadata: dict[str, Any]) -> tuple[str, ...] | None:
    """The identity of a track: its id and address, else its title; None: no track.

    A player numbers its tracks anew when its playlist is another one, and may say that it plays
    nothing by an id of which nothing else is known.
    """
    if metadata.get("mpris:trackid") == _NO_TRACK or set(metadata) <= {"mpris:trackid"}:
        return None
    for names in (("mpris:trackid", "xesam:url"), ("xesam:title",)):
        values = [metadata.get(name) for name in names]
        if track := tuple(value for value in values if isinstance(value, str) and value):
            return track
    return None


def _is_too_large(name: str, value: Any) -> bool:
    return isinstance(value, float) and not abs(value) <= (1e18 if name == "Position" else 1e12)
