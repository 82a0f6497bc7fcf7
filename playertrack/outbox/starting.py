"""Starts a thread, and tries again if the system has none at the moment."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic

#: How long (s) after a thread could not be had one is tried again.
_AGAIN = 0.1


class Starter:
    """Starts daemon threads; ``trouble`` says why there was none the last time."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self._at = 0.0

    def start(self, work: Callable[[], object], name: str) -> Thread | None:
        """A thread that does ``work``; None if there is none, or was none just before."""
        if monotonic() < self._at:
            return None
        thread = Thread(target=work, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # none is left, or the interpreter is about to exit
            self._at = monotonic() + _AGAIN
            self.trouble = f"no thread for the queue, events are in memory only: {error}"
            return None
        self.trouble = None
        return thread
