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


def feed_batches(
    batches: Iterable[pa.RecordBatch],
    fleet: Fleet,
    *,
    source: str = "<table>",
    share: Share | None = None,
    wanted: Callable[[str | None], bool] | None = None,
    ended: EndedSessions | None = None,
) -> Iterator[list[Made]]:
    """Feed rows of signals to ``fleet``: what each batch made; see `trace.feed.feed_lines`.

    Rows are counted from 1, through all batches.
    """
    start = 1
    for batch in batches:
        if batch.num_rows:
            signals = SignalBatch(batch, source)
            collected = Collected(start, source, share, ended)
            yield _fed(fleet, signals, _chosen(signals, share, wanted), collected, ended)
        start += batch.num_rows


def _fed(
    fleet: Fleet,
    batch: SignalBatch,
    chosen: dict[str | None, bool] | None,
    collected: Collected,
    ended: EndedSessions | None,
) -> list[Made]:
    quick = not fleet.ordered and batch.good_seqs and batch.good_players
    if not (quick and fleet.plain and feed_chains(batch, fleet, chosen, collected, ended)):
        _feed_rows(batch, fleet, chosen, collected, quick)
    return collected.in_order()


def _feed_rows(
    batch: SignalBatch,
    fleet: Fleet,
    chosen: dict[str | None, bool] | None,
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
    batch: SignalBatch, share: Share | None, wanted: Callable[[str | None], bool] | None
) -> dict[str | None, bool] | None:
    """Which of the players of the batch to take; None for all."""
    if share is None and wanted is None:
        return None
    return {
        player: (share is None or share.has(player)) and (wanted is None or wanted(player))
        for player in (None, *batch.known_players)
    }
