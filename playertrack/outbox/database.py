"""The database of a queue as a whole: how it is made, examined, verified, and made smaller.

Its `Tally` is the small state by which everything else is judged: numbers, counters, pauses. It
is kept twice, in two tables and so in two pages, each copy with a checksum: if a byte of one copy
is damaged, the other copy is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from zlib import crc32

from .connecting import Connection, patiently
from .lane_notes import NOTES_TABLE
from .pages import PAGE
from .values import QueueError

#: "PTrk": says that an SQLite file is a queue of this library.
APPLICATION = 0x5054726B
VERSION = 2

TABLES = ("tally", "tally_copy")

_TALLIES = tuple(
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

_SCHEMA = (
    *_TALLIES,
    """CREATE TABLE events (
    seq INTEGER PRIMARY KEY, destination TEXT NOT NULL, lane TEXT NOT NULL,
    event TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, head TEXT NOT NULL,
    body BLOB NOT NULL, checksum INTEGER NOT NULL
)""",
    "CREATE INDEX by_destination ON events (destination, seq)",
    "CREATE INDEX views ON events (lane, seq) WHERE event = 'VIEW'",
    """CREATE TABLE dead (
    seq INTEGER PRIMARY KEY, destination TEXT NOT NULL, lane TEXT NOT NULL,
    event TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, head TEXT NOT NULL,
    body BLOB NOT NULL, reason TEXT NOT NULL, checksum INTEGER NOT NULL
)""",
    NOTES_TABLE.strip(),
)

#: Pages that are given back to the file system at a time, and that may stay free.
_GIVEN_BACK, _SPARE = 256, 256


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
            rows = self._execute(f"SELECT name, value, checksum FROM {table}").fetchall()
            keep_newer(found, sound(rows))
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


class Database:
    """The file behind one ``connection``: each change of it is a `transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self.tally = Tally(connection)

    def configure(self) -> None:
        """Durable at each commit (WAL, FULL); the file shrinks again when the queue does."""
        for pragma in (
            f"page_size = {PAGE}",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            "journal_size_limit = 4194304",
            "trusted_schema = OFF",
            "cell_size_check = ON",
        ):
            patiently(self._execute, f"PRAGMA {pragma}").fetchall()

    def create(self, generation: int, first: int = 1) -> None:
        """Make the tables, unless another process just did; rows are numbered from ``first``."""
        with self.transaction(new=True):
            if not self.empty:
                return
            for statement in _SCHEMA:
                self._execute(statement)
            self.tally[QUEUE].update(version=VERSION, generation=generation, last=first - 1)
            self._write_header()

    def _write_header(self) -> None:
        self._execute(f"PRAGMA application_id = {APPLICATION}")
        self._execute(f"PRAGMA user_version = {VERSION}")

    def examine(self, *, repair: bool = False) -> None:
        """Find out if this is a queue; ``repair`` its header if that alone is damaged.

        Raises `QueueError` for what is none, or one of a newer version, and
        `sqlite3.DatabaseError` for one that is damaged.
        """
        application = self._one("PRAGMA application_id")
        version = self._one("PRAGMA user_version")
        ours = self.tally.readable()
        if not ours and application != APPLICATION:
            raise QueueError("it is an SQLite file, but not a queue; choose another directory")
        if (application, version) == (APPLICATION, VERSION):
            tables = self._execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
            if not ours or {sql for (sql,) in tables} != set(_SCHEMA):
                raise sqlite3.DatabaseError("the tables of queue.db are damaged")
        elif repair and ours and self.tally.read(QUEUE).get("version") == VERSION:
            self._write_header()
        else:
            raise QueueError(
                f"it is a queue of version {version}, and this package reads version {VERSION};"
                " upgrade it, or choose another directory"
            )

    def verify(self) -> None:
        """Check every page, index and copy; repair indices. Raises `sqlite3.DatabaseError`."""
        if self._one("PRAGMA integrity_check(1)") != "ok":
            self._execute("REINDEX").fetchall()
            if (found := self._one("PRAGMA integrity_check(1)")) != "ok":
                raise sqlite3.DatabaseError(f"queue.db is damaged: {found}")
        with self.transaction():
            self.tally.repair()

    @property
    def empty(self) -> bool:
        """True if it has no tables yet."""
        return not self._one("SELECT count(*) FROM sqlite_master")

    @property
    def generation(self) -> int:
        """A number that differs from that of any other queue that there was at its place."""
        return int(self.tally.read(QUEUE)["generation"])

    @property
    def size(self) -> int:
        """Bytes in use, of the file without its WAL."""
        return int(self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")) * PAGE

    @property
    def length(self) -> int:
        """Bytes that the file has to have, once the WAL is written to it."""
        return int(self._one("PRAGMA page_count")) * PAGE

    @property
    def changes(self) -> int:
        """A number that is another one whenever another connection changed something."""
        return int(self._one("PRAGMA data_version"))

    @property
    def last(self) -> int:
        """The highest number that anything ever had."""
        return int(self.tally.read(QUEUE).get("last", 0))

    @contextmanager
    def transaction(self, *, new: bool = False) -> Iterator[None]:
        """All of it or nothing; durable when it is left. ``new``: there is no tally yet."""
        self._execute("BEGIN IMMEDIATE")
        try:
            if not new:
                self.tally.begin()
            yield
            changed = self.tally.write()
            self._execute("COMMIT")
            self.tally.stored |= changed
        except BaseException:  # raised again: nothing of it is in the database
            self.tally.forget()
            with suppress(sqlite3.Error):  # it may have rolled back by itself
                self._execute("ROLLBACK")
            raise

    def shrink(self) -> bool:
        """Give a megabyte of free pages back to the file system; True if there are more."""
        free = self._one("PRAGMA freelist_count")
        if free <= _SPARE:
            return False
        # It goes page by page, and only a script of the module sqlite3 goes to its end.
        self._connection.executescript(f"PRAGMA incremental_vacuum({_GIVEN_BACK})")
        if free - _GIVEN_BACK > _SPARE:
            return True
        self._execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # the file is cut only then
        return False

    def checkpoint(self) -> None:
        """Write all of the WAL to the file."""
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the connection; the last one of all processes leaves a single file."""
        self._connection.close()

    def _one(self, sql: str) -> Any:
        row = self._execute(sql).fetchone()
        return None if row is None else row[0]


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


def keep_newer(entries: Entries, found: Entries) -> None:
    """Put what was ``found`` among ``entries``, where it is not older: all numbers only grow."""
    for name, entry in found.items():
        if name not in entries or _age(entry) >= _age(entries[name]):
            entries[name] = entry


def _age(entry: dict[str, Any]) -> int:
    counted: dict[str, int] = entry.get("counters", {})
    return int(entry.get("commits", 0)) + sum(counted.values())


def _check(name: str, value: str) -> int:
    return crc32(f"{name}\0{value}".encode(errors="surrogatepass"))
