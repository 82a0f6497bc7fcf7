"""A disk that fails: writes are lost, torn or refused, SQLite's and those of the other files.

SQLite of the package apsw lets one be written in Python; here it serves as the connection of
a queue, which then shows what it left behind to the SQLite of the standard library.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from unittest.mock import patch

import apsw

_T = TypeVar("_T")
_names = count()

#: What a disk writes whole or not at all.
SECTOR = 512


class Disk:
    """Keeps what was synced apart from what was only written.

    After ``lasts`` writes and syncs the power is off; while ``full`` nothing can be written,
    while ``unsynced`` it is written but not synced, and while ``broken`` nothing can be read
    either.
    """

    def __init__(self, lasts: int | None = None) -> None:
        self.lasts = lasts
        self.full = False
        self.unsynced = False
        self.broken = False
        self.steps = 0
        #: Of all calls, reading included, the one that fails, once, and how.
        self.calls = 0
        self.fails_at: int | None = None
        self.fault = "error"
        self.synced: dict[str, bytes] = {}
        self.written: dict[str, list[tuple[int, bytes | None]]] = {}
        self.name = f"fault{next(_names)}"
        self._vfs = _Vfs(self.name, self)

    def connect(self, path: str) -> Connection:
        """A connection to the queue at ``path``, by way of this disk."""
        return Connection(path, self.name)

    @property
    def off(self) -> bool:
        return self.lasts is not None and self.steps > self.lasts

    def call(self) -> bool:
        """The system is called; True if half of it is to be done, and then it fails."""
        self.calls += 1
        if self.calls != self.fails_at:
            return False
        if self.fault == "short":
            return True
        if self.fault == "full":
            raise apsw.FullError("the disk is full")
        if self.fault == "descriptors":
            raise apsw.CantOpenError("too many open files")
        raise apsw.IOError("the disk failed")

    def step(self) -> None:
        """Something is about to be written."""
        self.steps += 1
        if self.off or self.broken:
            raise apsw.IOError("the power is off")
        if self.full:
            raise apsw.FullError("the disk is full")

    def after_power_cut(self, directory: Path, chance: Random) -> None:
        """Leave in ``directory`` what is on the disk: all synced, and some of the rest."""
        for path, content in self.synced.items():
            image = bytearray(content)
            for offset, data in self.written[path]:
                if data is None:
                    if chance.random() < 0.5:
                        del image[offset:]
                    continue
                for start in range(0, len(data), SECTOR):
                    if chance.random() < 0.5:
                        part = data[start : start + SECTOR]
                        at = offset + start
                        image.extend(bytes(max(0, at + len(part) - len(image))))
                        image[at : at + len(part)] = part
            (directory / Path(path).name).write_bytes(bytes(image))


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        content = Path(self._path).read_bytes() if Path(self._path).exists() else b""
        disk.synced.setdefault(self._path, content)
        disk.written.setdefault(self._path, [])

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - apsw
        if self._disk.call() or self._disk.broken:
            raise apsw.IOError("the disk is broken")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw
        half = self._disk.call()
        self._disk.step()
        if half:
            data = bytes(data)[: len(data) // 2]
        super().xWrite(data, offset)
        self._disk.written[self._path].append((offset, bytes(data)))
        if half:
            raise apsw.IOError("a part was written")

    def xTruncate(self, size: int) -> None:  # noqa: N802 - apsw
        self._disk.call()
        self._disk.step()
        super().xTruncate(size)
        self._disk.written[self._path].append((size, None))

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw
        if self._disk.call():
            raise apsw.IOError("nobody knows what is on the disk")
        self._disk.step()
        if self._disk.unsynced:
            raise apsw.IOError("nobody knows what is on the disk")
        super().xSync(flags)
        self._disk.synced[self._path] = Path(self._path).read_bytes()
        self._disk.written[self._path].clear()


class _Vfs(apsw.VFS):
    def __init__(self, name: str, disk: Disk) -> None:
        super().__init__(name, "")
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - apsw
        self._disk.call()
        return _File(self._disk, name, flags)

    def xDelete(self, name: str, sync_directory: bool) -> None:  # noqa: N802 - apsw
        self._disk.step()
        super().xDelete(name, sync_directory)
        self._disk.synced.pop(name, None)


_ERRORS = {"full": errno.ENOSPC, "descriptors": errno.EMFILE}


class _System:
    """The module `os`, but for calls that go by way of the present disk, if there is one."""

    def __init__(self, disk: Callable[[], Disk | None]) -> None:
        self._disk = disk
        self._paths: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def call(self, *, writes: bool = False) -> bool:
        """The system is called; True if half of it is to be done."""
        disk = self._disk()
        if disk is None:
            return False
        try:
            half = disk.call()
            if disk.broken:
                raise apsw.IOError("the disk is broken")
            if writes:
                disk.step()
        except apsw.Error as error:
            number = _ERRORS.get("full" if disk.full else disk.fault, errno.EIO)
            raise OSError(number, os.strerror(number)) from error
        return half

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        if self.call():
            raise OSError(errno.EIO, "half of it was opened")
        file = os.open(path, flags, mode)
        self._paths[file] = str(path)
        if (disk := self._disk()) is not None:
            disk.synced.setdefault(str(path), Path(path).read_bytes())
            disk.written.setdefault(str(path), [])
        return file

    def fstat(self, file: int) -> os.stat_result:
        if self.call():
            raise OSError(errno.EIO, "half of it was seen")
        return os.fstat(file)

    def fsync(self, file: int) -> None:
        if self.call(writes=True):
            raise OSError(errno.EIO, "nobody knows what is on the disk")
        os.fsync(file)
        if (disk := self._disk()) is not None:
            path = self._paths[file]
            disk.synced[path] = Path(path).read_bytes()
            disk.written[path].clear()

    def pwrite(self, file: int, data: bytes, offset: int) -> int:
        if self.call(writes=True):
            data = data[: len(data) // 2]
        if (disk := self._disk()) is not None:
            disk.written[self._paths[file]].append((offset, data))
        return os.pwrite(file, data, offset)

    def fdopen(self, file: int, *args: Any, **options: Any) -> _Stream:
        return _Stream(self, file)


class _Stream:
    """An open file without a buffer, whose calls go by way of the system."""

    def __init__(self, system: _System, file: int) -> None:
        self._system, self._file = system, file
        self._at = 0
        self.closed = False

    def fileno(self) -> int:
        if self.closed:
            raise ValueError("it is closed")
        return self._file

    def seek(self, offset: int) -> None:
        self._at = offset

    def read(self, size: int) -> bytes:
        if self._system.call():
            size //= 2
        data = os.pread(self._file, size, self._at)
        self._at += len(data)
        return data

    def write(self, data: bytes) -> int:
        written = self._system.pwrite(self._file, data, self._at)
        self._at += written
        return written

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._file)

    __del__ = close


@contextmanager
def system_of(disk: Callable[[], Disk | None]) -> Iterator[None]:
    """The log of deliveries and the lock call the system by way of the present disk."""
    system = _System(disk)
    with (
        patch("playertrack.outbox.ack_log.os", system),
        patch("playertrack.outbox.ack_log.open", system.fdopen, create=True),
        patch("playertrack.outbox.ack_log._put", system.pwrite),
        patch("playertrack.outbox.lock.os", system),
    ):
        yield


def _translated(call: Callable[[], _T]) -> _T:
    """Let it fail as it does with the standard library."""
    try:
        return call()
    except apsw.Error as error:
        failure = sqlite3.OperationalError(str(error))
        failure.sqlite_errorcode = getattr(error, "extendedresult", 1)
        raise failure from error


class _Cursor:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def fetchone(self) -> Any:
        return _translated(self._cursor.fetchone)

    def fetchall(self) -> list[Any]:
        return _translated(self._cursor.fetchall)


class Connection:
    """A connection of apsw with the manners of one of sqlite3."""

    def __init__(self, path: str, vfs: str) -> None:
        self._connection = _translated(lambda: apsw.Connection(path, vfs=vfs))

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> _Cursor:
        return _Cursor(_translated(lambda: self._connection.execute(sql, tuple(parameters))))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> object:
        return _translated(lambda: self._connection.executemany(sql, map(tuple, parameters)))

    def executescript(self, sql: str) -> object:
        return self.execute(sql).fetchall()

    def close(self) -> None:
        _translated(self._connection.close)
