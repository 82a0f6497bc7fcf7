"""The library of players that run in this program: sessions as they are played."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import attrs

from ..core.context import Diagnostic
from ..core.session import random_ids
from ..events import Event
from ..policy import Policy
from ..signals import Signal, Tick
from ..timeline.listing import event_items
from ..timeline.observer import Observer, Outline
from .detail import Detail, SignalItem
from .indexing import log_row, row_from
from .library import Library
from .rows import SessionRow


@attrs.define
class _Watched:
    """A player: what watches it, and its signals and diagnostics by session."""

    observer: Observer
    line: int = 0
    seen: int = 0
    reported: int = 0
    session: str | None = None
    signals: dict[str | None, list[SignalItem]] = attrs.field(factory=dict)
    diagnostics: dict[str | None, list[Diagnostic]] = attrs.field(factory=dict)
    said: list[Diagnostic] = attrs.field(factory=list)

    def feed(self, player: str | None, signal: Signal) -> None:
        self.line += 1
        self.seen += len(self.observer.feed(self.line, player, signal))
        session = self.observer.session(player)
        if self.session is None and session is not None:
            self.signals[session] = self.signals.pop(None, [])
        self.session = session
        if not isinstance(signal, Tick):
            item = SignalItem(line=self.line, player=player, signal=signal)
            self.signals.setdefault(session, []).append(item)
        self.diagnostics.setdefault(session, []).extend(self.said)
        self.said.clear()


class LiveLibrary(Library):
    """The sessions of trackers; see `options`. Any thread may report to it."""

    title = "live"
    live = True

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._players: dict[str | None, _Watched] = {}
        self._ids: dict[tuple[str | None, int], str] = {}

    def options(self, player: str | None, policy: Policy | None = None) -> dict[str, Any]:
        """Options for a `Tracker` of ``player`` that make it show up here."""

        def on_signal(signal: Signal) -> None:
            self._feed(player, policy, signal)

        def on_event(event: Event) -> None:
            self._settle(player)

        return {"player": player, "ids": self._new_id, "on_signal": on_signal, "on_event": on_event}

    def _new_id(self, player: str | None, ordinal: int, at: float) -> str:
        """A new id for the tracker's session, and the same for what is seen of it."""
        made = random_ids(player, ordinal, at)
        return self._ids.setdefault((player, ordinal), made)

    def _known_id(self, player: str | None, ordinal: int, at: float) -> str:
        return self._ids.get((player, ordinal)) or self._new_id(player, ordinal, at)

    def _feed(self, player: str | None, policy: Policy | None, signal: Signal) -> None:
        with self._lock:
            watched = self._players.get(player)
            if watched is None:
                said: list[Diagnostic] = []
                observer = Observer(policy, said.append, self._known_id)
                watched = self._players[player] = _Watched(observer, said=said)
            watched.feed(player, signal)
        self.changed()

    def _settle(self, player: str | None) -> None:
        """The tracker reported an event that may be due to time alone: let time pass here too."""
        with self._lock:
            watched = self._players.get(player)
            if watched is None:
                return
            watched.reported += 1
            while watched.seen < watched.reported:
                due = watched.observer.next_timer(player)
                if due is None:
                    return
                before = watched.seen
                watched.feed(player, Tick(at=due))
                if watched.seen == before and watched.observer.next_timer(player) == due:
                    return
        self.changed()

    # ---------------------------------------------------------------------------- looking

    @property
    def rows(self) -> list[SessionRow]:
        """A row for each session so far."""
        with self._lock:
            found = [
                _row(outline, watched.observer.milestones)
                for watched in self._players.values()
                for outline in watched.observer.outlines()
            ]
        return [attrs.evolve(row, number=number) for number, row in enumerate(found)]

    def detail(self, row: SessionRow) -> Detail | None:
        """All of a session so far."""
        with self._lock:
            watched = self._players.get(row.player)
            if watched is None:
                return None
            picture = watched.observer.row(row.player, row.session)
            if picture is None:
                return None
            here = watched.session == row.session
            return Detail(
                session=row.session,
                row=picture,
                start=picture.start,
                events=tuple(event_items(picture.explanation.entries)),
                missing=picture.explanation.missing,
                signals=tuple(watched.signals.get(row.session, ())),
                diagnostics=tuple(watched.diagnostics.get(row.session, ())),
                state=watched.observer.state(row.player) if here else None,
            )


def _row(outline: Outline, milestones: Sequence[int]) -> SessionRow:
    summary = outline.summary
    made = log_row(summary, outline.start, outline.end, summary.session or "")
    return row_from(made, milestones, events=outline.events)
