"""The records of Kodi: one for each notification, callback or poll.

``t`` is in seconds. ``kind`` is the method of JSON-RPC, whose parameters are in ``data``, or the
name of the callback of `xbmc.Player`, whose arguments are in ``args`` (positions in ms). Times of
JSON-RPC are hours, minutes, seconds and milliseconds; ``poll`` has those of an add-on, in s.
"""

from __future__ import annotations

from typing import Any

from playertrack.live.adapter import entry_name
from playertrack.trace import recording
from playertrack.trace.recording import Number, Record, TranslationError, by_kind, key


class Notification(Record):
    """A notification of JSON-RPC, with what it is about."""

    data: Any = None

    @property
    def player(self) -> dict[str, Any]:
        """The player that it is about."""
        return _object(self.data, "player")

    @property
    def entry(self) -> str | None:
        """The name of its item; None if it says nothing of one."""
        item = _object(self.data, "item")
        kind, number = item.get("type"), item.get("id")
        if isinstance(number, int):
            return f"{kind or 'item'}-{number}"
        for name in ("file", "title", "label"):
            value = item.get(name)
            if isinstance(value, str) and value:
                return entry_name(value) if name == "file" else value
        return None

    @property
    def speed(self) -> float | None:
        """The speed that its player has."""
        value = self.player.get("speed")
        return float(value) if isinstance(value, float | int) and _is_number(value) else None

    @property
    def ended(self) -> bool:
        """True if playback came to the end of the item."""
        return isinstance(self.data, dict) and self.data.get("end") is True

    def time(self, name: str) -> float | None:
        """A time of its player (s)."""
        return seconds(self.player.get(name), "data")


class Properties(Record):
    """The answer to ``Player.GetProperties``."""

    time: Any = None
    totaltime: Any = None
    speed: Number | None = None
    live: bool | None = None


class Poll(Record):
    """The answers to an add-on's poll: `getTime` and `getTotalTime`."""

    time: Number | None = None
    totaltime: Number | None = None


class Called(Record):
    """A callback with its arguments; `onPlayBackStarted` may have the file that plays."""

    args: list[Number | str | None] = key("args", [])

    def number(self, index: int) -> float:
        """An argument that is a number."""
        value = self.args[index] if index < len(self.args) else None
        if not isinstance(value, float | int):
            raise TranslationError("args", self.args, "a list of numbers")
        return value


def seconds(value: Any, field: str) -> float | None:
    """A time of JSON-RPC, which may be negative, in s; None if there is none."""
    if value is None:
        return None
    parts = ("hours", "minutes", "seconds", "milliseconds")
    if not isinstance(value, dict) or not all(_is_number(value.get(part, 0)) for part in parts):
        raise TranslationError(field, value, "hours, minutes, seconds and milliseconds")
    hours, minutes, whole, thousandths = (value.get(part, 0) for part in parts)
    return float(hours * 3600 + minutes * 60 + whole + thousandths / 1000)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _object(data: Any, name: str) -> dict[str, Any]:
    if data is None:
        return {}
    value = data.get(name, {}) if isinstance(data, dict) else None
    if not isinstance(value, dict):
        raise TranslationError("data", data, f"an object, with {name} as one")
    return value


_NOTIFICATIONS = (
    *("OnPlay", "OnAVStart", "OnPause", "OnResume", "OnSeek", "OnSpeedChanged", "OnStop"),
)
_CALLBACKS = (
    *("onPlayBackStarted", "onPlayBackSeek", "onPlayBackSeekChapter", "onPlayBackSpeedChanged"),
)

_SHAPES: dict[str, type[Record]] = {
    **{f"Player.{name}": Notification for name in _NOTIFICATIONS},
    **dict.fromkeys(_CALLBACKS, Called),
    "Player.GetProperties": Properties,
    "poll": Poll,
}


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    report = recording.read(record, Record, by_kind(_SHAPES))
    if isinstance(report, Notification):
        report.time("time")
        _object(report.data, "item")
    elif isinstance(report, Properties):
        seconds(report.time, "time")
        seconds(report.totaltime, "totaltime")
    elif report.kind in ("onPlayBackSeek", "onPlayBackSpeedChanged") and isinstance(report, Called):
        report.number(0)
    return report
