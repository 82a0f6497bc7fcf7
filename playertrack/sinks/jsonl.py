"""A sink that writes an event log: JSON Lines, one event a line (formats, Events)."""

from __future__ import annotations

import sys
from io import FileIO
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Self

from ..events import Event
from .base import SinkError, event_line

#: How much (bytes) is kept while the disk refuses it: some ten thousand events.
_MOST_KEPT = 4 * 1024 * 1024


class JsonlSink:
    """Appends a line for each event to the file at ``path``; ``-`` is standard output.

    The same events give the same bytes. Each line is handed to the system in one write when
    its event comes, so it outlives this process, though not a loss of power. That write is no
    wait for a disk, and a tracker has its sinks called by a thread of its own. What a full
    disk refuses is kept (4 MiB) and goes first as soon as there is space: no line is torn,
    none lost. Raises `SinkError` if the file cannot be opened for writing.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = fspath(path)
        self._lock = Lock()
        self._refused = bytearray()
        try:
            self._file = self._opened()
        except OSError as error:
            raise SinkError(f"jsonl cannot write to {self.path}: {error.strerror}") from error

    @classmethod
    def open(cls, argument: str) -> Self:
        """``jsonl:PATH``; a `SinkError` without a path."""
        if not argument:
            raise SinkError("jsonl needs a file to write to, as in jsonl:events.jsonl")
        return cls(argument)

    def emit(self, event: Event) -> None:
        """Write the line of ``event``; raises `OSError` if it is kept, `SinkError` if lost."""
        line = event_line(event)
        with self._lock:
            if self._file.closed:
                raise SinkError(f"{self.path} is closed; an event came too late for it")
            if len(self._refused) + len(line) > _MOST_KEPT:
                raise SinkError(f"{self.path} takes nothing and too much is kept; events are lost")
            self._refused += line
            self._write()

    def close(self, timeout: float) -> bool:
        """Write what was refused before and close the file; `OSError` if it is refused again."""
        with self._lock:
            if not self._file.closed:
                with self._file:
                    self._write()
            return not self._refused

    def _opened(self) -> FileIO:
        # Unbuffered: what waits in a buffer would be written once more by a forked process.
        if self.path == "-":
            return FileIO(sys.stdout.fileno(), "wb", closefd=False)
        path = Path(self.path)
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as before:
                before.seek(-1, 2)
                if before.read() != b"\n":
                    self._refused += b"\n"  # the torn last line of a crash stays by itself
        return FileIO(path, "ab")

    def _write(self) -> None:
        while self._refused:
            written = self._file.write(self._refused)
            if not written:
                return
            del self._refused[:written]
