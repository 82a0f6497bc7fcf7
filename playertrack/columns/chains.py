"""Feeds runs of quiet updates of one player in one step each, which is most of a trace.

Most rows are updates that go on as they should. Whether one is natural from the one before is the
same arithmetic for all rows, so numpy judges them together, by the pace that each player has or
is reported to have; what passes in a row is a chain, which the engine takes in one call, with the
milestones and views that it reaches (`Engine.advance`). All other rows are fed one by one. Each
player's rows are taken together: players do not know of each other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from math import inf
from operator import attrgetter, itemgetter
from typing import Any

import attrs
import numpy as np

from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.playhead import Pace
from ..core.quick import NOWHERE
from ..errors import SignalError
from ..events import Event
from ..signals import Close, Signal
from .collected import Collected
from .decode import SignalBatch
from .gathered import Gathered

#: Worth it from so many rows a player, and so large a share of rows in chains.
_LEAST_ROWS, _LEAST_SHARE = 24, 0.5

#: Rows judged in one step, which should stay in the cache.
_BLOCK = 1 << 15

#: To judge some rows takes as long as to feed so many one by one.
_JUDGED = 50


_limits = attrgetter("offset", "reach", "patience")


@np.errstate(invalid="ignore", over="ignore")
def feed_chains(
    gathered: Gathered,
    fleet: Fleet,
    chosen: dict[str | None, bool] | None,
    collected: Collected,
) -> bool:
    """Feed rows whose order matters only for each player; False if it is no use.

    What they came to is ``collected`` player by player.
    """
    rows, codes, updates, at, position = gathered.by_player()
    names = gathered.players
    if chosen is not None:
        kept = np.array([chosen[player] for player in names])[codes]
        rows, codes, updates = rows[kept], codes[kept], updates[kept]
        at, position = at[kept], position[kept]
    bounds = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1, [len(rows)]))
    if len(rows) < _LEAST_ROWS * (len(bounds) - 1) or not len(rows):
        return False
    players = [names[code] for code in codes[bounds[:-1]].tolist()]
    moves = _Moves(updates, at, position)
    places = np.flatnonzero(~updates)
    others = np.searchsorted(np.flatnonzero(~gathered.arrays()[1]), rows[places])
    rates = gathered.others().rates()[others]
    changes = places[rates > 0.0].tolist(), rates[rates > 0.0].tolist()
    paces = _expected(fleet, players, bounds.tolist(), zip(*changes, strict=True))
    linked = moves.linked(paces)
    linked[bounds[:-1]] = False
    if linked.mean() < _LEAST_SHARE:
        return False
    table = _Table(rows, moves, gathered.others(), places, others)
    collected.numbers = table.numbers
    breaks = np.append(np.flatnonzero(~linked), len(rows))
    groups = _groups(players, bounds.tolist(), np.searchsorted(breaks, bounds), breaks.tolist())
    for first, group in _by_appearance(groups, fleet, table):
        if first is not None:
            collected.add(first, group.player, ())
        _feed_player(table, _Links(moves, group, paces), fleet, group, collected)
    return True


@attrs.frozen
class _Paces:
    """The pace that is expected from each of the indices ``starts`` on, and the end of all."""

    starts: list[int]
    paces: list[Pace]

    def at(self, index: int) -> tuple[Pace, int]:
        """The pace that is expected at ``index``, and up to where."""
        found = bisect_right(self.starts, index)
        return self.paces[found - 1], self.starts[found]

    def limits(self, first: int, last: int) -> Iterable[Any]:
        """An array each of their offsets, reaches and patiences from ``first`` to ``last``."""
        start, end = bisect_right(self.starts, first) - 1, bisect_left(self.starts, last)
        lengths = np.diff([first, *self.starts[start + 1 : end], last])
        limits = zip(*map(_limits, self.paces[start:end]), strict=True)
        return (np.repeat(each, lengths) for each in limits)


def _expected(
    fleet: Fleet,
    players: Sequence[str | None],
    bounds: Sequence[int],
    changes: Iterable[tuple[int, float]],
) -> _Paces:
    """A player goes on at the pace that it has, until one of the ``changes`` comes."""
    normal = fleet.pace(1.0)
    found = _Paces([], [])
    pending = [*changes, (bounds[-1], 1.0)]
    change = 0
    for player, (start, end) in zip(players, pairwise(bounds), strict=True):
        engine = _engine(fleet, player)
        pace = normal if engine is None else engine.pace
        found.starts.append(start)
        found.paces.append(pace)
        while pending[change][0] < end:
            index, rate = pending[change]
            found.starts.append(index)
            found.paces.append(fleet.pace(rate, pace.offset))
            change += 1
    found.starts.append(bounds[-1])
    return found


def _natural(updates: Any, times: Any, positions: Any, reach: Any, patience: Any) -> Any:
    """An array of which rows, without the first, are natural from the one before.

    `Engine.timeupdate` has the same three comparisons, in the same arithmetic.
    """
    elapsed, ahead = times[1:] - times[:-1], positions[1:] - positions[:-1]
    natural = (ahead > 0.0) & (ahead <= elapsed * reach) & (elapsed < patience)
    natural &= updates[1:] & updates[:-1]
    return natural


class _Moves:
    """The rows of all players as arrays: which of them are updates, when, and where."""

    def __init__(self, updates: Any, at: Any, positions: Any) -> None:
        at += 0.0  # in place: what is as large as this costs time when it is made
        positions += 0.0
        self.updates, self.at, self.positions = updates, at, positions

    def linked(self, paces: _Paces) -> Any:
        """An array of which rows are natural from the one before at the ``paces`` expected."""
        updates, at, positions = self.updates, self.at, self.positions
        linked = np.zeros(len(at), bool)
        for first in range(0, len(at) - 1, _BLOCK):
            last = min(len(at), first + _BLOCK + 1)
            block = slice(first, last)
            offset, reach, patience = paces.limits(first, last)
            linked[first + 1 : last] = _natural(
                updates[block], at[block] + offset, positions[block], reach[1:], patience[1:]
            )
        return linked

    def breaks(self, start: int, end: int, pace: Pace) -> list[int]:
        """Which rows from ``start`` to ``end`` are not natural from the one before at ``pace``."""
        updates, at, positions = self.updates, self.at, self.positions
        both = slice(start - 1, end)
        times = at[both] + pace.offset
        linked = _natural(updates[both], times, positions[both], pace.reach, pace.patience)
        breaks: list[int] = ((~linked).nonzero()[0] + start).tolist()
        return breaks


@attrs.define
class _Group:
    """A player and where its rows are in the table.

    ``breaks`` are those that are not natural from the one before at the pace that is expected,
    and the end.
    """

    player: str | None
    start: int
    end: int
    breaks: list[int]


def _groups(
    players: list[str | None], bounds: list[int], found: Any, breaks: list[int]
) -> list[_Group]:
    """The players with their rows; ``found`` is where each of ``bounds`` is among ``breaks``."""
    spans = pairwise(zip(bounds, found.tolist(), strict=True))
    return [
        _Group(player, start, end, breaks[first : last + 1])
        for player, ((start, first), (end, last)) in zip(players, spans, strict=True)
    ]


class _Table:
    """The rows, player after player: what is known of each.

    ``places`` are those that are no updates, ``numbers`` which rows of ``others`` they are.
    """

    def __init__(
        self, rows: Any, moves: _Moves, others: SignalBatch, places: Any, numbers: Any
    ) -> None:
        self.numbers: Sequence[int] = memoryview(rows)
        self.updates: Sequence[bool] = memoryview(moves.updates)
        self.times: Sequence[float] = memoryview(moves.at)
        self.positions: Sequence[float] = memoryview(moves.positions)
        self._others = others
        self._places = dict(zip(places.tolist(), numbers.tolist(), strict=True))
        made = map(others.signals.__getitem__, self._places.values())
        #: The signals of rows that are no updates, None where `signal` says what is wrong.
        self.signals = dict(zip(self._places, made, strict=True))

    def can_be(self, index: int) -> bool:
        """A signal can be made of a row."""
        with suppress(SignalError):
            return bool(self.updates[index] or self.signals[index] or self.signal(index))
        return False

    def signal(self, index: int) -> Signal:
        """The signal of a row that is no update, made by itself; raises `SignalError`."""
        return self._others.signal(self._places[index])


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

    Where the player has another pace than expected its rows are judged again: as soon as it has
    had that for a while, and not too many at once, so that it takes no time to speak of however
    often that happens.
    """

    def __init__(self, moves: _Moves, group: _Group, paces: _Paces) -> None:
        self._moves, self._breaks, self._end = moves, group.breaks, group.end
        self._paces = paces
        self._expected, self._until = paces.at(group.start)
        self._pace: Pace | None = None  # the other pace, and since when it has that
        self._since = self._judged = group.start
        self._found: list[int] = []

    def until(self, index: int, pace: Pace) -> int:
        """The first row from ``index`` on that is not natural from the one before by ``pace``.

        Rows that were not judged are taken not to be.
        """
        if index >= self._until:
            self._expected, self._until = self._paces.at(index)
        expected = self._expected
        if pace is expected or _limits(pace) == _limits(expected):
            return self._breaks[bisect_left(self._breaks, index)]
        if pace is not self._pace:
            self._pace, self._since, self._judged = pace, index, index
        if index >= self._judged:
            if index - self._since < _JUDGED:
                return index
            self._judged = min(self._end, index + 4 * (index - self._since))
            self._found = [*self._moves.breaks(index, self._judged, pace), self._judged]
        return self._found[bisect_left(self._found, index)]


