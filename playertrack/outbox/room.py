"""Free space in the queue, for programs that have all their events at once and can wait."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from .database import QUEUE
from .values import Bounds

if TYPE_CHECKING:
    from .failover import Failover


def has_room(failover: Failover, bounds: Bounds) -> bool:
    """True while a tenth of each bound is free, so that some more events drop none (Q-bounded)."""
    store = failover.stores()[-1]  # where new events go
    most_bytes = bounds.max_bytes if failover.durable else bounds.max_memory
    try:
        rows = int(store.tally.read(QUEUE).get("rows", 0))
        return rows < bounds.max_events * 0.9 and store.size < most_bytes * 0.9
    except sqlite3.Error:
        return True  # a disk that fails is no reason to wait: the next commit deals with it
