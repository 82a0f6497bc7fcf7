"""Parquet files of signals, events and summaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import PlayertrackError
from ..events import Event
from ..trace.input_files import ONLY_IN_PATH, columns_in
from .encode import event_batch, summary_batch
from .schema import EVENT_SCHEMA, SIGNAL_FIELDS, STATS_SCHEMA, STRING, SUMMARY_SCHEMA

#: Rows read at a time, which stay in memory that is used again and again, and rows in a row group
#: that is written.
_READ_ROWS, _GROUP_ROWS = 1 << 15, 1 << 17
#: Bytes of a column read at a time.
_BUFFER = 1 << 16
#: Events that become columns at a time: while they are fresh, and always at the same ones.
_PIECE = 1 << 13

_OURS = {*SIGNAL_FIELDS, *EVENT_SCHEMA.names, *SUMMARY_SCHEMA.names}

#: Columns without which signals would be taken for other ones, or for none.
_NEEDED = ("player", "signal", "entry_id")


def has_events(path: Path, source: str) -> bool:
    """True if the columns are those of events, whether there is a row or not."""
    with _named(source, "not readable"):
        names = pq.read_schema(path).names
    return "event" in names and "signal" not in names


class SignalFile:
    """A Parquet file of signals, read batch by batch; ``source`` is what messages call it.

    ``read`` is the share of the file that was read, for a progress display. Raises
    `PlayertrackError` for what is no Parquet, and for a column that only the path has.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._source = source
        with _named(source, "not Parquet"):
            schema = pq.read_schema(path)
            names = schema.names
            # Most of what the others hold is null, and nulls are read in half of the time so.
            words = [
                field.name
                for field in schema
                if SIGNAL_FIELDS.get(field.name) == STRING and not pa.types.is_nested(field.type)
            ]
            # Read ahead by pyarrow it would be a row group at once, in threads and on fresh memory.
            self._file = pq.ParquetFile(
                path, read_dictionary=words, pre_buffer=False, buffer_size=_BUFFER
            )
        for other, what in (("event", "events"), ("started_at", "summaries")):
            if "signal" not in names and other in names:
                raise PlayertrackError(f"{source}: these are {what}, not signals")
        for name in columns_in(str(path)):
            if name in _NEEDED and name not in names:
                raise PlayertrackError(f"{source}: {name}: {ONLY_IN_PATH}")
        self.rows: int = self._file.metadata.num_rows
        self.read_rows = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The columns that signals have, some thousand rows at a time."""
        empty = _empty_columns(self._file.metadata)
        names = [
            name
            for name in self._file.schema_arrow.names
            if name in SIGNAL_FIELDS and (name not in empty or name in ("signal", "at"))
        ]
        with _named(self._source, "not readable"):
            if not self.rows:  # its columns are to be looked at all the same
                yield pa.RecordBatch.from_pylist([], self._file.schema_arrow)
            for batch in self._file.iter_batches(_READ_ROWS, columns=names, use_threads=False):
                yield batch
                self.read_rows += batch.num_rows


@contextmanager
def _named(source: str, problem: str) -> Iterator[None]:
    """Name the file in the errors of pyarrow."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise PlayertrackError(f"{source}: {problem}: {' '.join(str(error).split())}") from None


def _empty_columns(metadata: pq.FileMetaData) -> set[str]:
    """The columns of which the file says that they are null throughout: not worth reading."""
    names: set[str] = set()
    for number in range(metadata.num_columns):
        chunks = [
            metadata.row_group(group).column(number) for group in range(metadata.num_row_groups)
        ]
        if all(
            (found := chunk.statistics) is not None
            and found.has_null_count
            and found.null_count == chunk.num_values
            for chunk in chunks
        ):
            names |= {chunk.path_in_schema for chunk in chunks}
    return names


def rows_of(path: Path, source: str) -> Iterator[tuple[float, dict[str, Any]]]:
    """The values of each row of a Parquet file, without those that are null.

    With each comes the share of the rows that is read then.

    Other columns than ours may have any type: times are texts, and what is no number is null.
    """
    number = 0
    with _named(source, "not readable"):
        file = pq.ParquetFile(path)
        total = file.metadata.num_rows
        for batch in file.iter_batches(_READ_ROWS):
            for row in _sayable(batch).to_pylist():
                number += 1
                yield (
                    number / total,
                    {name: value for name, value in row.items() if value is not None},
                )


def _sayable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The columns whose values JSON can say: of the columns of others not all."""
    types, columns = pa.types, {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if types.is_temporal(column.type):
            columns[name] = column.cast(STRING)
        elif name in _OURS or not (types.is_nested(column.type) or types.is_floating(column.type)):
            columns[name] = column
        elif types.is_floating(column.type):
            columns[name] = pc.if_else(pc.is_finite(column), column, None)
    return pa.RecordBatch.from_pydict(columns)


class EventFile:
    """Writes events as a Parquet file; the same events give the same bytes."""

    def __init__(self, out: BinaryIO) -> None:
        self._writer = pq.ParquetWriter(out, EVENT_SCHEMA, compression="zstd")
        self._waiting: list[Event] = []
        self._group: list[pa.RecordBatch] = []

    def write(self, events: Sequence[Event]) -> None:
        """Add a row for each event."""
        self._waiting += events
        while len(self._waiting) >= _PIECE:
            self._add(self._waiting[:_PIECE])
            del self._waiting[:_PIECE]

    def close(self) -> None:
        """Write what is left, and the footer."""
        if self._waiting:
            self._add(self._waiting)
        self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more, unless it is closed."""
        self._waiting, self._group = [], []
        with suppress(OSError, pa.ArrowException):
            self._writer.close()

    def _add(self, events: Sequence[Event]) -> None:
        self._group.append(event_batch(events))
        if len(self._group) * _PIECE >= _GROUP_ROWS:
            self._write_group()

    def _write_group(self) -> None:
        if self._group:
            table = pa.Table.from_batches(self._group)
            self._writer.write_table(table, row_group_size=_GROUP_ROWS)
            self._group = []


def stats_bytes(rows: Sequence[Mapping[str, Any]], by: str | None) -> bytes:
    """The figures of ``stats`` as a Parquet file, its groups in a column named ``by``."""
    out = pa.BufferOutputStream()
    columns = {name: [row[name] for row in rows] for name in STATS_SCHEMA.names}
    table = pa.table(columns, STATS_SCHEMA)
    if by is not None:
        table = table.add_column(0, by, _groups([row[by] for row in rows]))
    pq.write_table(table, out, compression="zstd")
    return bytes(out.getvalue().to_pybytes())


def _groups(groups: Sequence[Any]) -> pa.Array:
    """A column of them; if they are of several types, of texts."""
    with suppress(pa.ArrowException, OverflowError):
        column = pa.array(groups)
        return column.cast(STRING) if pa.types.is_null(column.type) else column
    return pa.array([None if group is None else str(group) for group in groups], STRING)


def write_summaries(rows: Sequence[Mapping[str, Any]], out: BinaryIO) -> None:
    """Write a Parquet file of summaries, a row a session."""
    table = pa.Table.from_batches([summary_batch(rows)], SUMMARY_SCHEMA)
    pq.write_table(table, out, compression="zstd")
