"""Asks both stores of a queue that is on disk and in memory, and merges their answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from .store import Store
from .values import Counts, Item, Standing

_T = TypeVar("_T")


def answers(stores: Iterable[Store], question: Callable[[Store], _T]) -> Iterator[_T]:
    """The answers of those that can be read."""
    for store in stores:
        with suppress(sqlite3.Error):
            yield question(store)


def standings_of(stores: Iterable[Store], delivered: Iterable[int]) -> dict[str, Standing]:
    """All destinations by name; ``delivered`` rows are counted as such.

    A store that cannot be read now counts as it did before.
    """
    delivered = list(delivered)
    found: dict[str, Standing] = {}
    for store in stores:
        try:
            standings = store.standings(delivered)
        except sqlite3.Error:
            standings = store.last_standings()
        for each in standings:
            known = found.get(each.name, Standing(each.name, Counts(), None))
            found[each.name] = Standing(
                each.name, known.counts + each.counts, known.paused or each.paused
            )
    return found


def held_rows(stores: Iterable[Store]) -> list[tuple[int, str, Item]]:
    """The rows that are not encoded yet, in order; one that is in both is there once."""
    found = {row[0]: row for rows in answers(stores, Store.held) for row in rows}
    return [found[seq] for seq in sorted(found)]


def times_of(stores: Iterable[Store]) -> list[tuple[int, float]]:
    """Numbers and times of rows whose clock may have been right."""
    return [each for times in answers(stores, Store.known_times) for each in times]
