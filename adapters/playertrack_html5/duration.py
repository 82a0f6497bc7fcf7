"""How long the media of an element is: live media say it in two ways."""

from __future__ import annotations

import attrs

#: Growing by more than this (s) is more than finding out how long the last frame is.
_GROWTH = 1.0
#: So many times, without shrinking between, it is a stream that goes on.
_TIMES = 2


@attrs.frozen
class Length:
    """What is known of the length of the media at hand.

    ``told``: what the element told, None for endless. Pages that play a live stream of
    segments may show it as a duration that grows with every segment; then ``growths`` counts.
    """

    told: float | None = None
    loop: bool = False
    known: bool = False
    growths: int = 0

    @property
    def live(self) -> bool:
        """Whether the media has no end."""
        return self.known and (self.told is None or self.growths >= _TIMES)

    @property
    def duration(self) -> float | None:
        """The duration (s), None if it is live: what is told then is a window."""
        return None if self.live else self.told

    def then(self, told: float | None, loop: bool) -> Length:
        """What is known after the element told this."""
        before, growths = self.told, self.growths
        if told is not None and before is not None:
            if told > before + _GROWTH:
                growths += 1
            elif told < before:
                growths = 0
        return Length(told, loop, True, growths)
