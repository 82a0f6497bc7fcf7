"""The file that an mpv plays, as far as it is known."""

from __future__ import annotations

import attrs

from .part import Bounds

#: A length that is in doubt is believed once so much (s of content) was played without it
#: growing: a stream that is played as it comes is read less far ahead.
_UNGROWN = 2.0

#: So far (s) mpv reads ahead by itself: a length that is less may be that of what was read.
_AHEAD = 1.0

#: Of a length that has not stood so long, growth of more than this (s) is none of a correction.
_CORRECTION = 0.1


@attrs.define
class File:
    """One file, from `start-file` to `end-file`.

    ``first``: where playback started, ``position``: where it was last. ``length``: as mpv says;
    ``believed``: as it was taken; ``grew``: where it was (s of content) when it last grew.
    ``shortest``: as mpv said first; ``grows``: it does since the file began; ``stood``: it did
    not for a while; ``sized``: whether the size of the file is known, None if nobody said.
    ``turned``: when a seek began at the end of the file, which may be a new round; ``ended``: when
    playback must have been there.
    """

    begun: bool = False
    playing: bool = False
    seeking: bool = False
    target: float | None = None
    waiting: bool = False
    at_end: bool = False
    first: float | None = None
    position: float = 0.0
    moved_at: float = 0.0
    turned: float | None = None
    ended: float = 0.0
    length: float | None = None
    believed: float | None = None
    grew: float | None = None
    shortest: float | None = None
    grows: bool = False
    stood: bool = False
    sized: bool | None = None
    bounds: Bounds = attrs.field(factory=Bounds)
    live: bool = False
    fixed: bool = False
    partial: bool = False
    hls: bool = False

    def measure(self, length: float | None) -> None:
        """Take what mpv says of the length, and where it grew."""
        if length is not None and (self.length is None or length > self.length):
            if self._stands:
                self.stood, self.grows = True, False
            if self.shortest is None:
                self.shortest = length
            elif not self.stood:
                self.grows |= length > self.shortest + _CORRECTION
            self.grew = self.position
        self.length = length

    def in_doubt(self, length: float, *, over: bool) -> bool:
        """True if the length may be that of what was read so far; ``over``: that is all."""
        if self.believed is not None or self._stands or (over and not self.grew):
            return False
        if self.fixed or self.partial or self.grows or self.sized is False:
            return True
        return self.sized is None and length - self.position < _AHEAD

    @property
    def _stands(self) -> bool:
        """True if it did not grow for a while."""
        return self.position - (self.grew or 0.0) >= _UNGROWN
