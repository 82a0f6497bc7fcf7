"""The duration of an element's media, which live streams report in two ways."""

from __future__ import annotations

import attrs

#: Growing by more than this (s) is more than a better measurement of the last frame.
_GROWTH = 1.0
#: A duration that grew only once and then stayed for so long (s) is the media's own.
_SETTLED = 30.0


@attrs.frozen
class Duration:
    """The duration of the present media, as far as it is known.

    ``reported``: seconds as the element has them; None: endless or not known. A page that
    plays a live stream of segments may show its window: a duration that grows with every
    segment. ``growths`` counts these, and ``grown_at`` is the time of the last one (s).
    ``declared``: the page said that it is live.
    """

    reported: float | None = None
    loop: bool = False
    known: bool = False
    growths: int = 0
    grown_at: float = 0.0
    declared: bool = False

    @property
    def live(self) -> bool:
        """True if the media has no end that is known."""
        return self.declared or (self.known and (self.reported is None or self.growths > 0))

    @property
    def seconds(self) -> float | None:
        """The duration (s); None if it is live, since a window is no duration."""
        return None if self.live else self.reported

    def after(self, reported: float | None, loop: bool, at: float) -> Duration:
        """The state after the element reported this at ``at``."""
        before, growths, grown_at = self.reported, self.growths, self.grown_at
        if reported is not None and before:
            if reported > before + _GROWTH:
                growths, grown_at = growths + 1, at
            elif reported < before:
                growths = 0
        return Duration(reported, loop, True, growths, grown_at, self.declared)

    @property
    def says(self) -> tuple[float | None, bool, bool, bool]:
        """The part that a signal reports; the same twice is no change."""
        return self.seconds, self.live, self.loop, self.known

    def settled(self, at: float, ended: bool = False) -> Duration:
        """The state when nothing was reported until ``at``: one growth alone is no stream."""
        if self.growths == 1 and (ended or at - self.grown_at > _SETTLED):
            return attrs.evolve(self, growths=0)
        return self
