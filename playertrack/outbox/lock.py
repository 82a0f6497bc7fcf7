"""A lock between processes that dies with its holder (Q-one-sender)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

if os.name == "nt":  # pragma: no cover - the tests run on POSIX
    import msvcrt

    def try_lock(file: int) -> None:
        """Lock an open file; raises `OSError` if another process has it locked."""
        os.lseek(file, 1 << 30, os.SEEK_SET)  # nobody reads there, so it hinders nobody
        # Only there the module has it.
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def try_lock(file: int) -> None:
        """Lock an open file; raises `OSError` if another process has it locked."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: So that nobody takes the file for one that is left over.
_TEXT = b"Whoever has this file locked sends the queue beside it. Do not remove it.\n"


class ProcessLock:
    """The lock that the file at ``path`` stands for; only one in all processes holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    @property
    def status(self) -> os.stat_result:
        """That of the file, which is held locked."""
        assert self._file is not None
        return os.fstat(self._file)

    def whereabouts(self) -> Path | None:
        """Where the locked file is; None if it is removed, or nobody can know."""
        with suppress(OSError):
            path = Path(f"/proc/self/fd/{self._file}").readlink()
            if self._file is not None and os.path.samestat(self.status, path.stat()):
                return path
        return None

    def acquire(self) -> bool:
        """Take it unless another one holds it; raises `OSError` if the file cannot be made."""
        if self._file is not None:
            return True
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            try_lock(file)
        except OSError:
            os.close(file)
            return False
        with suppress(OSError):  # a full disk
            if os.fstat(file).st_size == 0:
                os.lseek(file, 0, os.SEEK_SET)
                os.write(file, _TEXT)
        self._file = file
        return True

    def release(self) -> None:
        """Let it go; in a forked child this leaves it with the parent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
