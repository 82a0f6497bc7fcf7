"""The database of a queue as a whole: how it is made, examined, verified, and made smaller."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .connecting import Connection, patiently
from .lane_notes import NOTES_TABLE
from .pages import PAGE
from .tally import QUEUE, SCHEMA, Tally
from .values import QueueError

#: "PTrk": says that an SQLite file is a queue of this library.
APPLICATION = 0x5054726B
VERSION = 2

_SCHEMA = (
    *SCHEMA,
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
