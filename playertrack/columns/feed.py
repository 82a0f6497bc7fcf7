"""Feeds record batches of signals to a fleet, and collects the events in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import cast

import pyarrow as pa

from ..core.fleet import Fleet
from ..errors import SignalError
from ..events import Event
from ..trace.codec import TraceError
from ..trace.feed import Made, Share
from ..trace.summaries import EndedSessions
from .chains import Taken, feed_chains
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
            yield _fed(fleet, start, SignalBatch(batch, source), source, share, wanted, ended)
        start += batch.num_rows


def _fed(
    fleet: Fleet,
    start: int,
    batch: SignalBatch,
    source: str,
    share: Share | None,
    wanted: Callable[[str | None], bool] | None,
    ended: EndedSessions | None,
) -> list[Made]:
    made: list[Made] = []
    chosen = _chosen(batch, share, wanted)

    def taken(row: int, player: str | None, each: Sequence[Event] | SignalError) -> None:
        number = start + row
        if isinstance(each, SignalError):
            made.append((number, TraceError(source, number, str(each))))
            return
        if share is not None:
            share.first_seen.setdefault(player, number)
        if each:
            made.append((number, each))
        if ended:
            made.append((number, ended.take()))

    quick = not fleet.ordered and batch.good_seqs and batch.good_players
    if quick and fleet.plain and feed_chains(batch, fleet, chosen, taken, ended):
        made.sort(key=itemgetter(0))
    else:
        _feed_rows(batch, fleet, chosen, taken, quick)
    # Only who merges shares needs to know of each row.
    return made if share is not None or ended is not None else _together(made)


def _together(made: list[Made]) -> list[Made]:
    """All events from one error to the next as made by one row, the last of them."""
    found: list[Made] = []
    events: list[Event] = []
    for number, each in made:
        if isinstance(each, TraceError):
            found += [(number, events), (number, each)]
            events = []
        else:
            events += cast("Sequence[Event]", each)
    return [*found, (made[-1][0], events)] if events else found


def _feed_rows(
    batch: SignalBatch,
    fleet: Fleet,
    chosen: dict[str | None, bool] | None,
    taken: Taken,
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
            taken(row, who, error)
        else:
            taken(row, who, events)


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
