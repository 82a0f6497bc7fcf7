"""Events that wait to be encoded and written, and the receipts for them."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice
from threading import Condition
from typing import Any

from .values import Added, Bounds, Item, RefusedError

_log = logging.getLogger("playertrack")


class Receipt:
    """Says how far an event got by now.

    ``state`` is ``waiting``, then ``durable`` (it outlives a crash and a power cut), ``memory``
    (it is queued, but the disk does not take it, or is not to), ``unmapped`` (it means nothing
    to the destination), ``rejected`` (it can never be sent), ``dropped`` (too much was waiting)
    or ``closed`` (the queue was).
    """

    __slots__ = ("_changed", "state")

    def __init__(self, changed: Condition) -> None:
        self.state = "waiting"
        self._changed = changed

    @classmethod
    def of(cls, state: str) -> Receipt:
        """One for an event that does not come to the queue now."""
        receipt = cls(Condition())
        receipt.state = state
        return receipt

    def __repr__(self) -> str:
        return f"<Receipt {self.state}>"

    @property
    def durable(self) -> bool:
        """True if the event outlives the process, so that it will be delivered."""
        return self.state == "durable"

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is no longer ``waiting``, at most ``timeout`` seconds; gives `durable`."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != "waiting", timeout)
        return self.durable


#: Makes the item of an event: None if it means nothing to the destination; raises
#: `RefusedError` if it can never be sent.
Encode = Callable[[Any], Item | None]

#: An event that waits: its destination, what makes its item, itself, who waits for it. A plain
#: tuple, as it is made in the thread of a player.
Waiting = tuple[str, Encode, Any, Receipt]


class Ring(deque[Waiting]):
    """The events that wait, in the order in which they came.

    Who appends one looks first whether there are ``most`` already, then it has to `overflow`.
    ``dropped`` counts those that were too many, by destination.
    """

    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self.most = bounds.max_waiting
        self.dropped: Counter[str] = Counter()
        self._keeps_old = bounds.policy == "drop_newest"

    def overflow(self, waiting: Waiting) -> None:
        """There are too many: drop this one, or the oldest for it."""
        gone = waiting
        if not self._keeps_old:
            gone = self.popleft()
            self.append(waiting)
        destination, _, _, receipt = gone
        receipt.state = "dropped"
        self.dropped[destination] += 1

    def take(self, most: int) -> list[Waiting]:
        """The oldest ones, which wait here no more."""
        taken = list(islice(self, most))
        for _ in taken:
            self.popleft()
        return taken


def encoded(waiting: Waiting, added: Added) -> str | None:
    """Add what is to be queued; says what became of the event if it is not queued."""
    destination, encode, event, _ = waiting
    try:
        item = encode(event)
    except RefusedError as error:
        added.refused.append((destination, error.item, str(error)))
        return "rejected"
    except (Exception, SystemExit) as error:
        _log.exception("an event could not be encoded for %s; it is a dead letter now", destination)
        item = Item("", type(event).__name__, 0, 0.0, "", b"")
        added.refused.append((destination, item, repr(error)))
        return "rejected"
    if item is not None and not item.storable:
        added.refused.append((destination, item.made_storable(), "no database takes it"))
        return "rejected"
    if item is None:
        added.counts[destination, "unmapped"] += 1
        return "unmapped"
    added.items.append((destination, item))
    return None
