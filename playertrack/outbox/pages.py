"""The pages of an SQLite file and of its log, read without SQLite.

SQLite gives up at the first inconsistency. The other pages are sound, and each record of a queue
has its own checksum, so a record found here is known to be undamaged, or left out.
The format is that of https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import attrs

#: Bytes of a page; a queue has no others.
PAGE = 4096

_MAGIC = b"SQLite format 3\0"
_LOG_MAGIC = (0x377F0682, 0x377F0683)
_LOG_HEADER, _FRAME_HEADER = 32, 24
_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x0A, 0x02
_POINTERS = PAGE // 5  # entries of a page of the pointer map
_FREE = 2  # the entry of a free page
_COPY = 0  # in place of the page of a frame over which another one was copied
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Record = tuple[Any, ...]


@attrs.frozen
class LogFrame:
    """A page in the log: ``commit`` ends a transaction, ``whole`` says that its sum is right.

    ``by_sum`` is the page of which the sum was made, if that differs from ``page`` in one byte.
    """

    page: int
    commit: bool
    whole: bool
    offset: int
    by_sum: int | None = None


@attrs.frozen
class Log:
    """The log of changes (WAL) beside a database: the frames of its last generation."""

    data: bytes
    frames: tuple[LogFrame, ...]

    @property
    def damaged(self) -> bool:
        """True if SQLite would leave out transactions that were durable.

        A transaction is only written when the one before it is synced. So the last one may be
        torn after a power cut, which is no damage, and one with another behind it may not.
        """
        broken = (n for n, frame in enumerate(self.frames) if not frame.whole)
        first = next(broken, len(self.frames))
        return sum(frame.commit for frame in self.frames[first:]) > 1


def read_log(path: Path) -> Log:
    """The log at ``path``; an empty one if there is none. Raises `OSError`."""
    data = b""
    with suppress(FileNotFoundError):
        data = path.read_bytes()
    return Log(data, tuple(_frames(data)))


def _frames(data: bytes) -> Iterator[LogFrame]:
    """Each frame that is of the generation of the first, whether or not its sum is right.

    A sum goes on from that of the frame before, as it is stored there. So one that is wrong
    says nothing of those that follow, and a frame that goes on from one of this generation is
    of it, whatever its salt.
    """
    size = _FRAME_HEADER + PAGE
    count = (len(data) - _LOG_HEADER) // size
    if count <= 0:
        return
    # The lowest bit of the magic number is the byte order of the sums.
    order = ">" if data[3] & 1 else "<"
    # The sum of zeros is zero: only by its magic number a header differs from them.
    header_whole = struct.unpack_from(">I", data)[0] in _LOG_MAGIC and (
        _sum(order, data[:24], (0, 0)) == struct.unpack_from(">II", data, 24)
    )
    salt = data[16:24]
    if not header_whole:
        found = ((each, n) for n in range(1, count) for each in "<>" if _chained(each, data, n))
        order, n = next(found, (order, 0))
        if salt != _salt(data, 0) or not any(salt):
            salt = _salt(data, n)  # the first frames may be damaged as well
    gap: list[LogFrame] = []
    sums: set[bytes] = set()
    for n in range(count):
        at = _LOG_HEADER + n * size
        page, total = struct.unpack_from(">II", data, at)
        whole = (n > 0 or header_whole) and _chained(order, data, n)
        if (stored := data[at + 16 : at + 24]) in sums:
            page, whole = _COPY, False  # no two frames have the same sum
        sums.add(stored)
        by_sum = None if whole or page == _COPY else _page_by_sum(order, data, n)
        frame = LogFrame(page, total > 0, whole, at + _FRAME_HEADER, by_sum)
        if data[at + 8 : at + 16] == salt:
            yield from gap
            gap = []
            yield frame
        elif whole and not gap:
            yield attrs.evolve(frame, whole=False)  # it goes on from ours: its salt is damaged
        else:
            gap.append(frame)  # the generation before, unless more follows
            if len(gap) > 2:
                return


def _salt(data: bytes, n: int) -> bytes:
    at = _LOG_HEADER + n * (_FRAME_HEADER + PAGE) + 8
    return data[at : at + 8]


def _chained(order: str, data: bytes, n: int) -> bool:
    """True if the sum of frame ``n`` goes on from the one before it."""
    at = _LOG_HEADER + n * (_FRAME_HEADER + PAGE)
    before = 24 if n == 0 else at - PAGE - 8
    start = struct.unpack_from(">II", data, before)
    first = _sum(order, data[at : at + 8], start)
    content = data[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE]
    return _sum(order, content, first) == struct.unpack_from(">II", data, at + 16)


def _page_by_sum(order: str, data: bytes, n: int) -> int | None:
    """The page that makes the sum of frame ``n`` right if one byte of its number is damaged.

    Calculated backwards through the content, the sum shows what the header was.
    """
    at = _LOG_HEADER + n * (_FRAME_HEADER + PAGE)
    start = struct.unpack_from(">II", data, 24 if n == 0 else at - PAGE - 8)
    a, b = struct.unpack_from(">II", data, at + 16)
    content = data[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE]
    for x, y in reversed([*struct.iter_unpack(f"{order}II", content)]):
        b = (b - y - a) & 0xFFFFFFFF
        a = (a - x - b) & 0xFFFFFFFF
    page, total = (a - sum(start)) & 0xFFFFFFFF, (b - start[1] - a) & 0xFFFFFFFF
    header, stored = struct.pack(f"{order}II", page, total), data[at : at + 8]
    damaged = [i for i in range(8) if header[i] != stored[i]]
    return int.from_bytes(header[:4], "big") if len(damaged) == 1 and damaged[0] < 4 else None


def _sum(order: str, data: bytes, start: tuple[int, ...]) -> tuple[int, int]:
    a, b = start
    for x, y in struct.iter_unpack(f"{order}II", data):
        a = (a + x + b) & 0xFFFFFFFF
        b = (b + y + a) & 0xFFFFFFFF
    return a, b


#: Files that must stay open.
_kept: list[mmap] = []


class Image:
    """The pages of the database at ``path``, with its ``log`` applied; nothing is changed.

    ``shared``: this process has it open elsewhere, too. Then it stays open here, as POSIX drops
    the locks that SQLite has on a file when any descriptor of it is closed.
    """

    def __init__(self, path: Path, log: Log, *, shared: bool = False) -> None:
        self._log = log.data
        self._newer: dict[int, int] = {}
        self._file: mmap | bytes = b""
        file = os.open(path, os.O_RDONLY)
        try:
            if os.fstat(file).st_size:
                self._file = mmap(file, 0, access=ACCESS_READ)
        finally:
            if not shared:
                os.close(file)
        if shared and isinstance(self._file, mmap):
            _kept.append(self._file)
        in_file = -(-len(self._file) // PAGE)
        pages = [frame.page for frame in log.frames]
        self.count = max(in_file, *(page for page in pages if page < in_file + 65536), 0)
        known = max(in_file, *(frame.page for frame in log.frames if frame.whole), 0)
        for frame in log.frames:
            self._newer[self._page_of(frame, known)] = frame.offset

    def _page_of(self, frame: LogFrame, known: int) -> int:
        """The page that the ``frame`` is a version of; pages up to ``known`` are there.

        The sums are weak: where the number of the page may be damaged, the content may be it
        as well. A page keeps most of its records, another one has others, a new one had none.
        """
        page, other = frame.page, frame.by_sum
        if other is None or not 0 < other <= known:
            return page
        mine = self._keys(self._log[frame.offset : frame.offset + PAGE])
        before = [self.page(each) for each in (page, other)]
        keys = [self._keys(each) for each in before]
        fits = [(len(mine & k), -len(k), not any(b)) for k, b in zip(keys, before, strict=True)]
        return other if page > known or fits[0] < fits[1] else page

    def _keys(self, page: bytes) -> set[tuple[Any, ...]]:
        """The keys of its records: the id of the row, or the first field."""
        records = self._in_page(page)
        return {(len(record), *(record[:1] if seq is None else (seq,))) for seq, record in records}

    @property
    def blank(self) -> bool:
        """True if nothing but its header was ever written to the file."""
        return self.count <= 1 and struct.unpack_from(">I", self.page(1), 28)[0] <= 1

    def close(self) -> None:
        """Let go of the file."""
        if isinstance(self._file, mmap) and self._file not in _kept:
            self._file.close()

    def page(self, number: int) -> bytes:
        """A page, numbered from 1; zeros for what is missing of it."""
        offset = self._newer.get(number)
        if offset is not None:
            return self._log[offset : offset + PAGE]
        return self._file[(number - 1) * PAGE : number * PAGE].ljust(PAGE, b"\0")

    def records(self) -> Iterator[tuple[int | None, Record]]:
        """Every record that can be read, with its row id where its table has those."""
        free = self._free()
        for number in range(1, self.count + 1):
            if number not in free:
                yield from self._in_page(self.page(number), 100 if number == 1 else 0)

    def _free(self) -> set[int]:
        """The pages that are not in use, which may hold records that were removed.

        The list of them and the map of all pages both say so, so either may be damaged.
        """
        free: set[int] = set()
        for at in range(2, self.count + 1, _POINTERS + 1):
            entries = self.page(at)
            free.add(at)
            for n in range(_POINTERS):
                if entries[n * 5] == _FREE:
                    free.add(at + 1 + n)
        trunk = struct.unpack_from(">I", self.page(1), 32)[0]
        seen: set[int] = set()
        while 2 < trunk <= self.count and trunk not in seen:
            seen.add(trunk)
            following, count = struct.unpack_from(">II", self.page(trunk))
            leaves = struct.unpack_from(f">{min(count, PAGE // 4 - 2)}I", self.page(trunk), 8)
            free.update(leaves)
            trunk = following
        return free | seen

    def _in_page(self, page: bytes, start: int = 0) -> Iterator[tuple[int | None, Record]]:
        kind = page[start]
        if kind not in (_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
            return
        interior = kind == _INDEX_INTERIOR
        count = min(struct.unpack_from(">H", page, start + 3)[0], PAGE // 4)
        pointers = start + (12 if interior else 8)
        for n in range(count):
            with suppress(IndexError, struct.error, ValueError, UnicodeError, OverflowError):
                (at,) = struct.unpack_from(">H", page, pointers + 2 * n)
                length, at = _varint(page, at + (4 if interior else 0))
                rowid = None
                if kind == _LEAF:
                    rowid, at = _varint(page, at)
                yield rowid, _record(self._payload(page, at, length, table=kind == _LEAF))

    def _payload(self, page: bytes, at: int, length: int, *, table: bool) -> bytes:
        """The content of a cell, with what overflows into other pages."""
        if length > self.count * PAGE:
            raise ValueError("no record is that long")
        most = PAGE - 35 if table else (PAGE - 12) * 64 // 255 - 23
        if length <= most:
            return page[at : at + length]
        least = (PAGE - 12) * 32 // 255 - 23
        local = least + (length - least) % (PAGE - 4)
        if local > most:
            local = least
        parts = [page[at : at + local]]
        (following,) = struct.unpack_from(">I", page, at + local)
        left = length - local
        while left > 0:
            if not 2 < following <= self.count:
                raise ValueError("a page is missing")
            more = self.page(following)
            parts.append(more[4 : 4 + left])
            (following,) = struct.unpack_from(">I", more)
            left -= PAGE - 4
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9


def _record(payload: bytes) -> Record:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds:
        if kind in _INTEGERS:
            size = _INTEGERS[kind]
            values.append(int.from_bytes(payload[at : at + size], "big", signed=True))
        elif kind == 7:
            size = 8
            values.append(struct.unpack_from(">d", payload, at)[0])
        elif kind >= 12:
            size = (kind - 12) // 2
            part = payload[at : at + size]
            if len(part) < size:
                raise ValueError("it is cut off")
            values.append(part.decode() if kind % 2 else part)
        else:
            size = 0
            values.append({8: 0, 9: 1}.get(kind))
        at += size
    return tuple(values)
