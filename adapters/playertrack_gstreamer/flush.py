"""A flush of the pipeline: something was sought, or the rate was changed by a seek.

The bus says that a pipeline flushes and when it has data again, not where to or at which
rate. The first answer of the queries after that shows it; until then what the pipeline does is
held back, so that a seek comes before what followed it.
"""

from __future__ import annotations

import attrs

from playertrack import signals
from playertrack.signals import Signal

from .position_filter import Track

#: A move of less (s of content) than this, beside what was played, is no seek …
_STEP = 0.15

#: … and than this, if the rate changed: that begins with a whole picture, maybe.
_PICTURES = 1.0

#: So long (s) the end of a flush is waited for; live sources may not say it.
_PATIENCE = 2.0

#: A flush so soon (s) after a seek was found is part of it: of a slider, or of a row of skips.
_ROW = 1.0

#: An answer this old (s) at most shows how far playback came since.
_RECENT = 0.5

#: An end this close (s of content) to where playback was comes by itself.
_NEAR = 0.3


@attrs.define
class Flush:
    """One or more flushes between two answers of the queries.

    ``since``: when the first began. ``running``: it played then. ``after_end``: the media was
    at its end. ``found``: when a seek was found before. ``landed``: there is data again.
    ``playing``: it plays again, and that is not reported yet. ``rated``: the rate was changed.
    ``eos``: the end came before any answer.
    """

    since: float
    running: bool
    after_end: bool
    found: float
    landed: float | None = None
    playing: float | None = None
    rated: bool = False
    eos: float | None = None

    def start(self, track: Track, rate: float) -> list[Signal]:
        """The signals for its start: on a busy machine the answer may come late for a row."""
        if not self._in_row:
            return []
        return [signals.Seeking(at=self.since, origin=self._origin(track, rate))]

    @property
    def _in_row(self) -> bool:
        return not self.after_end and self.since - self.found < _ROW

    def over(self, at: float) -> bool:
        """True if the answer of a query at ``at`` is one of after it."""
        return self.landed is not None or at - self.since >= _PATIENCE

    def result(
        self, at: float, position: float, track: Track, before: float, rate: float
    ) -> list[Signal]:
        """The signals for it, by the first ``position`` after it; ``before``, ``rate``: speeds."""
        start = track.landing(self._start(at, position, rate))
        made: list[Signal] = []
        if rate != before:
            made.append(signals.RateChange(at=self.since, rate=rate))
        if self.after_end or self._in_row or self._moved(start, track, before, rate):
            origin = self._origin(track, before)
            done = self.since if self.landed is None else self.landed
            made.append(signals.Seeking(at=self.since, position=start, origin=origin))
            made.append(signals.Seeked(at=done, position=start))
        return [*made, *self.going()]

    def goes(self, at: float, *, played_before: bool) -> None:
        """The pipeline plays; ``played_before``: it did so before, as far as anybody knows."""
        self.landed = at
        if not played_before:
            self.playing = at

    def going(self) -> list[Signal]:
        """That the pipeline plays again, if it does and that was held back."""
        at, self.playing = self.playing, None
        return [] if at is None else [signals.Playing(at=at)]

    def end(self, at: float, track: Track, rate: float) -> list[Signal]:
        """The signals for it, if the end comes before any answer: a seek there, as a rule."""
        length = track.duration
        if self.after_end:
            if self.playing is None or length is None:
                return []
            played = (at - self.playing) * rate >= length - _NEAR
            return [*self.going(), signals.Ended(at=at)] if played else []
        near = self.running and track.expected(at, rate) >= (length or 0.0) - _NEAR
        sought: list[Signal] = []
        if not near:
            origin = self._origin(track, rate)
            sought.append(signals.Seeking(at=self.since, position=length, origin=origin))
        return [*sought, *self.going(), signals.Ended(at=at)]

    def _origin(self, track: Track, rate: float) -> float | None:
        """How far playback came before it, if an answer not long ago shows that it ran."""
        if track.at is None or self.after_end or not self.running:
            return None
        return track.expected(self.since, rate) if self.since - track.at <= _RECENT else None

    def _start(self, at: float, position: float, rate: float) -> float:
        """Where it landed: playback has gone on since, if it runs."""
        since = self.playing or (self.landed if self.running else None)
        played = 0.0 if since is None else max(0.0, (at - since) * rate)
        return max(0.0, position - played)

    def _moved(self, start: float, track: Track, before: float, rate: float) -> bool:
        if track.at is None:
            return True
        expected = track.expected(self.since, before) if self.running else track.position
        rated = self.rated or rate != before
        return abs(start - expected) > (_PICTURES if rated else _STEP)
