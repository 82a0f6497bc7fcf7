"""Reads sources once, so that the table has a row for each of their sessions.

Nothing of a session is kept but its row. Players that close are forgotten, and those that are
silent for long are kept as snapshots, so that a hundred thousand of them fit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.session import Summary
from ..events import Event
from ..policy import Policy
from ..signals import Signal
from ..timeline.from_log import row_of
from ..trace.lint import Lint
from .rows import SessionRow

#: Engines that are kept as they are; the others are snapshots.
_AWAKE = 4096


@attrs.frozen(kw_only=True)
class Place:
    """Where a session's player stands in a source: from line ``first`` to line ``last``."""

    source: int
    first: int
    last: int


#: Takes a row, whose number is yet to be set, and where it is from.
Take = Callable[[SessionRow, Place], object]


@attrs.define
class _Player:
    """What is known of a player while it is read."""

    first: int
    last: int
    at: float
    session: str | None = None
    start: float = 0.0
    event_at: float = 0.0
    events: int = 0
    rows: list[SessionRow] = attrs.field(factory=list)


class SignalIndex:
    """Derives the sessions of a trace and hands their rows to ``take``."""

    def __init__(self, source: int, name: str, policy: Policy, take: Take) -> None:
        self._source = source
        self._name = name
        self._policy = policy
        self._take = take
        self._fleet = Fleet(policy=policy)
        self._players: OrderedDict[str | None, _Player] = OrderedDict()
        self._asleep: dict[str | None, bytes] = {}
        self._closed: set[str | None] = set()

    def feed(self, line: int, player: str | None, signal: Signal) -> None:
        """Take the signal of a line."""
        if player in self._closed:
            return  # R-close: what comes later is ignored
        known = self._players.get(player)
        if known is None:
            known = self._players[player] = _Player(line, line, signal.at)
        engine = self._engine(player)
        known.last, known.at = line, signal.at
        events = engine.feed(signal)
        if events:
            self._note(known, engine, events)
        if engine.closed:
            self._finish(player, engine)
            self._closed.add(player)

    def close(self) -> None:
        """The source is over, and with it each player (R-eof)."""
        for player in list(self._players):
            engine = self._engine(player)
            self._note(self._players[player], engine, engine.close())
            self._finish(player, engine)

    def _engine(self, player: str | None) -> Engine:
        awake = self._fleet.players
        if player in awake:
            return awake[player]
        asleep = self._asleep.pop(player, None)
        if asleep is not None:
            self._fleet.adopt(Engine.restore(asleep))
        if len(awake) >= _AWAKE:
            for other in [each for each in awake if each != player][: _AWAKE // 2]:
                self._asleep[other] = awake[other].snapshot()
                self._fleet.forget(other)
        return self._fleet.engine(player)

    def _note(self, known: _Player, engine: Engine, events: Iterable[Event]) -> None:
        for event in events:
            if event.session != known.session:
                if known.session is not None and engine.last_summary is not None:
                    known.rows.append(self._row(known, engine.last_summary, event.at))
                known.session, known.start, known.events = event.session, event.at, 0
            known.events += 1
            known.event_at = event.at

    def _finish(self, player: str | None, engine: Engine) -> None:
        known = self._players.pop(player)
        if known.session is not None:
            known.rows.append(self._row(known, engine.summary(), known.at))
        place = Place(source=self._source, first=known.first, last=known.last)
        for row in known.rows:
            self._take(row, place)
        self._fleet.forget(player)

    def _row(self, known: _Player, summary: Summary, end: float) -> SessionRow:
        return row_from(
            summary,
            session=known.session or "",
            start=known.start,
            end=max(end, known.event_at),
            events=known.events,
            source=self._name,
        )


def row_from(
    summary: Summary,
    *,
    session: str,
    start: float,
    end: float,
    events: int,
    source: str = "",
    bad: int = 0,
) -> SessionRow:
    """The row of a session, by its summary."""
    played = summary.join_time is not None
    return SessionRow(
        number=0,
        session=session,
        player=summary.player,
        entry_id=summary.entry_id,
        start=start,
        end=end,
        watched=summary.completion,
        quartiles=summary.quartiles,
        stalls=summary.stall_count,
        errors=summary.error_count,
        events=events,
        bad=bad,
        missing=played and not summary.live and len(summary.quartiles) < 4,
        source=source,
    )


class EventIndex:
    """Groups the records of an event log by session, checks them, and hands on the rows."""

    def __init__(self, source: int, name: str, policy: Policy, take: Take) -> None:
        self._source = source
        self._name = name
        self._take = take
        self._lint = Lint(policy)
        self._sessions: dict[str, list[tuple[int | None, dict[str, Any]]]] = {}
        self._bad: dict[str, int] = {}

    def feed(self, line: int, record: dict[str, Any]) -> None:
        """Take the record of a line."""
        session = record.get("session")
        name = session if isinstance(session, str) else ""
        self._sessions.setdefault(name, []).append((line, record))
        self._count(self._lint.add(line, record))

    def _count(self, findings: Iterable[Any]) -> None:
        for finding in findings:
            name = finding.session or ""
            self._bad[name] = self._bad.get(name, 0) + 1

    def close(self) -> None:
        """The log is over."""
        self._count(self._lint.end())
        for session, records in self._sessions.items():
            row = row_of(records)
            made = row_from(
                row.summary,
                session=session,
                start=row.start,
                end=row.end,
                events=len(records),
                source=self._name,
                bad=self._bad.get(session, 0),
            )
            first, last = records[0][0] or 1, records[-1][0] or 1
            self._take(made, Place(source=self._source, first=first, last=last))
        self._sessions.clear()
