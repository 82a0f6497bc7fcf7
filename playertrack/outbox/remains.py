"""What can be read of a damaged queue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeGuard

from .adopting import Estate
from .lane_notes import sound_notes
from .store import LETTER, ROW, intact
from .values import DeadLetter, Item

_LETTER_TYPES = (int, str, str, str, int, float, str, bytes, str)

#: No queue counts as far as that: what is higher was not written so.
_MOST = 1 << 60


class Remains:
    """What can be read of the damaged queue at ``path``; it is only looked at."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        with suppress(sqlite3.Error):
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            # A text that is none must not hide the row's neighbours.
            self._connection.text_factory = lambda data: data.decode("utf-8", "replace")

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()

    def _all(self, sql: str, *parameters: object) -> Iterator[Any]:
        """The rows up to the first that cannot be read."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                yield from self._connection.execute(sql, parameters)

    def _one(self, sql: str) -> object:
        return next((row[0] for row in self._all(sql)), None)

    def generation(self) -> int | None:
        """Of the queue that it was, if that is known."""
        value = self._one("SELECT value FROM meta WHERE name = 'generation'")
        return value if isinstance(value, int) and value >= 0 else None

    def last(self) -> int:
        """The highest number that anything ever had in it, as far as is known."""
        value = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return value if _is_number(value) else 0

    def estate(self) -> Estate:
        """All that can be read."""
        rows = self._rows()
        return Estate(
            rows=[rows[seq] for seq in sorted(rows)],
            counters=self._counters(),
            dead=self._dead(),
            notes=sound_notes(self._all("SELECT destination, lane, note FROM notes ORDER BY id")),
        )

    def _rows(self) -> dict[int, tuple[int, str, Item]]:
        """Every row that is as it was written: from both ends, by the index, one by one."""
        found: dict[int, tuple[int, str, Item]] = {}
        seqs: set[int] = set()
        for order in ("ASC", "DESC"):
            for fields in self._all(f"SELECT {ROW} FROM events NOT INDEXED ORDER BY seq {order}"):
                self._keep(fields, found)
        for index in ("by_destination", "views"):
            where = "WHERE event = 'VIEW'" if index == "views" else ""
            columns = "lane, seq" if index == "views" else "destination, seq"
            for row in self._all(f"SELECT {columns} FROM events INDEXED BY {index} {where}"):
                if _is_number(row[1]):
                    seqs.add(row[1])
        known = seqs | found.keys()
        numbers = range(min(known), max(known) + 1) if known else range(0)
        if len(numbers) > 4 * len(known) + 10_000:
            numbers = sorted(known)  # type: ignore[assignment]
        for seq in numbers:
            if seq not in found:
                for fields in self._all(f"SELECT {ROW} FROM events WHERE seq = ?", seq):
                    self._keep(fields, found)
        return found

    @staticmethod
    def _keep(fields: Any, found: dict[int, tuple[int, str, Item]]) -> None:
        whole = intact(fields)
        if whole is not None and _is_number(whole[0]):
            found[whole[0]] = whole

    def _counters(self) -> list[tuple[str, str, int]]:
        rows = self._all("SELECT destination, name, n FROM counters")
        return [
            (destination, name, n)
            for destination, name, n in rows
            if isinstance(destination, str) and isinstance(name, str) and _is_number(n)
        ]

    def _dead(self) -> list[DeadLetter]:
        rows = self._all(f"SELECT {LETTER} FROM dead")
        return [
            DeadLetter(row[0], row[1], Item(*row[2:8]), row[8])
            for row in rows
            if tuple(map(type, row)) == _LETTER_TYPES and _is_number(row[0])
        ]


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and 0 < value < _MOST
