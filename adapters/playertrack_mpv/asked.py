"""A seek that was commanded, which mpv may report late.

Where the process stood still after the command, an mpv that is another process played on from
the target, and says where it is by then.
"""

from __future__ import annotations

from math import inf

import attrs

from playertrack import signals
from playertrack.signals import Signal

#: So much (s) later than it happened a report is late.
LATE = 0.5

#: Playback is no further (s of content) from the target than time allows, and this.
_FURTHER = 0.15


@attrs.frozen
class Asked:
    """To go to ``target`` (s of content), at ``at``; by default nobody asked."""

    at: float = inf
    target: float = 0.0

    def is_late(self, at: float) -> bool:
        """True if what is reported at ``at`` was before."""
        return at - self.at > LATE

    def began(self, at: float, moved_at: float) -> float:
        """When a seek began that is reported at ``at``; playback moved at ``moved_at`` last."""
        return max(self.at, moved_at) if self.is_late(at) else at

    def done(self, at: float, position: float | None, rate: float) -> list[Signal]:
        """The signals for the end of a seek, reported at ``at``, with playback at ``position``."""
        played = 0.0 if position is None else (position - self.target) / rate
        if position is None or not LATE < played <= at - self.at + _FURTHER:
            return [signals.Seeked(at=at, position=position)]
        done = signals.Seeked(at=max(self.at, at - played), position=self.target)
        return [done, signals.TimeUpdate(at=at, position=position)]
