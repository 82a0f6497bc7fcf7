"""The changes of one commit."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from time import monotonic

import attrs

from .store import DELIVERED, DROPPED, Store, counted
from .values import Bounds, Counts, Dated, DeadLetter, Item, Standing

_log = logging.getLogger("playertrack")

#: How often (s) dropped events are reported, and a damaged file is replaced at most.
SELDOM = 60.0


@attrs.define
class Settled:
    """The fate of rows, by their numbers, and of destinations.

    A delivered row is only counted and removed. A damaged one may not know its destination
    any more, so that is with it; a rejected one has its destination and a reason.
    """

    delivered: list[int] = attrs.field(factory=list)
    rejected: dict[int, tuple[str, str]] = attrs.field(factory=dict)
    damaged: dict[int, str] = attrs.field(factory=dict)
    pauses: dict[str, str | None] = attrs.field(factory=dict)
    dated: dict[int, Dated] = attrs.field(factory=dict)

    def numbers(self) -> set[int]:
        """The rows that have come to an end."""
        return {*self.delivered, *self.rejected, *self.damaged}

    def add(self, other: Settled) -> None:
        """Add what ``other`` says."""
        self.delivered += other.delivered
        self.rejected |= other.rejected
        self.damaged |= other.damaged
        self.pauses |= other.pauses
        self.dated |= other.dated

    def split(self, base: int) -> tuple[Settled, Settled]:
        """The part for rows below ``base`` (and destinations), and the part for the others."""
        low = Settled(pauses=self.pauses)
        high = Settled()
        for seq in self.delivered:
            (low if seq < base else high).delivered.append(seq)
        for seq, name in self.damaged.items():
            (low if seq < base else high).damaged[seq] = name
        for seq, why in self.rejected.items():
            (low if seq < base else high).rejected[seq] = why
        for seq, dated in self.dated.items():
            (low if seq < base else high).dated[seq] = dated
        return low, high

    def count_in(self, found: dict[str, Standing], more: Mapping[tuple[str, str], int]) -> None:
        """Change standings as if it, and ``more`` counts, were committed; delivered rows are."""
        for name, _ in self.rejected.values():
            each = found.get(name, Standing(name, Counts(), None))
            counts = each.counts + Counts(rejected=1, pending=-1)
            found[name] = Standing(name, counts, each.paused)
        for name in self.damaged.values():
            each = found.get(name, Standing(name, Counts(), None))
            counts = each.counts + Counts(dropped={"damaged": 1}, pending=-1)
            found[name] = Standing(name, counts, each.paused)
        for (name, counter), n in dict(more).items():
            each = found.get(name, Standing(name, Counts(), None))
            found[name] = Standing(name, each.counts + counted({counter: n}), each.paused)
        for name, reason in self.pauses.items():
            each = found.get(name, Standing(name, Counts(), None))
            found[name] = Standing(name, each.counts, reason)

    def apply(self, store: Store, bounds: Bounds) -> None:
        """Make it so, within a transaction; what was so before changes nothing."""
        if self.delivered:
            store.remove(self.delivered, DELIVERED)
        if self.damaged:
            store.drop_damaged(self.damaged)
        for seq, (_, reason) in self.rejected.items():
            store.reject(seq, reason, bounds.max_dead)
        for destination, pause in self.pauses.items():
            store.pause(destination, pause)
        for seq, dated in sorted(self.dated.items()):
            store.date(seq, dated, bounds.max_dead)


@attrs.define
class Added:
    """The additions: rows, dead letters that never were rows, and counts."""

    items: list[tuple[str, Item]] = attrs.field(factory=list)
    refused: list[tuple[str, Item, str]] = attrs.field(factory=list)
    counts: Counter[tuple[str, str]] = attrs.field(factory=Counter)

    def apply(self, store: Store, bounds: Bounds) -> range:
        """Make it so, within a transaction; gives the numbers of the rows."""
        first = store.last + 1
        rows = [(seq, name, item) for seq, (name, item) in enumerate(self.items, first)]
        if rows:
            store.append(rows)
        noted = {(name, item.lane): item.note for name, item in self.items if item.note is not None}
        if noted:
            store.remember(noted)
        end = first + len(rows)
        for seq, (name, item, reason) in enumerate(self.refused, end):
            store.refuse(DeadLetter(seq, name, item, reason), bounds.max_dead)
        for (name, counter), n in self.counts.items():
            store.count(name, counter, n)
        return range(first, end)

    def destinations(self) -> list[str]:
        """That of each event in it."""
        return [*(name for name, _ in self.items), *(name for name, _, _ in self.refused)]


class Trimming:
    """Drops what is too much for ``bounds``, and reports it from time to time.

    ``spare`` says which rows may not be dropped.
    """

    def __init__(self, bounds: Bounds, spare: Callable[[], Collection[int]]) -> None:
        self._bounds = bounds
        self._spare = spare
        self._dropped = 0
        self._reported_at = -SELDOM

    def trim(self, store: Store, most_bytes: int, new: range) -> None:
        """Drop rows, within a transaction; ``new`` are those that came last.

        What was accepted under wider bounds stays.
        """
        bounds = self._bounds
        protected = store.protect((bounds.max_events, most_bytes), new.start - 1)
        over = store.excess(bounds.max_events, most_bytes)
        if over and bounds.policy == "drop_newest":
            self._drop(store, list(new[max(0, len(new) - over) :]))
        elif over:
            self._drop(store, store.oldest(over, self._spare(), protected))

    def _drop(self, store: Store, gone: list[int]) -> None:
        store.remove(gone, f"{DROPPED}full")
        self._dropped += len(gone)
        if self._dropped and monotonic() >= self._reported_at + SELDOM:
            _log.error("the queue is full: %d events were dropped", self._dropped)
            self._dropped, self._reported_at = 0, monotonic()
