"""An event as the queue holds it: what its destination makes of it, and what people look for."""

from __future__ import annotations

import logging
from time import time
from typing import TYPE_CHECKING

from ..errors import PlayertrackError
from ..outbox import Item, RefusedError
from .lanes import FREE
from .protocol import Destination, SessionDestination

if TYPE_CHECKING:
    from ..events import Event

_log = logging.getLogger("playertrack")


def pack(destination: Destination, event: Event) -> Item | None:
    """The item of ``event``, None if ``destination`` has none for it.

    Its head is the time at which it is queued, which an operator wants to know.

    Raises `RefusedError` if it cannot be encoded.
    """
    try:
        body = destination.encode(event)
        if body is None:
            return None
        lane = destination.lane(event)
        note = None
        if isinstance(destination, SessionDestination):
            note = destination.note(event.session)
    except Exception as error:  # of a third party's destination: the event is refused
        if not isinstance(error, (PlayertrackError, ValueError)):
            _log.exception("%s cannot encode an event", type(destination).__name__)
        item = Item(event.session, event.event, event.index, event.at, "", b"")
        raise RefusedError(item, str(error) or repr(error)) from None
    return Item(
        FREE if lane is None else lane,
        event.event,
        event.index,
        event.at,
        f"{time():.3f}",
        body,
        note,
    )
