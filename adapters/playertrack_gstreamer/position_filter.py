"""Decides which positions and lengths of GStreamer can be trusted."""

from __future__ import annotations

import attrs

from playertrack.signals import MAX_DURATION

#: A last position this much (s of content) further than playback can have come is a leap.
_LEAP = 2.0

#: So near (s of content) to the end playback is when the next media follows without a gap.
_LAST = 2.0

#: A seek so near (s of content) to the end is one to the end.
_LAST_PICTURES = 0.1

#: How far (s of content) past 0 other media may be when it is seen, beside what it played.
_SLACK = 0.3

#: Playback that stops so long (s of content) before the end was to do so …
_BEFORE_END = 1.0

#: … if it came as far as that, or nearly so (s of content).
_LATE = 0.5

#: So near (s of content) to where it was to stop, playback has come there.
_THERE = 0.1

#: The end comes so soon (s) after an answer that is late.
_AT_ONCE = 0.5

#: Lengths that differ by less (s) are of the same media: an estimate was corrected.
_CORRECTED = 0.1


def seconds(nanoseconds: float) -> float:
    """Seconds of what GStreamer counts in nanoseconds."""
    return nanoseconds / 1e9


@attrs.define
class Track:
    """Where playback is known to have been, how long the media is, and where it is to stop.

    ``before``: when it was where, as of the answer before the last one.
    """

    position: float = 0.0
    at: float | None = None
    before: tuple[float, float] | None = None
    duration: float | None = None
    stop: float | None = None

    def place(self, at: float, position: float) -> None:
        """Playback is at ``position``, by itself or by a seek."""
        self.before = None if self.at is None else (self.at, self.position)
        self.at, self.position = at, position

    def expected(self, at: float, rate: float) -> float:
        """Where playback is at ``at`` if it went on by itself."""
        return self.position if self.at is None else self.position + rate * (at - self.at)

    def landing(self, position: float) -> float:
        """Where a seek landed that the player says is at ``position``."""
        length = self.duration
        return position if length is None or position < length - _LAST_PICTURES else length

    def near_end(self, at: float, rate: float) -> bool:
        """True if playback is at the end by now, or nearly so."""
        return self.duration is not None and self.expected(at, rate) >= self.duration - _LAST

    def at_end(self, at: float, rate: float) -> bool:
        """The same, and not far beyond it."""
        expected = self.expected(at, rate)
        return self.near_end(at, rate) and expected <= (self.duration or 0.0) + _LAST

    def stops(self, at: float, rate: float) -> float | None:
        """Where it was to stop, if playback is there, and that is not the end of the media."""
        if self.stop is None or self.duration is None:
            return None
        expected = self.expected(at, rate)
        if self.before is not None and at - (self.at or 0.0) <= _AT_ONCE:
            # The last answer may be from before a moment in which the process stood still.
            expected = max(expected, self.before[1] + rate * (at - self.before[0]))
        reached = expected >= self.stop - _LATE
        return self.stop if reached and 0.0 < self.stop < self.duration - _BEFORE_END else None

    def stopped(self, position: float) -> float | None:
        """Where it was to stop, if it is there (at ``position``) and that is not the end."""
        stop, length = self.stop, self.duration
        if stop is None or length is None or abs(position - stop) > _THERE:
            return None
        return stop if 0.0 < stop < length - _BEFORE_END else None

    def stands(self, position: float) -> bool:
        """True if playback stands at ``position``, at the end of what was to be played."""
        end = self.duration if self.stop is None else self.stop
        return end is not None and position == self.position and position >= end - _THERE

    def fell(self, at: float, position: float, rate: float) -> bool:
        """True if ``position`` is that of media which started when this one was at its end."""
        if self.duration is None or self.at is None:
            return False
        over = self.expected(at, rate) - self.duration
        return 0.0 <= position <= over + _SLACK and position < self.position

    def is_of_same(self, duration: float) -> bool:
        """True if ``duration`` can be that of the same media, better known."""
        return self.duration is None or abs(duration - self.duration) <= _CORRECTED

    def believes(self, at: float, position: float, rate: float) -> bool:
        """True if ``position`` is possible; the last one of a cut file is its full length."""
        if position < 0.0:  # -1 is "unknown"
            return False
        if self.duration is None or self.at is None or position < self.duration:
            return True
        return position - self.position <= rate * (at - self.at) + _LEAP

    def lasts(self, duration: float) -> bool:
        """Take a length in; whether it is news. -1 and the largest integer are "unknown"."""
        if duration == self.duration or not 0.0 < duration <= MAX_DURATION:
            return False
        self.duration = duration
        return True
