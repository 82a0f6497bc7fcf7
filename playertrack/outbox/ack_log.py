"""The log of delivered rows: one small write per request, so that the sender never waits.

A commit to the queue takes a disk some milliseconds, which is longer than many requests take. So
the number of a delivered row first goes here, in a single write that outlives this process,
and the row is removed later, together with many others. What a power cut takes from the log
is sent once more.

It also holds the highest number ever committed and the number of transactions, which reveal a
queue that silently lost its last ones.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from zlib import crc32

from .lock import try_lock

_HEADER = struct.Struct("<8sQ")
_RECORD = struct.Struct("<QQ")
_STATE = struct.Struct("<QQQ")
_MAGIC = b"ptrkack2"


def _seek_and_write(file: int, record: bytes, offset: int) -> int:
    os.lseek(file, offset, os.SEEK_SET)
    return os.write(file, record)


#: Writes a record at an offset, with one call of the system where it has one for that.
_put: Callable[[int, bytes, int], int] = getattr(os, "pwrite", _seek_and_write)

#: For how long (s) a file that was there is believed to be. To ask each time would take a
#: sender of thousands a second more than to write.
_BELIEVED = 0.01

#: How many rows may be delivered and not yet removed.
SLOTS = 4096
_COMMITTED = _HEADER.size  # where `AckLog.committed` is
_FIRST = _COMMITTED + _STATE.size
_SIZE = _FIRST + SLOTS * _RECORD.size


class AckLog:
    """The file at ``path``, which `bind` makes that of one queue.

    All of its space is taken when it is made, so that it works on a full disk. A number that
    is left over from before does no harm, as none is ever used twice. One thread writes, and
    another may `free`. Raises `OSError` if the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        #: Of the queue that it belongs to; before `bind` as the file says.
        self.generation = 0
        #: The highest number and the transactions that were committed, as far as was noted; of
        #: that generation.
        self.committed = (0, 0)
        self.path = path
        self._free = deque(range(SLOTS))
        self._slots: dict[int, int] = {}
        self._ask_at = 0.0  # whether the file is still there
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        # Private from the start, which `Path.open` cannot make it; `close` closes it.
        self._file = open(os.open(path, flags, 0o600), "r+b", buffering=0)  # noqa: SIM115, PTH123
        start = self._file.read(_FIRST)
        if len(start) == _FIRST and start.startswith(_MAGIC):
            self.generation = _HEADER.unpack_from(start)[1]
            self.committed = _committed(start, self.generation)

    def lock(self) -> bool:
        """Lock it as `ProcessLock` does its file; False if another process has it locked.

        Who sends holds both, so the loss of one file does not make two senders.
        """
        try:
            try_lock(self._file.fileno())
        except OSError:
            return False
        return True

    @property
    def status(self) -> os.stat_result:
        """That of the file."""
        return os.fstat(self._file.fileno())

    def bind(self, generation: int) -> list[int]:
        """Use it for the queue of that generation; gives the numbers that are noted in it.

        Each says by its checksum of which queue it is, so a damaged header costs nothing.
        """
        self._file.seek(0)
        data = self._file.read(_SIZE) or b""
        header = _HEADER.pack(_MAGIC, generation)
        if len(data) < _SIZE or not data.startswith(header):
            self._file.seek(0)
            self._file.write(header + data[len(header) :].ljust(_SIZE - len(header), b"\0"))
            os.fsync(self._file.fileno())
        self.generation = generation
        self.committed = _committed(data, generation) if len(data) == _SIZE else (0, 0)
        return _checked(data[_FIRST:], generation)

    def commit(self, last: int, commits: int) -> None:
        """Note that all up to ``last`` is committed, by so many transactions."""
        self.committed = last, commits
        check = crc32(_STATE.pack(last, commits, self.generation))
        _put(self._file.fileno(), _STATE.pack(last, commits, check), _COMMITTED)

    def write(self, seq: int) -> bool:
        """Note that ``seq`` is delivered; False if there is no space, or the disk refuses."""
        try:
            slot = self._free.popleft()
        except IndexError:
            return False
        self._slots[seq] = slot
        try:
            file = self._file.fileno()
            if (now := monotonic()) >= self._ask_at:
                if not os.fstat(file).st_nlink:
                    return False  # the file was removed
                self._ask_at = now + _BELIEVED
            record = _RECORD.pack(seq, _check(seq, self.generation))
            return _put(file, record, _FIRST + slot * _RECORD.size) == _RECORD.size
        except (OSError, ValueError):
            return False

    def free(self, seqs: Iterable[int]) -> None:
        """Give the space of numbers back that are gone from the queue by now."""
        for seq in seqs:
            slot = self._slots.pop(seq, None)
            if slot is not None:
                self._free.append(slot)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def noted(path: Path, generation: int) -> list[int]:
    """The numbers in the log at ``path``, if there is one of that generation."""
    try:
        return _checked(path.read_bytes()[_FIRST:], generation)
    except OSError:
        return []


def _committed(data: bytes, generation: int) -> tuple[int, int]:
    """The highest number and the transactions of the queue of that generation."""
    last, commits, check = _STATE.unpack_from(data, _COMMITTED)
    return (last, commits) if check == crc32(_STATE.pack(last, commits, generation)) else (0, 0)


def _checked(data: bytes, generation: int) -> list[int]:
    records = _RECORD.iter_unpack(data[: len(data) // _RECORD.size * _RECORD.size])
    return [seq for seq, check in records if seq and check == _check(seq, generation)]


def _check(seq: int, generation: int) -> int:
    return crc32(_RECORD.pack(seq, generation))
