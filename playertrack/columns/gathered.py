"""Gathers batches of signals for players that do not depend on each other's order.

An update needs four numbers, so a large number of rows takes little memory, and the columns of
what they were read from can be let go: memory that was never touched before costs more time than
what is done with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from .decode import SignalBatch


class Gathered:
    """The rows of some batches, one after the other: updates as numbers, and the other signals.

    ``source`` is what messages call the input, ``room`` so many rows are expected.
    """

    def __init__(self, source: str, room: int) -> None:
        self._source = source
        self._room = room
        self._last: list[str | None] | None = None
        self._mapping: Any = None
        self._arrays: dict[str, Any] = {}
        self._columns = [np.empty(0, kind) for kind in (np.uint16, bool, np.float64, np.float64)]
        self.clear()

    def clear(self) -> None:
        """Begin again, in the same memory."""
        self.rows = 0
        self._codes: dict[str | None, int] = {None: 0}
        self._last = None
        self._parts: list[pa.RecordBatch] = []
        self._others: SignalBatch | None = None

    def add(self, batch: SignalBatch) -> None:
        """Add the rows of a batch; its columns are those of the others."""
        codes, updates, at, positions = batch.arrays()
        self._parts.append(batch.part(np.flatnonzero(~updates)))
        if batch.known_players is not self._last:
            # A batch has codes of its own, of which -1 is none.
            known = self._codes
            mapping = [known.setdefault(player, len(known)) for player in batch.known_players]
            if len(known) > _SHORT:
                self._columns[0] = self._columns[0].astype(np.int32, copy=False)
            self._mapping = np.array([*mapping, 0], self._columns[0].dtype)
            self._last = batch.known_players
        start, end = self.rows, self.rows + batch.rows
        if end > len(self._columns[0]):
            self._columns = [_grown(each, start, max(end, self._room)) for each in self._columns]
        added = self._mapping.take(codes, mode="wrap"), updates, at, positions
        for column, values in zip(self._columns, added, strict=True):
            column[start:end] = values
        self.rows = end

    @property
    def players(self) -> list[str | None]:
        """The players by their codes; the first is that of rows without one."""
        return list(self._codes)

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """As `SignalBatch.arrays`, of all rows, with the codes of ``players``."""
        codes, updates, at, positions = (column[: self.rows] for column in self._columns)
        return codes, updates, at, positions

    def by_player(self) -> tuple[Any, Any, Any, Any, Any]:
        """The rows player after player, in the order of ``players``.

        Their numbers, from 0, and their `arrays`, in memory that the next call will use again.
        """
        rows = self._rows_by_player()
        codes, updates, at, positions = (
            column.take(rows, out=self._memory(name, column.dtype), mode="clip")
            for name, column in zip(("codes", "updates", "at", "where"), self.arrays(), strict=True)
        )
        return rows, codes, updates, at, positions

    def _rows_by_player(self) -> Any:
        """They are sorted together with the codes if both fit into one number: that is quicker."""
        codes, bits = self._columns[0][: self.rows], self.rows.bit_length()
        if len(self._codes) << bits > 1 << 32:
            return codes.argsort(kind="stable")
        keys, rows = self._memory("keys", np.uint32), self._memory("rows", np.intp)
        keys[:] = codes
        keys <<= bits
        keys |= np.arange(self.rows, dtype=np.uint32)
        keys.sort()
        keys &= (1 << bits) - 1
        rows[:] = keys
        return rows

    def _memory(self, name: str, kind: Any) -> Any:
        """An array with room for a value of each row, the same one each time."""
        found = self._arrays.get(name)
        if found is None or len(found) < self.rows or found.dtype != kind:
            found = self._arrays[name] = np.empty(len(self._columns[0]), kind)
        return found[: self.rows]

    def others(self) -> SignalBatch:
        """All rows that are no updates."""
        if self._others is None:
            table = pa.Table.from_batches(self._parts).combine_chunks()
            self._others = SignalBatch(table, self._source)
        return self._others


#: So many players have short codes, which are sorted much faster.
_SHORT = 1 << 16


def _grown(column: Any, used: int, size: int) -> Any:
    """A column with room for ``size`` values, of which there are ``used``."""
    grown = np.empty(size, column.dtype)
    grown[:used] = column[:used]
    return grown
