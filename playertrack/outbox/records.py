"""The records of a queue: read, and judged by their checksums."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from .connecting import Connection
from .database import QUEUE, Database, Entries, state_of
from .lane_notes import Notes, is_sound, read_note
from .values import RELEASED, Counts, DeadLetter, Item, Row, Standing

ROW = "seq, destination, lane, event, number, at, head, body, checksum"
LETTER = "seq, destination, lane, event, number, at, head, body, reason, checksum"

#: Among these numbers, given as a JSON array: any number of them in one statement.
THESE = "seq IN (SELECT value FROM json_each(?))"


class Records(Database):
    """Rows, tallies, notes and dead letters."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        # Rows by destination that were delivered and not removed, after so many transactions.
        self._early: tuple[int, Mapping[str, int]] = 0, {}

    def read(self, destination: str, after: int, limit: int) -> tuple[list[Row], list[int]]:
        """The next rows of a destination, and the numbers of damaged ones among them.

        Raises `sqlite3.DatabaseError` if they do not come in their order.
        """
        found = self._execute(
            f"SELECT {ROW} FROM events WHERE destination = ? AND seq > ? ORDER BY seq LIMIT ?",
            (destination, after, limit),
        ).fetchall()
        rows, damaged = [], []
        last = after
        for fields in found:
            if not fields[0] > last:
                raise sqlite3.DatabaseError(
                    "queue.db gives events out of order: its index is damaged"
                )
            last = fields[0]
            whole = intact(fields)
            if whole is None:
                damaged.append(last)
            else:
                rows.append(Row(last, whole[2]))
        return rows, damaged

    def everything(self) -> list[tuple[int, str, Item]]:
        """All sound rows of all destinations."""
        found = self._execute(f"SELECT {ROW} FROM events ORDER BY seq").fetchall()
        return [whole for whole in map(intact, found) if whole is not None]

    def rows_by_destination(self) -> dict[str, int]:
        """How many rows each destination has."""
        return dict(
            self._execute(
                "SELECT destination, count(*) FROM events GROUP BY destination"
            ).fetchall()
        )

    def recall(self, destination: str, lane: str) -> bytes | None:
        """The last note on a lane, if it is known."""
        return read_note(self._connection, destination, lane)

    def noted(self) -> Notes:
        """All notes."""
        rows = self._execute(
            "SELECT destination, lane, note, checksum FROM notes ORDER BY id"
        ).fetchall()
        return {(row[0], row[1]): row[2] for row in rows if is_sound(row)}

    def entries(self) -> Entries:
        """The tally of each destination, and of the queue."""
        return self.tally.everything()

    def standings(self, settled: Iterable[int] = ()) -> list[Standing]:
        """All destinations; rows in ``settled`` are delivered, though not yet removed."""
        early: dict[str, int] = dict(
            self._execute(
                f"SELECT destination, count(*) FROM events WHERE {THESE} GROUP BY destination",
                (json.dumps(list(settled)),),
            ).fetchall()
        )
        entries = self.tally.everything()
        self._early = state_of(entries)[1], early
        return _standings(entries, early)

    def last_standings(self) -> list[Standing]:
        """All destinations as they were last read or committed here; nothing is read."""
        known = self.tally.known
        commits, early = self._early
        return _standings(known, early if commits == state_of(known)[1] else {})

    def paused(self, destination: str) -> str | None:
        """Why a destination is paused, if it is."""
        reason = self.tally.read(destination).get("paused")
        return None if reason is None else str(reason)

    def dead(self) -> list[DeadLetter]:
        """The dead letters, the oldest first."""
        found = self._execute(f"SELECT {LETTER} FROM dead ORDER BY seq").fetchall()
        return [letter for letter in map(sound_letter, found) if letter is not None]

    def known_times(self) -> list[tuple[int, float]]:
        """Numbers and times of the rows whose clock may have been right."""
        return self._execute(
            "SELECT seq, at FROM events WHERE at >= ? ORDER BY seq", (RELEASED,)
        ).fetchall()

    @property
    def agrees(self) -> bool:
        """True if there are as many rows as the counters say, at one moment."""
        self._execute("BEGIN")
        try:
            rows = self.rows_by_destination()
            standings = _standings(self.tally.everything(), {})
            return all(rows.get(each.name, 0) == each.counts.pending for each in standings)
        finally:
            with suppress(sqlite3.Error):  # it may have rolled back by itself
                self._execute("ROLLBACK")


def _standings(entries: Entries, early: Mapping[str, int]) -> list[Standing]:
    return [
        Standing(
            name, Counts.of(entry.get("counters", {}), early.get(name, 0)), entry.get("paused")
        )
        for name, entry in sorted(entries.items())
        if name != QUEUE
    ]


def intact(fields: Sequence[Any]) -> tuple[int, str, Item] | None:
    """Number, destination and item of a row, unless the disk changed it."""
    seq, destination, *rest, checksum = fields
    try:
        item = Item(*rest)
        sound = item.fields(seq, destination)[-1] == checksum
    except TypeError:
        return None  # a column of another type than was written
    return (seq, destination, item) if sound else None


def sound_letter(fields: Sequence[Any]) -> DeadLetter | None:
    """A dead letter, unless the disk changed it."""
    seq, destination, *rest, reason, checksum = fields
    try:
        item = Item(*rest)
        sound = item.fields(seq, destination, reason)[-1] == checksum
    except TypeError:
        return None
    return DeadLetter(seq, destination, item, reason) if sound else None
