"""A row for each session as it ends, for `derive --summaries`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.session import SessionIds, Summary, offline_ids

#: A summary with the times of its session, by column.
Row = dict[str, Any]

#: What a row begins with.
_FIRST = ("player", "session", "entry_id")


class EndedSessions:
    """Collects the summaries of the sessions of a fleet (`watch`), until they are taken.

    A row has ``player``, ``session``, ``entry_id``, ``started_at`` (of its first event),
    ``ended_at`` (when it was closed) and the other fields of `Summary`.
    """

    def __init__(self, ids: SessionIds = offline_ids) -> None:
        self._ids = ids
        self._rows: list[Row] = []
        self._started: dict[str | None, float] = {}
        self._engine_of: Callable[[str | None], Engine | None] = lambda player: None

    def watch(self, fleet: Fleet) -> None:
        """The fleet that was made with ``ids=ended.ids`` and ``on_close=ended.closed``."""
        self._engine_of = fleet.players.get

    def ids(self, player: str | None, ordinal: int, at: float) -> str:
        """The session id factory of the fleet: where a session begins, the one before is over."""
        engine = self._engine_of(player)
        if engine is not None and engine.last_summary is not None:
            self._add(engine.last_summary, engine)
        self._started[player] = at
        return self._ids(player, ordinal, at)

    def closed(self, engine: Engine) -> None:
        """The player is closed, and with it its last session."""
        if engine.session_id is not None:
            self._add(engine.summary(), engine)
        self._started.pop(engine.player, None)

    def take(self) -> list[Row]:
        """The rows since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def __bool__(self) -> bool:
        return bool(self._rows)

    def _add(self, summary: Summary, engine: Engine) -> None:
        started = self._started.get(summary.player)
        if started is not None:
            self._rows.append(summary_row(summary, started, engine.last_at))


def summary_row(summary: Summary, started_at: float, ended_at: float | None) -> Row:
    """The row of a session, ready for JSON."""
    fields = attrs.asdict(summary)
    row = {name: fields.pop(name) for name in _FIRST}
    return {**row, "started_at": started_at, "ended_at": ended_at, **fields}
