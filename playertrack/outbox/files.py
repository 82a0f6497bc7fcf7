"""The open files of a queue in this process: database, log of deliveries, lock."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from os.path import samestat
from pathlib import Path
from time import monotonic
from weakref import WeakSet

from .ack_log import AckLog
from .connecting import Connect
from .database import QUEUE as TALLY
from .database import state_of
from .lock import ProcessLock
from .pages import Log, read_log
from .recovery import UNKNOWN, Damage, is_damage, lose, open_store, replace
from .store import Store
from .values import Bounds, Settled

#: What the files in the directory of a queue are called.
QUEUE, ACKS, LOCK = "queue.db", "delivered", "lock"

#: How often (s) rows and counters are compared, and how long (s) a file is made smaller at once,
#: and at the end.
_COMPARE, _SHRINK, _SHRINK_AT_END = 10.0, 0.05, 0.5

#: All that this process has.
_all: WeakSet[Files] = WeakSet()

#: Connections that must not be closed.
_kept: list[Store] = []

#: SQLite may cut its log to this many bytes when it starts it anew.
_LEAST_LOG = 4 << 20


class FilesMovedError(OSError):
    """The database that is open is not the one in the directory any more."""


class Files:
    """The queue in ``directory``; what fails raises `sqlite3.Error`, `OSError`, `QueueError`.

    One of all processes owns it: that one sends, keeps the log of deliveries, and replaces the
    file if it is damaged (Q-one-sender).
    """

    def __init__(self, directory: Path, bounds: Bounds, connect: Connect) -> None:
        #: The database; None while it cannot be had.
        self.store: Store | None = None
        #: What was found damaged since somebody asked.
        self.damages: list[Damage] = []
        self._directory = directory
        self._path = directory / QUEUE
        self._bounds = bounds
        self._connect = connect
        self._paths = [self._path, *(Path(f"{self._path}-{end}") for end in ("wal", "shm"))]
        self._lock = ProcessLock(directory / LOCK)
        #: True if this process owns it.
        self.owned = False
        self._acks: AckLog | None = None
        self._bound: int | None = None  # the generation whose deliveries are settled
        self._log = Log(b"", ())
        self._seen: dict[Path, os.stat_result] = {}  # what is open, by path
        self._locked: dict[Path, os.stat_result] = {}
        self._changes = 0
        self._compare_at = 0.0
        _all.add(self)

    def open(self) -> None:
        """Open it, again if it is open; a new one is made if there is none."""
        self._shut()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own()
        used = False
        if self._acks is not None:
            # SQLite leaves out what comes after a damaged page, and then removes the log.
            self._log = read_log(Path(f"{self._path}-wal"))
            if self._log.damaged:
                raise sqlite3.DatabaseError("queue.db-wal is damaged")
            with suppress(FileNotFoundError):
                used = self._path.stat().st_size > 0 and self._acks.committed[1] > 0
        self._use(open_store(self._path, self._connect, used=used))

    def repair(self, *, replacing: bool = False) -> None:
        """Repair a damaged queue in its place, or else (or if ``replacing``) replace it."""
        known = {} if self.store is None else self.store.tally.known
        if not replacing and not self._log.damaged and self.store is not None:
            try:
                self.open()
                if state_of(known)[1] <= state_of(self.store.entries())[1]:
                    return
            except (sqlite3.Error, UnicodeError) as error:
                if not self.damaged_by(error):
                    raise
        self._shut()
        shared = any(each.store is not None for each in _all if each._is_at(self._path))
        store, damage = replace(
            self._path, self._acks, self._log, known, self._connect, shared=shared
        )
        self._log = Log(b"", ())  # there is no more to be had from it
        self.damages.append(damage)
        self._use(store)

    def damaged_by(self, error: Exception) -> bool:
        """True if ``error`` shows that the database is damaged."""
        return is_damage(error, self._path)

    def checked(self) -> Store:
        """The database that is there, after a `check`; its owner may have replaced it."""
        if not self.owned:
            seen = self._seen.get(self._path)
            if seen is None or not samestat(seen, self._path.stat()):
                self.open()
        self.check()
        assert self.store is not None
        return self.store

    def check(self) -> None:
        """Check that what is open is what is in the directory; before anything is durable.

        Raises `FilesMovedError` if the database is elsewhere, `sqlite3.DatabaseError` if it was
        cut off. A lock that was removed is taken again, if nobody else has it by now.
        """
        for path in self._paths:
            try:
                now = path.stat()
            except FileNotFoundError:
                raise FilesMovedError(f"{path.name} was removed") from None
            before = self._seen.get(path, now)
            if not samestat(now, before):
                raise FilesMovedError(f"{path.name} was replaced")
            if now.st_size < before.st_size and self._cut(path, now.st_size, before.st_size):
                raise sqlite3.DatabaseError(f"{path.name} was cut off")
            self._seen[path] = now
        if self._lost():
            self._release()
            self._own()
            if self.owned and self.store is not None:
                self._settle_noted(self.store)

    def _lost(self) -> bool:
        """True if a file that is held locked is not the one at its path any more."""
        try:
            for path, locked in self._locked.items():
                if not samestat(path.stat(), locked):
                    return True
        except OSError:
            return True
        return False

    def _cut(self, path: Path, size: int, before: int) -> bool:
        """True if a file is shorter than SQLite made it."""
        if path.name.endswith("-wal"):
            return size < min(before, _LEAST_LOG)
        return path == self._path and self.store is not None and size < self.store.length

    def leave(self) -> Callable[[], object]:
        """Let go of a database that is elsewhere now, so that the one here may be opened.

        Its lock is held until what is given is called, when its rows are durable here: it
        removes them there.
        """
        store, lock, acks = self.store, self._lock, self._acks
        self.store, self._acks, self._bound, self._seen = None, None, None, {}
        self._lock, self.owned, self._locked = ProcessLock(self._directory / LOCK), False, {}
        if store is not None:
            if Path(f"{self._path}-wal").exists():
                _kept.append(store)  # SQLite would remove that, whosever it is
            else:
                with suppress(sqlite3.Error):
                    store.close()

        def remove() -> None:
            moved = lock.whereabouts()
            with suppress(sqlite3.Error, OSError):
                if moved is not None and not moved.parent.samefile(self._directory):
                    old = open_store(moved.with_name(QUEUE), self._connect, verify=False)
                    with closing(old), old.transaction():
                        old.clear()
            if acks is not None:
                acks.close()
            lock.release()

        return remove

    def reopen(self) -> bool:
        """Write the log to the file and open it again; False if another file is there.

        The log, or the memory that all share with it, is not in the directory any more.
        """
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return False
        if self.store is None or not samestat(self._seen[self._path], status):
            return False
        self.store.checkpoint()
        self.open()
        return True

    def news(self) -> bool:
        """True if another process changed something, or left the queue to this one."""
        if not self.owned:
            if not self._own():
                return False
            self.open()
            return True
        assert self.store is not None
        before, self._changes = self._changes, self.store.changes
        return before != self._changes

    def tend(self) -> None:
        """Do what the owner has to do from time to time; raises as for a damage found."""
        if self.store is None or not self.owned:
            return
        self._shrink(_SHRINK)
        if monotonic() >= self._compare_at:
            self._compare_at = monotonic() + _COMPARE
            if not self.store.agrees:
                raise sqlite3.DatabaseError("the number of events does not match the counters")

    def _shrink(self, seconds: float) -> None:
        """Make the file smaller, for so long at most."""
        until = monotonic() + seconds
        with suppress(sqlite3.Error):
            while self.store is not None and self.store.shrink() and monotonic() < until:
                pass

    def committed(self, removed: Collection[int]) -> None:
        """`check` again, and note what is committed, so that its loss would be noticed.

        The rows ``removed`` are not in the database any more.
        """
        if removed and self._acks is not None:
            self._acks.free(removed)
        self.check()
        if self._acks is not None and self.store is not None:
            queue = self.store.tally[TALLY]
            with suppress(OSError, ValueError):
                self._acks.commit(queue.get("last", 0), queue.get("commits", 0))

    def note(self, seq: int) -> bool:
        """Note that ``seq`` is delivered, in any thread; False if that is not possible."""
        return self.owned and self._acks is not None and self._acks.write(seq)

    def suspend(self) -> None:
        """Close the database for as long as the process is copied; the lock stays."""
        self._shut()

    def wake(self) -> None:
        """Go on after `suspend`."""
        self.store = open_store(self._path, self._connect, verify=False)
        self._look()

    def disown(self) -> None:
        """In a forked child: leave the files to the parent."""
        self._release()

    def close(self) -> None:
        """Let go of everything."""
        self._shrink(_SHRINK_AT_END)
        self._shut()
        self._release()

    def _own(self) -> bool:
        """Take the lock and the log of deliveries, both or none."""
        if self.owned:
            return True
        if not self._lock.acquire():
            return False
        acks = None
        try:
            acks = AckLog(self._directory / ACKS)
            if acks.lock():
                self._locked = {each.path: each.status for each in (self._lock, acks)}
                self._acks, self._bound, self.owned = acks, None, True
        finally:
            if not self.owned:
                if acks is not None:
                    acks.close()
                self._lock.release()
        return self.owned

    def _release(self) -> None:
        if self._acks is not None:
            with suppress(OSError):
                self._acks.close()
        self._acks, self._bound, self.owned, self._locked = None, None, False, {}
        self._lock.release()

    def _shut(self) -> None:
        store, self.store = self.store, None
        self._seen = {}
        if store is not None:
            with suppress(sqlite3.Error):
                store.close()

    def _use(self, store: Store) -> None:
        """Go on with ``store``; its owner first settles what is not in it, or not in order."""
        try:
            if self.owned:
                self._settle_noted(store)
            self._changes = store.changes
        except BaseException:  # raised again: only the file must not stay open
            with suppress(sqlite3.Error):
                store.close()
            raise
        self.store = store
        self._look()
        self._log = Log(b"", ())

    def _is_at(self, path: Path) -> bool:
        """True if the file that is open is the one at ``path``."""
        with suppress(OSError):
            seen = self._seen.get(self._path)
            return seen is not None and samestat(seen, path.stat())
        return False

    def _look(self) -> None:
        """Remember which files are open."""
        self._seen = {}
        with suppress(FilesMovedError):
            self.check()

    def _settle_noted(self, store: Store) -> None:
        """Commit what was only noted, and make counters and rows agree."""
        assert self._acks is not None
        generation = store.generation
        first = self._bound != generation
        delivered = self._acks.bind(generation) if first else []
        known, commits = self._acks.committed
        last, done = state_of(store.entries())
        missing = max(0, known - last)
        if commits > done and self._log.frames:
            raise sqlite3.DatabaseError("the last changes are missing from queue.db")
        with store.transaction():
            lost = store.reconcile() + missing
            if first:
                store.settle(Settled(delivered=delivered), self._bounds.max_dead)
                store.resume()
            store.tally.count_commits(commits)
            if missing:
                lose(store, UNKNOWN, missing)
                store.skip(known)
        if lost:
            self.damages.append(Damage(None, sum(store.rows_by_destination().values()), lost))
        self._acks.commit(*state_of(store.tally))
        self._bound = generation
