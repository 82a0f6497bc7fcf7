"""Where the parts of a session's drawing are, for a screen of any width. All is in pixels."""

from __future__ import annotations

import attrs

from .layout import LANE, Scale
from .model import SessionTimeline

#: The height of the plot, of a band, and of the lane of signals; the width of the watched bar.
PLOT, BAND, SIGNALS, BAR = 150.0, 9.0, 8.0, 14.0

#: Below this width quartiles stand below the plot, and not to its right.
_NARROW = 640.0

#: The width of a character of what is written in the head.
HEAD = 6.4


@attrs.frozen
class Frame:
    """The drawing of ``row``, ``full`` wide, with ``heads`` lines and ``lanes`` of names."""

    row: SessionTimeline
    full: float
    heads: int = 1
    lanes: int = 0

    @property
    def narrow(self) -> bool:
        """There is no room beside the plot."""
        return self.full < _NARROW

    @property
    def left(self) -> float:
        """The left edge of the plot."""
        return 48.0 if self.narrow else 70.0

    @property
    def width(self) -> float:
        """The width of the plot."""
        return self.full - self.left - (34.0 if self.narrow else 168.0)

    @property
    def right(self) -> float:
        """The right edge of the plot."""
        return self.left + self.width

    @property
    def names(self) -> float:
        """The top of the names of events."""
        return 24.0 + 15.0 * self.heads

    @property
    def names_height(self) -> float:
        """Their height, with that of the marks below them."""
        return 18.0 + LANE * self.lanes

    @property
    def top(self) -> float:
        """The top of the plot."""
        return self.names + self.names_height

    @property
    def bands(self) -> float:
        """The top of the bands of states and interruptions."""
        return self.top + PLOT + 4.0

    @property
    def signals(self) -> float:
        """The top of the lane of signals."""
        return self.bands + 2 * BAND + 7.0

    @property
    def ticks(self) -> float:
        """The base line of the times below the plot."""
        return self.signals + SIGNALS + 13.0

    @property
    def height(self) -> float:
        """The height of it all."""
        marks = len(self.row.marks) if self.narrow else 0
        return self.ticks + 26.0 + 16.0 * marks

    @property
    def time(self) -> Scale:
        """From Unix time to pixels of the plot."""
        return Scale(self.row.start, max(self.row.end, self.row.start + 0.5), self.width)

    @property
    def content(self) -> Scale:
        """From positions to pixels of the plot, upwards."""
        low, high = self.row.span
        return Scale(high, low, PLOT)
