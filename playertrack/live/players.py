"""Which binding measures which player: each player once, each tracker one player at a time."""

from __future__ import annotations

import threading
from collections.abc import Hashable

from ..errors import PlayertrackError

_Key = tuple[str, Hashable]


class Measured:
    """The bindings that measure a player now, by what identifies it: its kind and itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bindings: dict[_Key, object] = {}

    def add(self, key: _Key, binding: object) -> None:
        """``binding`` measures it; PlayertrackError if another one does."""
        with self._lock:
            first = self._bindings.setdefault(key, binding)
        if first is not binding:
            raise PlayertrackError(
                f"this player is measured already, by {first!r}: detach() that binding first; "
                "one tracker can have any number of sinks"
            )

    def remove(self, key: _Key, binding: object) -> None:
        """``binding`` does not measure it any more, if it did."""
        with self._lock:
            if self._bindings.get(key) is binding:
                del self._bindings[key]


class Seat:
    """The one place for a binding that feeds a tracker."""

    def __init__(self) -> None:
        self._binding: object | None = None

    def take(self, binding: object, *, closed: bool) -> None:
        """``binding`` feeds the tracker; PlayertrackError if another one does, or none may."""
        if closed:
            raise PlayertrackError(
                "this tracker is closed: make a new Tracker for this player; one that is to go "
                "on to the program's next player must stay open"
            )
        if self._binding is not None and self._binding is not binding:
            raise PlayertrackError(
                f"this tracker measures another player, by {self._binding!r}: make a Tracker for "
                "each player, or, if this one takes its place, detach() that binding first"
            )
        self._binding = binding

    def leave(self, binding: object) -> bool:
        """``binding`` feeds it no longer; False if it did not."""
        if self._binding is not binding:
            return False
        self._binding = None
        return True
