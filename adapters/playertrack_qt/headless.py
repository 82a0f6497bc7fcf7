"""Qt Multimedia for ``playertrack play``, in an event loop of its own."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from playertrack.live.adapter import Binding, Listener
from playertrack.live.headless import Headless

from .binding import QtBinding
from .library import Qt, any_qt, caller_class
from .translator import Translator

_T = TypeVar("_T")

#: How long (s) the event loop is waited for.
_PATIENCE = 20.0


class QtThread:
    """A thread that runs Qt's event loop, for players of programs that have none.

    When the interpreter exits, the thread deletes the application that it made. Left to Qt for
    Python, that is done elsewhere, under an event loop that runs on in memory of others.
    """

    def __init__(self, qt: Qt) -> None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("QT_NO_GLIB", "1")  # its main context is the main thread's
        qt.core.QLoggingCategory.setFilterRules("qt.multimedia.*=false")
        self.qt = qt
        self._ready: Future[Any] = Future()
        self._thread = threading.Thread(target=self._run, name="qt", daemon=True)
        self._thread.start()
        self._caller = self._ready.result(_PATIENCE)
        atexit.register(self._end)

    def _run(self) -> None:
        core = self.qt.core
        app = core.QCoreApplication.instance() or core.QCoreApplication(["playertrack"])
        self._ready.set_result(caller_class(self.qt)())
        app.exec()
        self.qt.delete(app)

    def _end(self) -> None:
        self.post(self.qt.core.QCoreApplication.quit)
        self._thread.join(_PATIENCE)

    def call(self, call: Callable[[], _T]) -> _T:
        """Run ``call`` in the event loop; returns its value."""
        done: Future[_T] = Future()

        def perform() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # raised where `call` was wanted
                done.set_exception(error)

        self._caller.called.emit(perform)
        return done.result(_PATIENCE)

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call`` called in the event loop, without waiting."""
        self._caller.called.emit(call)

    def player(self) -> Any:
        """A new player without window and sound, to be given back to `delete`."""
        return self.call(lambda: silent_player(self.qt))

    def delete(self, player: Any) -> None:
        """Delete a player where it lives; Python would do so wherever it is let go."""
        self.call(lambda: (player.stop(), player.deleteLater()))
        self.call(lambda: None)  # by now it is done


_making = threading.Lock()


def qt_thread() -> QtThread:
    """The one of this process; raises `MissingLibraryError` where there is no Qt."""
    with _making:  # two threads that ask at once would make two applications
        return _qt_thread()


@cache
def _qt_thread() -> QtThread:
    return QtThread(any_qt())


def silent_player(qt: Qt) -> Any:
    """A player whose picture goes nowhere; without any output Qt never comes to an end."""
    player = qt.multimedia.QMediaPlayer()
    sink = qt.multimedia.QVideoSink(player)
    player.setVideoSink(sink)
    return player


class HeadlessQt(Headless):
    """A `QMediaPlayer` of its own."""

    policy = Translator.policy
    check = staticmethod(any_qt)

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self._qt = qt_thread()
        self._player = self._qt.player()
        return QtBinding(self._player, listener, record_raw=record_raw)

    def _release(self) -> None:
        self._qt.delete(self._player)
