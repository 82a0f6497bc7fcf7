"""Files of signals in every form, and the rows that they give."""

from __future__ import annotations

import gzip
import io
import json
import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from columns.tables import Entry, as_rows, rows_of, table_of

from playertrack import Fleet
from playertrack.signals import (
    Close,
    Ended,
    Loaded,
    Play,
    Playing,
    Seek,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
)
from playertrack.trace.codec import encode_signal


def viewing(start: float, entry: str, end: float) -> list[Signal]:
    """A player that stalls, seeks and plays ``entry`` to ``end``, and plays it again."""
    signals: list[Signal] = [
        Loaded(at=start, entry_id=entry, duration=end),
        Play(at=start),
        Playing(at=start + 0.5),
    ]
    signals += [TimeUpdate(at=start + 0.5 + t, position=float(t)) for t in range(1, 11)]
    signals += [Stall(at=start + 11.0), StallEnd(at=start + 13.0)]
    signals += [TimeUpdate(at=start + 3.0 + t, position=float(t)) for t in range(11, 15)]
    signals += [Seek(at=start + 18.0, position=end - 5.0)]
    signals += [TimeUpdate(at=start + 18.0 + t, position=end - 5.0 + t) for t in range(1, 6)]
    signals += [Ended(at=start + 23.0), Playing(at=start + 25.0)]
    signals += [TimeUpdate(at=start + 25.0 + t, position=float(t)) for t in range(1, 6)]
    return signals


def fleet_of(count: int) -> list[Entry]:
    """``count`` players at a time, one of them closed; one has no name."""
    entries: list[tuple[float, Entry]] = []
    for number in range(count):
        player = f"player {number}" if number else None
        trace = viewing(100.0 + 1.7 * number, f"entry {number % 3}", 40.0)
        if number == 1:
            trace.append(Close(at=trace[-1].at + 1.0))
        entries += [(each.at, (player, each, seq)) for seq, each in enumerate(trace, 1)]
    return [entry for _, entry in sorted(entries, key=lambda one: one[0])]


ENTRIES = fleet_of(9)


def lines_of(entries: Sequence[Entry]) -> bytes:
    return b"".join(encode_signal(signal, player, seq) + b"\n" for player, signal, seq in entries)


def write(path: Path, entries: Sequence[Entry]) -> Path:
    """The trace in the form that the ending of ``path`` says."""
    if path.suffix == ".parquet":
        pq.write_table(table_of(entries), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines_of(entries)))
    elif path.suffix == ".zst":
        path.write_bytes(pa.compress(lines_of(entries), "zstd", asbytes=True))
    else:
        path.write_bytes(lines_of(entries))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The events that were written, without what is null."""
    if path.suffix == ".parquet":
        return rows_of(pq.read_table(path))
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(io.BytesIO(data), "zstd").read()
    records = [json.loads(line) for line in data.splitlines()]
    return [{k: v for k, v in each.items() if v is not None} for each in records]


def expected(entries: Sequence[Entry] = ENTRIES, **options: Any) -> list[dict[str, Any]]:
    fleet = Fleet(**options)
    events = [event for player, each, seq in entries for event in fleet.feed(player, each, seq)]
    return as_rows(events + fleet.close())


def add_columns(path: Path) -> Path:
    """Columns of other types than ours in a Parquet file, as others may add them."""
    table = pq.read_table(path)
    others = {
        "moment": pa.scalar(1_700_000_000_000_000_001, pa.timestamp("ns")),
        "date": pa.scalar(date(2026, 1, 2)),
        "price": pa.scalar(Decimal("1.50")),
        "score": pa.scalar(math.nan),
        "bytes": pa.scalar(b"\xff"),
        "tags": pa.scalar([math.inf]),
        "device": pa.scalar({"os": math.nan}),
        "uuid": pa.scalar(b"0123456789abcdef", pa.uuid()),
    }
    for name, value in others.items():
        table = table.append_column(name, pa.repeat(value, len(table)))
    pq.write_table(table, path)
    return path


FORMS = ["jsonl", "parquet", "jsonl.gz", "zst"]
