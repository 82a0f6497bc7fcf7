"""Signals that a page sends besides its element: ads, captions, who seeks, that it is live.

Each kind is a record with its fields, and says which signals it means.
"""

from __future__ import annotations

from collections.abc import Callable

from playertrack import signals
from playertrack.signals import Signal
from playertrack.trace.recording import Number, key

from .records import Record


class PageWord(Record):
    """Something that the page says; as a rule it means the signal of its name."""

    def signals(self) -> list[Signal]:
        """The signals that it means; raises `SignalError` for a value that cannot be."""
        make = _SAME.get(type(self))
        fields = {name: value for name, value in vars(self).items() if name not in _OF_RECORDS}
        return [] if make is None else [make(at=self.at, **fields)]


class AdStart(PageWord):
    """An ad begins: ``slot`` as the signal has it, ``duration`` in s, None if unknown."""

    slot: str = "midroll"
    duration: Number | None = None


class AdProgress(PageWord):
    """Where an ad is (s) that plays in another element; one in this element needs none."""

    position: Number
    duration: Number | None = None


class AdClick(PageWord):
    """The ad was clicked."""


class AdEnd(PageWord):
    """The ad ended or was skipped."""


class Captions(PageWord):
    """Captions in ``language``; None: off."""

    language: str | None = None


class AudioTrack(PageWord):
    """The sound track in ``language``."""

    language: str | None = None


class Quality(PageWord):
    """Another quality: ``bitrate`` in kbps; ``auto``: the player chose it, not the viewer."""

    bitrate: Number | None = None
    source_name: str | None = key("name", None)
    auto: bool = True

    def signals(self) -> list[Signal]:
        """A ``flavor_switch`` of the player, a ``source_selected`` of the viewer."""
        if self.auto:
            return [signals.FlavorSwitch(at=self.at, bitrate=self.bitrate)]
        return [signals.SourceSelected(at=self.at, bitrate=self.bitrate, source=self.source_name)]


class Fullscreen(PageWord):
    """Full screen, or picture in picture, is on or off."""

    on: bool


class LibraryError(PageWord):
    """An error of the page's player library, which the element may never report."""

    code: str | int
    message: str = ""
    fatal: bool = True

    def signals(self) -> list[Signal]:
        """An ``error``."""
        return [
            signals.Error(at=self.at, code=str(self.code), message=self.message, fatal=self.fatal)
        ]


class Live(PageWord):
    """The media is live; ``dvr``: the viewer may seek in it."""

    dvr: bool = False

    def signals(self) -> list[Signal]:
        """A ``durationchange`` without a duration."""
        return [signals.DurationChange(at=self.at, duration=None, live=True, dvr=self.dvr)]


class SeekBy(PageWord):
    """Who makes the next seek: viewer, page or player; the ``seeking`` that follows has it."""

    by: str


class Engage(PageWord):
    """A control beside playback was used: ``action`` as the signal has it."""

    action: str


#: The fields of every record, which no signal has.
_OF_RECORDS = frozenset(Record.__annotations__) | {"t", "kind"}

#: Words that mean the signal of their own name, with the same fields.
_SAME: dict[type[PageWord], Callable[..., Signal]] = {
    word: getattr(signals, word.__name__)
    for word in (AdStart, AdProgress, AdClick, AdEnd, Captions, AudioTrack, Fullscreen, Engage)
}

#: The shape of each word by its kind.
WORDS: dict[str, type[PageWord]] = {
    "adStart": AdStart,
    "adProgress": AdProgress,
    "adClick": AdClick,
    "adEnd": AdEnd,
    "captions": Captions,
    "audioTrack": AudioTrack,
    "quality": Quality,
    "fullscreen": Fullscreen,
    "error": LibraryError,
    "live": Live,
    "seekBy": SeekBy,
    "engage": Engage,
}
