"""Makes Arrow tables of events and of session summaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from ..events import EVENTS, Event
from .schema import EVENT_SCHEMA, SUMMARY_SCHEMA

#: What there is to get of an event of each class besides what all have, as a tuple.
_OWN = {cls: attrgetter(*cls.extra, "event") for cls in EVENTS.values() if cls.extra}
_COMMON = [name for name in EVENT_SCHEMA.names if all(name not in cls.extra for cls in _OWN)]
_common = attrgetter(*_COMMON)


def event_batch(events: Sequence[Event]) -> pa.RecordBatch:
    """The events as a record batch, a row an event, in their order."""
    values: dict[str, Sequence[Any]] = {}
    if events:
        values.update(zip(_COMMON, zip(*map(_common, events), strict=True), strict=True))
    for cls, rows in _rows_of(events).items():
        own = zip(*map(_OWN[cls], map(events.__getitem__, rows)), strict=True)
        for name, found in zip(cls.extra, own, strict=False):
            column = values.setdefault(name, [None] * len(events))
            for row, value in zip(rows, found, strict=True):
                column[row] = value  # type: ignore[index] # a list
    columns = [
        pa.array(values[field.name], field.type)
        if field.name in values
        else pa.nulls(len(events), field.type)
        for field in EVENT_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EVENT_SCHEMA)


def _rows_of(events: Sequence[Event]) -> dict[type[Event], list[int]]:
    """Which of the events are of each class that has more fields than all have."""
    rows: dict[type[Event], list[int]] = {}
    for row, event in enumerate(events):
        if event.extra:
            rows.setdefault(type(event), []).append(row)
    return rows


def event_table(events: Sequence[Event]) -> pa.Table:
    """As `event_batch`, as a table."""
    return pa.Table.from_batches([event_batch(events)], EVENT_SCHEMA)


def summary_batch(rows: Iterable[Mapping[str, Any]]) -> pa.RecordBatch:
    """Summaries (see `trace.summaries`) as a record batch, a row a session."""
    listed = list(rows)
    columns = [
        pa.array([row[field.name] for row in listed], field.type) for field in SUMMARY_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SUMMARY_SCHEMA)
