"""Events on their way into the queue, and rows on their way out of it: all in memory.

Events wait in a `Ring` until they are encoded and written, and each has a `Receipt`. `Leases`
are the rows that a sender has, or has delivered while they are still to be removed.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable
from itertools import islice
from time import monotonic
from typing import Any

from .._log import log as _log
from ..events import Event
from .dating import Undated
from .values import (
    RELEASED,
    Added,
    Bounds,
    Encode,
    Handed,
    Item,
    LaterError,
    Page,
    RefusedError,
    Row,
)

#: Rows that are delivered are removed when there are so many, or after so long (s). A power cut
#: may have them sent again.
MANY = 1024
_SOON = 0.5


class Receipt:
    """Says how far an event got by now.

    ``state`` is ``waiting``, then ``durable`` (it outlives a crash and a power cut), ``memory``
    (it is queued, but the disk does not take it, or is not to), ``unmapped`` (it means nothing
    to the destination), ``rejected`` (it can never be sent), ``dropped`` (too much was waiting)
    or ``closed`` (the queue was).
    """

    __slots__ = ("_changed", "state")

    def __init__(self, changed: threading.Condition) -> None:
        self.state = "waiting"
        self._changed = changed

    @classmethod
    def of(cls, state: str) -> Receipt:
        """One for an event that does not come to the queue now."""
        receipt = cls(threading.Condition())
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


#: An event that waits: its destination, what makes its item, itself, what was noted beside it,
#: who waits for it. A plain tuple, as it is made in the thread of a player.
Waiting = tuple[str, Encode, Any, str, Receipt]


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
        destination, _, _, _, receipt = gone
        receipt.state = "dropped"
        self.dropped[destination] += 1

    def take(self, most: int) -> list[Waiting]:
        """The oldest ones, which wait here no more."""
        taken = list(islice(self, most))
        for _ in taken:
            self.popleft()
        return taken


def encoded(waiting: Waiting, added: Added, undated: Undated) -> str | None:
    """Add what is to be queued; says what became of the event if it is not queued."""
    destination, encode, event, beside, _ = waiting
    item = None
    try:
        # The clock is, or was, wrong, or a function has not returned.
        if isinstance(event, Event) and (
            undated.lanes or undated.clock.lags or event.at < RELEASED
        ):
            item = undated.hold(destination, event, beside)
        if item is None:
            item = encode(event, beside)
    except LaterError:
        item = undated.keep(destination, event, beside)
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


class Leases:
    """The rows that a sender has taken from the queue. Any thread may call any method.

    Nothing that is claimed is dropped. Whenever rows are, all pages that were given before are
    out of date, and no row can be claimed from them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = 0
        self._claimed: set[int] = set()
        self._delivered: list[int] = []
        self._since = 0.0
        self._last = -1  # the highest number that the commit before gave
        self._handed: list[Handed] | None = []

    def hand(self, new: range, added: Added, *, owner: bool) -> None:
        """A commit gave the numbers ``new`` to the items of ``added``.

        As long as nobody else adds any between, who sends need not read them back.
        """
        follows = new.start == self._last + 1 and owner
        self._last = new.stop - 1 + len(added.refused)
        if not follows:
            self._handed = None
        elif self._handed is not None and new:
            rows: dict[str, list[Row]] = {}
            for seq, (destination, item) in zip(new, added.items, strict=True):
                rows.setdefault(destination, []).append(Row(seq, item))
            self._handed.append(Handed(self._epoch, rows))

    def handed(self) -> list[Handed] | None:
        """The additions since the last time; None if they have to be read."""
        handed, self._handed = self._handed, []
        return handed

    def page(self, rows: Iterable[Row], last: int, paused: str | None) -> Page:
        """A page of ``rows``, without those that a sender has."""
        with self._lock:
            gone = self._claimed.union(self._delivered)
            rest = tuple(row for row in rows if row.seq not in gone)
            return Page(self._epoch, rest, last, paused)

    def take(self, seqs: Iterable[int], epoch: int) -> bool:
        """Claim rows to send; False if their page is out of date."""
        with self._lock:
            if epoch != self._epoch:
                return False
            self._claimed.update(seqs)
            return True

    def release(self, seqs: Iterable[int]) -> None:
        """Rows are claimed no more, whether or not they have come to an end."""
        with self._lock:
            self._claimed.difference_update(seqs)

    def deliver(self, seq: int) -> bool:
        """A claimed row is delivered; says whether it is time to look after those."""
        with self._lock:
            self._claimed.discard(seq)
            self._delivered.append(seq)
            if len(self._delivered) == 1:
                self._since = monotonic()
            return len(self._delivered) in (1, MANY)

    def spare(self) -> set[int]:
        """The rows that may not be dropped; the pages that were given are out of date."""
        with self._lock:
            self._epoch += 1
            return self._claimed.union(self._delivered)

    def delivered(self) -> list[int]:
        """The rows that are delivered and still to be removed, in that order."""
        with self._lock:
            return list(self._delivered)

    def removed(self, count: int) -> None:
        """The first ``count`` of the delivered rows are in the queue no more."""
        with self._lock:
            del self._delivered[:count]
            self._since = monotonic()  # those that came meanwhile have all of their time

    def due(self, *, at_work: bool) -> bool:
        """True if delivered rows are to be removed now; fewer are worth it ``at_work``."""
        with self._lock:
            if at_work and len(self._delivered) >= MANY // 4:
                return True
        return self.due_in(1.0) == 0.0

    def due_in(self, otherwise: float) -> float:
        """In how many seconds delivered rows are to be removed; ``otherwise`` without any."""
        with self._lock:
            if not self._delivered:
                return otherwise
            if len(self._delivered) >= MANY:
                return 0.0
            return max(0.0, self._since + _SOON - monotonic())
