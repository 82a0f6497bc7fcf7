"""Feeds runs of quiet updates of one player in one step each, which is most of a trace.

Most rows are updates that go on as they should. Whether one is natural from the one before is the
same arithmetic for all rows, so numpy judges them together; what passes in a row is a chain, of
which the engine takes as much as reaches nothing (`Engine.advance`). All other rows are fed one by
one. Each player's rows are taken together: players do not know of each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from ..core.fleet import Fleet
from ..errors import SignalError
from ..events import Event
from .decode import SignalBatch

#: Worth it from so many rows a player, and so large a share of rows in chains.
_LEAST_ROWS, _LEAST_SHARE = 24, 0.5

#: What becomes of a row: its number (from 0), its player, and its events or what is wrong with it.
Taken = Callable[[int, str | None, Sequence[Event] | SignalError], None]


def feed_chains(
    batch: SignalBatch, fleet: Fleet, chosen: dict[str | None, bool] | None, taken: Taken
) -> bool:
    """Feed the rows of a batch whose order matters only for each player; False if it is no use.

    ``taken`` is called for each row that was fed by itself, player by player.
    """
    codes, updates, at, position = batch.arrays()
    rows = np.argsort(codes, kind="stable")
    if chosen is not None:
        keep = np.array([chosen[player] for player in (*batch.known_players, None)])
        rows = rows[keep[codes[rows]]]
    codes, updates, at, position = codes[rows], updates[rows], at[rows], position[rows]
    starts = np.flatnonzero(np.diff(codes, prepend=-2))
    if len(rows) < _LEAST_ROWS * max(1, len(starts)):
        return False
    linked = np.zeros(len(rows), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        elapsed, ahead = np.diff(at), np.diff(position)
        pace = fleet.pace
        # `Engine.timeupdate` has the same three comparisons, in the same arithmetic.
        natural = (ahead > 0.0) & (ahead <= elapsed * pace.reach) & (elapsed < pace.patience)
    linked[1:] = natural & updates[1:] & updates[:-1]
    linked[starts] = False
    if linked.mean() < _LEAST_SHARE:
        return False
    view: Any = memoryview
    groups = [
        (batch.known_players[code] if (code := int(codes[start])) >= 0 else None, start, end)
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True)
    ]
    table = _Table(
        view(rows),
        updates,
        view(position),
        view(at),
        linked,
        view(np.append(np.flatnonzero(~linked), len(rows))),
    )
    for player, start, end in _by_appearance(groups, batch, fleet, table.numbers):
        _feed_player(batch, fleet, table, player, start, end, taken)
    return True


@attrs.frozen
class _Table:
    """The rows of a batch, player after player: what is known of each."""

    numbers: Any  # in the batch
    updates: Any
    positions: Any
    times: Any
    linked: Any  # to the one before
    breaks: Any  # the indices of those that are not linked, and the end


def _feed_player(
    batch: SignalBatch,
    fleet: Fleet,
    table: _Table,
    player: str | None,
    start: int,
    end: int,
    taken: Taken,
) -> None:
    index, pace = start, fleet.pace
    while index < end:
        row = table.numbers[index]
        try:
            if table.updates[index]:
                events = fleet.timeupdate(player, table.positions[index], table.times[index])
            else:
                events = fleet.feed(player, batch.signal(row))
        except SignalError as error:
            taken(row, player, error)
        else:
            taken(row, player, events)
        index += 1
        if index < end and table.linked[index]:
            engine = fleet.players.get(player)
            if engine is not None:
                stop = table.breaks[bisect_right(table.breaks, index)]
                index = engine.advance(table.positions, table.times, index, stop, pace)


def _by_appearance(
    groups: list[tuple[str | None, int, int]], batch: SignalBatch, fleet: Fleet, numbers: Any
) -> Iterator[tuple[str | None, int, int]]:
    """The players in the order in which they first appear, which is with a signal that can be."""

    def appears(group: tuple[str | None, int, int]) -> int:
        player, start, end = group
        for index in range(start, end):
            row: int = numbers[index]
            if player in fleet.known:
                return row
            try:
                batch.signal(row)
            except SignalError:
                continue
            return row
        return batch.rows

    yield from sorted(groups, key=appears)
