"""The queue in SQLite: what its tables hold, and the few statements that change them.

A `Store` has one connection and belongs to one thread. Each change of the queue is one
transaction, with the counters that it changes in it, so they agree after every crash.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from .connecting import Connection
from .lane_notes import NOTES_TABLE, Notes, read_note, write_notes
from .values import Counts, DeadLetter, Item, QueueError, Row, Standing

#: "PTrk": says that an SQLite file is a queue of this library.
APPLICATION = 0x5054726B
VERSION = 1

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE paused (destination TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (
    destination TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (destination, name)
) WITHOUT ROWID;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, destination TEXT NOT NULL, lane TEXT NOT NULL,
    event TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, head TEXT NOT NULL,
    body BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE INDEX by_destination ON events (destination, seq);
CREATE INDEX views ON events (lane, seq) WHERE event = 'VIEW';
CREATE TABLE dead (
    seq INTEGER PRIMARY KEY, destination TEXT NOT NULL, lane TEXT NOT NULL,
    event TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, head TEXT NOT NULL,
    body BLOB NOT NULL, reason TEXT NOT NULL
);
"""

ROW = "seq, destination, lane, event, number, at, head, body, checksum"
LETTER = "seq, destination, lane, event, number, at, head, body, reason"

#: Among these numbers, given as a JSON array: any number of them in one statement.
_THESE = "seq IN (SELECT value FROM json_each(?))"

#: The counters of events that have come to an end; all others of an event are pending.
DELIVERED, REJECTED, DROPPED = "delivered", "rejected", "dropped:"


