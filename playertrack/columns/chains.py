"""Feeds runs of quiet updates of one player in one step each, which is most of a trace.

Most rows are updates that go on as they should. Whether one is natural from the one before is the
same arithmetic for all rows, so numpy judges them together, by the pace that their players have;
what passes in a row is a chain, which the engine takes in one call, with the milestones and views
that it reaches (`Engine.advance`). All other rows are fed one by one. Each player's rows are taken
together: players do not know of each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from math import inf
from operator import itemgetter
from typing import Any

import attrs
import numpy as np

from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.playhead import Pace
from ..errors import SignalError
from ..events import Event
from ..signals import Signal
from ..trace.summaries import EndedSessions
from .decode import SignalBatch

#: Worth it from so many rows a player, and so large a share of rows in chains.
_LEAST_ROWS, _LEAST_SHARE = 24, 0.5

#: Players may be so much faster than normal where that share is counted.
_FASTER = 4.0

#: Rows judged in one step, which should stay in the cache.
_BLOCK = 1 << 15

#: To judge some rows takes as long as to feed so many one by one.
_JUDGED = 50

#: What becomes of a row: its number (from 0), its player, and its events or what is wrong with it.
Taken = Callable[[int, str | None, Sequence[Event] | SignalError], None]

_view: Any = memoryview


@np.errstate(invalid="ignore", over="ignore")
def feed_chains(
    batch: SignalBatch,
    fleet: Fleet,
    chosen: dict[str | None, bool] | None,
    taken: Taken,
    ended: EndedSessions | None,
) -> bool:
    """Feed the rows of a batch whose order matters only for each player; False if it is no use.

    ``taken`` is called for each row that came to something and for the first of each player,
    player by player.
    """
    codes, updates, at, position = batch.arrays()
    rows = _by_player(codes)
    if chosen is not None:
        keep = np.array([chosen[player] for player in (*batch.known_players, None)])
        rows = rows[keep[codes[rows]]]
    codes = codes[rows]
    bounds = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1, [len(rows)]))
    if len(rows) < _LEAST_ROWS * (len(bounds) - 1) or not len(rows):
        return False
    normal = fleet.pace
    moves = _Moves(updates[rows], at[rows], position[rows])
    linked = moves.linked(0, len(rows), normal)
    linked[bounds[:-1]] = False
    if linked.mean() < _LEAST_SHARE:
        faster = moves.linked(0, len(rows), normal, _FASTER)
        if faster.mean() < _LEAST_SHARE:
            return False
    breaks = np.append(np.flatnonzero(~linked), len(rows))
    players = [batch.known_players[code] if code >= 0 else None for code in codes[bounds[:-1]]]
    groups = _groups(players, bounds.tolist(), np.searchsorted(breaks, bounds), breaks.tolist())
    table = _Table(batch, rows, moves)
    for first, group in _by_appearance(groups, fleet, table):
        if first is not None:
            taken(first, group.player, ())
        engine = _engine(fleet, group.player)
        links = _Links(moves, group, normal, normal if engine is None else engine.pace)
        _feed_player(table, links, fleet, group, taken, ended)
    return True


def _groups(
    players: list[str | None], bounds: list[int], found: Any, breaks: list[int]
) -> list[_Group]:
    """The players with their rows; ``found`` is where each of ``bounds`` is among ``breaks``."""
    spans = pairwise(zip(bounds, found.tolist(), strict=True))
    return [
        _Group(player, start, end, breaks[first : last + 1])
        for player, ((start, first), (end, last)) in zip(players, spans, strict=True)
    ]


def _by_player(codes: Any) -> Any:
    """The numbers of the rows, player after player; short codes are sorted much faster."""
    short = len(codes) and codes.max() < 0xFFFF
    return np.argsort(codes.astype(np.uint16) if short else codes, kind="stable")


class _Moves:
    """The rows of all players as arrays: which of them are updates, when, and where."""

    def __init__(self, updates: Any, at: Any, positions: Any) -> None:
        at += 0.0  # in place: what is as large as this costs time when it is made
        positions += 0.0
        self.updates, self.at, self.positions = updates, at, positions

    def linked(self, start: int, end: int, pace: Pace, faster: float = 1.0) -> Any:
        """An array of which rows are natural from the one before by ``pace``, the first never."""
        linked, reach = np.zeros(end - start, bool), faster * pace.reach
        for first in range(start + 1, end, _BLOCK):
            last = min(end, first + _BLOCK)
            both = slice(first - 1, last)
            now, position = self.at[both] + pace.offset, self.positions[both]
            elapsed, ahead = now[1:] - now[:-1], position[1:] - position[:-1]
            # `Engine.timeupdate` has the same three comparisons, in the same arithmetic.
            natural = (ahead > 0.0) & (ahead <= elapsed * reach) & (elapsed < pace.patience)
            natural &= self.updates[first:last] & self.updates[first - 1 : last - 1]
            linked[first - start : last - start] = natural
        return linked


@attrs.frozen
class _Group:
    """A player and where its rows are in the table.

    ``breaks`` are those that are not natural from the one before at normal speed, and the end.
    """

    player: str | None
    start: int
    end: int
    breaks: list[int]


class _Table:
    """The rows of a batch, player after player: what is known of each."""

    def __init__(self, batch: SignalBatch, rows: Any, moves: _Moves) -> None:
        self.numbers = _view(rows)
        self.updates, self.times = _view(moves.updates), _view(moves.at)
        self.positions = _view(moves.positions)
        others = np.flatnonzero(~moves.updates)
        self._others = batch.part(rows[others])
        self._index = dict(zip(others.tolist(), range(len(others)), strict=True))

    def signal(self, index: int) -> Signal:
        """The signal of a row that is no update; raises `SignalError`."""
        return self._others.signal(self._index[index])

    def can_be(self, index: int) -> bool:
        """A signal can be made of a row."""
        with suppress(SignalError):
            return bool(self.updates[index] or self.signal(index))
        return False


def _by_appearance(
    groups: Iterable[_Group], fleet: Fleet, table: _Table
) -> list[tuple[int | None, _Group]]:
    """New players in the order of their first signal that can be, whose row comes first here."""
    known = fleet.known
    old: list[tuple[int | None, _Group]] = []
    new: list[tuple[int | None, _Group]] = []
    for group in groups:
        row = None
        if group.player not in known:
            indices = range(group.start, group.end)
            row = next((table.numbers[index] for index in indices if table.can_be(index)), None)
        (old if row is None else new).append((row, group))
    new.sort(key=itemgetter(0))
    return old + new


class _Links:
    """Which rows of a player are natural from the one before.

    When the player has another pace its rows are judged again: as soon as it has had that for a
    while, and not too many at once, so that it takes no time to speak of however often that
    happens.
    """

    def __init__(self, moves: _Moves, group: _Group, normal: Pace, pace: Pace) -> None:
        self._moves, self._breaks, self._pace, self._end = moves, group.breaks, pace, group.end
        self._judged = group.end if pace is normal else group.start
        self._since = -inf  # it came with this pace

    def until(self, index: int, pace: Pace) -> int:
        """The first row from ``index`` on that is not natural from the one before by ``pace``.

        Rows that were not judged are taken not to be.
        """
        if pace is not self._pace:
            self._pace, self._since, self._judged = pace, index, index
        if index >= self._judged:
            if index - self._since < _JUDGED:
                return index
            self._judged = int(min(self._end, index + 4 * (index - self._since)))
            linked = self._moves.linked(index - 1, self._judged, pace)[1:]
            self._breaks = [*((~linked).nonzero()[0] + index).tolist(), self._judged]
        return self._breaks[bisect_left(self._breaks, index)]


def _feed_player(
    table: _Table,
    links: _Links,
    fleet: Fleet,
    group: _Group,
    taken: Taken,
    ended: EndedSessions | None,
) -> None:
    updates, positions, times, numbers = table.updates, table.positions, table.times, table.numbers
    player, index, end = group.player, group.start, group.end
    made: list[tuple[int, Sequence[Event]]] = []
    engine = _engine(fleet, player)
    while index < end:
        try:
            if not updates[index]:
                events = fleet.feed(player, table.signal(index))
                engine = _engine(fleet, player)
            elif engine is not None:
                events = engine.timeupdate(positions[index], times[index])
            else:
                events = fleet.timeupdate(player, positions[index], times[index])
                engine = _engine(fleet, player)
        except SignalError as error:
            taken(numbers[index], player, error)
        else:
            if events or ended:
                taken(numbers[index], player, events)
        index += 1
        if engine is not None and index < end and positions[index] < engine.limit:
            stop = links.until(index, engine.pace)
            if stop > index:
                index = engine.advance(positions, times, index, stop, made)
    for index, events in made:
        taken(numbers[index], player, events)


def _engine(fleet: Fleet, player: str | None) -> Engine | None:
    """The engine of a player at work, to which its updates may go without asking the fleet."""
    engine = fleet.entries.get(player)
    return engine if isinstance(engine, Engine) else None
