"""The request that a destination makes of one event."""

from __future__ import annotations

from playertrack.delivery import Destination, Request
from playertrack.events import Event


def request_of(destination: Destination, event: Event) -> Request | None:
    """The request of a batch that holds ``event`` alone; None if it is unmapped."""
    item = destination.encode(event)
    return None if item is None else destination.request([item])
