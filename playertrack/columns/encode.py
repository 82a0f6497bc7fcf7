"""Makes Arrow tables of events and of session summaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from ..events import EVENTS, Event
from .schema import EVENT_SCHEMA, SUMMARY_SCHEMA

_OWN = {name for cls in EVENTS.values() for name in cls.extra}
_COMMON = [name for name in EVENT_SCHEMA.names if name not in _OWN]
_common = attrgetter(*_COMMON)


def event_batch(events: Sequence[Event]) -> pa.RecordBatch:
    """The events as a record batch, a row an event, in their order."""
    values: dict[str, Sequence[Any]] = {}
    for row, event in enumerate(events):
        for name in event.extra:
            if name not in values:
                values[name] = [None] * len(events)
            values[name][row] = getattr(event, name)  # type: ignore[index] # a list
    if events:
        values.update(zip(_COMMON, zip(*map(_common, events), strict=True), strict=True))
    columns = [
        pa.array(values[field.name], field.type)
        if field.name in values
        else pa.nulls(len(events), field.type)
        for field in EVENT_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EVENT_SCHEMA)


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
