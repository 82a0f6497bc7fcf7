"""A request as the queue holds it: an item whose head the sender understands."""

from __future__ import annotations

import msgspec

from ..kaltura.request import Request
from ..outbox import Item

_Head = tuple[str, str, str, str, tuple[tuple[str, str], ...], str]
_decode = msgspec.json.Decoder(_Head).decode
_encode = msgspec.json.Encoder().encode


def pack(request: Request, lane: str | None = None) -> Item:
    """``request`` to be queued, in another ``lane`` if one is given.

    The address of the service is left out: it is a setting, so one that was wrong can be
    corrected when events already wait.
    """
    head = (
        request.destination,
        request.identity,
        request.method,
        request.path,
        request.headers,
        request.form,
    )
    return Item(
        request.lane if lane is None else lane,
        request.event,
        request.index,
        request.at,
        _encode(head).decode(),
        request.body,
        request.note,
    )


def unpack(item: Item, base: str) -> Request:
    """The request that was packed, for the service at ``base``; raises `ValueError`."""
    destination, identity, method, path, headers, form = _decode(item.head)
    return Request(
        destination=destination,
        lane=item.lane,
        identity=identity,
        method=method,
        base=base,
        path=path,
        headers=headers,
        body=item.body,
        form=form,
        event=item.event,
        index=item.number,
        at=item.at,
    )
