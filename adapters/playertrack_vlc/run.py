"""The state of one playback of libVLC, as far as its callbacks and answers show it."""

from __future__ import annotations

from math import inf

import attrs

from .burst import Burst

#: In a row of seeks a position this far (s of content) beyond what was played is another.
_SLACK = 0.25

#: A position this much (s) later than playback would have brought it came late, not the content …
_LATE = 0.3

#: … unless it is more than this: then playback stood still.
_STILL = 1.0


@attrs.define
class Seek:
    """A seek that is not known to be complete.

    ``seen``: it was not commanded here, but showed in the player's answers. ``emptied``: when
    the cache was emptied after that, for the next one.
    """

    target: float
    since: float
    filled: bool = False
    seen: bool = False
    emptied: float = -inf


@attrs.define
class Run:
    """One playback, from the opening of the input to its end.

    ``known``: the last position believed, ``moved_at``: when it moved or went on. ``first``: the
    start. ``short_since``: the cache is not full; ``stalled``: that was reported. ``burst``: it
    was filled after the last position. ``landing``: after a seek or stall, positions may step
    back; ``frozen``: the stall was a silent one. ``polled``: the last answer. ``spot``: where
    it was last, and when.
    """

    length: float = 0.0
    first: float | None = None
    polled: float | None = None
    known: float = 0.0
    moved_at: float | None = None
    paused: bool = False
    full: bool = False
    full_at: float | None = None
    short_since: float | None = None
    burst: Burst | None = None
    stalled: bool = False
    landing: bool = False
    frozen: bool = False
    spot: tuple[float, float] = (0.0, 0.0)

    def goes_on(self, at: float, position: float, rate: float) -> bool:
        """True if ``position`` is where playback can be since it was somewhere last."""
        last, since = self.spot
        return last <= position <= last + rate * (at - since) + _SLACK

    def came(self, at: float, position: float, rate: float) -> float:
        """When playback was at ``position``, of which libVLC says so ``at`` then.

        On a busy machine its callbacks come up to a second late. What plays without a word of
        the cache played on meanwhile, and may be at its end by then.
        """
        if self.moved_at is None or self.burst or self.landing or position <= self.known:
            return at
        late = at - self.moved_at - (position - self.known) / rate
        return at - late if _LATE < late <= _STILL else at
