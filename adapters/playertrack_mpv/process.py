"""Measures an mpv that runs as a process, across its restarts."""

from __future__ import annotations

import threading
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from playertrack.live.adapter import Listener

from .binding import MpvBinding
from .core import Core
from .ipc import GoneError, IpcClient

#: How often (s) it is looked whether mpv listens again; at first more often.
_SOON, _LATER = 0.05, 1.0


class Absent:
    """Stands for an mpv that does not run: it has no properties and takes no commands."""

    def __init__(self, path: str) -> None:
        self._why = f"no mpv listens at {path}"

    def observe(self, name: str) -> None:
        """Raise `GoneError`."""
        raise GoneError(f"{name}: {self._why}")

    def next(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        """The end of it."""
        return "shutdown", {}

    def wake(self) -> None:
        """Nobody waits."""

    def command(self, *words: str) -> None:
        """Raise `GoneError`."""
        raise GoneError(f"{words[0]}: {self._why}")

    def set(self, name: str, value: str) -> None:
        """Raise `GoneError`."""
        raise GoneError(f"{name}: {self._why}")

    def get(self, name: str) -> str | None:
        """None."""
        return None

    def seconds(self, name: str) -> float | None:
        """None."""
        return None

    def destroy(self) -> None:
        """There is nothing to give up."""


class ProcessBinding(MpvBinding):
    """Measures whatever mpv listens at a socket; made by `playertrack_mpv.track_process`.

    Commands raise `GoneError` while there is none (`wait_connected`).
    """

    def __init__(self, path: str | PathLike[str], tracker: Listener, **options: Any) -> None:
        self._path = fspath(path)
        self._connected = threading.Event()
        self._absent = Absent(self._path)
        self._playing_file = False
        key = str(Path(self._path).absolute())
        super().__init__(lambda: self._absent, tracker, player=key, **options)

    def wait_connected(self, timeout: float) -> bool:
        """Wait until an mpv is there; False if none is after ``timeout`` (s)."""
        return self._connected.wait(timeout)

    def _greet(self) -> None:
        """There is none yet: the thread that listens looks for it."""

    def _run_thread(self) -> None:
        while (client := self._reach()) is not None:
            self._adopt(client)
            try:
                super()._greet()
                self._connected.set()
                self._listen()
            except GoneError:
                pass  # it ended in the middle of that
            self._connected.clear()
            self._adopt(self._absent)
            if self._playing_file and not self._over.is_set():
                self._playing_file = False
                self._note("end-file", reason="stop")
            client.destroy()
        with self._asking:
            self._gone = True

    def _reach(self) -> Core | None:
        """A connection to mpv, as soon as there is one; None if the binding is detached first."""
        delay = _SOON
        while not self._over.is_set():
            try:
                return IpcClient(self._path)
            except OSError:
                self._over.wait(delay)
                delay = min(_LATER, delay * 1.5)
        return None

    def _adopt(self, client: Core) -> None:
        with self._asking, self._opening:
            self._client = client
            self._too_early, self._sought, self._plays_then = None, False, False
            self._failed, self._advances, self._last = False, False, None

    def _receive(self, kind: str, values: dict[str, Any]) -> None:
        if kind == "end-file" and values.get("reason") == "quit":
            values = {"reason": "stop"}
        super()._receive(kind, values)

    def _note(self, kind: str, **fields: Any) -> None:
        if kind in ("start-file", "end-file"):
            self._playing_file = kind == "start-file"
        super()._note(kind, **fields)

    def _at_shutdown(self) -> None:
        """Another mpv may follow."""
