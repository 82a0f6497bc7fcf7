"""The queue on the disk, and in memory for as long as the disk does not take it.

A `Failover` belongs to one thread and never raises because of a disk. A damaged file is repaired
or set aside (Q-damage). While a disk is full or fails, new events go to memory and move to the
disk as soon as it accepts them; changes of rows on the disk are kept until then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, time, time_ns

from .both import answers, standings_of
from .connecting import Connect, connect
from .database import QUEUE
from .files import Files, FilesMovedError
from .recovery import Contents, adopt
from .reports import Reports
from .store import Store
from .trimming import Trimming
from .values import Added, Bounds, DeadLetter, QueueError, Row, Settled, Standing

#: How often (s) a disk is tried again that took nothing.
RETRY = 5.0

#: How often (s) a damaged file is replaced at most.
SELDOM = 60.0

#: Higher than any number: no row is in memory.
_NONE = 1 << 62

#: A damaged schema may make a message of SQLite that is no text.
_FAILURES = (sqlite3.Error, OSError, QueueError, UnicodeError)


class Failover:
    """The queue in ``directory``; without one it is in memory only.

    ``spare`` gives the rows that must not be dropped now, as they are being sent; pages of
    rows that were read before are out of date then.
    """

    def __init__(
        self,
        directory: Path | None,
        bounds: Bounds,
        spare: Callable[[], Collection[int]],
        connect: Connect = connect,
        retry: float = RETRY,
    ) -> None:
        #: Why the disk takes nothing, while it does not.
        self.trouble: str | None = None
        #: True from `suspend` to `wake`.
        self.suspended = False
        self._directory = directory
        self._reports = Reports(directory)
        self._bounds = bounds
        self._spare = spare
        self._retry = retry
        self._disk = None if directory is None else Files(directory, bounds, connect)
        # Removes the rows that are in memory now from files that were moved.
        self._remove_left: Callable[[], object] | None = None
        self._left_generation: int | None = None
        self._memory: Store | None = None
        self._base = _NONE  # the rows from here on are in memory
        self._owed = Settled()
        self._retry_at = 0.0
        self._repaired_at = -SELDOM
        self._replaced = False
        self._trimming = Trimming(bounds, spare)
        if self._disk is None:
            self._spill()
        while self._store is None and self._memory is None:
            try:
                assert self._disk is not None
                self._disk.open()
                self._recovered()
            except _FAILURES as error:
                self._failed(error)

    @property
    def _store(self) -> Store | None:
        """The database on the disk, if it can be had."""
        return None if self._disk is None else self._disk.store

    @property
    def owner(self) -> bool:
        """True if this process may send, and is the one that tidies up (Q-one-sender)."""
        return self._disk is None or self._disk.owned or self._disk.store is None

    @property
    def durable(self) -> bool:
        """True if what is committed now outlives the process."""
        return self._memory is None

    @property
    def owing(self) -> bool:
        """True if something that became of rows is not committed yet."""
        return bool(self._owed.numbers() or self._owed.dated)

    @property
    def next_try(self) -> float | None:
        """When (Unix time) a disk that takes nothing is tried again."""
        if self.trouble is None or self._memory is None:
            return None
        return time() + max(0.0, self._retry_at - monotonic())

    # ------------------------------------------------------------------------- to change

    def commit(self, added: Added, settled: Settled) -> range:
        """Make all of it so at once; gives the numbers of the rows that came in."""
        if self._memory is not None:
            self._return_to_disk()
        if self._memory is not None:
            low, settled = settled.split(self._base)
            self._owed.add(low)
        else:
            self._owed.add(settled)
            while self._memory is None:
                try:
                    return self._to_disk(added)
                except _FAILURES as error:
                    self._failed(error)
            settled = Settled()
        with self._memory.transaction():
            self._memory.settle(settled, self._bounds.max_dead)
            new = self._memory.add(added, self._bounds.max_dead)
            self._trim(self._memory, self._bounds.max_memory, new)
        if settled.dated:
            self._spare()
        return new

    def note(self, seq: int) -> bool:
        """Note that ``seq`` is delivered, before it is committed; False if that is not possible.

        This alone is called from the thread of the sender.
        """
        return seq >= self._base or (self._disk is not None and self._disk.note(seq))

    def _to_disk(self, added: Added) -> range:
        assert self._disk is not None
        store = self._disk.checked()
        with store.transaction():
            store.settle(self._owed, self._bounds.max_dead)
            new = store.add(added, self._bounds.max_dead)
            self._trim(store, self._bounds.max_bytes, new)
        owed = self._paid()
        try:
            self._disk.committed(owed.delivered)
        except _FAILURES as error:
            self._failed(error)  # with what was committed just now
        return new

    def _paid(self) -> Settled:
        """The changes that were owed are committed."""
        owed, self._owed = self._owed, Settled()
        if owed.dated:
            self._spare()  # pages that were read hold those rows without their dates
        return owed

    def _trim(self, store: Store, most_bytes: int, new: range) -> None:
        over = store.excess(self._bounds.max_events, most_bytes, new.start - 1)
        # Only the owner knows what it sends.
        if over and (self.owner or self._bounds.policy == "drop_newest"):
            self._trimming.drop(store, over, new)

    # ---------------------------------------------------------------------------- to read

    def read(self, destination: str, after: int, limit: int) -> tuple[list[Row], int]:
        """The next rows of a destination, and the number up to which it was read.

        Rows that have come to an end are not among them.
        """
        rows: list[Row] = []
        last = after
        store = None if self._remove_left is not None else self._store
        if store is not None:
            try:
                rows, damaged = store.read(destination, after, limit)
            except _FAILURES as error:
                if self._memory is None:
                    self._failed(error)
                    return self.read(destination, after, limit)
                self._complain(error)
                return [], after  # what is in memory comes after what cannot be read
            else:
                last = max([after, *damaged, *(row.seq for row in rows[-1:])])
                self._owed.damaged |= dict.fromkeys(damaged, destination)
                if damaged:
                    self._reports.damaged_rows(len(damaged))
        if self._memory is not None and len(rows) < limit:
            rows += self._memory.read(destination, last, limit - len(rows))[0]
            last = max([last, *(row.seq for row in rows[-1:])])
        over = self._owed.numbers()
        return [row for row in rows if row.seq not in over], last

    def standings(
        self, delivered: Iterable[int], more: Mapping[tuple[str, str], int]
    ) -> list[Standing]:
        """All destinations; ``delivered`` rows and ``more`` counts are to be committed."""
        found = standings_of(self.stores(), [*delivered, *self._owed.delivered])
        self._owed.count_in(found, more)
        return list(found.values())

    def paused(self, destination: str) -> str | None:
        """Why a destination is paused, if it is."""
        if destination in self._owed.pauses:
            return self._owed.pauses[destination]
        reasons = answers(self.stores(), lambda store: store.paused(destination))
        return next((reason for reason in reasons if reason is not None), None)

    def recall(self, destination: str, lane: str) -> bytes | None:
        """The last note on a lane, if it is known."""
        notes = answers(reversed(self.stores()), lambda store: store.recall(destination, lane))
        return next((note for note in notes if note is not None), None)

    def dead(self) -> list[DeadLetter]:
        """The dead letters."""
        return [letter for found in answers(self.stores(), Store.dead) for letter in found]

    def stores(self) -> list[Store]:
        """The stores there are: disk, memory, or both."""
        return list(filter(None, (self._store, self._memory)))

    def poll(self) -> bool:
        """True if another process changed something, or left the queue to this one."""
        if self._memory is not None:
            before = self._store
            self._return_to_disk()
            return self._memory is None or self._store is not before
        assert self._disk is not None
        try:
            self._disk.check()
            if self._disk.news():
                return True
            self._disk.tend()
        except _FAILURES as error:
            self._failed(error)
            return True
        return False

    def close(self) -> None:
        """Let go of everything; the disk has a last chance to take what is in memory."""
        if self._memory is not None:
            self._retry_at = 0.0
            self._return_to_disk()
        if self._disk is not None:
            self._disk.close()
        if self._memory is not None:
            self._memory.close()

    def suspend(self) -> None:
        """Close the database for as long as the process is copied; the lock stays."""
        if self._disk is not None and self._disk.store is not None:
            self._disk.suspend()
            self.suspended = True

    def wake(self) -> None:
        """Go on after `suspend`."""
        self.suspended = False
        try:
            assert self._disk is not None
            self._disk.wake()
        except _FAILURES as error:
            self._failed(error)

    def disown(self) -> None:
        """In a forked child: leave the files to the parent."""
        if self._disk is not None:
            self._disk.disown()

    # --------------------------------------------------------------------- disks that fail

    def _recovered(self) -> None:
        """The disk is in order; report what was not."""
        assert self._disk is not None
        self.trouble = None
        damages, self._disk.damages = self._disk.damages, []
        for damage in damages:
            self._reports.repaired(damage)
        if damages:
            self._spare()  # pages that were read may hold what is not there

    def _failed(self, error: Exception) -> None:
        """Repair what can be repaired; go on in memory after any other failure."""
        if isinstance(error, FilesMovedError):
            self._moved(error)
            return
        assert self._disk is not None
        if self._disk.damaged_by(error) and self._repair(error):
            return
        self._complain(error)
        self._spill()

    def _repair(self, reason: Exception) -> bool:
        """Repair a damaged queue, or replace it if it was repaired just before."""
        assert self._disk is not None
        soon = monotonic() < self._repaired_at + SELDOM
        if not self._disk.owned or (soon and self._replaced):
            return False
        self._repaired_at, self._replaced = monotonic(), soon
        self._reports.repairing(reason)
        try:
            self._disk.repair(replacing=soon)
        except _FAILURES as error:
            self._complain(error)
            return False
        self._recovered()
        return True

    def _moved(self, error: FilesMovedError) -> None:
        """The files that are open are not in the directory: take what is in them along."""
        assert self._disk is not None
        self._reports.moved(error)
        try:
            if self._disk.reopen():
                self._recovered()
                return
            assert self._disk.store is not None
            contents = Contents.of(self._disk.store)
            self._left_generation = contents.entries.get(QUEUE, {}).get("generation")
            self._remove_left = self._disk.leave()
        except _FAILURES as failure:
            self._complain(failure)
            self._spill()
            return
        memory = Store(connect(":memory:"))
        memory.create(0)
        with memory.transaction():
            adopt(memory, contents)
            memory.settle(self._owed, self._bounds.max_dead)
        self._owed = Settled()
        self._memory, self._base = memory, 1
        self._complain(error)
        self._retry_at = 0.0
        self._return_to_disk()

    def _complain(self, error: Exception) -> None:
        trouble = f"{self._directory}: {error}"
        if self.trouble is None:
            self._reports.memory(trouble, self._retry)
        self.trouble = trouble

    def _spill(self) -> None:
        """Go on in memory, with numbers above all those of the disk."""
        if self._memory is None:
            self._retry_at = monotonic() + self._retry
            memory = Store(connect(":memory:"))
            base = 1 if self._disk is None else time_ns() // 1000
            if self._store is not None:
                with suppress(sqlite3.Error):
                    base = max(base, self._store.last + 1)
            memory.create(0, base)
            self._base = base
            self._memory = memory

    def _return_to_disk(self) -> None:
        """Move what is in memory to the disk, if it is time to try that."""
        if self._disk is None or monotonic() < self._retry_at:
            return
        self._retry_at = monotonic() + self._retry
        try:
            if self._disk.store is None:
                self._disk.open()
            self._disk.check()
            self._move()
        except _FAILURES as error:
            if self._disk.damaged_by(error):
                self._repair(error)
            self._complain(error)

    def _move(self) -> None:
        store = self._store
        assert store is not None and self._memory is not None and self._disk is not None
        contents = Contents.of(self._memory)
        with store.transaction():
            store.settle(self._owed, self._bounds.max_dead)
            if self._left_generation == store.generation:
                store.clear()  # a copy of what is in memory, or of what was there before
            elif store.last >= self._base:  # by a clock that was set back, or is, or another queue
                if self._spare():
                    raise QueueError(
                        "the queue there has higher numbers than the events that are being sent"
                    )
                contents = contents.renumbered(store.last + 1)
            adopt(store, contents)
        self._memory.close()
        self._memory, self._base = None, _NONE
        if self._remove_left is not None:
            self._remove_left()
            self._remove_left = self._left_generation = None
        self._disk.committed(self._paid().delivered)
        self._reports.disk_again(len(contents.rows))
        self._recovered()