class Store:
    """Rows, counters and dead letters, behind one ``connection``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    # ------------------------------------------------------------------------ as a whole

    def configure(self) -> None:
        """Durable at each commit (WAL, FULL); the file shrinks again when the queue does."""
        for pragma in (
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            "journal_size_limit = 4194304",
            "trusted_schema = OFF",
            "cell_size_check = ON",
        ):
            self._execute(f"PRAGMA {pragma}").fetchall()

    def create(self, generation: int, first: int = 1) -> None:
        """Make the tables, unless another process just did; rows are numbered from ``first``."""
        with self.transaction():
            if self._one("SELECT count(*) FROM sqlite_master"):
                return
            for statement in (*filter(str.strip, _SCHEMA.split(";\n")), NOTES_TABLE):
                self._execute(statement)
            self._execute("INSERT INTO meta VALUES ('generation', ?)", (generation,))
            self._execute("INSERT INTO sqlite_sequence VALUES ('events', ?)", (first - 1,))
            self._execute(f"PRAGMA application_id = {APPLICATION}")
            self._execute(f"PRAGMA user_version = {VERSION}")

    def extend(self) -> None:
        """Add what a queue of an earlier version lacks."""
        self._execute(NOTES_TABLE)

    def check(self) -> None:
        """Raises `QueueError` for what is no queue, or one of a newer version."""
        version = self._one("PRAGMA user_version")
        if self._one("PRAGMA application_id") != APPLICATION:
            raise QueueError("it is an SQLite file, but no queue")
        if version != VERSION:
            raise QueueError(f"it is a queue of version {version}, and this is {VERSION}")

    @property
    def empty(self) -> bool:
        """Whether it has no tables yet."""
        return not self._one("SELECT count(*) FROM sqlite_master")

    @property
    def sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        return bool(self._one("PRAGMA quick_check(1)") == "ok")

    @property
    def generation(self) -> int:
        """Tells this queue from any other that there was at its place."""
        return int(self._one("SELECT value FROM meta WHERE name = 'generation'"))

    @property
    def size(self) -> int:
        """Bytes in use, of the file without its WAL."""
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return int(pages * self._one("PRAGMA page_size"))

    @property
    def changes(self) -> int:
        """A number that is another one whenever another connection changed something."""
        return int(self._one("PRAGMA data_version"))

    @property
    def last(self) -> int:
        """The highest number that anything ever had."""
        return int(self._one("SELECT seq FROM sqlite_sequence WHERE name = 'events'"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; durable when it is left."""
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # it may have rolled back by itself
                self._execute("ROLLBACK")
            raise

    def shrink(self) -> None:
        """Give free pages back to the file system, a megabyte at a time."""
        if self._one("PRAGMA freelist_count") > 256:
            # It goes page by page, and only a script of the module sqlite3 goes to its end.
            self._connection.executescript("PRAGMA incremental_vacuum(256)")

    def close(self) -> None:
        """Close the connection; the last one of all processes leaves a single file."""
        self._connection.close()

    # ------------------------------------------------------------------- within a transaction

    def append(self, rows: Sequence[tuple[int, str, Item]]) -> None:
        """Append items under their numbers to their destinations."""
        self._connection.executemany(
            "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (seq, destination, *_fields(item), item.checksum(destination))
                for seq, destination, item in rows
            ],
        )
        for destination, n in Counter(destination for _, destination, _ in rows).items():
            self.count(destination, "accepted", n)

    def remember(self, noted: Notes) -> None:
        """Note how the next items of lanes have to be made."""
        write_notes(self._connection, noted)

    def remove(self, seqs: Iterable[int], end: str) -> None:
        """Remove rows and count them as what became of them; those not there count nothing."""
        numbers = (json.dumps(list(seqs)),)
        found = self._execute(
            f"SELECT destination, count(*) FROM events WHERE {_THESE} GROUP BY destination", numbers
        ).fetchall()
        self._execute(f"DELETE FROM events WHERE {_THESE}", numbers)
        for destination, n in found:
            self.count(destination, end, n)

    def reject(self, seq: int, reason: str, most: int) -> None:
        """Move a row to the dead letters, of which the last ``most`` are kept."""
        columns = ROW.replace("checksum", "?")
        self._execute(
            f"INSERT OR REPLACE INTO dead SELECT {columns} FROM events WHERE seq = ?", (reason, seq)
        )
        self.remove([seq], REJECTED)
        self._trim_dead(most)

    def refuse(self, letter: DeadLetter, most: int) -> None:
        """Take in a dead letter that never was a row: it has no words for the server."""
        self.bury([letter])
        self.skip(letter.seq)
        self.count(letter.destination, "accepted")
        self.count(letter.destination, REJECTED)
        self._trim_dead(most)

    def count(self, destination: str, name: str, n: int = 1) -> None:
        """Add ``n`` to a counter of a destination."""
        self._execute(
            "INSERT INTO counters VALUES (?, ?, ?) "
            "ON CONFLICT (destination, name) DO UPDATE SET n = n + excluded.n",
            (destination, name, n),
        )

    def pause(self, destination: str, reason: str | None) -> None:
        """Remember that a destination is paused and why, or (None) that it is not."""
        self._execute("DELETE FROM paused WHERE destination = ?", (destination,))
        if reason is not None:
            self._execute("INSERT INTO paused VALUES (?, ?)", (destination, reason))

    def resume(self) -> None:
        """Pause nothing."""
        self._execute("DELETE FROM paused")

    def skip(self, last: int) -> None:
        """Give numbers up to ``last`` to no row."""
        self._execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'events'", (last,))

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        """Take in dead letters; nothing is counted."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO dead VALUES (?,?,?,?,?,?,?,?,?)",
            [(each.seq, each.destination, *_fields(each.item), each.reason) for each in letters],
        )

    def _trim_dead(self, most: int) -> None:
        self._execute(
            "DELETE FROM dead WHERE seq <= "
            "(SELECT seq FROM dead ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            (most,),
        )

    # ------------------------------------------------------------------------- the bounds

    def excess(self, most_events: int, most_bytes: int) -> int:
        """How many rows are too many for either bound."""
        rows = sum(standing.counts.pending for standing in self.standings())
        size = self.size
        over = rows - most_events
        if size > most_bytes:
            # As many as hold what is too much, were they all of the same length.
            over = max(over, -(-rows * (size - most_bytes) // size))
        return max(0, over)

    def oldest(self, n: int, spare: Iterable[int]) -> list[int]:
        """The ``n`` rows to drop first, but none of ``spare``: VIEWs by session, then by age."""
        spared = json.dumps(list(spare))
        found = self._execute(
            "SELECT seq FROM events JOIN (SELECT lane, min(seq) AS began FROM events "
            "WHERE event = 'VIEW' GROUP BY lane) USING (lane) "
            f"WHERE event = 'VIEW' AND NOT {_THESE} ORDER BY began, seq LIMIT ?",
            (spared, n),
        ).fetchall()
        found += self._execute(
            f"SELECT seq FROM events WHERE event <> 'VIEW' AND NOT {_THESE} ORDER BY seq LIMIT ?",
            (spared, n - len(found)),
        ).fetchall()
        return [seq for (seq,) in found]

    # ---------------------------------------------------------------------------- to read

    def read(self, destination: str, after: int, limit: int) -> tuple[list[Row], list[int]]:
        """The next rows of a destination, and the numbers of damaged ones among them."""
        found = self._execute(
            f"SELECT {ROW} FROM events WHERE destination = ? AND seq > ? ORDER BY seq LIMIT ?",
            (destination, after, limit),
        ).fetchall()
        rows, damaged = [], []
        for fields in found:
            whole = intact(fields)
            if whole is None:
                damaged.append(fields[0])
            else:
                rows.append(Row(whole[0], whole[2]))
        return rows, damaged

    def everything(self) -> list[tuple[int, str, Item]]:
        """All rows of all destinations."""
        found = self._execute(f"SELECT {ROW} FROM events ORDER BY seq").fetchall()
        return [(seq, destination, Item(*fields)) for seq, destination, *fields, _ in found]

    def recall(self, destination: str, lane: str) -> bytes | None:
        """What was noted last on a lane, if it is known."""
        return read_note(self._connection, destination, lane)

    def noted(self) -> Notes:
        """All notes."""
        rows = self._execute("SELECT destination, lane, note FROM notes ORDER BY id").fetchall()
        return {(destination, lane): note for destination, lane, note in rows}

    def counters(self) -> list[tuple[str, str, int]]:
        """Every counter: destination, name, number."""
        return self._execute("SELECT destination, name, n FROM counters").fetchall()

    def standings(self, settled: Iterable[int] = ()) -> list[Standing]:
        """All destinations; rows in ``settled`` are delivered, though not yet removed."""
        counters: dict[str, dict[str, int]] = {}
        for destination, name, n in self.counters():
            counters.setdefault(destination, {})[name] = n
        early: dict[str, int] = dict(
            self._execute(
                f"SELECT destination, count(*) FROM events WHERE {_THESE} GROUP BY destination",
                (json.dumps(list(settled)),),
            ).fetchall()
        )
        paused = dict(self._execute("SELECT destination, reason FROM paused").fetchall())
        return [
            Standing(name, counted(counters.get(name, {}), early.get(name, 0)), paused.get(name))
            for name in sorted(counters.keys() | paused.keys())
        ]

    def paused(self, destination: str) -> str | None:
        """Why a destination is paused, if it is."""
        row = self._execute(
            "SELECT reason FROM paused WHERE destination = ?", (destination,)
        ).fetchone()
        return None if row is None else str(row[0])

    def dead(self, after: int = 0, limit: int = -1) -> list[DeadLetter]:
        """The dead letters, the oldest first."""
        found = self._execute(
            f"SELECT {LETTER} FROM dead WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ).fetchall()
        return [
            DeadLetter(seq, destination, Item(*fields), reason)
            for seq, destination, *fields, reason in found
        ]

    def _one(self, sql: str) -> Any:
        row = self._execute(sql).fetchone()
        return None if row is None else row[0]


def counted(counters: dict[str, int], early: int = 0) -> Counts:
    """The `Counts` of a destination; ``early`` rows are delivered and still to be counted."""
    dropped = {
        name.removeprefix(DROPPED): n
        for name, n in sorted(counters.items())
        if name.startswith(DROPPED)
    }
    accepted, rejected = counters.get("accepted", 0), counters.get(REJECTED, 0)
    delivered = counters.get(DELIVERED, 0) + early
    return Counts(
        accepted=accepted,
        delivered=delivered,
        rejected=rejected,
        dropped=dropped,
        pending=accepted - delivered - rejected - sum(dropped.values()),
        unmapped=counters.get("unmapped", 0),
        ambiguous=counters.get("ambiguous", 0),
    )


def intact(fields: Sequence[Any]) -> tuple[int, str, Item] | None:
    """Number, destination and item of a row, unless the disk changed it."""
    seq, destination, *rest, checksum = fields
    try:
        item = Item(*rest)
        return (seq, destination, item) if item.checksum(destination) == checksum else None
    except TypeError:
        return None  # a column of another type than was written


def _fields(item: Item) -> tuple[Any, ...]:
    return (item.lane, item.event, item.number, item.at, item.head, item.body)
