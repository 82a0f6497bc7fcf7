"""Data frames of signals and events: their columns, and the order of a player's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t
from pyspark.sql.pandas.types import from_arrow_schema

from ..columns.schema import EVENT_SCHEMA, SIGNAL_FIELDS
from ..errors import PlayertrackError
from ..policy import Policy
from ..signals import Signal

#: What comes out.
EVENTS: t.StructType = from_arrow_schema(EVENT_SCHEMA)

_REQUIRED = ("player", "signal", "at", "seq")
_WANTED: dict[pa.DataType, tuple[type[t.DataType], t.DataType, str]] = {
    pa.string(): (t.StringType, t.StringType(), "strings"),
    pa.float64(): (t.NumericType, t.DoubleType(), "numbers"),
    pa.int64(): (t.NumericType, t.LongType(), "whole numbers"),
    pa.bool_(): (t.BooleanType, t.BooleanType(), "true or false"),
}


def chosen(policy: Policy | Mapping[str, Any] | None) -> Policy:
    """The policy that is meant; raises `PolicyError`."""
    if isinstance(policy, Policy):
        return policy
    return Policy.from_mapping({} if policy is None else policy)


def signal_columns(signals: DataFrame) -> DataFrame:
    """The columns that mean something, in the types that they are to have.

    Raises `PlayertrackError` for one that is missing or cannot be.
    """
    if not isinstance(signals, DataFrame):
        what = type(signals).__name__
        raise PlayertrackError(f"signals: expected a data frame of Spark, not {what}")
    given = {field.name: field.dataType for field in signals.schema.fields}
    exact = signals.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    names = [name if exact else name.lower() for name in signals.columns]
    for name in SIGNAL_FIELDS:
        if names.count(name) > 1:
            also = "" if exact else "; to Spark, upper and lower case are one"
            raise PlayertrackError(f"signals: {name}: there is more than one such column{also}")
    for name in _REQUIRED:
        if name not in given:
            raise PlayertrackError(
                f"signals: {name}: the column is missing; Spark needs " + ", ".join(_REQUIRED)
            )
    columns = []
    for name, wanted in SIGNAL_FIELDS.items():
        if name not in given:
            continue
        allowed, type_, word = _WANTED[wanted]
        found = given[name]
        if not isinstance(found, (allowed, t.NullType)):
            raise PlayertrackError(
                f"signals: {name}: a column of {found.simpleString()} is not allowed; "
                f"expected {word}"
            )
        if wanted == pa.int64() and not isinstance(found, (t.IntegralType, t.NullType)):
            type_ = t.DoubleType()  # as pandas has them; of a fraction its row will be refused
        columns.append(f.col(f"`{name}`").cast(type_).alias(name))
    return signals.select(*columns)


def in_order(
    rows: Iterable[tuple[int, Signal]], idle_close: float | None
) -> list[tuple[int, Signal]]:
    """The signals of one player, which come in any order, in that of their numbers.

    Repeats are dropped. With ``idle_close`` numbers may start again after a silence (s), which
    shows: one of them is there on both sides of it, or they begin from the first and nothing
    follows them, as it does where a clock was set back. Each side is put in order by itself then.
    """
    listed = sorted(rows, key=lambda row: row[0])
    if idle_close is None:
        return list({seq: (seq, signal) for seq, signal in reversed(listed)}.values())[::-1]
    parts = _parts(sorted(listed, key=lambda row: row[1].at), idle_close)
    numbers = [{seq for seq, _ in part} for part in parts]
    known = set().union(*numbers)
    again = any(min(each) <= 1 and max(each) + 1 not in known for each in numbers[1:])
    if sum(map(len, numbers)) == len(known) and not again:
        return in_order(listed, None)
    return [row for part in parts for row in in_order(part, None)]


def _parts(rows: list[tuple[int, Signal]], idle_close: float) -> list[list[tuple[int, Signal]]]:
    """The rows, which are in the order of ``at``, cut where there is a silence."""
    parts: list[list[tuple[int, Signal]]] = []
    for row in rows:
        if not parts or row[1].at - parts[-1][-1][1].at > idle_close:
            parts.append([])
        parts[-1].append(row)
    return parts
