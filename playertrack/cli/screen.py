"""Playback on the terminal: a line for each event, the progress, the totals at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._times import clock
from .._words import counted, one_word
from ..events import EVENTS
from ..signals import DurationChange, Loaded, Signal, TimeUpdate

if TYPE_CHECKING:
    from ..core.session import Summary
    from ..events import Event

_WIDTH = max(map(len, EVENTS))
_BAR = 30


class Screen:
    """A sink that prints events for people, times counted from the first of each session."""

    def __init__(self) -> None:
        from .prose import printer

        self._print = printer(sys.stdout)
        self._session: str | None = None
        self._start = 0.0

    def emit(self, event: Event) -> None:
        """Print the line of ``event``."""
        if event.session != self._session:
            self._session, self._start = event.session, event.at
            self._print(f"session {event.session}")
        where = "" if event.position is None else f"at {clock(event.position, 0.001):>9}"
        more = "  ".join(f"{name} {_short(value)}" for name, value in _extras(event))
        since = clock(event.at - self._start, 0.001)
        line = f"{since:>9}  {event.event:<{_WIDTH}}  {where:12}  {more}"
        self._print(line.rstrip())

    def close(self, timeout: float) -> bool:
        """True: everything was printed."""
        return True


class JsonLines:
    """A sink that prints events as an event log."""

    def emit(self, event: Event) -> None:
        """Print the line of ``event``."""
        from ..sinks import event_line

        sys.stdout.buffer.write(event_line(event))
        sys.stdout.buffer.flush()

    def close(self, timeout: float) -> bool:
        """True: everything was printed."""
        return True


def _extras(event: Event) -> Iterator[tuple[str, Any]]:
    """The event's own fields, without those that are empty."""
    for name in event.extra:
        value = getattr(event, name)
        if value is not None and value is not False and value != "":
            yield name, value


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return one_word(str(value))


class Progress:
    """One line on a terminal that says how far playback is; a sink, to make way for events."""

    def __init__(self) -> None:
        self._duration: float | None = None
        self._position = 0.0
        self._shown = ""

    def update(self, signal: Signal) -> None:
        """Show what ``signal`` says."""
        if isinstance(signal, (Loaded, DurationChange)):
            self._duration = signal.duration
        if signal.position is not None:
            self._position = signal.position
        doing = "playing" if isinstance(signal, TimeUpdate) else signal.name
        line = f"{clock(self._position)}{self._of()}  {doing}"
        if line != self._shown:
            self._shown = line
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def emit(self, event: Event) -> None:
        """Clear the line: an event is to be printed."""
        self._clear()

    def close(self, timeout: float) -> bool:
        """Clear the line for good; True."""
        self._clear()
        return True

    def _clear(self) -> None:
        if self._shown:
            self._shown = ""
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _of(self) -> str:
        if self._duration is None:
            return ""
        share = min(1.0, self._position / self._duration)
        bar = ("=" * round(_BAR * share)).ljust(_BAR)
        return f" / {clock(self._duration)}  [{bar}] {100 * share:3.0f} %"


def summary_lines(summary: Summary) -> Iterator[str]:
    """A session's totals, as lines for people."""
    entry = "nothing" if summary.entry_id is None else _short(summary.entry_id)
    yield f"session {summary.ordinal} of {entry}"
    if summary.join_time is None:
        yield "  never played"
        return
    if summary.duration is None:
        share = clock(summary.unique_time, 0.1)
    else:
        share = f"{clock(summary.unique_time, 0.1)} of {clock(summary.duration, 0.1)}"
    if summary.completion is not None:
        share += f" ({100 * summary.completion:.0f} %)"
    reached = ", ".join(f"{quartile} %" for quartile in summary.quartiles) or "no quartile"
    yield f"  watched {share}; reached {reached}"
    started = f"started {clock(summary.join_time, 0.001)} after the request"
    yield f"  played  {clock(summary.play_time, 0.1)}, {started}"
    stalled = f" ({clock(summary.stall_time, 0.1)})" if summary.stall_count else ""
    yield (
        f"  {counted(summary.stall_count, 'stall')}{stalled}, "
        f"{counted(summary.seek_count, 'seek')}, {counted(summary.error_count, 'error')}"
    )
