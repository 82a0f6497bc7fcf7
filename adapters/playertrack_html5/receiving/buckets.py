"""How often somebody may come."""

from __future__ import annotations


class Bucket:
    """Lets ``rate`` requests a second pass, and as many as ``burst`` at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def passes(self, now: float) -> bool:
        """True if one more may pass at ``now`` (s)."""
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
