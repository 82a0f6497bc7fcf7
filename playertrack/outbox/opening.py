"""Opening a queue, whatever is there: a sound one, none, or a file that cannot be read."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import attrs

from .ack_log import generation_of
from .adopting import adopt
from .connecting import Connect, connect
from .remains import Remains
from .store import Store

#: What the files in the directory of a queue are called.
QUEUE, JOURNAL, LOCK = "queue.db", "delivered", "lock"

#: How far the numbers of a new queue are from those of the damaged one that it replaces.
_LEAP = 1 << 32

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
    with closing(Remains(aside)) as remains:
        estate, generation, last = remains.estate(), remains.generation(), remains.last()
    if generation is None:
        generation = generation_of(directory / JOURNAL) or secrets.randbits(62)
    store = _open(directory, connect, generation, max(last, estate.last) + _LEAP)
    with store.transaction():
        lost = adopt(store, estate)
    return store, Damage(aside, len(estate.rows), lost)


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
