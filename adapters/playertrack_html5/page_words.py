"""Signals that a page sends besides its element: ads, captions, who seeks, that it is live.

Each kind is a record with its fields, and a method that makes its signals.
"""

from __future__ import annotations

from playertrack import signals
from playertrack.signals import Signal
from playertrack.trace.recording import Number, key

from .records import Record


class PageWord(Record):
    """Something that the page says."""

    def signals(self) -> list[Signal]:
        """The signals that it means; raises `SignalError` for a value that cannot be."""
        return []


class AdStart(PageWord):
    """An ad begins: ``slot`` as the signal has it, ``duration`` in s, None if unknown."""

    slot: str = "midroll"
    duration: Number | None = None

    def signals(self) -> list[Signal]:
        """An ``ad_start``."""
        return [signals.AdStart(at=self.at, slot=self.slot, duration=self.duration)]


class AdProgress(PageWord):
    """Where an ad is (s) that plays in another element; one in this element needs none."""

    position: Number
    duration: Number | None = None

    def signals(self) -> list[Signal]:
        """An ``ad_progress``."""
        return [signals.AdProgress(at=self.at, position=self.position, duration=self.duration)]


class AdClick(PageWord):
    """The ad was clicked."""

    def signals(self) -> list[Signal]:
        """An ``ad_click``."""
        return [signals.AdClick(at=self.at)]


class AdEnd(PageWord):
    """The ad ended or was skipped."""

    def signals(self) -> list[Signal]:
        """An ``ad_end``."""
        return [signals.AdEnd(at=self.at)]


class Captions(PageWord):
    """Captions in ``language``; None: off."""

    language: str | None = None

    def signals(self) -> list[Signal]:
        """A ``captions``."""
        return [signals.Captions(at=self.at, language=self.language)]


class AudioTrack(PageWord):
    """The sound track in ``language``."""

    language: str | None = None

    def signals(self) -> list[Signal]:
        """An ``audio_track``."""
        return [signals.AudioTrack(at=self.at, language=self.language)]


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

    def signals(self) -> list[Signal]:
        """A ``fullscreen``."""
        return [signals.Fullscreen(at=self.at, on=self.on)]


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

    def signals(self) -> list[Signal]:
        """An ``engage``."""
        return [signals.Engage(at=self.at, action=self.action)]


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
