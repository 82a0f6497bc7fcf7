"""A program whose player is another process, as on signage players: an mpv and its socket."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

#: How long (s) mpv may take to start, and between two looks whether it did.
_PATIENCE, _LOOK = 30.0, 0.05


class MpvProcessProgram:
    """An mpv that was started by ``start``, and a thread that takes what it reports."""

    def __init__(self, start: Callable[[Path], subprocess.Popen[bytes]]) -> None:
        self._directory = TemporaryDirectory()
        self.path = Path(self._directory.name, "mpv.sock")
        self._process = start(self.path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connect()
        self._looped: str | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _connect(self) -> None:
        begun = monotonic()
        while monotonic() - begun < _PATIENCE:
            with suppress(OSError):
                return self._socket.connect(str(self.path))
            threading.Event().wait(_LOOK)
        raise TimeoutError(f"mpv does not listen at {self.path}")

    def _read(self) -> None:
        with suppress(OSError), self._socket.makefile("rb") as lines:
            for line in lines:
                over = json.loads(line).get("event") == "end-file"
                if over and self._looped is not None:
                    self._command("loadfile", self._looped)

    def _command(self, *words: Any) -> None:
        self._socket.sendall(json.dumps({"command": words}).encode() + b"\n")

    def _set(self, name: str, value: Any) -> None:
        self._command("set_property", name, value)

    def open(self, media: str) -> None:
        self._command("loadfile", media)
        self.play()

    def play(self) -> None:
        self._set("pause", False)

    def pause(self) -> None:
        self._set("pause", True)

    def seek(self, position: float) -> None:
        self._command("seek", position, "absolute", "exact")

    def slide(self, position: float) -> None:
        self._set("time-pos", position)

    def rate(self, rate: float) -> None:
        self._set("speed", rate)

    def chapter(self, number: int) -> None:
        self._set("chapter", number)

    def stop(self) -> None:
        self._command("stop")

    def playlist(self, media: Sequence[str]) -> None:
        for each in media:
            self._command("loadfile", each, "append")
        self._set("playlist-pos", 0)

    def loop(self, media: str) -> None:
        self._looped = media
        self.open(media)

    def release(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join(_PATIENCE)
        self._socket.close()
        self._directory.cleanup()
