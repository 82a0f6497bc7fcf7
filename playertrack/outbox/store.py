"""The queue in SQLite: what its tables hold, and the few statements that change them.

A `Store` has one connection and belongs to one thread. Each change of the queue is one
transaction, with the counters that it changes in it, so they agree after every crash.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .database import Database
from .lane_notes import Notes, is_sound, read_note, write_notes
from .tally import QUEUE, Entries
from .values import HELD, RELEASED, Counts, Dated, DeadLetter, Item, Row, Standing

ROW = "seq, destination, lane, event, number, at, head, body, checksum"
LETTER = "seq, destination, lane, event, number, at, head, body, reason, checksum"

#: Among these numbers, given as a JSON array: any number of them in one statement.
_THESE = "seq IN (SELECT value FROM json_each(?))"

#: The counters of events that have come to an end; all others of an event are pending.
DELIVERED, REJECTED, DROPPED = "delivered", "rejected", "dropped:"


class Store(Database):
    """Rows, tallies, notes and dead letters."""

    # ------------------------------------------------------------------- within a transaction

    def append(self, rows: Sequence[tuple[int, str, Item]]) -> None:
        """Append items under their numbers to their destinations."""
        self._connection.executemany(
            "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (seq, destination, *_fields(item), item.checksum(seq, destination))
                for seq, destination, item in rows
            ],
        )
        for destination, n in Counter(destination for _, destination, _ in rows).items():
            self.count(destination, "accepted", n)
        if rows:
            self.skip(rows[-1][0])
            self._grow(len(rows))
        for _, _, item in rows:
            if item.head.startswith(HELD):
                self.tally[QUEUE]["held"] = True
                break

    def date(self, seq: int, dated: Dated, most: int) -> None:
        """Give a held row its end, if it is there."""
        name, item = dated.destination, dated.item
        if not self._execute("SELECT 1 FROM events WHERE seq = ?", (seq,)).fetchall():
            return
        if dated.estimated:
            self.count(name, "estimated")
        if item is None:
            self._delete([seq])
            self.count(name, "accepted", -1)
            self.count(name, "unmapped")
        elif dated.reason is not None:
            self.bury([DeadLetter(seq, name, item, dated.reason)])
            self.remove([seq], REJECTED)
            self._trim_dead(most)
        else:
            self._execute(
                "UPDATE events SET lane = ?, event = ?, number = ?, at = ?, head = ?, body = ?, "
                "checksum = ? WHERE seq = ?",
                (*_fields(item), item.checksum(seq, name), seq),
            )
            if item.note is not None:
                self.remember({(name, item.lane): item.note})

    def held(self) -> list[tuple[int, str, Item]]:
        """The rows that are not encoded yet (Q-clock), in order."""
        if not self.tally.read(QUEUE).get("held"):
            return []
        query = f"SELECT {ROW} FROM events WHERE head GLOB 'held *' ORDER BY seq"
        found = self._execute(query).fetchall()
        if not found:
            with self.transaction():  # nobody adds one meanwhile
                found = self._execute(query).fetchall()
                self.tally[QUEUE]["held"] = bool(found)
        return [whole for whole in map(intact, found) if whole is not None]

    def known_times(self) -> list[tuple[int, float]]:
        """Numbers and times of the rows whose clock may have been right."""
        return self._execute(
            "SELECT seq, at FROM events WHERE at >= ? ORDER BY seq", (RELEASED,)
        ).fetchall()

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
            self._grow(-n)

    def drop_damaged(self, damaged: Mapping[int, str]) -> None:
        """Remove rows that are not as they were written, by number and destination."""
        there = self._execute(
            f"SELECT seq FROM events WHERE {_THESE}", (json.dumps(list(damaged)),)
        ).fetchall()
        for (seq,) in there:
            self.count(damaged[seq], f"{DROPPED}damaged")
        self._delete([seq for (seq,) in there])

    def _delete(self, seqs: Sequence[int]) -> None:
        """Remove rows without counting what became of them."""
        self._execute(f"DELETE FROM events WHERE {_THESE}", (json.dumps(list(seqs)),))
        self._grow(-len(seqs))

    def _grow(self, rows: int) -> None:
        entry = self.tally[QUEUE]
        entry["rows"] = entry.get("rows", 0) + rows

    def reject(self, seq: int, reason: str, most: int) -> None:
        """Move a row to the dead letters, of which the last ``most`` are kept."""
        row = self._execute(f"SELECT {ROW} FROM events WHERE seq = ?", (seq,)).fetchone()
        whole = None if row is None else intact(row)
        if whole is not None:
            self.bury([DeadLetter(*whole, reason)])
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
        counters = self.tally[destination].setdefault("counters", {})
        counters[name] = counters.get(name, 0) + n

    def pause(self, destination: str, reason: str | None) -> None:
        """Remember that a destination is paused and why, or (None) that it is not."""
        self.tally[destination]["paused"] = reason

    def resume(self) -> None:
        """Pause nothing."""
        for name, entry in self.tally.everything().items():
            if entry.get("paused") is not None:
                self.pause(name, None)

    def skip(self, last: int) -> None:
        """Give numbers up to ``last`` to no row."""
        entry = self.tally[QUEUE]
        entry["last"] = max(entry.get("last", 0), last)

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        """Take in dead letters; nothing is counted."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO dead VALUES (?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    *(each.seq, each.destination, *_fields(each.item), each.reason),
                    each.item.checksum(each.seq, each.destination, each.reason),
                )
                for each in letters
            ],
        )

    def _trim_dead(self, most: int) -> None:
        self._execute(
            "DELETE FROM dead WHERE seq <= "
            "(SELECT seq FROM dead ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            (most,),
        )

    def clear(self) -> None:
        """Remove all rows and what is known of them: they are in another queue now."""
        for table in ("events", "dead", "notes"):
            self._execute(f"DELETE FROM {table}")
        for name in self.tally.everything():
            if name != QUEUE:
                self.tally[name].clear()
        self.tally[QUEUE]["rows"] = 0

    def reconcile(self) -> int:
        """Make the counters agree with the rows, within a transaction.

        Gives how many rows are missing; they are counted as damaged. Rows that no counter knew
        of are counted as accepted.
        """
        differs = self._differences()
        if any(differs.values()):
            found = self._execute(f"SELECT {ROW} FROM events").fetchall()
            self._delete([row[0] for row in found if intact(row) is None])
            differs = self._differences()
        for name, n in differs.items():
            self.count(name, f"{DROPPED}damaged" if n > 0 else "accepted", abs(n))
        return sum(n for n in differs.values() if n > 0)

    @property
    def agrees(self) -> bool:
        """True if there are as many rows as the counters say."""
        rows = self.rows_by_destination()
        return all(rows.get(each.name, 0) == each.counts.pending for each in self.standings())

    def _differences(self) -> dict[str, int]:
        """How many more rows the counters of each destination know of than there are."""
        rows = self.rows_by_destination()
        self.tally[QUEUE]["rows"] = sum(rows.values())
        pending = {
            name: counted(self.tally[name].get("counters", {})).pending
            for name in sorted({*rows, *self.tally.everything()} - {QUEUE})
        }
        return {name: n - rows.get(name, 0) for name, n in pending.items()}

    # ------------------------------------------------------------------------- the bounds

    def excess(self, most_events: int, most_bytes: int) -> int:
        """How many rows are too many for either bound, within a transaction."""
        rows = int(self.tally[QUEUE].get("rows", 0))
        size = self.size
        over = rows - most_events
        if size > most_bytes:
            # As many as hold what is too much, were they all of the same length.
            over = max(over, -(-rows * (size - most_bytes) // size))
        return max(0, over)

    def protect(self, bounds: tuple[int, int], before_new: int) -> int:
        """The number up to which rows were accepted under wider bounds than these.

        Those after ``before_new`` were appended within the same transaction.
        """
        entry = self.tally[QUEUE]
        before = entry.get("bounds", bounds)
        entry["bounds"] = list(bounds)
        if bounds[0] < before[0] or bounds[1] < before[1]:
            entry["protected"] = before_new
        return int(entry.get("protected", 0))

    def oldest(self, n: int, spare: Iterable[int], after: int = 0) -> list[int]:
        """The ``n`` rows to drop first, but none of ``spare``: VIEWs by session, then by age.

        Rows up to the number ``after`` are not dropped.
        """
        spared = json.dumps(list(spare))
        found = self._execute(
            "SELECT seq FROM events JOIN (SELECT lane, min(seq) AS began FROM events "
            "WHERE event = 'VIEW' GROUP BY lane) USING (lane) "
            f"WHERE event = 'VIEW' AND seq > ? AND NOT {_THESE} ORDER BY began, seq LIMIT ?",
            (after, spared, n),
        ).fetchall()
        found += self._execute(
            f"SELECT seq FROM events WHERE event <> 'VIEW' AND seq > ? AND NOT {_THESE} "
            "ORDER BY seq LIMIT ?",
            (after, spared, n - len(found)),
        ).fetchall()
        return [seq for (seq,) in found]

    # ---------------------------------------------------------------------------- to read

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
                raise sqlite3.DatabaseError("the rows are out of order")
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
                f"SELECT destination, count(*) FROM events WHERE {_THESE} GROUP BY destination",
                (json.dumps(list(settled)),),
            ).fetchall()
        )
        return [
            Standing(
                name, counted(entry.get("counters", {}), early.get(name, 0)), entry.get("paused")
            )
            for name, entry in sorted(self.tally.everything().items())
            if name != QUEUE
        ]

    def paused(self, destination: str) -> str | None:
        """Why a destination is paused, if it is."""
        reason = self.tally.read(destination).get("paused")
        return None if reason is None else str(reason)

    def dead(self, after: int = 0, limit: int = -1) -> list[DeadLetter]:
        """The dead letters, the oldest first."""
        found = self._execute(
            f"SELECT {LETTER} FROM dead WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ).fetchall()
        return [letter for letter in map(sound_letter, found) if letter is not None]


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
        estimated=counters.get("estimated", 0),
    )


def intact(fields: Sequence[Any]) -> tuple[int, str, Item] | None:
    """Number, destination and item of a row, unless the disk changed it."""
    seq, destination, *rest, checksum = fields
    try:
        item = Item(*rest)
        sound = item.checksum(seq, destination) == checksum
    except TypeError:
        return None  # a column of another type than was written
    return (seq, destination, item) if sound else None


def sound_letter(fields: Sequence[Any]) -> DeadLetter | None:
    """A dead letter, unless the disk changed it."""
    seq, destination, *rest, reason, checksum = fields
    try:
        item = Item(*rest)
        sound = item.checksum(seq, destination, reason) == checksum
    except TypeError:
        return None
    return DeadLetter(seq, destination, item, reason) if sound else None


def _fields(item: Item) -> tuple[Any, ...]:
    return (item.lane, item.event, item.number, item.at, item.head, item.body)
