"""A dummy player: it plays nothing, in real time, and calls back from its own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

#: Videos are of this length (s), but for those that `make_video` made.
LENGTH = 6.0

#: How long (s) a seek takes.
SEEKING = 0.03

Callback = Callable[[str, Any], None]

#: How a video begins, and one that says how long it is.
_VIDEO, _OURS = b"\0\0\0\x18ftyp", b"\0\0\0\x18ftyptoy "


def make_video(path: Path, length: float = LENGTH) -> str:
    """Write a video of ``length`` seconds, which only this player can play; gives its path."""
    path.write_bytes(_OURS + str(length).encode())
    return str(path)


class Player:
    """Commands return at once; all ``callbacks`` receive what comes of them.

    ``opening`` (the media; what was open may still report that it ``stopped``), ``opened`` (the
    length), ``playing``, ``paused``, ``seeked`` (where), ``finished``, ``stopped``, ``failed``
    (why), ``released``. Where it is and how fast it says only when it is asked: ``position``,
    ``speed``. ``media``, ``length`` and ``running`` are those of now.
    """

    def __init__(self) -> None:
        self.callbacks: list[Callback] = []
        self.media: str | None = None
        self.length: float | None = None
        self.running = False
        self.speed = 1.0
        self._commands: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self._released = False
        self._position, self._since = 0.0, 0.0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="toyplayer", daemon=True)
        self._thread.start()

    @property
    def position(self) -> float:
        """Where playback is (s)."""
        with self._lock:
            ahead = (monotonic() - self._since) * self.speed if self.running else 0.0
            return min(self.length or 0.0, self._position + ahead)

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
            left = None
            if self.running and self.length is not None:
                left = max(0.0, self.length - self.position) / self.speed
            try:
                name, value = self._commands.get(timeout=left)
            except Empty:
                self._move(self.length or 0.0, running=False)
                self._report("finished")
            else:
                getattr(self, f"_{name}")(value)

    def _move(self, position: float, *, running: bool) -> None:
        with self._lock:
            self._position, self._since, self.running = position, monotonic(), running

    def _report(self, name: str, value: Any = None) -> None:
        for callback in list(self.callbacks):
            callback(name, value)

    def _open(self, media: str) -> None:
        self.media = media
        self._report("opening", media)
        self._stop(None)
        path = Path(media)
        data = path.read_bytes() if path.is_file() else None
        if data is None or not data.startswith(_VIDEO[4:], 4):
            self._report("failed", "there is no such file" if data is None else "not a video")
            return
        length = float(data.removeprefix(_OURS)) if data.startswith(_OURS) else LENGTH
        self.length = length
        self._report("opened", length)

    def _run(self, running: bool) -> None:
        if self.length is not None and running != self.running:
            self._move(self.position, running=running)
            self._report("playing" if running else "paused")

    def _seek(self, position: float) -> None:
        if self.length is not None:
            threading.Event().wait(SEEKING)
            position = min(max(0.0, position), self.length)
            self._move(position, running=self.running)
            self._report("seeked", position)

    def _set_speed(self, speed: float) -> None:
        self._move(self.position, running=self.running)
        self.speed = speed

    def _stop(self, _: None) -> None:
        if self.length is not None:
            self._move(0.0, running=False)
            self.length = None
            self._report("stopped")

    def _release(self, _: None) -> None:
        self._move(self.position, running=False)
        self._released = True
        self._report("released")
