"""The signals that a player sends: what goes into the engine.

One frozen class a signal, valid by construction: a field that cannot be valid raises
`SignalError` when the signal is made, so the engine never has to look twice. Times and
positions are seconds; ``at`` is Unix time; ``position`` is a position in the *content*
(ads excluded). Contract, section 2.

    >>> TimeUpdate(at=1700000003.25, position=3)
    TimeUpdate(at=1700000003.25, position=3.0)
    >>> TimeUpdate(at=1700000003.25, position=-1)
    Traceback (most recent call last):
    playertrack.errors.SignalError: position: -1 is not allowed; expected seconds, 0 or more
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, dataclass_transform

import attrs

from ._fields import ACTIONS as ACTIONS
from ._fields import MAX_AT as MAX_AT
from ._fields import MAX_DURATION as MAX_DURATION
from ._fields import MAX_SEQ as MAX_SEQ
from ._fields import SEEKERS as SEEKERS
from ._fields import SLOTS as SLOTS
from ._fields import checked, initializer
from ._words import did_you_mean
from .errors import SignalError

# ------------------------------------------------------------------------- the signals

_S = TypeVar("_S", bound="Signal")

#: Every signal class by the name it has in a trace.
SIGNALS: dict[str, type[Signal]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def _signal(name: str) -> Callable[[type[_S]], type[_S]]:
    """Make a frozen signal class of the decorated one and enter it under ``name``."""

    def decorate(cls: type[_S]) -> type[_S]:
        made: Any = attrs.frozen(cls, kw_only=True, init=False, field_transformer=checked)
        made.__init__ = initializer(made)
        cls = made
        cls.name = name
        if name:
            SIGNALS[name] = cls
        return cls

    return decorate


@_signal("")
class Signal:
    """The fields of every signal: when it was, and perhaps where the playhead stood.

    ``at``: Unix time in seconds. ``position``: seconds of content; on most signals it is
    judged as a `TimeUpdate` of that instant before the signal acts (R-position).
    """

    name: ClassVar[str]

    at: float
    position: float | None = None


@_signal("ready")
class Ready(Signal):
    """The player exists and can take media."""


@_signal("loaded")
class Loaded(Signal):
    """The metadata of a media are known; ``position`` is the start position, if known.

    ``duration``: seconds; null when unknown or live (0 is taken as null). ``dvr``: a live
    stream in which one may seek. ``loop``: the player will begin again by itself.
    """

    entry_id: str
    duration: float | None = None
    live: bool = False
    dvr: bool = False
    loop: bool = False


@_signal("play")
class Play(Signal):
    """Playback was requested: a button, autoplay, a call."""


@_signal("playing")
class Playing(Signal):
    """The media clock runs: the first frame, or again after a pause, stall or seek."""


@_signal("pause")
class Pause(Signal):
    """Playback is paused."""


@_signal("timeupdate")
class TimeUpdate(Signal):
    """The playhead is at ``position``."""

    position: float


@_signal("seeking")
class Seeking(Signal):
    """A seek began; ``position`` is its target, ``origin`` where it left from.

    ``by`` is who sought: one of `SEEKERS`, or None if the player does not say.
    """

    origin: float | None = None
    by: str | None = None


@_signal("seeked")
class Seeked(Signal):
    """The seek is complete; ``position`` is where it landed."""


@_signal("seek")
class Seek(Signal):
    """A whole seek in one signal: from ``origin`` (else the playhead) to ``position``.

    ``by`` is who sought, as in `Seeking`.
    """

    position: float
    origin: float | None = None
    by: str | None = None


@_signal("stall")
class Stall(Signal):
    """Playback wants to run and waits for data."""


@_signal("stall_end")
class StallEnd(Signal):
    """Data is there again."""


@_signal("ended")
class Ended(Signal):
    """The player reached the end of the content."""


@_signal("looped")
class Looped(Signal):
    """The player reached the end and began again by itself."""


@_signal("stop")
class Stop(Signal):
    """Playback was stopped; the player lives on."""


@_signal("replay")
class Replay(Signal):
    """The user asked to start over."""


@_signal("ratechange")
class RateChange(Signal):
    """The playback speed changed to ``rate`` (1.0 is normal)."""

    rate: float


@_signal("durationchange")
class DurationChange(Signal):
    """More is known of the media; fields left out stay as they were, a null duration is unknown."""

    duration: float | None
    live: bool | None = None
    dvr: bool | None = None
    loop: bool | None = None


@_signal("error")
class Error(Signal):
    """Something went wrong; ``fatal`` when playback cannot go on."""

    code: str
    message: str = ""
    fatal: bool = True


@_signal("source_selected")
class SourceSelected(Signal):
    """A source or rendition was chosen by hand; ``bitrate`` in kbit/s."""

    bitrate: float | None = None
    source: str | None = None


@_signal("flavor_switch")
class FlavorSwitch(Signal):
    """The player switched quality by itself; ``bitrate`` in kbit/s."""

    bitrate: float | None = None


@_signal("captions")
class Captions(Signal):
    """Captions were chosen; null turns them off."""

    language: str | None


@_signal("audio_track")
class AudioTrack(Signal):
    """An audio track was chosen."""

    language: str | None


@_signal("volume")
class Volume(Signal):
    """The volume (0 to 1) or mute changed; it makes no event."""

    volume: float
    muted: bool = False


@_signal("fullscreen")
class Fullscreen(Signal):
    """Full screen was entered or left."""

    on: bool


@_signal("engage")
class Engage(Signal):
    """A control beside playback was used; ``action`` is one of `ACTIONS`."""

    action: str


@_signal("ad_start")
class AdStart(Signal):
    """An ad began in ``slot`` (one of `SLOTS`); ``duration`` is the ad's, in seconds."""

    slot: str
    duration: float | None = None


