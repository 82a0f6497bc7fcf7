"""Makes Arrow tables of events and of session summaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ..events import Event
from .schema import EVENT_SCHEMA, SUMMARY_SCHEMA


def event_batch(events: Sequence[Event]) -> pa.RecordBatch:
    """The events as a record batch, a row an event, in their order."""
    columns = [
        pa.array([getattr(event, field.name, None) for event in events], field.type)
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
