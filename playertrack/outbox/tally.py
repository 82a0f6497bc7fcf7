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


class Tally:
    """Reads and writes entries by way of ``connection``; changes are kept until `write`."""

    def __init__(self, connection: Connection) -> None:
        self._execute = connection.execute
        self._changed: Entries = {}
        #: The entries as they were last written or read here.
        self.known: Entries = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        """An entry, to be changed; an empty one if there is none."""
        entry = self._changed.get(name)
        if entry is None:
            entry = self._changed[name] = self.read(name)
        return entry

    def write(self) -> None:
        """Write what was changed, within a transaction, which is counted."""
        if not self._changed:
            return
        self.count_commits(self[QUEUE].get("commits", 0) + 1)
        for name, entry in self._changed.items():
            value = json.dumps(entry, separators=(",", ":"))
            row = (name, value, _check(name, value))
            for table in TABLES:
                self._execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", row)

    def written(self) -> None:
        """The transaction is committed."""
        self.known |= self._changed
        self._changed = {}

    @property
    def state(self) -> tuple[int, int]:
        """The highest number, and how many transactions there were, as was written here."""
        return state_of(self.known)

    def count_commits(self, commits: int) -> None:
        """There were so many transactions, or more."""
        self[QUEUE]["commits"] = max(self[QUEUE].get("commits", 0), commits)

    def forget(self) -> None:
        """Forget changes that were not written."""
        self._changed = {}

    def read(self, name: str) -> dict[str, Any]:
        """An entry as it is stored; an empty one if there is none."""
        for table in TABLES:
            query = f"SELECT name, value, checksum FROM {table} WHERE name = ?"
            for entry in sound(self._execute(query, (name,)).fetchall()).values():
                return entry
        return {}

    def everything(self) -> Entries:
        """All entries."""
        found: Entries = {}
        for table in reversed(TABLES):
            found |= sound(self._execute(f"SELECT name, value, checksum FROM {table}").fetchall())
        self.known = found
        return found

    def readable(self) -> bool:
        """True if it can be read, and is that of a queue."""
        try:
            return bool(self.read(QUEUE))
        except sqlite3.Error:
            return False

    def repair(self) -> bool:
        """Write entries of which a copy is damaged; True if there were some."""
        copies = [
            {name: (value, checksum) for name, value, checksum in rows}
            for rows in (
                self._execute(f"SELECT name, value, checksum FROM {table}").fetchall()
                for table in TABLES
            )
        ]
        entries = self.everything()
        if copies[0] == copies[1] and copies[0].keys() == entries.keys():
            return False
        for table in TABLES:
            self._execute(f"DELETE FROM {table}")
        self._changed = {**entries, **self._changed}
        self.write()
        return True


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
