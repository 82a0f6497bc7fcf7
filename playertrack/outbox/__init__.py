"""A durable queue of events, which each destination reads in its own order.

`Outbox` is the whole interface: any thread appends, a thread of its own makes groups of events
durable (SQLite, WAL, FULL), and a sender reads them and reports what became of them.
"""

from .dating import BootClock
from .inspect import Look, look, resume, retry
from .outbox import DURABILITIES, Outbox
from .transit import Receipt
from .values import (
    DEFAULT_BOUNDS,
    HELD,
    RELEASED,
    Bounds,
    Counts,
    DeadLetter,
    Encode,
    Handed,
    Item,
    LaterError,
    Page,
    QueueError,
    RefusedError,
    Row,
    Settled,
    Standing,
)

__all__ = (
    "DEFAULT_BOUNDS",
    "DURABILITIES",
    "HELD",
    "RELEASED",
    "BootClock",
    "Bounds",
    "Counts",
    "DeadLetter",
    "Encode",
    "Handed",
    "Item",
    "LaterError",
    "Look",
    "Outbox",
    "Page",
    "QueueError",
    "Receipt",
    "RefusedError",
    "Row",
    "Settled",
    "Standing",
    "look",
    "resume",
    "retry",
)
