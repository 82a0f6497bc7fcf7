"""The events of a media element as signals: nearly one to one."""

from __future__ import annotations

from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.signals import Signal

from .duration import Length
from .records import ElementEvent, PageEvent, SetMedia, read

#: `HTMLMediaElement.HAVE_METADATA`: from here on the length is known, if it has any.
_HAVE_METADATA = 1
#: `HTMLMediaElement.HAVE_FUTURE_DATA`: an element that is not paused plays.
_HAVE_FUTURE_DATA = 3
#: A jump so short (s) and after so long a wait (s) is the page's, over a hole in what it has.
_HOLE, _WAIT = 0.5, 0.25
#: An element that waits may tell so much (s) more than where it stands.
_STILL = 0.1


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
        self._failed = False
        self._emptied = False  # and another source was not chosen yet
        self._asked = False  # to play that
        self._has_metadata = False
        self._length = Length()
        self._rate = 1.0
        self._waiting: tuple[float, float] | None = None  # since when, and where
        self._jumping = False

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

    # ------------------------------------------------------------------- loading and failing

    def _load(self, at: float, entry_id: str) -> list[Signal]:
        loaded = signals.Loaded(at=at, entry_id=entry_id)
        self._empty()
        self._length = Length()
        return [loaded]

    def _empty(self) -> None:
        """Until it has metadata again, the element tells of media that it has no more."""
        self._has_metadata = self._jumping = False
        self._waiting = None

    def _event(self, told: ElementEvent) -> list[Signal]:
        """The events of loading and failing; others count only while there is media."""
        at = told.at
        match told.kind:
            case "attach":
                return self._attach(told)
            case "loadstart":
                self._empty()
                asked, self._emptied, self._asked = self._asked, False, False
                made = self._at_source(at, told.src)
                return [*made, signals.Play(at=at)] if asked else made
            case "emptied":
                self._empty()
                self._emptied = not self._told_media
            case "loadedmetadata" | "durationchange":
                self._has_metadata = self._has_metadata or told.kind == "loadedmetadata"
                return self._at_length(told)
            case "error":
                self._failed = True
                code = str(told.error_code) or "error"
                return [signals.Error(at=at, code=code, message=told.error_message)]
            case "play":
                self._asked = self._emptied
                return [] if self._emptied else [signals.Play(at=at)]
            case "ratechange":
                return self._at_rate(told)
        return self._playback(told) if self._has_metadata else []

    def _attach(self, told: ElementEvent) -> list[Signal]:
        """The element as it was found: where it had come to without being heard."""
        made = [] if told.src == self._src else self._at_source(told.at, told.src)
        if told.ready_state < _HAVE_METADATA:
            return made
        self._empty()
        self._has_metadata = True
        at, position = told.at, _known(told)
        made += [*self._at_length(told), *self._at_rate(told)]
        if told.ended:
            return [*made, signals.Ended(at=at, position=position)]
        if told.paused:
            return [*made, signals.Pause(at=at, position=position)]
        if told.ready_state < _HAVE_FUTURE_DATA or told.seeking:
            return [*made, signals.Play(at=at)]
        return [*made, signals.Play(at=at), signals.Playing(at=at, position=position)]

    def _at_source(self, at: float, src: str) -> list[Signal]:
        """Without a word of the page a source is media; after a failure the same one goes on."""
        failed, self._failed = self._failed, False
        if self._told_media or not src or (failed and src == self._src):
            return []
        self._src = src
        return self._load(at, src)

    def _at_rate(self, told: ElementEvent) -> list[Signal]:
        if told.rate == self._rate or told.rate <= 0.0:
            return []
        change = signals.RateChange(at=told.at, rate=told.rate)
        self._rate = told.rate
        return [change]

    def _at_length(self, told: ElementEvent) -> list[Signal]:
        if told.ready_state < _HAVE_METADATA:
            return []
        length = self._length.then(told.duration, told.loop)
        if length == self._length:
            return []
        change = signals.DurationChange(
            at=told.at, duration=length.duration, live=length.live, loop=length.loop
        )
        self._length = length
        return [change]

    # ------------------------------------------------------------------------------ playback

    def _playback(self, told: ElementEvent) -> list[Signal]:
        made = self._at_length(told) if told.loop != self._length.loop else []
        if told.kind == "timeupdate" and told.seeking:
            return made  # that is where it is going to, which `seeking` tells
        signal = self._signal(told, told.at, _known(told))
        return made if signal is None else [*made, signal]

    def _signal(self, told: ElementEvent, at: float, position: float | None) -> Signal | None:
        waiting, self._waiting = self._waiting, None
        match told.kind:
            case "timeupdate":
                if waiting is not None and told.position < waiting[1] + _STILL:
                    self._waiting = waiting
                return signals.TimeUpdate(at=at, position=told.position)
            case "playing":
                return signals.Playing(at=at, position=position)
            case "pause":
                return signals.Pause(at=at, position=position)
            case "seeking":
                self._jumping = waiting is not None and _over_a_hole(told, *waiting)
                return None if self._jumping else signals.Seeking(at=at, position=told.position)
            case "seeked":
                jumped, self._jumping = self._jumping, False
                return None if jumped else signals.Seeked(at=at, position=position)
            case "waiting":
                self._waiting = waiting or (None if told.seeking else (at, told.position))
                return signals.Stall(at=at, position=position)
            case "ended":
                return signals.Ended(at=at, position=position)
        self._waiting = waiting
        return None


def _known(told: ElementEvent) -> float | None:
    """The position, unless a seek that begins only now has changed it before the event came."""
    return None if told.seeking else told.position


def _over_a_hole(told: ElementEvent, since: float, position: float) -> bool:
    """Whether a seek is the page's own, which helps an element that waits out of a gap."""
    ahead = told.position - position
    return not told.paused and 0.0 < ahead <= _HOLE and told.at - since >= _WAIT
