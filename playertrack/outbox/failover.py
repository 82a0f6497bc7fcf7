"""The queue on the disk, and in memory for as long as the disk does not take it.

A `Shelf` belongs to one thread and never raises for what a disk does. A damaged file is set
aside (Q-corrupt). With a full or failing disk new events go to memory; they move to the disk
as soon as it takes them. What changes rows of the disk is owed to it until then.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, time_ns
from typing import TypeVar

from .adopting import Estate, adopt
from .batch import Added, Settled, trim
from .connecting import Connect, connect
from .files import Disk
from .opening import is_damage
from .store import Store
from .values import Bounds, Counts, DeadLetter, QueueError, Row, Standing

_T = TypeVar("_T")

_log = logging.getLogger("playertrack")

#: How often (s) a disk is tried again that took nothing.
RETRY = 5.0

#: How often (s) dropped events are told of, and a damaged file is replaced at most.
SELDOM = 60.0

#: Higher than any number: no row is in memory.
_NONE = 1 << 62

_FAILURES = (sqlite3.Error, OSError, QueueError)


class Shelf:
    """The queue in ``directory``; without one it is in memory only.

    ``spare`` gives the rows that must not be dropped now, as they are being sent.
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
        self._directory = directory
        self._bounds = bounds
        self._spare = spare
        self._retry = retry
        self._disk = None if directory is None else Disk(directory, bounds, connect)
        self._memory: Store | None = None
        self._base = _NONE  # the rows from here on are in memory
        self._owed = Settled()
        self._retry_at = 0.0
        self._replaced_at = -SELDOM
        self._dropped = 0
        self._told_at = -SELDOM
        if self._disk is None:
            self._spill()
        while self._store is None and self._memory is None:
            try:
                self._open()
            except _FAILURES as error:
                self._failed(error)

    @property
    def _store(self) -> Store | None:
        """The database on the disk, if it can be had."""
        return None if self._disk is None else self._disk.store

    @property
    def owner(self) -> bool:
        """Whether this process may send, and is the one that tidies up (Q-one-sender)."""
        return self._disk is None or self._disk.owned or self._disk.store is None

    @property
    def durable(self) -> bool:
        """Whether what is committed now outlives the process."""
        return self._memory is None

    @property
    def owing(self) -> bool:
        """Whether something that became of rows is not committed yet."""
        return bool(self._owed.numbers())

    # ------------------------------------------------------------------------- to change

    def commit(self, added: Added, settled: Settled) -> range:
        """Make all of it so at once; gives the numbers of the rows that came in."""
        if self._memory is not None:
            self._mend()
        low, high = settled.split(self._base)
        self._owed.add(low)
        while self._memory is None:
            try:
                return self._to_disk(added)
            except _FAILURES as error:
                self._failed(error)
        with self._memory.transaction():
            high.apply(self._memory, self._bounds)
            new = added.apply(self._memory, self._bounds)
            self._trim(self._memory, self._bounds.max_memory, new)
        return new

    def note(self, seq: int) -> bool:
        """Note that ``seq`` is delivered, before it is committed; False if that is not possible.

        This alone is called from the thread of the sender.
        """
        return seq >= self._base or (self._disk is not None and self._disk.note(seq))

    def _to_disk(self, added: Added) -> range:
        assert self._disk is not None
        self._disk.refresh()
        store = self._disk.store
        assert store is not None
        with store.transaction():
            self._owed.apply(store, self._bounds)
            new = added.apply(store, self._bounds)
            self._trim(store, self._bounds.max_bytes, new)
        self._paid(store)
        return new

    def _paid(self, store: Store) -> None:
        """What was owed is committed."""
        assert self._disk is not None
        self._disk.free(self._owed.delivered)
        removed = bool(self._owed.delivered)
        self._owed = Settled()
        if removed:
            with suppress(sqlite3.Error):
                store.shrink()

    def _trim(self, store: Store, most_bytes: int, new: range) -> None:
        if not self.owner and self._bounds.policy == "drop_oldest":
            return  # only the owner knows what it is sending
        self._dropped += trim(store, self._bounds, most_bytes, new, self._spare)
        if self._dropped and monotonic() >= self._told_at + SELDOM:
            _log.error("the queue is full: %d events were dropped", self._dropped)
            self._dropped, self._told_at = 0, monotonic()

    # ---------------------------------------------------------------------------- to read

    def read(self, destination: str, after: int, limit: int) -> tuple[list[Row], int]:
        """The next rows of a destination, and the number up to which it was read.

        Rows that have come to an end are not among them.
        """
        rows: list[Row] = []
        last = after
        store = self._store
        if store is not None:
            try:
                rows, damaged = store.read(destination, after, limit)
            except _FAILURES as error:
                if self._memory is None:
                    self._failed(error)
                    return self.read(destination, after, limit)
                self._complain(error)
            else:
                last = max([after, *damaged, *(row.seq for row in rows[-1:])])
                self._owed.damaged += damaged
                if damaged:
                    _log.error("%d events of the queue are damaged and lost", len(damaged))
        if self._memory is not None and len(rows) < limit:
            rows += self._memory.read(destination, last, limit - len(rows))[0]
            last = max([last, *(row.seq for row in rows[-1:])])
        over = self._owed.numbers()
        return [row for row in rows if row.seq not in over], last

    def standings(
        self, delivered: Iterable[int], more: Mapping[tuple[str, str], int]
    ) -> list[Standing]:
        """All destinations; ``delivered`` rows and ``more`` counts are to be committed."""
        delivered = [*delivered, *self._owed.delivered]
        found: dict[str, Standing] = {}
        for store in filter(None, (self._store, self._memory)):
            with suppress(sqlite3.Error):
                for each in store.standings(delivered):
                    known = found.get(each.name, Standing(each.name, Counts(), None))
                    found[each.name] = Standing(
                        each.name, known.counts + each.counts, known.paused or each.paused
                    )
        self._owed.count_in(found, more)
        return list(found.values())

    def paused(self, destination: str) -> str | None:
        """Why a destination is paused, if it is."""
        if destination in self._owed.pauses:
            return self._owed.pauses[destination]
        return self._first(lambda store: store.paused(destination))

    def recall(self, destination: str, lane: str) -> bytes | None:
        """What was noted last on a lane, if it is known."""
        return self._first(lambda store: store.recall(destination, lane))

    def _first(self, question: Callable[[Store], _T | None]) -> _T | None:
        """The first answer of what is in memory, then on the disk."""
        for store in filter(None, (self._memory, self._store)):
            with suppress(sqlite3.Error):
                if (answer := question(store)) is not None:
                    return answer
        return None

    def dead(self) -> list[DeadLetter]:
        """The dead letters."""
        letters: list[DeadLetter] = []
        for store in filter(None, (self._store, self._memory)):
            with suppress(sqlite3.Error):
                letters += store.dead()
        return letters

    def poll(self) -> bool:
        """Whether another process changed something, or left the queue to this one."""
        if self._memory is not None:
            before = self._store
            self._mend()
            return self._memory is None or self._store is not before
        assert self._disk is not None
        try:
            return self._disk.news()
        except _FAILURES as error:
            self._failed(error)
            return True

    def close(self) -> None:
        """Let go of everything; the disk has a last chance to take what is in memory."""
        if self._memory is not None:
            self._retry_at = 0.0
            self._mend()
        if self._disk is not None:
            self._disk.close()
        if self._memory is not None:
            self._memory.close()

    def suspend(self) -> None:
        """Close the database for as long as the process is copied; the lock stays."""
        if self._disk is not None:
            self._disk.suspend()

    def wake(self) -> None:
        """Go on after `suspend`."""
        if self._disk is not None:
            try:
                self._disk.wake()
            except _FAILURES as error:
                self._failed(error)

    def disown(self) -> None:
        """In a forked child: leave the files to the parent."""
        if self._disk is not None:
            self._disk.disown()

    # --------------------------------------------------------------------- disks that fail

    def _open(self) -> None:
        assert self._disk is not None
        self._disk.open()
        self.trouble = None

    def _failed(self, error: Exception) -> None:
        """Replace a damaged file; go on in memory after any other failure."""
        if isinstance(error, sqlite3.Error) and is_damage(error) and self._replace():
            return
        self._complain(error)
        self._spill()

    def _replace(self) -> bool:
        assert self._disk is not None
        if not self._disk.owned or monotonic() < self._replaced_at + SELDOM:
            return False
        self._replaced_at = monotonic()
        try:
            damage = self._disk.replace()
        except _FAILURES as error:
            self._complain(error)
            return False
        self.trouble = None
        _log.error(
            "the queue was damaged: it is now %s; %d events were carried over, %d are lost",
            *(damage.path, damage.rows, damage.lost),
        )
        return True

    def _complain(self, error: Exception) -> None:
        trouble = f"{self._directory}: {error}"
        if self.trouble is None:
            _log.error("the queue is kept in memory, as the disk fails (%s)", trouble)
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

    def _mend(self) -> None:
        """Move what is in memory to the disk, if it is time to try that."""
        if self._disk is None or monotonic() < self._retry_at:
            return
        self._retry_at = monotonic() + self._retry
        try:
            if self._disk.store is None:
                self._open()
            self._move()
        except _FAILURES as error:
            if isinstance(error, sqlite3.Error) and is_damage(error):
                self._replace()
            self._complain(error)

    def _move(self) -> None:
        store = self._store
        assert store is not None and self._memory is not None
        estate = Estate.of(self._memory)
        with store.transaction():
            self._owed.apply(store, self._bounds)
            if store.last >= self._base:  # by a clock that was set back, or is
                if self._spare():
                    raise QueueError("its numbers are higher than those that are being sent")
                estate = estate.renumbered(store.last + 1)
            adopt(store, estate)
        self._memory.close()
        self._memory, self._base = None, _NONE
        self._paid(store)
        _log.warning("the disk takes the queue again; %d events were moved to it", len(estate.rows))
        self.trouble = None
