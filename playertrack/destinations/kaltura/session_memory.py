"""What a mapper remembers of a session, so that another process can go on with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from .recent_sessions import Recent

_T = TypeVar("_T")

#: Gives the note of the last request for a session, None if there is none.
Recall = Callable[[str], bytes | None]


def forgotten(session: str) -> bytes | None:
    """What is known of a session from before: nothing."""
    return None


class Memory(Generic[_T]):
    """What is known of each session, of ``kind``; ``recall`` is asked once for one that is new.

    A note that cannot be read, as of another version, is none.
    """

    def __init__(self, kind: type[_T], recall: Recall = forgotten) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._recall = recall
        self._known: Recent[str, _T] = Recent()

    def get(self, session: str | None) -> _T | None:
        """What is known of ``session``."""
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

    def note(self, value: _T) -> bytes:
        """``value`` as a note, to be recalled."""
        return self._encode(value)
