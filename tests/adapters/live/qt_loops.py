"""Event loops of Qt, one for each thread that runs scenarios.

Qt blocks a loop while it stops a player: of a live stream for more than a second, in which the
other players of that loop report nothing.
"""

from __future__ import annotations

import threading
from typing import Any

from playertrack_qt.headless import QtThread, qt_thread
from playertrack_qt.library import Qt, caller_class


class QtLoop(QtThread):
    """Another thread with an event loop, beside the one with the application."""

    def __init__(self, qt: Qt) -> None:
        self._loop: Any = None
        super().__init__(qt)

    def _run(self) -> None:
        self._loop = self.qt.core.QEventLoop()
        self._ready.set_result(caller_class(self.qt)())
        self._loop.exec()
        self.qt.delete(self._loop)

    def _end(self) -> None:
        self.post(self._loop.quit)
        self._thread.join(20.0)


class _Mine(threading.local):
    loop: QtThread | None = None


_mine = _Mine()


def qt_loop() -> QtThread:
    """That of this thread; raises `MissingLibraryError` where there is no Qt."""
    if _mine.loop is None:
        _mine.loop = QtLoop(qt_thread().qt)
    return _mine.loop
