"""Derives Arrow tables of events from Arrow tables of signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa

from ..core.fleet import Fleet
from ..errors import PlayertrackError
from ..events import Event
from ..policy import Policy
from ..trace.codec import TraceError
from .batch_feed import feed_batches
from .encode import event_batch, event_table

#: What messages call a table, which has no name.
_SOURCE = "<table>"


def derive(
    table: Any,
    *,
    policy: Policy | Mapping[str, Any] | None = None,
    reorder: float | None = None,
    idle_close: float | None = None,
) -> Any:
    """Derive the events of a table of signals as a table, or of record batches as record batches.

    ``table`` may be anything that Arrow accepts as a table, such as a Polars data frame. Its
    columns are ``player``, ``signal``, ``at``, ``seq`` and the fields of the signals. A column may
    be missing if its field is optional; null means that a field is not given; other columns are
    ignored. ``policy`` (or a mapping of its fields), ``reorder`` and ``idle_close`` are those of
    `Fleet`. The events are the same as those of ``playertrack derive``, value by value. Raises
    `PlayertrackError`; for a row that cannot be used a `TraceError`, which names the row, from 1,
    and the field.
    """
    chosen = policy if policy is None or isinstance(policy, Policy) else Policy.from_mapping(policy)
    fleet = Fleet(policy=chosen, reorder=reorder, idle_close=idle_close)
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    elif hasattr(table, "__arrow_c_stream__") and not isinstance(table, pa.RecordBatchReader):
        table = pa.table(table)
    if isinstance(table, pa.Table):
        return event_table([event for part in _events(table.to_batches(), fleet) for event in part])
    return (event_batch(part) for part in _events(_batches(table), fleet) if part)


def _batches(given: Any) -> Iterator[pa.RecordBatch]:
    for each in given if isinstance(given, Iterable) else [given]:
        if not isinstance(each, (pa.RecordBatch, pa.Table)):
            what = type(each).__name__
            raise PlayertrackError(f"{_SOURCE}: expected a table or record batches, not {what}")
        yield each


def _events(batches: Iterable[pa.RecordBatch], fleet: Fleet) -> Iterator[list[Event]]:
    for made in feed_batches(batches, fleet, source=_SOURCE):
        events: list[Event] = []
        for _, each in made:
            if isinstance(each, TraceError):
                raise each
            events += cast("Sequence[Event]", each)
        yield events
    yield fleet.close()
