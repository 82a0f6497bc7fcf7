"""All there is to say of one session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from ..core.context import Diagnostic
from ..events import Event, to_record
from ..signals import Signal
from ..signals import to_record as signal_record
from ..timeline.model import Row
from ..trace.explain import Missing, Told

_COMMON = ("event", "at", "player", "session", "index", "entry_id", "position", "duration")


@attrs.frozen(kw_only=True)
class EventItem:
    """An event in the list: ``fields`` are its own, ``findings`` what is wrong with it.

    ``why`` says what caused it, ``rule`` is the contract's, ``line`` the signal's; each is
    empty or None where nobody knows. In the collector ``verdict`` is what it makes of the
    event, ``outcome`` is its answer, and ``request`` the fields that came.
    """

    name: str
    at: float
    index: int | None = None
    position: float | None = None
    fields: Mapping[str, Any] = attrs.field(factory=dict)
    rule: str = ""
    why: str = ""
    line: int | None = None
    findings: tuple[str, ...] = ()
    verdict: str = ""
    outcome: str = ""
    request: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SignalItem:
    """A raw signal: the ``line`` that it stood on, and what it said."""

    line: int
    player: str | None
    signal: Signal

    @property
    def fields(self) -> dict[str, Any]:
        """What it has besides its name, time and position."""
        record = signal_record(self.signal)
        return {k: v for k, v in record.items() if k not in ("signal", "at", "position")}


@attrs.frozen(kw_only=True)
class Detail:
    """A session: ``row`` is its picture, None where the events tell too little for one.

    ``state`` is where the player's machine is now, None if the session is over or unknown.
    """

    session: str
    row: Row | None
    start: float
    events: tuple[EventItem, ...]
    signals: tuple[SignalItem, ...] = ()
    missing: tuple[Missing, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    findings: tuple[str, ...] = ()
    source: str = ""
    state: str | None = None


def event_items(told: Iterable[Told]) -> Iterator[EventItem]:
    """Events that the engine derived, with their reasons."""
    for each in told:
        yield item_of(each.event, each.line, each.why)


def item_of(event: Event, line: int | None, why: str = "") -> EventItem:
    """An event as an item of the list."""
    record = to_record(event)
    return EventItem(
        name=event.event,
        at=event.at,
        index=event.index,
        position=event.position,
        fields={name: value for name, value in record.items() if name not in _COMMON},
        rule=event.rule,
        why=why.removesuffix(f" [{event.rule}]"),
        line=line,
    )
