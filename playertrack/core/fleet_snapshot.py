"""The state of a fleet's player as bytes, and back: its engine, and what the fleet adds.

Versioned MessagePack, as the snapshot in it (see `snapshot`).
"""

from __future__ import annotations

from typing import Any

from .._msgspec import msgspec
from ..errors import SnapshotError
from .reorder import Reorder

#: Written first; another number is another layout.
VERSION = 1

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(
    tuple[int, str | None, bytes | None, float | None, list[Any] | None]
).decode


def pack_player(
    player: str | None, engine: bytes | None, last: float | None, order: Reorder | None
) -> bytes:
    """All that is known of a player: its engine, None if it is closed, and when it last sent."""
    return _encode((VERSION, player, engine, last, None if order is None else order.state()))


def unpack_player(
    data: bytes, reorder: float | None, idle_close: float | None
) -> tuple[str | None, bytes | None, float | None, Reorder | None]:
    """Read what `pack_player` wrote, for these options of a fleet; else a `SnapshotError`."""
    try:
        version, player, engine, last, state = _decode(data)
        if version != VERSION:
            raise SnapshotError(f"a snapshot of version {version}; this is version {VERSION}")
        order = None if state is None else Reorder.restore(reorder or 0.0, idle_close, state)
        if order is not None and reorder is None:
            if order.waits:
                raise SnapshotError("signals wait in it for their turn: it needs reorder")
            order = None
    except SnapshotError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise SnapshotError(f"not a snapshot of a player: {error}") from error
    return player, engine, last, order
