"""Reads the signals of an Arrow record batch, row by row, and says what is wrong with a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import attrs
import numpy as np
import pyarrow as pa

from .._fields import sequence_number
from ..errors import PlayertrackError, SignalError
from ..signals import FIELDS, MAX_AT, SIGNALS, Signal, from_record
from .buffers import filled, values_of, where_given, whole_numbers
from .schema import BOOL, DOUBLE, SIGNAL_FIELDS, STRING, WHOLE

#: Fields that must be given, but whose value may be null: there null is the value.
MAY_BE_NULL = {"durationchange": ("duration",), "captions": ("language",)} | {
    "audio_track": ("language",)
}

#: The columns of which each value is there many times.
_WORDS = ("player", "signal")

_Field = tuple[str, Callable[[int], Any], bool]


class SignalBatch:
    """A record batch of signals: lists of what every row has, and the rest to look up.

    ``source`` is what messages call the input; ``before`` is the batch before this one, if it
    has one. ``players``, ``names``, ``ats`` and ``positions`` have a value a row, None where it
    is null; ``seqs`` is None without that column, and then no row has one. Raises
    `PlayertrackError` for columns that cannot be those of signals.
    """

    def __init__(
        self, batch: pa.RecordBatch, source: str, before: SignalBatch | None = None
    ) -> None:
        self.rows: int = batch.num_rows
        for name in SIGNAL_FIELDS:
            if batch.schema.names.count(name) > 1:
                raise PlayertrackError(f"{source}: {name}: there is more than one such column")
        self._columns = {
            name: _typed(batch.column(name), name, source)
            for name in batch.schema.names
            if name in SIGNAL_FIELDS
        }
        for name in ("signal", "at"):
            if name not in self._columns:
                raise PlayertrackError(
                    f"{source}: {name}: the column is missing; signals have player, signal, at"
                )
        #: The same list as that of the batch before if it has the same.
        self.known_players = self._known("player", before)
        self._names = self._known("signal", before)
        self.good_players = None not in self.known_players
        seq = self._columns.get("seq")
        if seq is not None and seq.null_count == len(seq):
            seq = None
        self.seqs: list[Any] | None = None if seq is None else _listed(seq)
        #: Whether no number is one that cannot be.
        self.good_seqs = seq is None or _are_whole(seq)
        self._kinds: dict[str | None, tuple[type[Signal] | None, list[_Field]]] = {}

    def part(self, rows: Any) -> pa.RecordBatch:
        """The rows of these numbers, an array."""
        return pa.RecordBatch.from_pydict(self._columns).take(whole_numbers(rows))

    def rates(self) -> Any:
        """An array of the playback rate that each row reports; NaN where it reports none."""
        rates, rate = np.full(self.rows, np.nan), self._columns.get("rate")
        if rate is not None and "ratechange" in self._names:
            code = self._names.index("ratechange")
            given = filled(rate, np.nan)
            changed = _code_array(self._columns["signal"]) == code
            changed &= (given > 0.0) & (given < np.inf)
            rates[changed] = given[changed]
        return rates

    def _known(self, name: str, before: SignalBatch | None) -> list[str | None]:
        """The values behind the codes of a column of strings; None for what is no text."""
        column = self._columns.get(name)
        if column is None:
            return []
        last = None if before is None else before._columns.get(name)
        if before is not None and last is not None and column.dictionary.equals(last.dictionary):
            return before.known_players if name == "player" else before._names
        return [text if _is_text(text) else None for text in _texts(column.dictionary)]

    def _codes(self, name: str) -> list[int | None]:
        column = self._columns.get(name)
        return [None] * self.rows if column is None else list(column.indices.to_pylist())

    @cached_property
    def codes(self) -> list[int | None]:
        """The player of each row as an index of ``known_players``, None without one."""
        return self._codes("player")

    @cached_property
    def players(self) -> list[str | None]:
        """The player of each row."""
        return [None if code is None else self.known_players[code] for code in self.codes]

    @cached_property
    def _name_codes(self) -> list[int | None]:
        return self._codes("signal")

    @cached_property
    def names(self) -> list[str | None]:
        """The signal's name of each row."""
        return [None if code is None else self._names[code] for code in self._name_codes]

    @cached_property
    def ats(self) -> list[float | None]:
        """The time of each row."""
        return _listed(self._columns["at"])

    @cached_property
    def positions(self) -> list[float | None]:
        """The position of each row."""
        column = self._columns.get("position")
        return [None] * self.rows if column is None else _listed(column)

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """As arrays: players by code (-1: none), whether rows are updates, `at`, positions.

        A row is an update if both of its numbers can be; others may be any number.
        """
        players, times = self._columns.get("player"), self._columns["at"]
        codes = np.full(self.rows, -1) if players is None else _code_array(players)
        positions = self._columns.get("position")
        if positions is None:
            positions = pa.nulls(self.rows, DOUBLE)
        at, where = values_of(times), values_of(positions)
        code = self._names.index("timeupdate") if "timeupdate" in self._names else -2
        updates = _code_array(self._columns["signal"]) == code
        updates &= (at >= -MAX_AT) & (at <= MAX_AT) & (where >= 0.0) & (where < np.inf)
        for column in (times, positions):
            if column.null_count:
                updates &= where_given(column)
        return codes, updates, at, where

    def signal(self, row: int) -> Signal:
        """The signal of a row; raises `SignalError` naming the field that cannot be."""
        name = self.names[row]
        cls, fields = self._kind(name)
        record = {}
        for field, look_up, may_be_null in fields:
            value = look_up(row)
            if value is not None or may_be_null:
                record[field] = value
        try:
            return cls(**record)  # type: ignore[misc] # None: TypeError
        except TypeError:
            pass  # a field is missing, or there is no such signal: what follows says so
        if name is not None:
            record["signal"] = name
        elif self._name_codes[row] is not None:
            raise _no_text("signal")
        return from_record(record)

    @cached_property
    def signals(self) -> list[Signal | None]:
        """The signal of each row; None where it is left to `signal`, as it may not be one.

        Those of a kind are made together, in half of the time.
        """
        signals: list[Signal | None] = [None] * self.rows
        rows_of: dict[str | None, list[int]] = {}
        for row, name in enumerate(self.names):
            rows_of.setdefault(name, []).append(row)
        for name, rows in rows_of.items():
            for row, signal in zip(rows, _signals(*self._kind(name), rows), strict=False):
                signals[row] = signal
        return signals

    def _kind(self, name: str | None) -> tuple[type[Signal] | None, list[_Field]]:
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = SIGNALS.get(name or ""), self._fields_of(name)
        return kind

    def _fields_of(self, name: str | None) -> list[_Field]:
        """The fields of a signal that any has: how to look one up by row, and if it may be null."""
        fields: list[_Field] = []
        for field in FIELDS.get(name or "", ()):
            column = self._columns.get(field)
            may_be_null = field in MAY_BE_NULL.get(name or "", ())
            if field == "at":
                fields.append((field, self.ats.__getitem__, False))
            elif column is not None and column.null_count < len(column):
                listed = field == "position"
                look_up = self.positions.__getitem__ if listed else self._given(field).get
                fields.append((field, look_up, may_be_null))
            elif may_be_null:
                fields.append((field, _nothing, True))
        return fields

    def _given(self, field: str) -> dict[int, Any]:
        """The values of a column by row, without those that are null."""
        column = self._columns[field]
        given = column.drop_null()
        if pa.types.is_dictionary(given.type):
            given = given.dictionary_decode()
        values = _texts(given) if given.type == STRING else given.to_pylist()
        return dict(zip(np.flatnonzero(where_given(column)).tolist(), values, strict=True))

    def player(self, row: int) -> str | None:
        """The player of a row; a `SignalError` if it is no text."""
        player = self.players[row]
        code = self.codes[row]
        if player is None and code is not None:
            raise _no_text("player")
        return player

    def seq(self, row: int) -> int | None:
        """The number of the signal of a row, None without one; a `SignalError` if it cannot be."""
        seq = None if self.seqs is None else self.seqs[row]
        return None if seq is None else sequence_number(seq)


