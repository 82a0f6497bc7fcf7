"""Arrow arrays as numpy arrays, and back, by their buffers.

pyarrow's own conversions import pandas first, wherever it is installed, which takes longer than
deriving a few hundred thousand signals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


def values_of(column: pa.Array) -> Any:
    """The numbers of a column, without a copy; where it is null they can be anything."""
    dtype, buffer = np.dtype(column.type.to_pandas_dtype()), column.buffers()[1]
    if buffer is None:
        return np.zeros(len(column), dtype)
    return np.frombuffer(buffer, dtype, len(column), column.offset * dtype.itemsize)


def where_given(column: pa.Array) -> Any:
    """An array of what is given in a column: False where it is null."""
    buffer = column.buffers()[0]
    if column.null_count == len(column):
        return np.zeros(len(column), bool)
    if buffer is None:
        return np.ones(len(column), bool)
    first, start = divmod(column.offset, 8)
    bits = np.frombuffer(buffer, np.uint8, offset=first)
    found = np.unpackbits(bits, count=start + len(column), bitorder="little")
    return found[start:].view(bool)


def filled(column: pa.Array, null: float) -> Any:
    """The numbers of a column, ``null`` where it is null."""
    values = values_of(column)
    if column.null_count:
        values = np.where(where_given(column), values, values.dtype.type(null))
    return values


def whole_numbers(values: Any) -> pa.Array:
    """A column of int64, of an array of them."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])
