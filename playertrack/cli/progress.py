"""The progress of long work: a line on a terminal with the share, the rate and the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from typing import Any, TextIO

from .._times import clock

#: Work is shown after so long (s), and then so often.
_AFTER, _EACH = 1.0, 0.2


class Meter:
    """Shows how much of ``total`` bytes is done; nothing if it is 0 or ``out`` is no terminal."""

    def __init__(
        self, total: int, out: TextIO | None = None, now: Callable[[], float] = monotonic
    ) -> None:
        self._total, self._now = total, now
        self._out = sys.stderr if out is None else out
        self._wanted = total > 0 and self._out.isatty()
        self._started = now()
        self._next = self._started + _AFTER
        self._shown = False

    def show(self, done: int) -> None:
        """``done`` bytes are done."""
        if not self._wanted or (now := self._now()) < self._next:
            return
        self._next = now + _EACH
        self._shown = True
        rate = done / (now - self._started)
        left = (self._total - done) / rate if rate else 0.0
        line = f"{100 * done // self._total} %  {rate / 1e6:.1f} MB/s  {clock(left)} left"
        print(f"\r\x1b[K{line}", end="", file=self._out, flush=True)

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            print("\r\x1b[K", end="", file=self._out, flush=True)


class CountedReader:
    """Reads ``file`` and counts the bytes; ``on_read`` is called with the count after each read."""

    def __init__(self, file: Any, on_read: Callable[[int], object] = bool) -> None:
        self._file, self._on_read = file, on_read
        self.read_bytes = 0
        self.closed = False

    def read(self, size: int = -1, /) -> bytes:
        return self._counted(self._file.read(size))

    def read1(self, size: int, /) -> bytes:
        return self._counted(self._file.read1(size))

    def _counted(self, data: bytes) -> bytes:
        self.read_bytes += len(data)
        self._on_read(self.read_bytes)
        return data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True
