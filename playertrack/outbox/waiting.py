"""Events that wait to be put into words and written."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from .group import Added
from .receipt import Receipt
from .values import Bounds, Item, RefusedError

_log = logging.getLogger("playertrack")

#: Makes the item of an event: None if it means nothing to the destination; raises
#: `RefusedError` if it can never be sent.
Encode = Callable[[Any], Item | None]


class Waiting(NamedTuple):
    """An event, what makes its item, and who waits for it."""

    destination: str
    encode: Encode
    event: Any
    receipt: Receipt


class Ring:
    """The events that wait: no more than ``bounds`` allow, in the order in which they came.

    ``dropped`` counts those that were too many, by destination.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.dropped: Counter[str] = Counter()
        self._bounds = bounds
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, waiting: Waiting) -> None:
        """Add one; if there are too many it, or the oldest, is dropped."""
        if len(self._waiting) < self._bounds.max_waiting:
            self._waiting.append(waiting)
        elif self._bounds.policy == "drop_newest":
            self._drop(waiting)
        else:
            self._drop(self._waiting.popleft())
            self._waiting.append(waiting)

    def take(self, most: int) -> list[Waiting]:
        """The oldest ones, which wait here no more."""
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def _drop(self, waiting: Waiting) -> None:
        waiting.receipt.state = "dropped"
        self.dropped[waiting.destination] += 1


def encoded(waiting: Waiting, added: Added) -> str | None:
    """Add what is to be queued; says what became of the event if it is not queued."""
    try:
        item = waiting.encode(waiting.event)
    except RefusedError as error:
        added.refused.append((waiting.destination, error.item, str(error)))
        return "rejected"
    except Exception as error:
        _log.exception("an event could not be put into words for %s", waiting.destination)
        item = Item("", type(waiting.event).__name__, 0, 0.0, "", b"")
        added.refused.append((waiting.destination, item, repr(error)))
        return "rejected"
    if item is not None and not item.storable:
        added.refused.append((waiting.destination, item.made_storable(), "no database takes it"))
        return "rejected"
    if item is None:
        added.counts[waiting.destination, "unmapped"] += 1
        return "unmapped"
    added.items.append((waiting.destination, item))
    return None
