"""An mpv that runs as a process, for ``playertrack play``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from playertrack.errors import MissingLibraryError, PlayertrackError
from playertrack.live.adapter import Binding, Listener
from playertrack.live.headless import Headless

from .process import ProcessBinding
from .translator import Translator

#: How long (s) mpv may take to start.
_PATIENCE = 20.0

_OPTIONS = ("--no-config", "--idle", "--no-terminal", "--vo=null", "--ao=null")


def _program() -> str:
    """The path of mpv; raises `MissingLibraryError` if there is none."""
    program = shutil.which("mpv")
    if program is None:
        raise MissingLibraryError("mpv is missing; Debian: apt-get install mpv")
    return program


def start(socket: Path, *options: str) -> subprocess.Popen[bytes]:
    """An mpv without window and sound that will listen at ``socket``."""
    return subprocess.Popen([_program(), *_OPTIONS, f"--input-ipc-server={socket}", *options])


class HeadlessMpvProcess(Headless):
    """A process of its own."""

    policy = Translator.policy
    check = staticmethod(_program)

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self._directory = TemporaryDirectory(prefix="playertrack-")
        socket = Path(self._directory.name, "mpv.sock")
        self._process = start(socket)
        binding = ProcessBinding(socket, listener, record_raw=record_raw)
        if not binding.wait_connected(_PATIENCE):
            raise PlayertrackError(f"mpv does not listen at {socket}")
        return binding

    def _release(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._directory.cleanup()
