"""The part of SQLite's connection that is used, so that tests can replace it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any, Protocol, TypeVar

#: Held while a database file of this process is made or opened. POSIX drops all locks that a
#: process has on a file when it closes any descriptor of it, SQLite's too.
_opening = Lock()


class Cursor(Protocol):
    """The part of a cursor of sqlite3 that is used."""

    def fetchone(self) -> Any:
        """The next row, None after the last."""

    def fetchall(self) -> list[Any]:
        """All rows."""


class Connection(Protocol):
    """The part of a connection of sqlite3 that is used; it starts no transactions by itself."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each of the parameters."""

    def executescript(self, sql: str, /) -> object:
        """Run statements to their end."""

    def close(self) -> None:
        """Close it."""


#: Text that the disk changed is read with replacement characters: its row fails its checksum
#: then, and its neighbours are read.
lenient = partial(str, encoding="utf-8", errors="replace")


#: How long (s) to wait for another process that has a database locked, and how often to try.
_PATIENCE, _AGAIN = 5.0, 0.005

_T = TypeVar("_T")


def connect(path: str) -> Connection:
    """A connection of the standard library; it may move between threads, one at a time."""
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = lenient
    return connection


def patiently(execute: Callable[[str], _T], statement: str) -> _T:
    """Execute ``statement``, again for as long as a lock of another process does not let it.

    SQLite waits by itself, except where it could wait for ever: two that make a database at
    once each hold a lock that the other one needs, and one of them has to let go.
    """
    deadline = monotonic() + _PATIENCE
    while True:
        try:
            return execute(statement)
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0)
            if code & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= deadline:
                raise
        sleep(_AGAIN)


#: Opens the database at a path.
Connect = Callable[[str], Connection]


def open_file(path: Path, connect: Connect) -> Connection:
    """Open the database at ``path``, which is made for its user alone if there is none.

    The file is never opened here but by SQLite, unless this made it just now. Raises `OSError`
    for a link, which SQLite would follow, and for a file with two names: SQLite keeps its log
    beside each of them, and who opens it by both damages it.
    """
    with _opening:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is not a regular file; remove what is there")
        if status.st_nlink > 1:
            raise OSError(f"{path} has another name (a hard link); remove one, or copy the file")
        return connect(str(path))
