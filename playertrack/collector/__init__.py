"""A stand-in for the Kaltura endpoints on this machine: it takes events and judges them.

    async with Collector() as collector:
        …

It is what ``playertrack collector`` runs, and a server for tests.
"""

from .. import _aiohttp as _aiohttp  # first: it says what is missing
from .faults import Switch, SwitchError
from .received import Received, SessionVerdict
from .server import Collector, CollectorError

__all__ = (
    "Collector",
    "CollectorError",
    "Received",
    "SessionVerdict",
    "Switch",
    "SwitchError",
)
