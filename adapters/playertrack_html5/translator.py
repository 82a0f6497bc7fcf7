"""The events of a media element as signals: nearly one to one."""

from __future__ import annotations

from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.signals import Signal

from .records import ElementEvent, PageEvent, SetMedia, read

#: `HTMLMediaElement.HAVE_METADATA`: from here on a duration that is no number is endless.
_HAVE_METADATA = 1
#: `HTMLMediaElement.HAVE_FUTURE_DATA`: an element that is not paused plays.
_HAVE_FUTURE_DATA = 3


class Translator:
    """Translates the records of one media element; one object an element.

    ``policy`` is what suits it: it reports every seek.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False)

    def __init__(self) -> None:
        self._ready = False
        self._begun = False  # what the element had when it was found is known
        self._told_media = False
        self._src: str | None = None
        self._has_metadata = False
        self._length: tuple[float | None, bool, bool] = (None, False, False)
        self._rate = 1.0

    def translate(self, record: dict[str, Any]) -> list[Signal]:
        """The signals that a record stands for; raises `TranslationError` if it is malformed."""
        told = read(record)
        made: list[Signal] = []
        if not self._ready:
            self._ready = True
            made.append(signals.Ready(at=told.at))
        match told:
            case PageEvent(kind="close"):
                made.append(signals.Close(at=told.at))
            case SetMedia():
                self._begun = self._told_media = True
                made += self._load(told.at, told.entry_id or told.url)
            case ElementEvent():
                if not self._begun and told.kind not in ("loadstart", "emptied", "attach"):
                    made += self._attach(told)
                self._begun = True
                made += self._event(told)
        return made

    def finish(self) -> list[Signal]:
        """What is held back, when no record will tell more: nothing."""
        return []

    def _load(self, at: float, entry_id: str) -> list[Signal]:
        self._has_metadata = False
        self._length = (None, False, False)
        return [signals.Loaded(at=at, entry_id=entry_id)]

    def _event(self, told: ElementEvent) -> list[Signal]:
        """The events of loading and failing; others count only while there is media."""
        at = told.at
        match told.kind:
            case "attach":
                return self._attach(told)
            case "loadstart":
                self._has_metadata = False
                return self._at_source(at, told.src)
            case "emptied":
                self._has_metadata = False
            case "loadedmetadata" | "durationchange":
                self._has_metadata = self._has_metadata or told.kind == "loadedmetadata"
                return self._at_length(told)
            case "error":
                code = str(told.error_code) or "error"
                return [signals.Error(at=at, code=code, message=told.error_message)]
            case "play":
                return [signals.Play(at=at)]
            case "ratechange":
                return self._at_rate(told)
        return self._playback(told) if self._has_metadata else []

    def _attach(self, told: ElementEvent) -> list[Signal]:
        """The element as it was found: where it had come to without being heard."""
        made = self._at_source(told.at, told.src)
        if told.ready_state < _HAVE_METADATA:
            return made
        self._has_metadata = True
        at, position = told.at, told.position
        made += [*self._at_length(told), *self._at_rate(told)]
        if told.ended:
            return [*made, signals.Ended(at=at, position=position)]
        if told.paused:
            return [*made, signals.Pause(at=at, position=position)]
        if told.ready_state < _HAVE_FUTURE_DATA or told.seeking:
            return [*made, signals.Play(at=at)]
        return [*made, signals.Play(at=at), signals.Playing(at=at, position=position)]

    def _playback(self, told: ElementEvent) -> list[Signal]:
        at, position = told.at, told.position
        looping = self._at_length(told) if told.loop != self._length[2] else []
        match told.kind:
            case "timeupdate":
                return [*looping, signals.TimeUpdate(at=at, position=position)]
            case "playing":
                return [*looping, signals.Playing(at=at, position=position)]
            case "pause":
                return [*looping, signals.Pause(at=at, position=position)]
            case "seeking":
                return [*looping, signals.Seeking(at=at, position=position)]
            case "seeked":
                return [*looping, signals.Seeked(at=at, position=position)]
            case "waiting":
                return [*looping, signals.Stall(at=at, position=position)]
            case "ended":
                return [*looping, signals.Ended(at=at, position=position)]
        return looping

    def _at_source(self, at: float, src: str) -> list[Signal]:
        """Without a word of the page a new source is new media; the same one is loaded anew."""
        if self._told_media or src in ("", self._src):
            return []
        self._src = src
        return self._load(at, src)

    def _at_rate(self, told: ElementEvent) -> list[Signal]:
        if told.rate == self._rate or told.rate <= 0.0:
            return []
        self._rate = told.rate
        return [signals.RateChange(at=told.at, rate=told.rate)]

    def _at_length(self, told: ElementEvent) -> list[Signal]:
        if told.ready_state < _HAVE_METADATA:
            return []
        length = (told.duration, told.duration is None, told.loop)
        if length == self._length:
            return []
        self._length = length
        duration, live, loop = length
        return [signals.DurationChange(at=told.at, duration=duration, live=live, loop=loop)]
