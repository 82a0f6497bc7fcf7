"""Which positions and lengths of GStreamer can be believed."""

from __future__ import annotations

import attrs

from playertrack.signals import MAX_DURATION

#: A last position this much (s of content) further than playback can have come is a leap.
_LEAP = 2.0


def seconds(nanoseconds: float) -> float:
    """Seconds of what GStreamer counts in nanoseconds."""
    return nanoseconds / 1e9


@attrs.define
class Track:
    """Where playback is known to have been, and how long the media is."""

    position: float = 0.0
    at: float | None = None
    duration: float | None = None

    def place(self, at: float, position: float) -> None:
        """Playback is at ``position``, by itself or by a seek."""
        self.at, self.position = at, position

    def believes(self, at: float, position: float, rate: float) -> bool:
        """Whether ``position`` can be; of a file that is cut the last one is its full length."""
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