def _feed_player(
    table: _Table,
    links: _Links,
    fleet: Fleet,
    group: _Group,
    collected: Collected,
) -> None:
    updates, positions, times, numbers = table.updates, table.positions, table.times, table.numbers
    signals, player, index, end = table.signals, group.player, group.start, group.end
    indices, made = collected.indices, collected.events
    engine, ended = _engine(fleet, player), collected.ended
    while index < end:
        try:
            if updates[index]:
                if engine is not None:
                    events = engine.timeupdate(positions[index], times[index])
                else:
                    events = fleet.timeupdate(player, positions[index], times[index])
                    engine = _engine(fleet, player)
            else:
                signal = signals[index] or table.signal(index)
                events, engine = _feed_signal(fleet, player, engine, signal)
        except SignalError as error:
            collected.add(numbers[index], player, error)
        else:
            if ended:
                collected.add(numbers[index], player, events)
            elif events:
                indices += [index] * len(events)
                made += events
        index += 1
        if engine is not None and index < end and (engine.now == NOWHERE or engine.until < inf):
            stop = links.until(index, engine.pace)
            if stop > index:
                index = engine.advance(positions, times, index, stop, indices, made)


def _feed_signal(
    fleet: Fleet, player: str | None, engine: Engine | None, signal: Signal
) -> tuple[Sequence[Event], Engine | None]:
    """The events of a signal, and the engine of the player after it."""
    if engine is not None and type(signal) is not Close:
        return engine.take(signal), engine  # who is at work needs no fleet
    return fleet.feed(player, signal), _engine(fleet, player)


def _engine(fleet: Fleet, player: str | None) -> Engine | None:
    """The engine of a player at work, to which its updates may go without asking the fleet."""
    engine = fleet.entries.get(player)
    return engine if isinstance(engine, Engine) else None
