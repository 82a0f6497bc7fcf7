"""Sends what is queued to any destination: in order, with retries, the token attached last.

Somebody else's destination is a subclass of `Destination`; see there. aiohttp is loaded when a
`Sender` is made.
"""

from .protocol import Answer, Batch, Destination, Kind, Request, Verdict
from .route import Route
from .sender import Sender, share
from .settings import DEFAULT_SETTINGS, DeliveryError, DeliverySettings

__all__ = (
    "DEFAULT_SETTINGS",
    "Answer",
    "Batch",
    "DeliveryError",
    "DeliverySettings",
    "Destination",
    "Kind",
    "Request",
    "Route",
    "Sender",
    "Verdict",
    "share",
)
