"""The files of a queue, as this process has them open: database, journal, lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .ack_log import Journal
from .batch import Settled
from .connecting import Connect
from .lock import ProcessLock
from .opening import JOURNAL, LOCK, QUEUE, Damage, open_store, replace
from .store import Store
from .values import Bounds


class Disk:
    """The queue in ``directory``; what fails raises `sqlite3.Error`, `OSError`, `QueueError`.

    One of all processes owns it: that one sends, keeps the journal, and replaces the file if
    it is damaged (Q-one-sender).
    """

    def __init__(self, directory: Path, bounds: Bounds, connect: Connect) -> None:
        #: The database; None while it cannot be had.
        self.store: Store | None = None
        self._directory = directory
        self._bounds = bounds
        self._connect = connect
        self._lock = ProcessLock(directory / LOCK)
        self._journal: Journal | None = None
        self._suspended = False
        self._inode = 0
        self._seen = 0

    @property
    def owned(self) -> bool:
        """Whether this process owns it."""
        return self._lock.held

    def open(self) -> None:
        """Open it, again if it is open; a new one is made if there is none."""
        self._shut()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire()
        self._use(open_store(self._directory, self._connect))

    def replace(self) -> Damage:
        """Set the damaged database aside and go on with a new one."""
        self._shut()
        store, damage = replace(self._directory, self._connect)
        self._use(store)
        return damage

    def refresh(self) -> None:
        """Open the database that is there, if its owner replaced the one that is open."""
        if not self.owned and (self._directory / QUEUE).stat().st_ino != self._inode:
            self.open()

    def news(self) -> bool:
        """Whether another process changed something, or left the queue to this one."""
        if not self.owned:
            if not self._lock.acquire():
                return False
            self.open()
            return True
        assert self.store is not None
        seen, self._seen = self._seen, self.store.changes
        return seen != self._seen

    def note(self, seq: int) -> bool:
        """Note that ``seq`` is delivered, in any thread; False if that is not possible."""
        return self._journal is not None and self._journal.write(seq)

    def free(self, seqs: Iterable[int]) -> None:
        """Rows that were noted are not in the database any more."""
        if self._journal is not None:
            self._journal.free(seqs)

    def suspend(self) -> None:
        """Close the database for as long as the process is copied; the lock stays."""
        if self.store is not None:
            self._shut()
            self._suspended = True

    def wake(self) -> None:
        """Go on after `suspend`."""
        if self._suspended:
            self._suspended = False
            self.store = open_store(self._directory, self._connect, check=False)

    def disown(self) -> None:
        """In a forked child: leave the files to the parent."""
        if self._journal is not None:
            self._journal.close()
        self._lock.release()

    def close(self) -> None:
        """Let go of everything."""
        self._shut()
        if self._journal is not None:
            with suppress(OSError):
                self._journal.close()
        self._lock.release()

    def _shut(self) -> None:
        store, self.store = self.store, None
        if store is not None:
            with suppress(sqlite3.Error):
                store.close()

    def _use(self, store: Store) -> None:
        """Go on with ``store``; its owner first commits what was only noted before."""
        try:
            if self.owned:
                self._settle_noted(store)
            self._inode = (self._directory / QUEUE).stat().st_ino
            self._seen = store.changes
        except BaseException:
            with suppress(sqlite3.Error):
                store.close()
            raise
        self.store = store

    def _settle_noted(self, store: Store) -> None:
        generation = store.generation
        if self._journal is None or self._journal.generation != generation:
            if self._journal is not None:
                self._journal.close()
                self._journal = None
            journal = Journal(self._directory / JOURNAL, generation)
            with store.transaction():
                Settled(delivered=journal.read()).apply(store, self._bounds)
                store.resume()
            self._journal = journal
