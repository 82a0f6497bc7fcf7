"""The Python of Qt that a player comes from, PySide6 or PyQt6, or what to install to get one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from playertrack.errors import MissingLibraryError, PlayertrackError

#: In the order in which one is looked for that makes players.
_NAMES = ("PySide6", "PyQt6")


class Qt(NamedTuple):
    """The modules of one of the two; ``signal`` makes a signal of a class.

    ``delete`` deletes an object here and now, whoever has references to it; ``deleted`` says if
    one is.
    """

    core: Any
    multimedia: Any
    signal: Callable[..., Any]
    delete: Callable[[Any], object]
    deleted: Callable[[Any], bool]


_loading = threading.Lock()


def load(name: str) -> Qt:
    """PySide6 or PyQt6."""
    with _loading:
        return _load(name)


@cache
def _load(name: str) -> Qt:
    core, multimedia = (import_module(f"{name}.{part}") for part in ("QtCore", "QtMultimedia"))
    # PySide6 makes a class when it is first used; two threads that do so at once crash it.
    for each in dir(multimedia):
        getattr(multimedia, each)
    if name == "PySide6":
        shiboken = import_module("shiboken6")
        return Qt(
            core, multimedia, core.Signal, shiboken.delete, lambda it: not shiboken.isValid(it)
        )
    sip = import_module("PyQt6.sip")
    return Qt(core, multimedia, core.pyqtSignal, sip.delete, sip.isdeleted)


def any_qt() -> Qt:
    """Whichever is installed; raises `MissingLibraryError`."""
    reasons = []
    for name in _NAMES:
        try:
            return load(name)
        except ImportError as error:
            reasons.append(str(error))
    raise MissingLibraryError(
        f"Qt Multimedia is missing ({'; '.join(reasons)}); install PySide6 "
        "(pip install 'playertrack[qt]') or PyQt6"
    )


def qt_of(player: object) -> Qt:
    """That of ``player``; raises TypeError if it is no `QMediaPlayer` of either.

    PlayertrackError if it is one that was deleted.
    """
    for cls in type(player).__mro__:
        name = cls.__module__.partition(".")[0]
        if cls.__name__ == "QMediaPlayer" and name in _NAMES:
            qt = load(name)
            if qt.deleted(player):
                raise PlayertrackError("this QMediaPlayer was deleted; it cannot be measured")
            return qt
    raise TypeError(
        f"expected a QMediaPlayer of PySide6 or PyQt6, not {type(player).__module__}."
        f"{type(player).__qualname__}"
    )


@cache
def caller_class(qt: Qt) -> Any:
    """A QObject whose ``called`` has a callable called on the thread that the object lives in."""

    class Caller(qt.core.QObject):  # type: ignore[misc, name-defined] # PyQt or PySide
        called = qt.signal(object)

        def __init__(self, thread: Any = None) -> None:
            super().__init__()
            if thread is not None:
                self.moveToThread(thread)  # first: PyQt6 has it called where it was connected
            self.called.connect(self.perform, qt.core.Qt.ConnectionType.QueuedConnection)

        def perform(self, call: Callable[[], None]) -> None:
            call()

    return Caller


#: One for each thread, for good: Python may drop a reference on any thread, and Qt takes it ill
#: if an object goes elsewhere than where it lives.
_callers: list[tuple[Any, Any]] = []
_making = threading.Lock()


def caller_of(qt: Qt, thread: Any) -> Any:
    """An object that makes calls on the event loop of ``thread``."""
    with _making:
        for known, caller in _callers:
            if known == thread:
                return caller
        caller = caller_class(qt)(thread)
        _callers.append((thread, caller))
        return caller
