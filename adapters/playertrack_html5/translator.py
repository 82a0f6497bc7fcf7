"""The events of a media element as signals: nearly one to one."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import attrs

from playertrack import Policy, signals
from playertrack.signals import Signal

from .duration import Duration
from .page_words import PageWord, SeekBy
from .reading import read
from .records import ElementEvent, PageEvent, SetMedia
from .source_change import Playback, SourceChange

#: Of `HTMLMediaElement`: the duration is known, if there is one; what is not paused plays.
_HAVE_METADATA, _HAVE_FUTURE_DATA = 1, 3
#: The page jumps over a hole so short (s) after so long a wait, or time without a move (s).
_HOLE, _WAIT, _STUCK = 0.5, 0.25, 1.0
#: An element that waits may report up to so much (s) more than where it stands.
_STILL = 0.1
#: A position above this (s) was not there before the new source had one of its own.
_MOVED = 0.05


class Translator:
    """Translates the records of one media element; make one for each element.

    ``policy`` suits an element: it reports every seek.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False)

    def __init__(self) -> None:
        self._ready = False
        self._found = False  # how the element was found is known
        self._named = False  # the page said what the media is called
        self._claimed = False  # and its source is still to come
        self._src: str | None = None
        self._failed = False
        self._has_metadata = False
        self._duration = Duration()
        self._rate = 1.0
        self._stopped_clock = False  # a rate of 0 without a pause
        self._position = 0.0
        self._moved_at = inf  # since when it has stood there, as far as is known
        self._played = self._playing = False
        self._lost: Playback | None = None  # an element without a source had this
        self._asked: float | None = None  # to play, before the source was understood
        self._change: SourceChange | None = None
        self._restoring: SourceChange | None = None  # the same media, at the same place
        self._ad = False
        self._ad_source = False  # and it plays in this element
        self._content: Playback | None = None  # which had this before
        self._waiting: tuple[float, float] | None = None  # since when, and where
        self._jumping = False
        self._seek_by: str | None = None  # the next seek is made by this one

    def translate(self, record: dict[str, Any]) -> list[Signal]:
        """The signals that a record stands for; raises `TranslationError` if it is malformed."""
        seen = read(record)
        made: list[Signal] = []
        if not self._ready:
            self._ready = True
            made.append(signals.Ready(at=seen.at))
        match seen:
            case PageEvent():
                made.append(signals.Close(at=seen.at))
            case PageWord():
                made += self._page(seen)
            case SetMedia():
                self._found = self._named = self._claimed = True
                made += self._load(seen.at, seen.entry_id or seen.url)
                self._src = None
            case ElementEvent():
                if not self._found and seen.kind not in ("loadstart", "emptied", "attach"):
                    made += self._attach(seen)
                self._found = True
                made += self._event(seen)
        return made

    def finish(self) -> list[Signal]:
        """Signals held back until the last record: none."""
        return []

    # ------------------------------------------------------------------------ the page's words

    def _page(self, word: PageWord) -> list[Signal]:
        match word.kind:
            case "adStart":
                self._ad = True
            case "adEnd":
                self._ad = False
            case "live":
                self._duration = Duration(declared=True)
            case "seekBy":
                self._seek_by = word.by if isinstance(word, SeekBy) else None
        return word.signals()

    def _ad_event(self, seen: ElementEvent) -> list[Signal]:
        """An event of the element while an ad is its source."""
        at = seen.at
        match seen.kind:
            case "timeupdate" if not seen.seeking and seen.ready_state >= _HAVE_METADATA:
                length = seen.duration if seen.duration and seen.duration > 0 else None
                return [signals.AdProgress(at=at, position=seen.position, duration=length)]
            case "play":
                return [signals.Play(at=at)]
            case "playing":
                return [signals.Playing(at=at)]
            case "pause" if not seen.ended:
                return [signals.Pause(at=at)]
        return []

    # ------------------------------------------------------------------------ sources and media

    def _load(self, at: float, entry_id: str) -> list[Signal]:
        loaded = signals.Loaded(at=at, entry_id=entry_id)
        self._empty()
        self._duration = Duration()
        self._failed = self._played = self._playing = False
        self._lost = self._change = None
        self._position = 0.0
        return [loaded]

    def _empty(self) -> None:
        """Until it has metadata again, the element reports media that it no longer has."""
        self._has_metadata = self._jumping = self._stopped_clock = False
        self._waiting = self._restoring = None

    def _event(self, seen: ElementEvent) -> list[Signal]:
        match seen.kind:
            case "attach":
                return self._attach(seen)
            case "loadstart":
                return self._at_loadstart(seen)
            case "emptied":
                return self._at_emptied(seen)
        if self._ad_source:
            return self._ad_event(seen)
        made = self._understand(seen)
        return [*made, *self._media_event(seen)]

    def _media_event(self, seen: ElementEvent) -> list[Signal]:
        at = seen.at
        match seen.kind:
            case "loadedmetadata" | "durationchange":
                self._has_metadata = self._has_metadata or seen.kind == "loadedmetadata"
                return self._at_duration(seen)
            case "error":
                return self._at_error(seen)
            case "play" if self._change is not None or self._lost is not None:
                self._asked = at
                return []
            case "play":
                return [signals.Play(at=at)]
            case "ratechange":
                return self._at_rate(seen)
            case "volumechange":
                return self._at_volume(seen)
        return self._playback(seen) if self._has_metadata and self._change is None else []

    def _at_emptied(self, seen: ElementEvent) -> list[Signal]:
        if self._has_metadata and self._change is None:
            if self._ad:
                self._content = self._content or self._before(seen.at)
            else:
                self._lost = self._before(seen.at)
        self._empty()
        return []

    def _at_loadstart(self, seen: ElementEvent) -> list[Signal]:
        at, src = seen.at, seen.src
        lost, self._lost = self._lost, None
        if self._has_metadata and lost is None and not self._ad:
            lost = self._before(at)
        if self._ad and (self._content is None or src != self._content.src):
            if self._has_metadata:
                self._content = self._before(at)
            self._empty()
            self._ad_source = True
            return []
        if self._ad_source:
            self._ad_source = False
            content, self._content = self._content, None
            lost = None if content is None else attrs.evolve(content, at=at)
        self._empty()
        if self._claimed:
            self._claimed = False
            self._src = src
            return []
        if not src:
            return []
        if lost is not None:
            self._change = SourceChange(lost, src, at)
            same = self._change.early()
            return [] if same is None else self._resolve(same, seen)
        if self._change is not None:
            self._change = SourceChange(self._change.old, src, at)
            return []
        other = self._src is None or not (self._named or src == self._src)
        self._src, self._failed = src, False
        return self._load(at, src) if other else []

    def _attach(self, seen: ElementEvent) -> list[Signal]:
        """The element as it was found: where it had come to without being watched."""
        made = self._at_loadstart(seen) if seen.src and seen.src != self._src else []
        if seen.ready_state < _HAVE_METADATA:
            return made
        if self._change is not None:
            made += self._resolve(self._change.by_position(seen.position), seen)
        self._empty()
        self._has_metadata = True
        at, position = seen.at, _known(seen)
        made += [*self._at_duration(seen), *self._at_rate(seen)]
        self._played = self._playing = not seen.paused
        self._position = seen.position
        if seen.ended:
            return [*made, signals.Ended(at=at, position=position)]
        if seen.paused:
            return [*made, signals.Pause(at=at, position=position)]
        if seen.ready_state < _HAVE_FUTURE_DATA or seen.seeking:
            return [*made, signals.Play(at=at)]
        return [*made, signals.Play(at=at), signals.Playing(at=at, position=position)]

    def _before(self, at: float) -> Playback:
        return Playback(
            src=self._src or "",
            position=self._position,
            duration=self._duration.seconds,
            named=self._named,
            played=self._played,
            playing=self._playing,
            failed=self._failed,
            at=at,
        )

    def _understand(self, seen: ElementEvent) -> list[Signal]:
        """Decide on a change of source as soon as the record allows it."""
        change = self._change
        if change is None:
            return []
        if seen.kind == "error":
            return self._resolve(change.src == change.old.src or change.old.named, seen)
        if seen.ready_state < _HAVE_METADATA:
            return []
        reported = Duration().after(seen.duration, seen.loop, seen.at).seconds
        same = change.by_duration(reported)
        if same is None:
            match seen.kind:
                case "playing" | "seeking" | "seeked" | "ended":
                    same = change.by_position(seen.position)
                case "durationchange" | "loadedmetadata" | "timeupdate":
                    if (
                        seen.seeking
                        or seen.position > _MOVED
                        or not (seen.paused or seen.kind != "timeupdate")
                    ):
                        same = change.by_position(seen.position)
        return [] if same is None else self._resolve(same, seen)

    def _resolve(self, same: bool, seen: ElementEvent) -> list[Signal]:
        """The change of source is understood: the media goes on, or other media is loaded."""
        change, self._change = self._change, None
        assert change is not None
        asked, self._asked = self._asked, None
        self._src = change.src
        made: list[Signal] = []
        if same:
            old = change.old
            self._restoring, self._failed = change, False
            since = change.waiting_since(seen.at)
            if old.playing and not old.failed:
                made.append(signals.Stall(at=since))
        else:
            since = change.opened_at(seen.at)
            self._named = False
            made = self._load(since, change.src)
        if asked is not None:
            made.append(signals.Play(at=max(asked, since)))
        self._has_metadata = seen.ready_state >= _HAVE_METADATA
        return [*made, *self._at_duration(seen)]

    def _at_error(self, seen: ElementEvent) -> list[Signal]:
        self._failed = True
        code = str(seen.error_code) or "error"
        return [signals.Error(at=seen.at, code=code, message=seen.error_message)]

    def _at_rate(self, seen: ElementEvent) -> list[Signal]:
        """A rate of 0 while it should play is a page's way to wait for data."""
        if seen.rate <= 0.0:
            if seen.rate < 0.0 or seen.paused or self._stopped_clock or not self._played:
                return []
            self._stopped_clock = True
            return [signals.Stall(at=seen.at, position=_known(seen))]
        made: list[Signal] = []
        if self._stopped_clock:
            self._stopped_clock = False
            made.append(signals.StallEnd(at=seen.at))
        if seen.rate != self._rate:
            self._rate = seen.rate
            made.append(signals.RateChange(at=seen.at, rate=seen.rate))
        return made

    def _at_volume(self, seen: ElementEvent) -> list[Signal]:
        if seen.volume is None:
            return []
        return [signals.Volume(at=seen.at, volume=seen.volume, muted=seen.muted)]

    def _at_duration(self, seen: ElementEvent) -> list[Signal]:
        if seen.ready_state < _HAVE_METADATA or self._change is not None:
            return []
        return self._measured(self._duration.after(seen.duration, seen.loop, seen.at), seen.at)

    def _measured(self, duration: Duration, at: float) -> list[Signal]:
        before, self._duration = self._duration, duration
        if duration.says == before.says:
            return []
        return [
            signals.DurationChange(
                at=at, duration=duration.seconds, live=duration.live, loop=duration.loop
            )
        ]

    # ------------------------------------------------------------------------------ playback

    def _playback(self, seen: ElementEvent) -> list[Signal]:
        made = self._at_duration(seen) if seen.loop != self._duration.loop else []
        ended = seen.kind == "ended"
        made += self._measured(self._duration.settled(seen.at, ended), seen.at)
        if self._restoring is not None:
            if seen.kind in ("seeked", "timeupdate"):
                made += self._found_paused(seen, self._restoring)
            if seen.kind in ("seeking", "seeked"):
                if self._restoring.by_position(seen.position):
                    return made
                self._restoring = None
        if seen.kind == "timeupdate" and seen.seeking:
            return made  # that is its target, which `seeking` reports
        if seen.kind in ("playing", "pause", "ended"):
            self._restoring = None
        signal = self._signal(seen, seen.at, _known(seen))
        if not seen.seeking:
            if seen.kind != "timeupdate" or seen.position != self._position:
                self._moved_at = seen.at
            self._position = seen.position
        self._playing = not seen.paused
        self._played = self._played or seen.kind == "playing" or not seen.paused
        return made if signal is None else [*made, signal]

    def _found_paused(self, seen: ElementEvent, restoring: SourceChange) -> list[Signal]:
        """A new source pauses its element without an event, until the page plays it."""
        ready = seen.ready_state >= _HAVE_FUTURE_DATA
        if not (ready and seen.paused and self._playing and restoring.old.playing):
            return []
        self._playing = False
        return [signals.Pause(at=seen.at)]

    def _signal(self, seen: ElementEvent, at: float, position: float | None) -> Signal | None:
        waiting, self._waiting = self._waiting, None
        match seen.kind:
            case "timeupdate":
                if waiting is not None and seen.position < waiting[1] + _STILL:
                    self._waiting = waiting
                return signals.TimeUpdate(at=at, position=seen.position)
            case "playing":
                return signals.Playing(at=at, position=position)
            case "pause":
                return signals.Pause(at=at, position=position)
            case "seeking":
                stuck = (self._moved_at + _STUCK - _WAIT, self._position)
                self._jumping = _over_a_hole(seen, waiting or stuck, self._position)
                by, self._seek_by = self._seek_by, None
                seek = signals.Seeking(at=at, position=seen.position, by=by)
                return None if self._jumping else seek
            case "seeked":
                jumped, self._jumping = self._jumping, False
                return None if jumped else signals.Seeked(at=at, position=position)
            case "waiting":
                self._waiting = waiting or (None if seen.seeking else (at, seen.position))
                return signals.Stall(at=at, position=position)
            case "ended":
                return signals.Ended(at=at, position=position)
        self._waiting = waiting
        return None


def _known(seen: ElementEvent) -> float | None:
    """The position, unless a seek that begins only now has changed it before the event came."""
    return None if seen.seeking else seen.position


def _over_a_hole(seen: ElementEvent, waiting: tuple[float, float], before: float) -> bool:
    """True if a seek is the page's own, over a gap in the buffer where it waits or begins."""
    since, start = (-inf, before) if before <= _MOVED else waiting
    return not seen.paused and 0.0 < seen.position - start <= _HOLE and seen.at - since >= _WAIT
