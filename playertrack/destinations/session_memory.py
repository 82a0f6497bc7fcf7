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


class Recent(OrderedDict[_K, _V]):
    """The values of the keys that were put last."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self._most = most

    def put(self, key: _K, value: _V) -> None:
        """Remember ``value``; the key that was not put for the longest time may go."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)


class Memory(Generic[_T]):
    """The state of each session, of ``kind``; ``recall`` is asked once for one that is new.

    A note that cannot be read, as of another version, is none.
    """

    def __init__(self, kind: type[_T], recall: Recall = forgotten) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._recall = recall
        self._known: Recent[str, _T] = Recent()
        self._noted: Recent[str, _T] = Recent()

    def get(self, session: str | None) -> _T | None:
        """The state of ``session``; None for an unknown one."""
        if session is None:
            return None
        known = self._known.get(session)
        if known is None and (note := self._recall(session)) is not None:
            try:
                known = self._decode(note)
            except (msgspec.MsgspecError, ValueError):
                return None
            self._known.put(session, known)
        return known

    def put(self, session: str, value: _T) -> None:
        """Remember ``value``."""
        self._known.put(session, value)

    def note(self, session: str) -> bytes | None:
        """The state of ``session`` as a note, to be recalled; None if the last one says it."""
        known = self._known.get(session)
        if known is None or known is self._noted.get(session):
            return None
        self._noted.put(session, known)
        return self._encode(known)
