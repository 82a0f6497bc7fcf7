"""Reads the signals of an Arrow record batch, row by row, and says what is wrong with a row."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import PlayertrackError, SignalError
from ..signals import FIELDS, MAX_AT, MAX_SEQ, Signal, from_record
from .schema import BOOL, DOUBLE, SIGNAL_FIELDS, STRING, WHOLE

#: Fields that must be given, but whose value may be null: there null is the value.
MAY_BE_NULL = {"durationchange": ("duration",), "captions": ("language",)} | {
    "audio_track": ("language",)
}


class SignalBatch:
    """A record batch of signals: lists of what every row has, and the rest to look up.

    ``source`` is what messages call the input. ``players``, ``names``, ``ats`` and
    ``positions`` have a value a row, None where it is null; ``seqs`` is None without that
    column, and then no row has one. Raises `PlayertrackError` for columns that cannot be those
    of signals.
    """

    def __init__(self, batch: pa.RecordBatch, source: str) -> None:
        self.rows: int = batch.num_rows
        self._columns = {
            name: _typed(batch.column(name), name, source)
            for name in dict.fromkeys(batch.schema.names)
            if name in SIGNAL_FIELDS
        }
        for name in ("signal", "at"):
            if name not in self._columns:
                raise PlayertrackError(
                    f"{source}: {name}: the column is missing; signals have player, signal, at"
                )
        self.known_players = self._known("player")
        self._names = self._known("signal")
        self.good_players = None not in self.known_players
        seq = self._columns.get("seq")
        if seq is not None and seq.null_count == len(seq):
            seq = None
        self.seqs: list[Any] | None = None if seq is None else _values(seq)
        #: Whether no number is one that cannot be.
        self.good_seqs = seq is None or _are_whole(seq)

    def _known(self, name: str) -> list[str | None]:
        """The values behind the codes of a column of strings."""
        column = self._columns.get(name)
        return [] if column is None else [_text(each) for each in column.dictionary]

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
        return _values(self._columns["at"])

    @cached_property
    def positions(self) -> list[float | None]:
        """The position of each row."""
        column = self._columns.get("position")
        return [None] * self.rows if column is None else _values(column)

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """As arrays: players by code (-1: none), whether rows are updates, `at`, positions.

        A row is an update if both of its numbers can be; others may be any number.
        """
        players, position = self._columns.get("player"), self._columns.get("position")
        codes = np.full(self.rows, -1) if players is None else _array(players.indices, -1)
        at = _array(self._columns["at"], np.nan)
        where = np.full(self.rows, np.nan) if position is None else _array(position, np.nan)
        names = _array(self._columns["signal"].indices, -1)
        code = self._names.index("timeupdate") if "timeupdate" in self._names else -2
        updates = (names == code) & (np.abs(at) <= MAX_AT) & (where >= 0.0) & (where < np.inf)
        return codes, updates, at + 0.0, where + 0.0

    def signal(self, row: int) -> Signal:
        """The signal of a row; raises `SignalError` naming the field that cannot be."""
        name = self.names[row]
        record: dict[str, Any] = {}
        if name is not None:
            record["signal"] = name
        elif self._name_codes[row] is not None:
            raise _no_text("signal")
        at = self.ats[row]
        if at is not None:
            record["at"] = at
        for field in FIELDS.get(name or "", ()):
            if field == "at":
                continue
            value = self._value(field, row)
            if value is not None or field in MAY_BE_NULL.get(name or "", ()):
                record[field] = value
        return from_record(record)

    def _value(self, field: str, row: int) -> Any:
        if field == "position":
            return self.positions[row]
        column = self._columns.get(field)
        if column is None:
            return None
        scalar = column[row]
        if pa.types.is_dictionary(column.type):
            scalar = scalar.value
        if not scalar.is_valid:
            return None
        if SIGNAL_FIELDS[field] != STRING:
            return scalar.as_py()
        text = _text(scalar)
        if text is None:
            raise _no_text(field)
        return text

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
        if seq is None:
            return None
        if not (0 <= seq <= MAX_SEQ and seq == int(seq)):
            raise SignalError("seq", seq, "a whole number, 0 or more")
        return int(seq)


def _typed(column: pa.Array, name: str, source: str) -> pa.Array:
    """The column in the type that it is to have, strings as a dictionary."""
    wanted, given = SIGNAL_FIELDS[name], column.type
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    of_values = given.value_type if pa.types.is_dictionary(given) else given
    if pa.types.is_null(given):
        column = column.cast(wanted)
    elif wanted == STRING and _is_text(of_values):
        if of_values != STRING:
            column = (column.dictionary_decode() if given != of_values else column).cast(STRING)
    elif wanted == DOUBLE and _is_number(given):
        column = column.cast(DOUBLE, safe=False)
    elif not (given == wanted or (wanted == WHOLE and _is_number(given))):
        raise PlayertrackError(
            f"{source}: {name}: a column of {given} is not allowed; expected {_word(wanted)}"
        )
    if wanted == STRING and not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column


def _is_text(given: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(given) or types.is_large_string(given) or types.is_string_view(given)
    )


def _is_number(given: pa.DataType) -> bool:
    return bool(pa.types.is_integer(given) or pa.types.is_floating(given))


def _word(wanted: pa.DataType) -> str:
    return {DOUBLE: "numbers", WHOLE: "whole numbers", BOOL: "true or false"}.get(wanted, "strings")


def _values(column: pa.Array) -> list[Any]:
    if column.null_count or not len(column):
        return list(column.to_pylist())
    values: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
    return values


def _no_text(field: str) -> SignalError:
    return SignalError(field, b"...", "a string that UTF-8 can hold")


def _array(column: pa.Array, null: float) -> Any:
    """The column as an array with ``null`` where it is null."""
    if column.null_count:
        column = column.fill_null(null)
    return column.to_numpy(zero_copy_only=False)


def _are_whole(column: pa.Array) -> bool:
    if not pa.types.is_integer(column.type):
        return False
    return bool((_array(column, 0) >= 0).all())


def _text(scalar: Any) -> str | None:
    """The text of a scalar; None for bytes that are no UTF-8, which the caller refuses."""
    try:
        text: str | None = scalar.as_py()
    except UnicodeDecodeError:
        return None
    return text
