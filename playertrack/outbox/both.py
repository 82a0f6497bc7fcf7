"""Asks both stores of a queue that is on disk and in memory at once, and merges the answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from .store import Store
from .values import Counts, DeadLetter, Item, Standing

_T = TypeVar("_T")


def first_answer(stores: Iterable[Store], question: Callable[[Store], _T | None]) -> _T | None:
    """The first answer that one of them has."""
    for store in stores:
        with suppress(sqlite3.Error):
            if (answer := question(store)) is not None:
                return answer
    return None


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


def dead_letters(stores: Iterable[Store]) -> list[DeadLetter]:
    """The dead letters of all of them."""
    letters: list[DeadLetter] = []
    for store in stores:
        with suppress(sqlite3.Error):
            letters += store.dead()
    return letters


def held_rows(stores: Iterable[Store]) -> list[tuple[int, str, Item]]:
    """The rows that are not encoded yet, in order; one that is in both is there once."""
    found: dict[int, tuple[int, str, Item]] = {}
    for store in stores:
        with suppress(sqlite3.Error):
            found |= {row[0]: row for row in store.held()}
    return [found[seq] for seq in sorted(found)]


def times_of(stores: Iterable[Store]) -> list[tuple[int, float]]:
    """Numbers and times of rows whose clock may have been right."""
    found: list[tuple[int, float]] = []
    for store in stores:
        with suppress(sqlite3.Error):
            found += store.known_times()
    return found
