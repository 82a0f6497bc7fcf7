"""The collector's page: the sessions as they arrive, with their events and verdicts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ..errors import shorten
from ..timeline.from_log import row_of
from ..timeline.listing import EventItem
from ..view.detail import Detail
from ..view.indexing import log_row, row_from
from ..view.library import Library
from ..view.rows import SessionRow
from .history import MOST_BYTES, size_of
from .received import Received, number_in, seconds_of

#: What the page calls the session of events that name none.
NO_SESSION = "(none)"
#: Events of a session that are kept; the first ones stay, the middle goes.
_MOST_EVENTS = 5000


@attrs.define
class _Session:
    number: int
    events: list[Received] = attrs.field(factory=list)
    row: SessionRow | None = None
    size: int = 0


class CollectedSessions(Library):
    """The library of a collector's page: at most ``most`` sessions, the oldest go first."""

    title = "collector"
    live = True

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._count = 0
        self._size = 0
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    @property
    def rows(self) -> list[SessionRow]:
        """A row for each session that is kept."""
        return [_row(name, session) for name, session in self._sessions.items()]

    def find(self, session: str, place: str) -> SessionRow | None:
        """The row of a session; it has no twins here."""
        found = self._sessions.get(session)
        return None if found is None else _row(session, found)

    def add(self, received: Received) -> None:
        """An event came."""
        name = received.session or NO_SESSION
        session = self._sessions.get(name)
        if session is None:
            self._count += 1
            session = self._sessions[name] = _Session(self._count)
            while len(self._sessions) > self._most:
                self._forget()
        self._sessions.move_to_end(name)
        session.row = None
        session.events.append(received)
        session.size += size_of(received)
        self._size += size_of(received)
        while len(session.events) > _MOST_EVENTS or (
            session.size > MOST_BYTES and len(session.events) > 1
        ):
            gone = size_of(session.events.pop(len(session.events) // 2))
            session.size -= gone
            self._size -= gone
        while self._size > MOST_BYTES and len(self._sessions) > 1:
            self._forget()
        self.changed()

    def _forget(self) -> None:
        """Forget the session that was silent for longest."""
        self._size -= self._sessions.popitem(last=False)[1].size

    def clear(self) -> None:
        """Forget all sessions."""
        self._sessions.clear()
        self._size = 0
        self.changed()

    def detail(self, row: SessionRow) -> Detail | None:
        """The session's events, each with its verdict and its request."""
        session = self._sessions.get(row.session)
        if session is None:
            return None
        events = list(session.events)
        picture = row_of(_records(events))
        states = picture.states
        return Detail(
            session=row.session,
            row=picture,
            start=picture.start,
            events=tuple(_items(events, picture.start)),
            missing=() if picture.summary.join_time is None else picture.explanation.missing,
            findings=tuple(
                f"{each.event or 'an unknown event'}: {finding}"
                for each in events
                for finding in each.findings
            ),
            state=states[-1].name if states else None,
        )


def _row(name: str, session: _Session) -> SessionRow:
    if session.row is None:
        picture = row_of(_records(session.events))
        summary = log_row(picture.summary, picture.start, picture.end, name)
        bad = sum(bool(each.findings) for each in session.events)
        row = row_from(summary, events=len(session.events), bad=bad)
        session.row = attrs.evolve(row, number=session.number)
    return session.row


def _records(events: Sequence[Received]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events as records of an event log, from the endpoint that reported first.

    Another endpoint receives the same events, and may count time in its own way.
    """
    for each in events:
        if each.endpoint == events[0].endpoint:
            yield each.number, record_of(each)


def record_of(received: Received) -> dict[str, Any]:
    """An event as it came, in the terms of an event log, as far as it says them."""
    fields = received.fields
    point = seconds_of("currentPoint", fields)
    return {
        "event": received.event or f"type {shorten(fields.get('eventType', '?'))}",
        "at": received.happened_at,
        "session": received.session,
        "index": received.number,
        "entry_id": received.entry_id or None,
        "position": number_in(fields.get("position")) if point is None else point,
        "duration": number_in(fields.get("duration")),
        "join_time": number_in(fields.get("joinTime")) or 0.0,
        "target": number_in(fields.get("targetPosition")),
        "code": fields.get("errorCode", ""),
    }


def _items(events: Sequence[Received], start: float) -> Iterator[EventItem]:
    """The events in the order in which they came; times of each endpoint begin at ``start``."""
    first: dict[str, float] = {}
    for each in events:
        since = first.setdefault(each.endpoint, each.happened_at)
        yield _item(each, start + each.happened_at - since)


def _item(received: Received, at: float) -> EventItem:
    record = record_of(received)
    verdict = "good" if received.good else "bad" if received.accepted else "not taken"
    return EventItem(
        name=record["event"],
        at=at,
        index=received.number,
        position=record["position"],
        fields={"sent to": received.endpoint},
        findings=received.findings,
        verdict=verdict,
        outcome=received.outcome,
        request=received.fields,
    )
