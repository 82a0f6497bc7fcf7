"""The drawing of a trace as plain values, in seconds of time and of content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from .._times import clock
from .._words import counted
from ..core.session import Summary
from ..trace.explain import Explanation
from .strokes import Stroke

#: Positions beyond that (s) are times of day: they count from the first one on.
_CLOCK = 360_000.0


@attrs.frozen
class Band:
    """A state, or an interruption (``seek``, ``ad``), from ``start`` to ``end`` (Unix time)."""

    name: str
    start: float
    end: float


@attrs.frozen
class Stretch:
    """Content from ``start`` to ``end`` (s) that was played ``times`` times."""

    start: float
    end: float
    times: int


@attrs.frozen
class Mark:
    """A quartile: its ``point`` (s of content, None without a duration), and when it fired.

    ``at`` is None if it did not fire, else ``position`` is where the playhead was then; ``why``
    says why it did or did not.
    """

    quartile: int
    point: float | None
    at: float | None
    position: float | None
    why: str


@attrs.frozen
class SessionTimeline:
    """One session: its explanation, and what there is to see of it between ``start`` and ``end``.

    ``signals`` are the times and names of the raw ones.
    """

    explanation: Explanation
    start: float
    end: float
    strokes: tuple[Stroke, ...]
    states: tuple[Band, ...]
    interruptions: tuple[Band, ...]
    watched: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    signals: tuple[tuple[float, str], ...] = ()

    @property
    def summary(self) -> Summary:
        """The session's totals."""
        return self.explanation.summary

    @property
    def span(self) -> tuple[float, float]:
        """The content that there is to show (s): all of it; of a live stream, what was seen."""
        seen = [position for stroke in self.strokes for _, position in stroke.points]
        low, high = min(seen, default=0.0), max(seen, default=0.0)
        duration = self.summary.duration
        if duration is not None and not self.summary.live:
            low, high = 0.0, max(duration, high)
        elif self.watched:  # a live stream may count from anywhere
            low, high = self.watched[0].start, self.watched[-1].end
        return low, max(high, low + 1.0)

    @property
    def origin(self) -> float:
        """The zero of positions: 0, or where the content starts if that is far away."""
        low, _ = self.span
        return low if low > _CLOCK else 0.0

    @property
    def title(self) -> str:
        """Which session of which player it is, and of which media."""
        summary = self.summary
        title = f"session {summary.ordinal}"
        if summary.player is not None:
            title = f"{brief(summary.player, 30)}: {title}"
        if summary.entry_id is not None:
            title += f" of {brief(summary.entry_id, 40)}"
        return title

    def to_record(self) -> dict[str, Any]:
        """The drawing, and the explanation of the session, for a program."""
        drawn = attrs.asdict(
            self, filter=lambda field, _: field.name not in ("explanation", "signals")
        )
        return {**drawn, **self.explanation.to_record()}

    def describe(self) -> Iterator[str]:
        """The session's totals, in a few words each."""
        summary = self.summary
        if summary.join_time is None:
            yield "not played"
            return
        watched = clock(summary.unique_time, 0.1)
        if summary.duration is not None and not summary.live:
            watched += f" of {clock(summary.duration, 0.1)}"
        yield f"watched {watched}"
        for count, what in (
            (summary.stall_count, "stall"),
            (summary.seek_count, "seek"),
            (summary.error_count, "error"),
        ):
            if count:
                yield counted(count, what)


@attrs.frozen
class Timeline:
    """The sessions of a trace: by player, then in order; ``start`` is the trace's first time."""

    rows: tuple[SessionTimeline, ...]
    start: float


def brief(text: str, width: int) -> str:
    """A name from a trace in at most ``width`` characters; what cannot be printed is escaped."""
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text[:width])
    return shown if len(shown) == len(text) else f"{shown[: width - 1]}…"
