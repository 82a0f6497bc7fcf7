"""Feeds record batches of signals to a fleet, and collects the events in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

import pyarrow as pa

from ..core.fleet import Fleet
from ..errors import SignalError
from ..events import Event
from ..trace.feed import Made, Share
from ..trace.summaries import EndedSessions
from .chains import feed_chains
from .collected import Collected
from .decode import SignalBatch
from .gathered import Gathered

#: So many rows should be taken together, which are 50 MB: a player then has many among them.
TOGETHER = 1 << 20

#: With so many rows a player it is enough: memory that was never used costs more than it saves.
_ENOUGH = 1 << 9

#: Which players to take; None for all.
_Chosen = dict[str | None, bool] | None


def feed_batches(
    batches: Iterable[pa.RecordBatch],
    fleet: Fleet,
    *,
    source: str = "<table>",
    share: Share | None = None,
    wanted: Callable[[str | None], bool] | None = None,
    ended: EndedSessions | None = None,
    together: int = 1,
) -> Iterator[list[Made]]:
    """Feed rows of signals to ``fleet``: what they made; see `trace.feed.feed_lines`.

    Rows are counted from 1, through all batches. ``together``: batches with fewer rows may wait
    for the next one, unless there are many for each player; all have the same columns then.
    """
    start = 1
    signals: SignalBatch | None = None
    gathered = Gathered(source, together)

    def fed() -> Iterator[list[Made]]:
        nonlocal start
        if gathered.rows:
            chosen = _chosen(gathered.players, share, wanted)
            collected = Collected(start, source, share, ended)
            if not feed_chains(gathered, fleet, chosen, collected):
                _feed_gathered(gathered, fleet, chosen, collected)
            yield collected.in_order()
        start += gathered.rows
        gathered.clear()

    for batch in batches:
        signals = SignalBatch(batch, source, signals)
        if not signals.rows:
            continue  # it may well have other columns
        quick = not fleet.ordered and signals.good_seqs and signals.good_players
        if quick and fleet.plain:
            gathered.add(signals)
            if gathered.rows >= min(together, _ENOUGH * len(gathered.players)):
                yield from fed()
            continue
        yield from fed()
        collected = Collected(start, source, share, ended)
        chosen = _chosen((*signals.known_players, None), share, wanted)
        _feed_rows(signals, fleet, chosen, collected, quick)
        yield collected.in_order()
        start += signals.rows
    yield from fed()


def _feed_gathered(gathered: Gathered, fleet: Fleet, chosen: _Chosen, collected: Collected) -> None:
    """Feed row by row what was gathered."""
    players, others = gathered.players, gathered.others()
    other = 0
    columns = zip(*(column.tolist() for column in gathered.arrays()), strict=True)
    for row, (code, is_update, at, position) in enumerate(columns):
        player = players[code]
        other += not is_update
        if chosen is not None and not chosen[player]:
            continue
        try:
            if is_update:
                events = fleet.timeupdate(player, position, at)
            else:
                events = fleet.feed(player, others.signal(other - 1))
        except SignalError as error:
            collected.add(row, player, error)
        else:
            collected.add(row, player, events)


def _feed_rows(
    batch: SignalBatch,
    fleet: Fleet,
    chosen: _Chosen,
    collected: Collected,
    quick: bool,
) -> None:
    """Feed row by row; with ``quick`` updates need no signal to be made of them."""
    columns = zip(
        range(batch.rows), batch.names, batch.players, batch.ats, batch.positions, strict=True
    )
    for row, name, who, at, position in columns:
        if chosen is not None and not chosen[who]:
            continue
        try:
            if quick and position is not None and name == "timeupdate":
                # A time that is missing is refused as what is no number.
                events: Sequence[Event] = fleet.timeupdate(who, position, cast("float", at))
            else:
                # In the order of the fields of a line: of two that cannot be the first is named.
                player = batch.player(row)
                signal = batch.signal(row)
                events = fleet.feed(player, signal, batch.seq(row))
        except SignalError as error:
            collected.add(row, who, error)
        else:
            collected.add(row, who, events)


def _chosen(
    players: Iterable[str | None], share: Share | None, wanted: Callable[[str | None], bool] | None
) -> _Chosen:
    if share is None and wanted is None:
        return None
    return {
        player: (share is None or share.has(player)) and (wanted is None or wanted(player))
        for player in players
    }
