"""Opening a queue, whatever is there: a sound one, none, or a file that cannot be read."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from .connecting import Connect, connect
from .journal import generation_of
from .notes import Notes, sound_notes
from .store import LETTER, ROW, Store, intact
from .values import DeadLetter, Item

#: What the files in the directory of a queue are called.
QUEUE, JOURNAL, LOCK = "queue.db", "delivered", "lock"

#: How far the numbers of a new queue are from those of the damaged one that it replaces.
_LEAP = 1 << 32

_LETTER_TYPES = (int, str, str, str, int, float, str, bytes, str)

_DAMAGED = (11, 26)  # SQLITE_CORRUPT, SQLITE_NOTADB


@attrs.frozen
class Damage:
    """A queue that could not be read: where it is now, and how much was carried over or lost."""

    path: Path
    rows: int
    lost: int


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is no sound database."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return type(error) is sqlite3.DatabaseError
    return int(code) & 0xFF in _DAMAGED


def open_store(directory: Path, connect: Connect = connect, *, check: bool = True) -> Store:
    """The queue in ``directory``, a new one if there is none; ``check`` it as a whole.

    Raises `sqlite3.Error` or `OSError` if that cannot be, `QueueError` if it is a newer one's.
    """
    return _open(directory, connect, secrets.randbits(62), 1, check=check)


def replace(directory: Path, connect: Connect = connect) -> tuple[Store, Damage]:
    """Set the damaged queue aside, and make a new one with all that can be read of it.

    Only who holds the lock may do that. Raises as `open_store`.
    """
    aside = _set_aside(directory / QUEUE)
    remains = _Remains(aside)
    rows = remains.rows()
    generation = remains.one("SELECT value FROM meta WHERE name = 'generation'")
    last = remains.one("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
    highest = max([last, *rows] if isinstance(last, int) else rows, default=0)
    if not isinstance(generation, int):
        generation = generation_of(directory / JOURNAL) or secrets.randbits(62)
    store = _open(directory, connect, generation, highest + _LEAP)
    with store.transaction():
        lost = store.adopt([rows[seq] for seq in sorted(rows)], remains.counters(), remains.dead())
        store.remember(remains.notes())
    remains.close()
    return store, Damage(aside, len(rows), lost)


def _open(
    directory: Path, connect: Connect, generation: int, first: int, *, check: bool = True
) -> Store:
    path = directory / QUEUE
    # SQLite would follow a link, and let others read.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(path, flags, 0o600))
    store = Store(connect(str(path)))
    try:
        if not store.empty:
            store.check()  # before anything of it is changed
        store.configure()
        if store.empty:
            store.create(generation, first)
        else:
            store.extend()
        if check and not store.sound:
            raise sqlite3.DatabaseError("the file is damaged")
    except BaseException:
        with suppress(sqlite3.Error):
            store.close()
        raise
    return store


def _set_aside(path: Path) -> Path:
    """Rename the database with its WAL; the old ones of that name stay."""
    n = 1
    while (aside := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    with suppress(FileNotFoundError):
        Path(f"{path}-wal").rename(f"{aside}-wal")
    Path(f"{path}-shm").unlink(missing_ok=True)  # SQLite makes it anew from the WAL
    path.rename(aside)
    return aside


class _Remains:
    """What can be read of a damaged queue."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        with suppress(sqlite3.Error):
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            # A text that is none must not hide the row's neighbours.
            self._connection.text_factory = lambda data: data.decode("utf-8", "replace")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _all(self, sql: str, *parameters: object) -> Iterator[Any]:
        """The rows up to the first that cannot be read."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                yield from self._connection.execute(sql, parameters)

    def one(self, sql: str) -> object:
        return next((row[0] for row in self._all(sql)), None)

    def rows(self) -> dict[int, tuple[int, str, Item]]:
        """Every row that is as it was written: from both ends, by the index, one by one."""
        found: dict[int, tuple[int, str, Item]] = {}
        seqs: set[int] = set()
        for order in ("ASC", "DESC"):
            for fields in self._all(f"SELECT {ROW} FROM events NOT INDEXED ORDER BY seq {order}"):
                self._keep(fields, found)
        for index in ("by_destination", "views"):
            where = "WHERE event = 'VIEW'" if index == "views" else ""
            columns = "lane, seq" if index == "views" else "destination, seq"
            for row in self._all(f"SELECT {columns} FROM events INDEXED BY {index} {where}"):
                seqs.add(row[1])
        known = seqs | found.keys()
        numbers = range(min(known), max(known) + 1) if known else range(0)
        if len(numbers) > 4 * len(known) + 10_000:
            numbers = sorted(known)  # type: ignore[assignment]
        for seq in numbers:
            if seq not in found:
                for fields in self._all(f"SELECT {ROW} FROM events WHERE seq = ?", seq):
                    self._keep(fields, found)
        return found

    @staticmethod
    def _keep(fields: Any, found: dict[int, tuple[int, str, Item]]) -> None:
        whole = intact(fields)
        if whole is not None:
            found[whole[0]] = whole

    def counters(self) -> list[tuple[str, str, int]]:
        rows = self._all("SELECT destination, name, n FROM counters")
        return [
            (destination, name, n)
            for destination, name, n in rows
            if isinstance(destination, str)
            and isinstance(name, str)
            and isinstance(n, int)
            and n > 0
        ]

    def notes(self) -> Notes:
        return sound_notes(self._all("SELECT destination, lane, note FROM notes ORDER BY id"))

    def dead(self) -> list[DeadLetter]:
        rows = self._all(f"SELECT {LETTER} FROM dead")
        return [
            DeadLetter(row[0], row[1], Item(*row[2:8]), row[8])
            for row in rows
            if tuple(map(type, row)) == _LETTER_TYPES
        ]
