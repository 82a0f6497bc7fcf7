"""The analytics events that the engine derives: what comes out.

Every event is a frozen value with the fields of `Event`; the classes below it have
the additional fields of section 3 of the contract. Session and ``index`` identify an event.

    >>> Event("PAUSE", at=3.0, session="s", index=7, entry_id="1_a", position=2.5, duration=10.0)
    Event(PAUSE #7 at=3.0 position=2.5)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import attrs


@attrs.frozen(repr=False)
class Event:
    """An analytics event.

    ``event``: its name, ``PLAY_REACHED_25`` for one. ``at``: Unix time (s); it never goes
    back in one player's output. ``player``: the id the engine was made with, if any.
    ``session``: id of the playback; ``index``: 1, 2, 3… within it. ``entry_id``: the media.
    ``position``: the playhead (s of content), cut to the duration; ``duration``: of the
    media (s). Unknown values are None.

    ``rule`` and ``cause`` say why there is an event: the rule of the contract that made it
    and the name of the signal that it goes back to. They are for people and are neither
    compared nor written.
    """

    extra: ClassVar[tuple[str, ...]] = ()

    event: str
    at: float = attrs.field(kw_only=True)
    player: str | None = attrs.field(default=None, kw_only=True)
    session: str = attrs.field(kw_only=True)
    index: int = attrs.field(kw_only=True)
    entry_id: str | None = attrs.field(default=None, kw_only=True)
    position: float | None = attrs.field(default=None, kw_only=True)
    duration: float | None = attrs.field(default=None, kw_only=True)
    rule: str = attrs.field(default="", eq=False, kw_only=True)
    cause: str = attrs.field(default="", eq=False, kw_only=True)

    def __repr__(self) -> str:
        more = "".join(f" {name}={getattr(self, name)!r}" for name in self.extra)
        return f"Event({self.event} #{self.index} at={self.at} position={self.position}{more})"


@attrs.frozen(repr=False, kw_only=True)
class MediaLoaded(Event):
    """MEDIA_LOADED: the metadata are known; ``live`` says whether it is a live stream."""

    extra = ("live",)
    live: bool = False


@attrs.frozen(repr=False, kw_only=True)
class Play(Event):
    """PLAY: the first frame; ``join_time`` is the wait from the request to it (s), ads excluded."""

    extra = ("join_time",)
    join_time: float = 0.0


@attrs.frozen(repr=False, kw_only=True)
class Seek(Event):
    """SEEK, once for a drag: from ``origin`` to ``target``.

    ``inferred`` if the player reported no part of it; ``by`` is who sought (one of
    `signals.SEEKERS`), None if the player did not say.
    """

    extra = ("origin", "target", "inferred", "by")
    origin: float | None = None
    target: float | None = None
    inferred: bool = False
    by: str | None = None


@attrs.frozen(repr=False, kw_only=True)
class Replay(Event):
    """REPLAY: the first event of a new playback; ``previous_session`` is the one it repeats."""

    extra = ("previous_session",)
    previous_session: str | None = None


@attrs.frozen(repr=False, kw_only=True)
class BufferEnd(Event):
    """BUFFER_END: data is there again after ``seconds``."""

    extra = ("seconds",)
    seconds: float = 0.0


@attrs.frozen(repr=False, kw_only=True)
class SourceSelected(Event):
    """SOURCE_SELECTED: a rendition was chosen by hand; ``bitrate`` in kbit/s."""

    extra = ("bitrate", "source")
    bitrate: float | None = None
    source: str | None = None


@attrs.frozen(repr=False, kw_only=True)
class FlavorSwitch(Event):
    """FLAVOR_SWITCH: the player changed quality; ``bitrate`` in kbit/s."""

    extra = ("bitrate",)
    bitrate: float | None = None


@attrs.frozen(repr=False, kw_only=True)
class Language(Event):
    """CAPTIONS and AUDIO_SELECTED: the ``language`` chosen; None turns captions off."""

    extra = ("language",)
    language: str | None = None


@attrs.frozen(repr=False, kw_only=True)
class Speed(Event):
    """SPEED: the playback rate is now ``rate``."""

    extra = ("rate",)
    rate: float = 1.0


@attrs.frozen(repr=False, kw_only=True)
class Error(Event):
    """ERROR: ``fatal`` when playback cannot go on."""

    extra = ("code", "message", "fatal")
    code: str = ""
    message: str = ""
    fatal: bool = False


@attrs.frozen(repr=False, kw_only=True)
class View(Event):
    """VIEW: ``play_time`` seconds were played, ``buffer_time`` spent waiting since the last one."""

    extra = ("play_time", "buffer_time")
    play_time: float = 0.0
    buffer_time: float = 0.0


@attrs.frozen(repr=False, kw_only=True)
class Completed(Event):
    """COMPLETED: the share ``watched`` of the duration is at least what the policy asks for."""

    extra = ("watched",)
    watched: float = 0.0


_CLASSES: dict[str, type[Event]] = {
    "MEDIA_LOADED": MediaLoaded,
    "PLAY": Play,
    "SEEK": Seek,
    "REPLAY": Replay,
    "BUFFER_END": BufferEnd,
    "SOURCE_SELECTED": SourceSelected,
    "FLAVOR_SWITCH": FlavorSwitch,
    "CAPTIONS": Language,
    "AUDIO_SELECTED": Language,
    "SPEED": Speed,
    "ERROR": Error,
    "VIEW": View,
    "COMPLETED": Completed,
}

#: The event that each control beside playback makes.
ENGAGEMENT = {
    "share": "SHARE_CLICKED",
    "download": "DOWNLOAD_CLICKED",
    "related": "RELATED_CLICKED",
    "report": "REPORT_CLICKED",
    "info": "INFO_CLICKED",
    "edit": "OPEN_EDIT",
    "upload": "OPEN_UPLOAD",
    "save": "SAVE_PUBLISH",
    "close_editor": "CLOSE_EDITOR",
}

AD_STARTED = {
    "preroll": "PREROLL_STARTED",
    "midroll": "MIDROLL_STARTED",
    "postroll": "POSTROLL_STARTED",
    "overlay": "OVERLAY_STARTED",
    "pre_bumper": "PRE_BUMPER_PLAYED",
    "post_bumper": "POST_BUMPER_PLAYED",
}
AD_CLICKED = {
    "preroll": "PREROLL_CLICKED",
    "midroll": "MIDROLL_CLICKED",
    "postroll": "POSTROLL_CLICKED",
    "overlay": "OVERLAY_CLICKED",
    "pre_bumper": "BUMPER_CLICKED",
    "post_bumper": "BUMPER_CLICKED",
}
QUARTILES = (25, 50, 75, 100)
#: The event of each milestone that a policy may ask for, by its percent.
REACHED = {percent: f"PLAY_REACHED_{percent}" for percent in range(1, 101)}

#: The class of each event, by name: every event that there is, in the contract's order.
EVENTS: dict[str, type[Event]] = {
    name: _CLASSES.get(name, Event)
    for name in (
        "WIDGET_LOADED",
        "MEDIA_LOADED",
        "PLAY_REQUEST",
        "PLAY",
        "FIRST_PLAY",
        "PAUSE",
        "RESUME",
        "SEEK",
        "REPLAY",
        *REACHED.values(),
        "COMPLETED",
        "BUFFER_START",
        "BUFFER_END",
        "SOURCE_SELECTED",
        "FLAVOR_SWITCH",
        "CAPTIONS",
        "AUDIO_SELECTED",
        "SPEED",
        "ERROR",
        "OPEN_FULL_SCREEN",
        "CLOSE_FULL_SCREEN",
        *ENGAGEMENT.values(),
        *AD_STARTED.values(),
        *dict.fromkeys(AD_CLICKED.values()),
        *(f"{slot}_{q}" for slot in ("PREROLL", "MIDROLL", "POSTROLL") for q in QUARTILES[:3]),
        "VIEW",
    )
}


class Maker(Protocol):
    """Makes one of the `EVENTS` of its values; ``more`` has each of its `Event.extra`."""

    def __call__(
        self,
        at: float,
        player: str | None,
        session: str,
        index: int,
        entry_id: str | None,
        position: float | None,
        duration: float | None,
        rule: str,
        cause: str,
        more: Mapping[str, Any],
    ) -> Event: ...


def _open(cls: type[Event]) -> type[Event]:
    """Make a class of the same fields that may be written to, and takes the place of ``cls``."""
    unlocked = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {"__slots__": (), **unlocked})


_COMMON = tuple(field.name for field in attrs.fields(Event) if field.name != "event")


def _makers(cls: type[Event]) -> Callable[[str], Maker]:
    """Write a function that gives the `Maker` of an event of ``cls`` by its name.

    The code is written out for each class, as attrs does: the interpreter is only quick where
    a line of code meets objects of one class.
    """
    values = {name: name for name in _COMMON} | {name: f"more[{name!r}]" for name in cls.extra}
    fill = "; ".join(f"event.{name} = {value}" for name, value in values.items())
    source = f"""
def maker(name):
    def make({", ".join(_COMMON)}, more):
        event = new(opened)
        event.event = name
        {fill}
        event.__class__ = cls
        return event
    return make
"""
    given: dict[str, Any] = {"cls": cls, "opened": _open(cls), "new": object.__new__}
    exec(source, given)
    maker: Callable[[str], Maker] = given["maker"]
    return maker


_BY_CLASS = {cls: _makers(cls) for cls in {*EVENTS.values()}}

#: What makes each event: the same as calling its class, in a third of the time, as a frozen
#: object is slow to fill.
MAKERS = {name: _BY_CLASS[cls](name) for name, cls in EVENTS.items()}


def to_record(event: Event) -> dict[str, Any]:
    """The event as a line of an event log: keys in the order of the format, without ``rule``.

    ``player`` is there only if the signals had one.
    """
    record: dict[str, Any] = {"event": event.event, "at": event.at}
    if event.player is not None:
        record["player"] = event.player
    record["session"] = event.session
    record["index"] = event.index
    record["entry_id"] = event.entry_id
    record["position"] = event.position
    record["duration"] = event.duration
    for name in event.extra:
        record[name] = getattr(event, name)
    return record
