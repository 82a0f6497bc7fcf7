"""The rows that a sender is handed, has, or has delivered while they are still to be removed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import monotonic

from .values import Added, Handed, Page, Row

#: Rows that are delivered are removed when there are so many, or after so long (s).
MANY = 256
_SOON = 0.5


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

    def due_in(self, otherwise: float) -> float:
        """In how many seconds delivered rows are to be removed; ``otherwise`` without any."""
        with self._lock:
            if not self._delivered:
                return otherwise
            if len(self._delivered) >= MANY:
                return 0.0
            return max(0.0, self._since + _SOON - monotonic())
