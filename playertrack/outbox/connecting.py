"""The connection to SQLite, as far as it is used: a test may put another one in its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol


class Cursor(Protocol):
    """The part of a cursor of sqlite3 that is used."""

    def fetchone(self) -> Any:
        """The next row, None after the last."""

    def fetchall(self) -> list[Any]:
        """All rows."""


class Connection(Protocol):
    """The part of a connection of sqlite3 that is used; it begins no transactions by itself."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each of the parameters."""

    def executescript(self, sql: str, /) -> object:
        """Run statements to their end."""

    def close(self) -> None:
        """Close it."""


def connect(path: str) -> Connection:
    """A connection of the standard library; it may move between threads, one at a time."""
    return sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)


#: Opens the database at a path.
Connect = Callable[[str], Connection]
