"""The log of the package; a handler of the program that raises or exits stops nothing here."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress
from functools import partial
from time import monotonic

from ._lane import Lane

#: How the names of our own threads start.
_OURS = "playertrack-"

#: How long (s) one of them waits for the handlers of a message.
_PATIENCE = 1.0


class _Log(logging.Logger):
    """Logs as ``playertrack``; what a handler raises goes no further than standard error.

    The thread of a queue, or the one that sends, would be lost with all that it has to do. It
    does not wait for a handler that hangs either: the handlers have a thread of their own then.
    """

    def __init__(self) -> None:
        self._program = logging.getLogger("playertrack")
        super().__init__(self._program.name)
        self._lane = Lane("playertrack-log")
        self._late = False  # a handler is taking too long, and nobody waits for the next

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - as the base class has it
        return self._program.isEnabledFor(level)

    def handle(self, record: logging.LogRecord) -> None:
        here = threading.current_thread().name
        if here == self._lane.name or not here.startswith(_OURS):
            self._handle(record)
            return
        self._lane.finish(partial(self._handle, record))
        if not self._late:
            self._late = not self._lane.wait(monotonic() + _PATIENCE)

    def _handle(self, record: logging.LogRecord) -> None:
        try:
            self._program.handle(record)
        except BaseException as error:
            program = threading.current_thread() is threading.main_thread()
            if program and isinstance(error, KeyboardInterrupt):
                raise  # it is the program's
            with suppress(Exception):
                sys.stderr.write(f"playertrack: a log handler failed: {error!r}\n")
        self._late = False


log = _Log()
