"""Decides whether a new source of an element is new media, or the same media at the same place.

A page that switches quality, or recovers from an error of the decoder, gives its element
another source for the same media. It looks like a change of media until the duration and the
first position are known, so both wait until then.
"""

from __future__ import annotations

import attrs

#: Durations of one media differ by less than this (s) from source to source.
_SAME_LENGTH = 1.0
#: Playback goes on within this (s) of where it was: a source may land on a key frame.
_SAME_PLACE = 2.0
#: The engine takes no `at` that is earlier by more than 2 s (R-order).
_BACK = 1.9


@attrs.frozen
class Playback:
    """An element's playback just before it lost its source.

    ``position`` and ``duration`` are in seconds; ``duration`` is None for a live stream.
    ``named``: the page said what the media is called. ``played``: it had begun to play.
    ``playing``: it was not paused, since ``at`` it has had no media. ``failed``: by an error.
    """

    src: str
    position: float
    duration: float | None
    named: bool
    played: bool
    playing: bool
    failed: bool
    at: float


@attrs.define
class SourceChange:
    """A change of source that is not understood yet.

    ``src`` is the new source and ``at`` the time of its `loadstart`, ``asked`` that of a
    `play` meanwhile, if any.
    """

    old: Playback
    src: str = ""
    at: float = 0.0
    asked: float | None = None

    def early(self) -> bool | None:
        """True: the same media; False: other media; None: wait for its metadata."""
        same = self.src == self.old.src
        if not self.old.played:
            return same or self.old.named
        if self.old.failed and same:
            return True
        return None

    def by_duration(self, duration: float | None) -> bool | None:
        """As `early`, when the duration (s) is known; it can only show other media."""
        old = self.old.duration
        if duration is None or old is None:
            return None if duration is old else False
        return None if abs(duration - old) <= _SAME_LENGTH else False

    def by_position(self, position: float) -> bool:
        """True if playback that starts at ``position`` (s) goes on with the same media."""
        same_source = self.src == self.old.src or self.src.startswith("blob:")
        if self.old.duration is None and (same_source or self.old.named):
            return True  # a live stream goes on where it is now
        if abs(position - self.old.position) > _SAME_PLACE:
            return False
        # Near the start of both, only the name of the media decides.
        return self.old.position > _SAME_PLACE or self.old.named or same_source

    def opened_at(self, now: float) -> float:
        """When the new media was loaded, as far back as the engine takes it."""
        return max(self.at, now - _BACK)

    def waiting_since(self, now: float) -> float:
        """Since when the viewer has waited for the same media, as `opened_at`."""
        return max(self.old.at, now - _BACK)
