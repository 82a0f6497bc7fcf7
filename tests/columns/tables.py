"""Traces as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from playertrack import Event
from playertrack.columns import SIGNAL_FIELDS
from playertrack.events import to_record as event_record
from playertrack.signals import Signal, to_record

#: A signal with its player and number.
Entry = tuple[str | None, Signal, int | None]


def record_of(entry: Entry) -> dict[str, Any]:
    """The signal with all its fields, so that none depends on a default."""
    player, signal, seq = entry
    return to_record(signal, player, seq)


def table_of(entries: Sequence[Entry]) -> pa.Table:
    """The columns of the signals."""
    records = [record_of(each) for each in entries]
    return pa.table(
        {
            name: pa.array([record.get(name) for record in records], type_)
            for name, type_ in SIGNAL_FIELDS.items()
        }
    )


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of events, without what is null."""
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in table.to_pylist()
    ]


def as_rows(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The rows of these events."""
    return [
        {name: value for name, value in event_record(event).items() if value is not None}
        for event in events
    ]


def bits(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, doubles by their bits: 0.0 is not -0.0."""
    return [
        {name: value.hex() if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]
