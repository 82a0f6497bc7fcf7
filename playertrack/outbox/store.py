"""The queue in SQLite: the few statements that change its records.

A `Store` has one connection and belongs to one thread. Each change of the queue is one
transaction, with the counters that it changes in it, so they agree after every crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from .database import QUEUE
from .lane_notes import Notes, write_notes
from .pages import PAGE
from .records import ROW, THESE, Records, intact
from .values import (
    DELIVERED,
    DROPPED,
    HELD,
    REJECTED,
    Added,
    Counts,
    Dated,
    DeadLetter,
    Item,
    Settled,
)


class Store(Records):
    """Changes rows, tallies, notes and dead letters, within a `transaction`."""

    def add(self, added: Added, most_dead: int) -> range:
        """Take additions in; gives the numbers of the rows."""
        first = self.tally[QUEUE].get("last", 0) + 1
        notes = {}
        rows = []
        for seq, (name, item) in enumerate(added.items, first):
            rows.append((seq, name, item))
            if item.note is not None:
                notes[name, item.lane] = item.note
        if rows:
            self.append(rows)
        if notes:
            self.remember(notes)
        end = first + len(rows)
        for seq, (name, item, reason) in enumerate(added.refused, end):
            self.refuse(DeadLetter(seq, name, item, reason), most_dead)
        for (name, counter), n in added.counts.items():
            self.count(name, counter, n)
        return range(first, end)

    def settle(self, settled: Settled, most_dead: int) -> None:
        """Let rows come to an end, and pause destinations; what was so before changes nothing."""
        if settled.delivered:
            self.remove(settled.delivered, DELIVERED)
        if settled.damaged:
            self.drop_damaged(settled.damaged)
        for seq, (_, reason) in settled.rejected.items():
            self.reject(seq, reason, most_dead)
        for destination, pause in settled.pauses.items():
            self.pause(destination, pause)
        for seq, dated in sorted(settled.dated.items()):
            self.date(seq, dated, most_dead)

    def append(self, rows: Sequence[tuple[int, str, Item]]) -> None:
        """Append items under their numbers to their destinations."""
        tally = self.tally
        queue = tally[QUEUE]
        fields = []
        for seq, name, item in rows:
            fields.append(item.fields(seq, name))
            counters = tally[name].setdefault("counters", {})
            counters["accepted"] = counters.get("accepted", 0) + 1
            if item.head.startswith(HELD):
                queue["held"] = True
            queue["last"] = max(queue.get("last", 0), seq)
        queue["rows"] = queue.get("rows", 0) + len(rows)
        self._connection.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?)", fields)

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
                (*item.fields(seq, name)[2:], seq),
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

    def remember(self, noted: Notes) -> None:
        """Note how the next items of lanes have to be made."""
        write_notes(self._connection, noted)

    def remove(self, seqs: Iterable[int], end: str) -> None:
        """Remove rows and count them as what became of them; those not there count nothing."""
        numbers = (json.dumps(list(seqs)),)
        found = self._execute(
            f"SELECT destination, count(*) FROM events WHERE {THESE} GROUP BY destination", numbers
        ).fetchall()
        self._execute(f"DELETE FROM events WHERE {THESE}", numbers)
        for destination, n in found:
            self.count(destination, end, n)
            self.tally[QUEUE]["rows"] = self.tally[QUEUE].get("rows", 0) - n

    def drop_damaged(self, damaged: Mapping[int, str]) -> None:
        """Remove rows that are not as they were written, by number and destination."""
        there = self._execute(
            f"SELECT seq FROM events WHERE {THESE}", (json.dumps(list(damaged)),)
        ).fetchall()
        for (seq,) in there:
            self.count(damaged[seq], f"{DROPPED}damaged")
        self._delete([seq for (seq,) in there])

    def _delete(self, seqs: Sequence[int]) -> None:
        """Remove rows without counting what became of them."""
        self._execute(f"DELETE FROM events WHERE {THESE}", (json.dumps(list(seqs)),))
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
        for entry in self.tally.values():
            if entry.get("paused") is not None:
                entry["paused"] = None

    def skip(self, last: int) -> None:
        """Give numbers up to ``last`` to no row."""
        entry = self.tally[QUEUE]
        entry["last"] = max(entry.get("last", 0), last)

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        """Take in dead letters; nothing is counted."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO dead VALUES (?,?,?,?,?,?,?,?,?,?)",
            [each.item.fields(each.seq, each.destination, each.reason) for each in letters],
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
        for name, entry in self.tally.items():
            if name != QUEUE:
                entry.clear()
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

    def _differences(self) -> dict[str, int]:
        """How many more rows the counters of each destination know of than there are."""
        rows = self.rows_by_destination()
        self.tally[QUEUE]["rows"] = sum(rows.values())
        pending = {
            name: Counts.of(self.tally[name].get("counters", {})).pending
            for name in sorted({*rows, *self.tally} - {QUEUE})
        }
        return {name: n - rows.get(name, 0) for name, n in pending.items()}

    # ------------------------------------------------------------------------- the bounds

    def excess(self, most_events: int, most_bytes: int, before_new: int) -> int:
        """How many rows are too many for either bound.

        Those up to ``before_new`` were there before the transaction: what was accepted under
        wider bounds stays.
        """
        queue = self.tally[QUEUE]
        before = queue.get("bounds", (most_events, most_bytes))
        queue["bounds"] = [most_events, most_bytes]
        if most_events < before[0] or most_bytes < before[1]:
            queue["protected"] = before_new
        rows = int(queue.get("rows", 0))
        over = rows - most_events
        size = int(self._execute("PRAGMA page_count").fetchone()[0]) * PAGE
        if size > most_bytes:
            size = self.size
            # As many as hold what is too much, were they all of the same length.
            over = max(over, -(-rows * (size - most_bytes) // size))
        return max(0, over)

    def oldest(self, n: int, spare: Iterable[int]) -> list[int]:
        """The ``n`` rows to drop first, but none of ``spare``: VIEWs by session, then by age."""
        after = self.tally[QUEUE].get("protected", 0)
        spared = json.dumps(list(spare))
        found = self._execute(
            "SELECT seq FROM events JOIN (SELECT lane, min(seq) AS began FROM events "
            "WHERE event = 'VIEW' GROUP BY lane) USING (lane) "
            f"WHERE event = 'VIEW' AND seq > ? AND NOT {THESE} ORDER BY began, seq LIMIT ?",
            (after, spared, n),
        ).fetchall()
        found += self._execute(
            f"SELECT seq FROM events WHERE event <> 'VIEW' AND seq > ? AND NOT {THESE} "
            "ORDER BY seq LIMIT ?",
            (after, spared, n - len(found)),
        ).fetchall()
        return [seq for (seq,) in found]
