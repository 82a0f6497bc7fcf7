"""A lock between processes that dies with its holder (Q-one-sender)."""

from __future__ import annotations

import os
from pathlib import Path

if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class ProcessLock:
    """The lock that the file at ``path`` stands for; only one in all processes holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this one holds it."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take it unless another one holds it; raises `OSError` if the file cannot be made."""
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            _lock(file)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let it go; in a forked child this leaves it with the parent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
