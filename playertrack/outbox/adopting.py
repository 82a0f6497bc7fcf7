"""One queue takes another over: what was in memory, or can be read of a damaged file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs

from .lane_notes import Notes
from .store import DELIVERED, DROPPED, REJECTED, Store
from .values import DeadLetter, Item


@attrs.frozen(kw_only=True)
class Estate:
    """All that is in a queue; ``rows`` are in order, each with its number and destination."""

    rows: Sequence[tuple[int, str, Item]]
    counters: Sequence[tuple[str, str, int]]
    dead: Sequence[DeadLetter]
    notes: Notes

    @classmethod
    def of(cls, store: Store) -> Estate:
        """What ``store`` holds."""
        return cls(
            rows=store.everything(),
            counters=store.counters(),
            dead=store.dead(),
            notes=store.noted(),
        )

    @property
    def last(self) -> int:
        """The highest number in it."""
        return max([0, *(row[0] for row in self.rows[-1:]), *(each.seq for each in self.dead)])

    def renumbered(self, first: int) -> Estate:
        """The same in the same order, with numbers from ``first`` on."""
        old = sorted([*(row[0] for row in self.rows), *(each.seq for each in self.dead)])
        new = {seq: number for number, seq in enumerate(old, first)}
        return attrs.evolve(
            self,
            rows=[(new[seq], destination, item) for seq, destination, item in self.rows],
            dead=[attrs.evolve(each, seq=new[each.seq]) for each in self.dead],
        )


def adopt(store: Store, estate: Estate) -> int:
    """Take ``estate`` over under its own numbers, within a transaction.

    Gives how many rows are missing: those that its counters know of, and that are not there.
    They are counted as dropped.
    """
    store.append(estate.rows)
    store.bury(estate.dead)
    store.skip(estate.last)
    store.remember(estate.notes)
    missing = Counter({name: -n for name, n in Counter(row[1] for row in estate.rows).items()})
    for destination, name, n in estate.counters:
        if name == "accepted":
            missing[destination] += n
            continue
        store.count(destination, name, n)
        if name in (DELIVERED, REJECTED) or name.startswith(DROPPED):
            store.count(destination, "accepted", n)
            missing[destination] -= n
    lost = +missing
    for destination, n in lost.items():
        store.count(destination, "accepted", n)
        store.count(destination, f"{DROPPED}damaged", n)
    return lost.total()
