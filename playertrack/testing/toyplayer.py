"""A player that plays nothing, in real time, and calls back as players do: from its own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

#: All videos are of this length (s).
LENGTH = 6.0

#: How long (s) a seek takes.
SEEKING = 0.03

Callback = Callable[[str, Any], None]


class Player:
    """Commands return at once; all ``callbacks`` receive what comes of them.

    ``opened`` (the length), ``playing``, ``paused``, ``seeked`` (where), ``finished``,
    ``stopped``, ``failed`` (why). Where it is it says only when it is asked (`position`).
    """

    def __init__(self) -> None:
        self.callbacks: list[Callback] = []
        self._commands: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self._opened = self._running = self._released = False
        self._position, self._since, self._speed = 0.0, 0.0, 1.0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="toyplayer", daemon=True)
        self._thread.start()

    @property
    def position(self) -> float:
        """Where playback is (s)."""
        with self._lock:
            ahead = (monotonic() - self._since) * self._speed if self._running else 0.0
            return min(LENGTH, self._position + ahead)

    def open(self, media: str) -> None:
        """Open a file."""
        self._commands.put(("open", media))

    def play(self) -> None:
        """Play, or play on."""
        self._commands.put(("run", True))

    def pause(self) -> None:
        """Pause."""
        self._commands.put(("run", False))

    def seek(self, position: float) -> None:
        """Go to a position (s)."""
        self._commands.put(("seek", position))

    def set_speed(self, speed: float) -> None:
        """Play so many times as fast."""
        self._commands.put(("set_speed", speed))

    def stop(self) -> None:
        """Give up playback."""
        self._commands.put(("stop", None))

    def release(self) -> None:
        """Give up the player."""
        self._commands.put(("release", None))
        self._thread.join()

    # ----------------------------------------------------------------------- the thread

    def _work(self) -> None:
        while not self._released:
            left = (LENGTH - self.position) / self._speed if self._running else None
            try:
                name, value = self._commands.get(timeout=left)
            except Empty:
                self._move(LENGTH, running=False)
                self._report("finished")
            else:
                getattr(self, f"_{name}")(value)

    def _move(self, position: float, *, running: bool) -> None:
        with self._lock:
            self._position, self._since, self._running = position, monotonic(), running

    def _report(self, name: str, value: Any = None) -> None:
        for callback in list(self.callbacks):
            callback(name, value)

    def _open(self, media: str) -> None:
        if self._opened:
            self._stop(None)
        path = Path(media)
        self._opened = path.is_file() and path.read_bytes()[4:8] == b"ftyp"
        if self._opened:
            self._report("opened", LENGTH)
        else:
            self._report("failed", "not a video" if path.is_file() else "there is no such file")

    def _run(self, running: bool) -> None:
        if self._opened and running != self._running:
            self._move(self.position, running=running)
            self._report("playing" if running else "paused")

    def _seek(self, position: float) -> None:
        if self._opened:
            threading.Event().wait(SEEKING)
            self._move(position, running=self._running)
            self._report("seeked", position)

    def _set_speed(self, speed: float) -> None:
        self._move(self.position, running=self._running)
        self._speed = speed

    def _stop(self, _: None) -> None:
        if self._opened:
            self._opened = False
            self._move(0.0, running=False)
            self._report("stopped")

    def _release(self, _: None) -> None:
        self._released = True
