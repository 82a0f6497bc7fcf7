"""The small state of a queue that everything else is judged by: numbers, counters, pauses.

It is kept twice, in two tables and so in two pages, each copy with a checksum: what one damaged
byte takes is read from the other copy.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any
from zlib import crc32

from .connecting import Connection

TABLES = ("tally", "tally_copy")

SCHEMA = tuple(
    f"CREATE TABLE {table} (name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL)"
    " WITHOUT ROWID"
    for table in TABLES
)

#: The entry of the queue itself; all others are those of destinations.
QUEUE = ""

#: Entries by name: for the queue ``version``, ``generation``, ``last``, ``commits``, ``rows``,
#: ``bounds`` and ``protected``; for a destination ``counters`` by name and ``paused``, the reason.
Entries = dict[str, dict[str, Any]]


_encode = json.JSONEncoder(separators=(",", ":")).encode


class Tally(Entries):
    """The entries as they are within a transaction, which may change them.

    They stay from one transaction to the next. They are read again where another process, or a
    transaction that failed, left others. An entry that there was not is empty.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._execute = connection.execute
        self._version: int | None = None
        #: As they were last read or committed here, in JSON.
        self.stored: dict[str, str] = {}

    def __missing__(self, name: str) -> dict[str, Any]:
        entry = self[name] = {}
        return entry

    def begin(self) -> None:
        """A transaction starts."""
        version = self._execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self.clear()
            self.update(self.everything())
            self.stored = {name: _encode(entry) for name, entry in self.items()}
            self._version = version

    def write(self) -> dict[str, str]:
        """Write what was changed, and count the transaction; gives what is `stored` by it."""
        changed = {}
        for name, entry in self.items():
            text = _encode(entry)
            if text != self.stored.get(name):
                changed[name] = text
        if changed:
            queue = self[QUEUE]
            queue["commits"] = queue.get("commits", 0) + 1
            changed[QUEUE] = _encode(queue)
        for name, text in changed.items():
            row = (name, text, _check(name, text))
            for table in TABLES:
                self._execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", row)
        return changed

    def count_commits(self, commits: int) -> None:
        """There were so many transactions, or more."""
        self[QUEUE]["commits"] = max(self[QUEUE].get("commits", 0), commits)

    def forget(self) -> None:
        """The transaction failed."""
        self._version = None

    @property
    def known(self) -> Entries:
        """The entries as they were last read or committed here."""
        return {name: json.loads(text) for name, text in self.stored.items()}

    def read(self, name: str) -> dict[str, Any]:
        """An entry as it is stored; an empty one if there is none."""
        for table in TABLES:
            query = f"SELECT name, value, checksum FROM {table} WHERE name = ?"
            for entry in sound(self._execute(query, (name,)).fetchall()).values():
                return entry
        return {}

    def everything(self) -> Entries:
        """All entries as they are stored."""
        found: Entries = {}
        for table in reversed(TABLES):
            found |= sound(self._execute(f"SELECT name, value, checksum FROM {table}").fetchall())
        return found

    def readable(self) -> bool:
        """True if it can be read, and is that of a queue."""
        try:
            return bool(self.read(QUEUE))
        except sqlite3.Error:
            return False

    def repair(self) -> None:
        """Have all entries written if a copy of one is damaged, within a transaction."""
        copies = [
            {name: (value, checksum) for name, value, checksum in rows}
            for rows in (
                self._execute(f"SELECT name, value, checksum FROM {table}").fetchall()
                for table in TABLES
            )
        ]
        if copies[0] != copies[1] or copies[0].keys() != self.keys():
            for table in TABLES:
                self._execute(f"DELETE FROM {table}")
            self.stored = {}


def state_of(entries: Entries) -> tuple[int, int]:
    """The highest number of rows, and the number of transactions."""
    entry = entries.get(QUEUE, {})
    return int(entry.get("last", 0)), int(entry.get("commits", 0))


def sound(rows: Iterable[tuple[Any, ...]]) -> Entries:
    """The entries among ``rows`` that are as they were written."""
    found: Entries = {}
    for name, value, checksum in rows:
        if isinstance(name, str) and isinstance(value, str) and checksum == _check(name, value):
            found[name] = json.loads(value)
    return found


def _check(name: str, value: str) -> int:
    return crc32(f"{name}\0{value}".encode(errors="surrogatepass"))
