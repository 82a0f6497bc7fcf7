"""What one commit changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

import attrs

from .store import DELIVERED, DROPPED, Store, counted
from .values import Bounds, Counts, DeadLetter, Item, Standing


@attrs.define
class Settled:
    """What became of rows, by their numbers, and of destinations.

    A delivered or damaged row is only counted and removed; a rejected one has a reason, and
    its destination is told for those who count before it is committed.
    """

    delivered: list[int] = attrs.field(factory=list)
    rejected: dict[int, tuple[str, str]] = attrs.field(factory=dict)
    damaged: list[int] = attrs.field(factory=list)
    pauses: dict[str, str | None] = attrs.field(factory=dict)

    def numbers(self) -> set[int]:
        """The rows that have come to an end."""
        return {*self.delivered, *self.rejected, *self.damaged}

    def add(self, other: Settled) -> None:
        """Add what ``other`` says."""
        self.delivered += other.delivered
        self.rejected |= other.rejected
        self.damaged += other.damaged
        self.pauses |= other.pauses

    def split(self, base: int) -> tuple[Settled, Settled]:
        """What it says of rows below ``base`` (and of destinations), and of the others."""
        low = Settled(pauses=self.pauses)
        high = Settled()
        for seq in self.delivered:
            (low if seq < base else high).delivered.append(seq)
        for seq in self.damaged:
            (low if seq < base else high).damaged.append(seq)
        for seq, why in self.rejected.items():
            (low if seq < base else high).rejected[seq] = why
        return low, high

    def count_in(self, found: dict[str, Standing], more: Mapping[tuple[str, str], int]) -> None:
        """Change standings as if it, and ``more`` counts, were committed; delivered rows are."""
        for name, _ in self.rejected.values():
            each = found.get(name, Standing(name, Counts(), None))
            counts = each.counts + Counts(rejected=1, pending=-1)
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
            store.remove(self.damaged, f"{DROPPED}damaged")
        for seq, (_, reason) in self.rejected.items():
            store.reject(seq, reason, bounds.max_dead)
        for destination, pause in self.pauses.items():
            store.pause(destination, pause)


@attrs.define
class Added:
    """What comes in: rows, dead letters that never were rows, and counts."""

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


def trim(
    store: Store, bounds: Bounds, most_bytes: int, new: range, spare: Callable[[], Collection[int]]
) -> int:
    """Drop what is too much, within a transaction; gives how much that was.

    ``new`` are the rows that came last; ``spare`` says which may not be dropped.
    """
    over = store.excess(bounds.max_events, most_bytes)
    if not over:
        return 0
    if bounds.policy == "drop_newest":
        gone = list(new[max(0, len(new) - over) :])
    else:
        gone = store.oldest(over, spare())
    store.remove(gone, f"{DROPPED}full")
    return len(gone)
