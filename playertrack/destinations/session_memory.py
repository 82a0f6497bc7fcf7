"""A destination's memory of its sessions, so that another process can go on with them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from .._msgspec import msgspec
from ..delivery.protocol import Recall, forgotten

_K = TypeVar("_K")
_V = TypeVar("_V")
_T = TypeVar("_T")

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


class Memory(Generic[_T]):
    """The state of each session, of ``kind``; ``recall`` is asked once for one that is new.

    A note that cannot be read, as of another version, is none.
    """

    def __init__(self, kind: type[_T], recall: Recall = forgotten) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._recall = recall
        self._known: Recent[str, _T] = Recent()

    def get(self, session: str | None) -> _T | None:
        """The state of ``session``; None for an unknown one."""
        known = self._known.get(session)
        if known is None and session is not None and (note := self._recall(session)) is not None:
            try:
                known = self._decode(note)
            except (msgspec.MsgspecError, ValueError):
                return None
            self._known.put(session, known)
        return known

    def put(self, session: str, value: _T) -> None:
        """Remember ``value``."""
        self._known.put(session, value)

    def note(self, session: str) -> bytes:
        """The state of ``session`` as a note, to be recalled."""
        return self._encode(self._known.get(session))
