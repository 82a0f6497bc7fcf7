"""Calls registered listeners after each change, on whatever thread made it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

#: Changes that come by the thousand are reported so often (s).
_CALM = 0.5


class Listeners:
    """Counts changes, and calls those that listen."""

    def __init__(self) -> None:
        self.version = 0
        self._calls: list[Callable[[], object]] = []
        self._guard = threading.Lock()
        self._called_at = 0.0

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
