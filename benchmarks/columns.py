"""Signals as columns: Parquet through `playertrack derive`, and traces that gain nothing by it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

from playertrack import Fleet
from playertrack.columns import batch_feed
from playertrack.signals import Pause, Playing, Seeked, Seeking, Signal, Stall, TimeUpdate
from playertrack.trace.codec import encode_signal

from . import viewers
from .deriving import DECODE
from .measuring import Row, Scale, Work, children_time, in_turns
from .starting import COMMAND, child

#: Rows that a batch has when a file is read.
_BATCH = 1 << 16


def rows(scale: Scale) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        yield from _command(scale, Path(folder))
    some = scale.lines // 10
    yield _against_rows(scale, "jumps, stalls and pauses all the time", _restless(some))
    short = pa.json.read_json(BytesIO(b"".join(viewers.lines(some, each=10))))
    yield _against_rows(scale, "ten rows a player", short)


def _command(scale: Scale, folder: Path) -> Iterator[Row]:
    lines, table, events, start = (
        str(folder / file) for file in ("trace.jsonl", "trace.parquet", "events.jsonl", "start")
    )
    with Path(lines).open("wb") as file:
        file.writelines(viewers.lines(scale.lines))
    first = next(viewers.lines(1))
    Path(start + ".jsonl").write_bytes(first)
    pa.parquet.write_table(pa.json.read_json(lines), table, compression="zstd")
    pa.parquet.write_table(pa.json.read_json(BytesIO(first)), start + ".parquet")
    timings = in_turns(
        4 * scale.runs,  # what else a machine does weighs most here: four short processes a ratio
        {
            "start": child(*COMMAND, "derive", start + ".parquet", "-o", events),
            "columns": child(*COMMAND, "derive", table, "-o", events),
            "start of lines": child(*COMMAND, "derive", start + ".jsonl", "-o", events),
            "lines": child(*COMMAND, "derive", lines, "-o", events),
            "start to decode": child(sys.executable, "-c", DECODE, start + ".jsonl"),
            "decode": child(sys.executable, "-c", DECODE, lines),
        },
        clock=children_time,
    )
    sizes = f"{Path(table).stat().st_size:,} bytes, {Path(lines).stat().st_size:,} as lines"
    yield Row(
        "playertrack derive of Parquet / msgspec decoding the same signals as lines",
        timings.ratio("columns", "decode", "start", "start to decode"),
        at_most=1.8,
        note=sizes,
    )
    yield Row(
        "playertrack derive of lines / of Parquet",
        timings.ratio("lines", "columns", "start of lines", "start"),
    )


def _restless(count: int) -> pa.Table:
    """Players that do something else each time, so that no row leads on to the next."""
    lot = Random(1)
    lines = []
    for number in range(count):
        at, position = 1_700_000_000.0 + 0.01 * number, round(lot.uniform(0.0, 600.0), 3)
        kind: type[Signal] = lot.choice(
            (TimeUpdate, TimeUpdate, TimeUpdate, Pause, Playing, Seeking, Seeked, Stall)
        )
        signal = kind(at=at, position=position)
        lines.append(encode_signal(signal, f"player-{number % 100}") + b"\n")
    return pa.json.read_json(BytesIO(b"".join(lines)))


def _against_rows(scale: Scale, what: str, table: pa.Table) -> Row:
    """Compare columns with rows where there are no chains to find."""
    batches = table.to_batches(_BATCH)

    def run() -> None:
        for _ in batch_feed.feed_batches(batches, Fleet()):
            pass

    def by_rows() -> None:
        with patch.object(batch_feed, "feed_chains", lambda *_: False):
            run()

    def work(call: Callable[[], None]) -> Work:
        return lambda: call

    timings = in_turns(scale.runs, {"columns": work(run), "rows": work(by_rows)})
    return Row(
        f"columns / row by row: {what}",
        timings.ratio("columns", "rows"),
        at_most=1.1,
        note=f"{table.num_rows:,} rows",
    )