def _signals(cls: Any, fields: Iterable[_Field], rows: Iterable[int]) -> Iterator[Signal | None]:
    """The signals of a kind, None where one cannot be; nothing if not all have the same fields."""
    columns: dict[str, Sequence[Any]] = {}
    for field, look_up, may_be_null in fields:
        values = list(map(look_up, rows))
        nulls = values.count(None)
        if not nulls or may_be_null or getattr(attrs.fields(cls), field).default is None:
            columns[field] = values
        elif nulls < len(values):
            return
    for row in zip(*columns.values(), strict=True):
        try:
            yield cls(**dict(zip(columns, row, strict=True)))
        except (SignalError, TypeError):  # without a class, too
            yield None


def _typed(column: pa.Array, name: str, source: str) -> pa.Array:
    """The column in the type that it is to have, one of ``_WORDS`` as a dictionary.

    Other strings may be one, too.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type != SIGNAL_FIELDS[name]:
        column = _converted(column, name, source)
    if name in _WORDS and not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column


def _converted(column: pa.Array, name: str, source: str) -> pa.Array:
    """A column of another type in that which it is to have; text may stay a dictionary."""
    wanted, given = SIGNAL_FIELDS[name], column.type
    coded = pa.types.is_dictionary(given)
    if pa.types.is_null(given):
        return column.cast(wanted)
    if wanted == STRING and _has_text(given.value_type if coded else given):
        return _plain_codes(column, name) if coded else column.cast(STRING)
    if wanted == DOUBLE and _is_number(given):
        return column.cast(DOUBLE, safe=False)
    if wanted == WHOLE and _is_number(given):
        return column
    raise PlayertrackError(
        f"{source}: {name}: a column of {given} is not allowed; expected {_word(wanted)}"
    )


def _plain_codes(column: pa.DictionaryArray, name: str) -> pa.Array:
    """A dictionary column of strings, without a code for null or several for one signal."""
    texts = column.dictionary
    if texts.type != STRING:
        texts = texts.cast(STRING)
        column = pa.DictionaryArray.from_arrays(column.indices, texts)
    if texts.null_count or (name == "signal" and len(texts.unique()) < len(texts)):
        return column.dictionary_decode()
    return column


def _nothing(row: int) -> None:
    """A column that is null throughout has nothing."""


def _has_text(given: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(given) or types.is_large_string(given) or types.is_string_view(given)
    )


def _is_number(given: pa.DataType) -> bool:
    return bool(pa.types.is_integer(given) or pa.types.is_floating(given))


def _word(wanted: pa.DataType) -> str:
    return {DOUBLE: "numbers", WHOLE: "whole numbers", BOOL: "true or false"}.get(wanted, "strings")


def _listed(column: pa.Array) -> list[Any]:
    """The numbers of a column, None where it is null."""
    listed: list[Any] = column.to_pylist() if column.null_count else values_of(column).tolist()
    return listed


def _code_array(column: pa.Array) -> Any:
    """The codes of a dictionary column, -1 where it is null."""
    codes = values_of(column.indices)
    if column.null_count:
        codes = np.where(where_given(column.indices), codes.astype(np.int64), -1)
    return codes


def _no_text(field: str) -> SignalError:
    return SignalError(field, b"...", "a string that UTF-8 can hold")


def _are_whole(column: pa.Array) -> bool:
    if not pa.types.is_integer(column.type) or pa.types.is_uint64(column.type):
        return False
    return bool((filled(column, 0) >= 0).all())


def _texts(column: pa.Array) -> list[str | None]:
    """The texts of a column; bytes that are no UTF-8 become a text that no signal takes."""
    with suppress(UnicodeDecodeError):
        texts: list[str | None] = column.to_pylist()
        return texts
    return [
        each.as_buffer().to_pybytes().decode(errors="surrogateescape") if each.is_valid else None
        for each in column
    ]


def _is_text(text: str | None) -> bool:
    """UTF-8 can hold it."""
    with suppress(UnicodeEncodeError):
        return text is not None and bool(text.encode() or True)
    return False
