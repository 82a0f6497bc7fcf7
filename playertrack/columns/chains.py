"""Feeds runs of quiet updates of one player in one step each, which is most of a trace.

Most rows are updates that go on as they should. Whether one is natural from the one before is the
same arithmetic for all rows, so numpy judges them together, by the pace that their players have;
what passes in a row is a chain, of which the engine takes as much as reaches nothing
(`Engine.advance`). All other rows are fed one by one. Each player's rows are taken together:
players do not know of each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
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

#: How much faster some of the rows may be than they are judged, when it is seen what share that is.
_FASTER = 4.0

#: To judge some rows takes as long as to feed so many one by one.
_JUDGED = 50

#: What becomes of a row: its number (from 0), its player, and its events or what is wrong with it.
Taken = Callable[[int, str | None, Sequence[Event] | SignalError], None]

#: The rows of a player: where they begin, and where they end.
_Group = tuple[str | None, int, int]

_view: Any = memoryview


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
    starts = np.flatnonzero(np.diff(codes, prepend=-2))
    if len(rows) < _LEAST_ROWS * max(1, len(starts)):
        return False
    moves = _Moves(updates[rows], at[rows], position[rows])
    ends = [*starts[1:].tolist(), len(rows)]
    groups: list[_Group] = [
        (batch.known_players[code] if code >= 0 else None, start, end)
        for code, start, end in zip(codes[starts].tolist(), starts.tolist(), ends, strict=True)
    ]
    paces = [_pace(fleet, player) for player, _, _ in groups]
    offset, reach, patience = _each(paces, np.diff([*starts, len(rows)]))
    linked = moves.linked(0, len(rows), offset, reach, patience)
    linked[starts] = False
    if linked.mean() < _LEAST_SHARE:
        faster = moves.linked(0, len(rows), offset, _FASTER * reach, patience)
        if faster.mean() < _LEAST_SHARE:
            return False
    breaks = [*np.flatnonzero(~linked).tolist(), len(rows)]
    table = _Table(batch, rows, moves)
    for first, group, pace in _by_appearance(groups, paces, fleet, table):
        if first is not None:
            taken(first, group[0], ())
        links = _Links(moves, breaks, group, pace)
        _feed_player(table, links, fleet, group, taken, ended)
    return True


def _by_player(codes: Any) -> Any:
    """The numbers of the rows, player after player; short codes are sorted much faster."""
    short = len(codes) and codes.max() < 0xFFFF
    return np.argsort(codes.astype(np.uint16) if short else codes, kind="stable")


def _pace(fleet: Fleet, player: str | None) -> Pace:
    """The pace that a player has now, or begins with."""
    engine = fleet.entries.get(player)
    return engine.pace if isinstance(engine, Engine) else fleet.pace


def _each(paces: Sequence[Pace], counts: Any) -> tuple[Any, Any, Any]:
    """The limits of paces for their rows, ``counts`` of each: one number if that will do."""
    values = [(pace.offset, pace.reach, pace.patience) for pace in paces]
    if len(set(values)) == 1:
        return values[0]
    offset, reach, patience = np.repeat(np.array(values).T, counts, axis=1)
    return offset, reach[1:], patience[1:]


@attrs.frozen
class _Moves:
    """The rows of all players as arrays: whether each is an update, when, and where."""

    updates: Any
    at: Any
    positions: Any

    def linked(self, start: int, end: int, offset: Any, reach: Any, patience: Any) -> Any:
        """An array of which rows are natural from the one before, the first never.

        `Engine.timeupdate` has the same three comparisons, in the same arithmetic.
        """
        updates = self.updates[start:end]
        linked = np.zeros(end - start, bool)
        with np.errstate(invalid="ignore", over="ignore"):
            elapsed = np.diff(self.at[start:end] + offset)
            ahead = np.diff(self.positions[start:end])
            natural = (ahead > 0.0) & (ahead <= elapsed * reach) & (elapsed < patience)
        linked[1:] = natural & updates[1:] & updates[:-1]
        return linked


class _Table:
    """The rows of a batch, player after player: what is known of each."""

    def __init__(self, batch: SignalBatch, rows: Any, moves: _Moves) -> None:
        self.numbers = _view(rows)
        self.updates, self.times = _view(moves.updates), _view(moves.at)
        self.positions = _view(moves.positions)
        others = ~moves.updates
        self._others = batch.part(rows[others])
        self._index = _view(np.cumsum(others) - 1)

    def signal(self, index: int) -> Signal:
        """The signal of a row that is no update; raises `SignalError`."""
        return self._others.signal(self._index[index])

    def can_be(self, index: int) -> bool:
        """A signal can be made of a row."""
        with suppress(SignalError):
            return bool(self.updates[index] or self.signal(index))
        return False


def _by_appearance(
    groups: Iterable[_Group], paces: Iterable[Pace], fleet: Fleet, table: _Table
) -> list[tuple[int | None, _Group, Pace]]:
    """New players in the order of their first signal that can be, whose row comes first here."""
    known: list[tuple[int | None, _Group, Pace]] = []
    new: list[tuple[int | None, _Group, Pace]] = []
    for group, pace in zip(groups, paces, strict=True):
        player, start, end = group
        row = None
        if player not in fleet.known:
            row = next((table.numbers[i] for i in range(start, end) if table.can_be(i)), None)
        (known if row is None else new).append((row, group, pace))
    new.sort(key=itemgetter(0))
    return known + new


class _Links:
    """Which rows of a player are natural from the one before.

    ``breaks`` are those that are not, and the end, as judged by ``pace`` for all players. When
    this one has another pace its rows are judged again: as soon as it has had that for a while,
    and not too many at once, so that it takes no time to speak of however often that happens.
    """

    def __init__(self, moves: _Moves, breaks: Sequence[int], group: _Group, pace: Pace) -> None:
        _, start, self._end = group
        first, last = bisect_left(breaks, start), bisect_left(breaks, self._end)
        self._moves, self._pace, self._since = moves, pace, start
        self._breaks, self._judged = breaks[first : last + 1], self._end

    def until(self, index: int, pace: Pace) -> int:
        """The first row from ``index`` on that is not natural from the one before by ``pace``.

        Rows that were not judged are taken not to be.
        """
        if pace is not self._pace:
            self._pace, self._since, self._judged = pace, index, index
        if index >= self._judged:
            if index - self._since < _JUDGED:
                return index
            self._judged = min(self._end, index + 4 * (index - self._since))
            limits = pace.offset, pace.reach, pace.patience
            linked = self._moves.linked(index - 1, self._judged, *limits)[1:]
            self._breaks = [*(index + np.flatnonzero(~linked)).tolist(), self._judged]
        return self._breaks[bisect_left(self._breaks, index)]


def _feed_player(
    table: _Table,
    links: _Links,
    fleet: Fleet,
    group: _Group,
    taken: Taken,
    ended: EndedSessions | None,
) -> None:
    entries, positions, times = fleet.entries, table.positions, table.times
    player, index, end = group
    while index < end:
        try:
            if table.updates[index]:
                events = fleet.timeupdate(player, positions[index], times[index])
            else:
                events = fleet.feed(player, table.signal(index))
        except SignalError as error:
            taken(table.numbers[index], player, error)
        else:
            if events or ended:
                taken(table.numbers[index], player, events)
        index += 1
        if index < end:
            engine = entries.get(player)
            if isinstance(engine, Engine) and positions[index] < engine.limit:
                stop = links.until(index, engine.pace)
                if stop > index:
                    index = engine.advance(positions, times, index, stop)
