"""A mapping that forgets, so that a sink may live for years."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")

#: Sessions that are remembered; more than any machine plays at a time.
MOST = 10_000


class Recent(Generic[_K, _V]):
    """The values of the keys that were set last."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: OrderedDict[_K, _V] = OrderedDict()

    def get(self, key: _K | None) -> _V | None:
        """The value of ``key``, None if it is unknown or forgotten."""
        return None if key is None else self._values.get(key)

    def put(self, key: _K, value: _V) -> None:
        """Remember ``value``; the key that was not set for the longest time may go."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
