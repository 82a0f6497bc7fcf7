"""How the position of one player moves, and what time explains of it."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import attrs

#: A step that exceeds the time passed by more than this (s, at normal speed) is a jump …
AHEAD = 0.3
#: … soon after a seek, as in a drag of many small ones, by more than this, …
_DRAGGED, _SOON = 0.12, 1.0
#: … and so is one that goes back by more than this, …
_BACK = 0.1
#: … and in a pause any that is longer than this.
STILL = 0.1
#: Positions that come this close (s) to one that is late were held up as well; Qt's own come
#: every 0.05 s.
BURST = 0.15
#: So long (s) after a stall it may take to catch up.
_CATCHING_UP = 0.5
#: Polls come twice as often as this (s); if none does, the event loop is blocked, not playback.
_BLINK = 0.4
#: Signals are dated back by at most this (s): further back they would set the clock.
DATED_BACK = 1.5


class Held(NamedTuple):
    """A position that what follows has to explain."""

    at: float
    position: float


@attrs.define
class Motion:
    """The position of one player: when it last moved (``at``) and where to (``position``).

    ``idle`` is for how long (s) the event loop has been seen to run since.
    """

    at: float = 0.0
    position: float = 0.0
    idle: float = 0.0
    sought: float = -inf  # when the last seek was
    rate: float = 1.0
    _fastest: float = 1.0
    _late: float = 0.0  # how far behind (s of content) the last position was
    _last_at: float = 0.0

    def move(self, at: float, position: float) -> None:
        """It is at ``position`` now, however it got there."""
        self.at, self.position = at, position
        self._fastest, self._late = self.rate, 0.0
        self.stir(at)

    def go_on(self, at: float, position: float) -> None:
        """Playback came there by itself."""
        late = self._due(at) - (position - self.position)
        self.move(at, position)
        self._late = late

    def stir(self, at: float) -> None:
        """Something else than a poll shows that the player is at work."""
        self.idle, self._last_at = 0.0, at

    def start(self, at: float) -> None:
        """Playback starts, or goes on, from where it is."""
        self.move(at, self.position)

    def set_rate(self, rate: float) -> None:
        """Playback goes on at another rate."""
        self._fastest, self.rate = max(self.rate, rate), rate

    def jump(self, at: float, position: float, *, playing: bool, stalled: bool = False) -> int:
        """1 or -1 if it is further ahead or back than time explains, else 0.

        After a stall playback goes on where it was; `CatchUp` says how it catches up.
        """
        slack = _DRAGGED if at - self.sought < _SOON else AHEAD
        step, slack = position - self.position, slack * max(1.0, self._fastest)
        if not playing:
            return (step > STILL) - (step < -STILL)
        due = 0.0 if stalled else self._due(at)
        return (step > due + slack) - (step < -_BACK)

    def spare(self, at: float, position: float) -> float:
        """How long (s) before ``at`` playback was at ``position`` already, if it never paused."""
        return (self._due(at) - (position - self.position)) / self._fastest

    def reached(self, at: float, position: float) -> float:
        """When the end was reached; a blocked event loop learns of it, and of a round, late."""
        spare = self.spare(at, position)
        return at - min(spare, DATED_BACK) if spare > AHEAD else at

    def started(self, at: float, position: float) -> float:
        """When playback started; a blocked event loop has let it run unseen."""
        ran = min(at - self.at, (position - self.position) / self._fastest)
        return at - ran if ran > BURST else at

    def overtaken(self, at: float, position: float) -> float:
        """How late (s) the last position was, if this one is further ahead than time explains."""
        played = (at - self.at) * self._fastest
        ahead = position - self.position - played
        return max(0.0, min(ahead, self._due(at) - played)) / self._fastest

    def look(self, at: float) -> float:
        """A poll finds the position where it was; returns ``idle``."""
        self.idle += min(_BLINK, at - self._last_at)
        self._last_at = at
        return self.idle

    def _due(self, at: float) -> float:
        """How far (s of content) playback can have come; in a burst of positions, all the way."""
        late = max(0.0, self._late) if at - self.at < BURST else 0.0
        return (at - self.at) * self._fastest + late


class CatchUp:
    """The way from where a stall began to where Qt's clock is by now.

    Qt leaps there when data come, or shows a few pictures on the way, for a tenth of a second on
    a busy machine. What stays behind the clock was sought by the program. ``left``: the first
    position, and when it came, if playback did not just go on to it.
    """

    def __init__(self, motion: Motion) -> None:
        self.left: tuple[float, float] | None = None
        self._at, self._position, self._rate = motion.at, motion.position, motion.rate
        self._until = inf

    def arrives(self, at: float, position: float) -> bool:
        """True if ``position`` is where the clock is."""
        return abs(self._behind(at, position)) <= AHEAD * max(1.0, self._rate)

    def may_arrive(self, at: float, position: float) -> bool:
        """True if it may yet do so from ``position``; asked of each since the stall."""
        self._until = min(self._until, at + _CATCHING_UP)
        return at <= self._until and self._behind(at, position) > 0.0

    def _behind(self, at: float, position: float) -> float:
        return self._position + (at - self._at) * self._rate - position
