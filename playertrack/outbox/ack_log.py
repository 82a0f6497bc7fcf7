"""The journal of what was delivered: one small write a request, so the sender never waits.

A commit to the queue takes a disk some milliseconds, which is more than many a request. So
the number of a delivered row first goes here, in a single write that outlives this process,
and the row is removed later, together with many others. What a power cut takes from the
journal is sent once more.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from zlib import crc32

_HEADER = struct.Struct("<8sQ")
_RECORD = struct.Struct("<QQ")
_MAGIC = b"ptrkack1"
_PWRITE: Callable[[int, bytes, int], int] | None = getattr(os, "pwrite", None)

#: How many rows may be delivered and not yet removed.
SLOTS = 4096
_SIZE = _HEADER.size + SLOTS * _RECORD.size


class Journal:
    """The file at ``path``, for the queue of that ``generation``.

    All of its space is taken when it is made, so that it works on a full disk. A number that
    is left over from before does no harm, as none is ever used twice. One thread writes, and
    another may `free`. Raises `OSError` if the file cannot be made.
    """

    def __init__(self, path: Path, generation: int) -> None:
        #: Of the queue that it belongs to.
        self.generation = generation
        self._free = deque(range(SLOTS))
        self._slots: dict[int, int] = {}
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._file = open(os.open(path, flags, 0o600), "r+b", buffering=0)  # noqa: SIM115, PTH123
        try:
            if generation_of(path) != generation or os.fstat(self._file.fileno()).st_size != _SIZE:
                self._file.truncate(0)
                self._file.write(_HEADER.pack(_MAGIC, generation).ljust(_SIZE, b"\0"))
                os.fsync(self._file.fileno())
        except BaseException:
            self._file.close()
            raise

    def read(self) -> list[int]:
        """The numbers that are there and whole."""
        self._file.seek(0)
        return _numbers(self._file.read(_SIZE) or b"", self.generation)

    def write(self, seq: int) -> bool:
        """Note that ``seq`` is delivered; False if there is no space, or the disk refuses."""
        try:
            slot = self._free.popleft()
        except IndexError:
            return False
        self._slots[seq] = slot
        try:
            record = _RECORD.pack(seq, _check(seq, self.generation))
            return self._put(_HEADER.size + slot * _RECORD.size, record) == _RECORD.size
        except (OSError, ValueError):
            return False

    def _put(self, offset: int, record: bytes) -> int:
        """Write ``record`` there, with one call of the system where it has one for that."""
        if _PWRITE is not None:
            return _PWRITE(self._file.fileno(), record, offset)
        self._file.seek(offset)
        return self._file.write(record)

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
    """The numbers in the journal at ``path``, if there is one of that generation."""
    try:
        return _numbers(path.read_bytes(), generation)
    except OSError:
        return []


def generation_of(path: Path) -> int | None:
    """The generation that a journal was made for, if it is one."""
    with suppress(OSError, struct.error), path.open("rb") as file:
        magic, generation = _HEADER.unpack(file.read(_HEADER.size))
        if magic == _MAGIC:
            return int(generation)
    return None


def _numbers(data: bytes, generation: int) -> list[int]:
    end = _HEADER.size + (len(data) - _HEADER.size) // _RECORD.size * _RECORD.size
    records = _RECORD.iter_unpack(data[_HEADER.size : end])
    return [seq for seq, check in records if seq and check == _check(seq, generation)]


def _check(seq: int, generation: int) -> int:
    return crc32(_RECORD.pack(seq, generation))
