"""The position of a player that reports it only when polled, or now and then."""

from __future__ import annotations

from ..signals import Signal, Stall, StallEnd, TimeUpdate

#: Signals are dated back by at most this (s): further back they would set the clock.
_DATED_BACK = 1.5

#: Less than this (s) is no move.
_STILL = 0.01


class PolledPosition:
    """Where playback is, from answers that are few; what a translator keeps of them.

    ``frozen``: seconds for which answers must show a position that has moved before, and does no
    longer, until that is a stall.
    """

    def __init__(self, frozen: float = 1.5) -> None:
        self._frozen = frozen
        self._at = 0.0
        self._rate = 1.0
        self._moves = False
        self._stalled = False
        #: Whether playback is to run.
        self.running = False
        #: The last position (s of content); None: unknown.
        self.position: float | None = None

    def reset(self) -> None:
        """Other media: nothing is known of it."""
        self.position = None
        self.running = self._moves = self._stalled = False

    def run(self, at: float, running: bool) -> None:
        """Playback starts or goes on, or it does not any more."""
        if running != self.running:
            if not running:
                self.position = self.expected(at)
            self.running, self._at = running, at
            self._moves = self._stalled = False

    def set_rate(self, at: float, rate: float) -> bool:
        """Playback goes on at another rate; False if it is none."""
        if rate <= 0.0 or rate == self._rate:
            return False
        if self.running:
            self.position, self._at = self.expected(at), at
        self._rate = rate
        return True

    def expected(self, at: float) -> float | None:
        """Where playback should be at ``at`` if nothing came between; None if unknown."""
        if self.position is None or not self.running or self._stalled:
            return self.position
        return self.position + (at - self._at) * self._rate

    def move(self, at: float, position: float) -> None:
        """Something else than playback put it there."""
        self._at, self.position = at, position
        self._moves = self._stalled = False

    def answer(self, at: float, position: float) -> list[Signal]:
        """It said that it is at ``position``: the signals of that."""
        before = self.position
        if before is not None and self.running and abs(position - before) < _STILL:
            if not self._moves or self._stalled or at - self._at < self._frozen:
                return []
            self._stalled = True
            return [Stall(at=max(self._at, at - _DATED_BACK))]
        made: list[Signal] = [StallEnd(at=at)] if self._stalled else []
        moves = before is not None and self.running
        self._at, self.position = at, position
        self._moves, self._stalled = moves, False
        return [*made, TimeUpdate(at=at, position=position)]