@_signal("ad_progress")
class AdProgress(Signal):
    """The ad is at ``position`` (of the ad, not of the content)."""

    position: float
    duration: float | None = None


@_signal("ad_click")
class AdClick(Signal):
    """The ad was clicked."""


@_signal("ad_end")
class AdEnd(Signal):
    """The ad was completed or skipped."""


@_signal("tick")
class Tick(Signal):
    """Time passed, nothing else."""


@_signal("close")
class Close(Signal):
    """The player goes away."""


# ------------------------------------------------------------------- from and to records

#: Fields that a message does not call "a" and their name.
_NEEDED = {
    "action": "an action",
    "at": "a time (at)",
    "entry_id": "an entry_id",
    "fatal": "to say if it is fatal",
    "muted": "to say if it is muted",
    "on": "to say if it is on",
}


def _fields(cls: Any) -> tuple[attrs.Attribute[Any], ...]:
    return tuple(attrs.fields(cls))


#: The fields of each signal.
FIELDS = {name: tuple(field.name for field in _fields(cls)) for name, cls in SIGNALS.items()}
_REQUIRED = {
    name: tuple(field.name for field in _fields(cls) if field.default is attrs.NOTHING)
    for name, cls in SIGNALS.items()
}


def from_record(record: Mapping[str, Any]) -> Signal:
    """Make a signal of a trace record such as ``{"signal": "play", "at": 1.0}``.

    Unknown fields are ignored; ``player`` is not part of a signal. Raises `SignalError`
    naming the field when the signal is unknown, a field is missing or cannot be valid.
    """
    name = record.get("signal", ...)
    if name is ...:
        raise SignalError("signal", ..., "there is no signal, such as play or timeupdate")
    if not isinstance(name, str) or name not in SIGNALS:
        hint = did_you_mean(name, SIGNALS) if isinstance(name, str) else ""
        known = hint or ": " + ", ".join(sorted(SIGNALS))
        raise SignalError("signal", name, f"the name of a signal{known}")
    for field in _REQUIRED[name]:
        if field not in record:
            raise SignalError(field, ..., f"{name} needs {_NEEDED.get(field, f'a {field}')}")
    return SIGNALS[name](**{field: record[field] for field in FIELDS[name] if field in record})


def to_record(signal: Signal, player: str | None = None, seq: int | None = None) -> dict[str, Any]:
    """The trace record of a signal; what still has its default is left out.

    >>> to_record(Pause(at=3.0), seq=7)
    {'signal': 'pause', 'seq': 7, 'at': 3.0}
    """
    record: dict[str, Any] = {"signal": signal.name}
    if player is not None:
        record["player"] = player
    if seq is not None:
        record["seq"] = seq
    for field in _fields(type(signal)):
        value = getattr(signal, field.name)
        if field.default is attrs.NOTHING or value != field.default:
            record[field.name] = value
    return record
