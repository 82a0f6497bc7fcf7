"""What is asked of the disk and of memory, while a queue is in both."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from .store import Store
from .values import Counts, DeadLetter, Standing

_T = TypeVar("_T")


def first_answer(stores: Iterable[Store], question: Callable[[Store], _T | None]) -> _T | None:
    """The first answer that one of them has."""
    for store in stores:
        with suppress(sqlite3.Error):
            if (answer := question(store)) is not None:
                return answer
    return None


def standings_of(stores: Iterable[Store], delivered: Iterable[int]) -> dict[str, Standing]:
    """All destinations by name; ``delivered`` rows are counted as such."""
    delivered = list(delivered)
    found: dict[str, Standing] = {}
    for store in stores:
        with suppress(sqlite3.Error):
            for each in store.standings(delivered):
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
