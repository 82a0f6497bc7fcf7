"""A burst of the cache filling in the midst of playback: a seek that libVLC does not report.

`set_position`, `next_chapter` and the keys of VLC's own window are not reported. The only traces
are the cache, which fills within milliseconds though playback was smooth, and the position
afterwards.
"""

from __future__ import annotations

import attrs

#: An update this long ago (s) at most shows that playback was smooth.
_SMOOTH = 1.0

#: So far (s of content) from where playback would be the place is another one.
_SKIP = 0.3

#: So far (s of content) behind the last position at most it is the same place, still.
_SAME = 0.1


@attrs.define
class Burst:
    """The cache was emptied ``since`` then, when playback was ``smooth`` and at ``origin``.

    ``full``: when it was full again. ``played_from``: when playback began to go on, if it was
    paused since.
    """

    since: float
    origin: float
    smooth: bool
    full: float | None = None
    played_from: float | None = None

    @classmethod
    def at(cls, at: float, known: float, moved_at: float, rate: float, *, paused: bool) -> Burst:
        """One that begins at ``at``, of a player that was at ``known`` when it last moved."""
        if paused:
            return cls(at, known, smooth=True)
        elapsed = at - moved_at
        smooth = elapsed <= _SMOOTH
        return cls(at, known + (rate * elapsed if smooth else 0.0), smooth)

    def leads_to(self, position: float) -> bool:
        """True if a ``position`` that was asked for is another place; it is exact."""
        return self.smooth and abs(position - self.origin) > _SKIP

    def is_over(self, at: float, length: float, rate: float) -> bool:
        """True if playback came to the end at ``at`` by itself, though the cache was filled."""
        return 0.0 < length <= self.origin + rate * (at - self.since) + _SKIP

    def landed(self, at: float, position: float, known: float, rate: float) -> float | None:
        """Where a seek landed if ``position``, the first since, shows one; else None."""
        since = self.played_from or self.since
        played = rate * (at - max(since, self.full or since))
        ahead = position - self.origin - rate * (at - since)
        if not self.smooth or (position >= known - _SAME and ahead <= _SKIP):
            return None
        return max(0.0, position - max(0.0, played))
