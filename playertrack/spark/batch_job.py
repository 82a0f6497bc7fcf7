"""Derives a Spark data frame of events from one of signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from ..columns.decode import SignalBatch
from ..columns.encode import event_batch
from ..core.fleet import Fleet
from ..errors import PlayertrackError, SignalError
from ..events import Event
from ..policy import Policy
from ..signals import Signal
from .frames import EVENTS, chosen, in_order, signal_columns

#: Events that are handed on at a time.
_MOST_EVENTS = 10_000


def derive(
    signals: DataFrame,
    *,
    policy: Policy | Mapping[str, Any] | None = None,
    idle_close: float | None = None,
) -> DataFrame:
    """Derive the events of a batch of signals, in no particular order.

    ``signals`` has the columns of `playertrack.columns.derive`; ``player`` and ``seq`` are
    required. Each player's signals are sorted by ``seq``, and repeats are dropped. The events are
    those of ``playertrack derive``; player, session and index are their key and their order.
    ``policy`` may be a mapping of its fields; ``idle_close`` is in seconds. Raises
    `PlayertrackError` if a column is missing or has the wrong type. A row that cannot be used
    fails the job with a `PlayertrackError` that names the player, seq and field.
    """
    frame = signal_columns(signals)
    if frame.isStreaming:
        raise PlayertrackError("signals: this is a stream; use derive_stream")
    options = chosen(policy), idle_close
    Fleet(policy=options[0], idle_close=idle_close)  # what it refuses, no worker should
    work = _worker(*options)
    return (
        frame.repartition("player")
        .sortWithinPartitions("player", "seq", "at")
        .mapInArrow(work, EVENTS)
    )


def _worker(
    policy: Policy, idle_close: float | None
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        events: list[Event] = []
        for player, rows in _players(batches):
            fleet = Fleet(policy=policy, idle_close=idle_close)
            for _, signal in in_order(rows, idle_close):
                events += fleet.feed(player, signal)
            events += fleet.close()
            if len(events) >= _MOST_EVENTS:
                yield event_batch(events)
                events = []
        yield event_batch(events)

    return work


def _players(
    batches: Iterable[pa.RecordBatch],
) -> Iterator[tuple[str, list[tuple[int, Signal]]]]:
    """Each player with its rows; the batches have one player after the other."""
    current: str | None = None
    rows: list[tuple[int, Signal]] = []
    for each in batches:
        batch = SignalBatch(each, "signals")
        for row in range(batch.rows):
            player, seq, signal = entry_of(batch, row)
            if player != current:
                if current is not None:
                    yield current, rows
                current, rows = player, []
            rows.append((seq, signal))
    if current is not None:
        yield current, rows


def entry_of(batch: SignalBatch, row: int) -> tuple[str, int, Signal]:
    """Player, number and signal of a row; a `PlayertrackError` says of whom, and which field."""
    player = batch.players[row]
    try:
        seq = batch.seq(row)
        if batch.player(row) is None or player is None:
            raise SignalError("player", None, "a string")
        if seq is None:
            raise SignalError("seq", None, "a whole number, 0 or more")
        return player, seq, batch.signal(row)
    except SignalError as error:
        given = None if batch.seqs is None else batch.seqs[row]
        raise PlayertrackError(f"player {player!r}, seq {given}: {error}") from None
