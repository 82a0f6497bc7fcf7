"""The data of one session in full, for the panel and for exports."""

from __future__ import annotations

from typing import Any

import attrs

from ..core.context import Diagnostic
from ..signals import Signal
from ..signals import to_record as signal_record
from ..timeline.listing import EventItem
from ..timeline.model import SessionTimeline
from ..trace.missing import Missing


@attrs.frozen(kw_only=True)
class SignalItem:
    """A raw signal: the ``line`` that it stood on, and what it said."""

    line: int
    player: str | None
    signal: Signal

    @property
    def fields(self) -> dict[str, Any]:
        """Its fields besides name, time and position."""
        record = signal_record(self.signal)
        return {k: v for k, v in record.items() if k not in ("signal", "at", "position")}


@attrs.frozen(kw_only=True)
class Detail:
    """A session: ``row`` is its picture, None where the events do not suffice for one.

    ``state`` is where the player's machine is now, None if the session is over or unknown.
    """

    session: str
    row: SessionTimeline | None
    start: float
    events: tuple[EventItem, ...]
    signals: tuple[SignalItem, ...] = ()
    missing: tuple[Missing, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    findings: tuple[str, ...] = ()
    source: str = ""
    state: str | None = None

    @property
    def over(self) -> bool:
        """Nothing more comes, or its player is at the end."""
        return self.state in (None, "ENDED", "FAILED", "CLOSED")
