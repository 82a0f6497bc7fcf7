"""The page's data: rows for the table, and the detail of the selected session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from .detail import Detail
from .rows import SessionRow

#: Changes that come by the thousand are reported so often (s).
_CALM = 0.5


class Library:
    """Sessions to look at, the base of all libraries; the server's loop calls the methods."""

    #: The name of the library.
    title = ""
    #: Sessions arrive by themselves.
    live = False
    #: How far reading is; empty when all is read.
    note = ""
    #: Messages on input that could not be read.
    problems: Sequence[str] = ()

    def __init__(self) -> None:
        #: Grows with every change.
        self.version = 0
        self._calls: list[Callable[[], object]] = []
        self._guard = threading.Lock()
        self._called_at = 0.0

    @property
    def rows(self) -> Sequence[SessionRow]:
        """All sessions, in the library's order."""
        raise NotImplementedError

    def find(self, session: str, place: str) -> SessionRow | None:
        """The row of a session; ``place``, its number, separates rows of the same id."""
        return next((row for row in self.rows if row.session == session), None)

    def detail(self, row: SessionRow) -> Detail | None:
        """All of one session; None if it is gone. May take a moment, and runs in a thread."""
        raise NotImplementedError

    def listen(self, call: Callable[[], object]) -> Callable[[], None]:
        """``call`` after each change, from any thread; returns what ends that."""
        with self._guard:
            self._calls.append(call)

        def end() -> None:
            with self._guard:
                self._calls.remove(call)

        return end

    def changed(self, *, calm: bool = False) -> None:
        """Something changed; ``calm``: that may be reported a little later, with the next."""
        with self._guard:
            self.version += 1
            now = monotonic()
            if calm and now - self._called_at < _CALM:
                return
            self._called_at = now
            calls = list(self._calls)
        for call in calls:
            call()
