"""A request as the queue holds it: an item whose head the sender understands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import attrs
import msgspec

from ..destinations.kaltura.request import Request
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


@attrs.frozen
class Head:
    """Where and how an event is sent; most events of a destination have the same."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: str


@lru_cache(maxsize=64)
def unpack(head: str) -> Head:
    """The head of an item that was packed; raises `ValueError` for anything else."""
    _, _, method, path, headers, form = _decode(head)
    return Head(method, path, dict(headers), form)
