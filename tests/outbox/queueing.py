"""Helpers that the tests of the outbox share."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playertrack.outbox import Item, Outbox, Page, Row, Settled

TO = "stats:me"


def item(number: int, lane: str = "s", event: str = "PLAY", size: int = 200) -> Item:
    return Item(lane, event, number, 1000.0 + number, '["head"]', b"%06d" % number * (size // 6))


def as_it_is(item: Item, beside: str) -> Item | None:
    """How an item is encoded that is one already."""
    return item


def fill(outbox: Outbox, items: Iterable[Item], to: str = TO) -> None:
    """Queue them and wait until they are as safe as they can be."""
    for each in items:
        outbox.append(to, as_it_is, each)
    assert outbox.flush(20.0)


def page(outbox: Outbox, after: int = 0, limit: int = 1000, to: str = TO) -> Page:
    """The page that a sender gets."""
    came: list[Page] = []
    ready = threading.Event()

    def done(page: Page) -> None:
        came.append(page)
        ready.set()

    outbox.fetch(to, after, limit, done)
    assert ready.wait(20.0)
    return came[0]


def rows(outbox: Outbox, to: str = TO) -> list[Row]:
    return list(page(outbox, to=to).rows)


def numbers(outbox: Outbox, to: str = TO) -> list[int]:
    return [row.item.number for row in rows(outbox, to)]


def counts(outbox: Outbox, to: str = TO) -> Any:
    return {each.name: each.counts for each in outbox.standings(20.0)}[to]


def adds_up(outbox: Outbox) -> None:
    """Q-total: every accepted event is in exactly one place, and those pending are there."""
    for standing in outbox.standings(20.0):
        c = standing.counts
        ended = c.delivered + c.rejected + sum(c.dropped.values())
        assert c.accepted == ended + c.pending
        assert c.pending == len(page(outbox, limit=1_000_000, to=standing.name).rows)


def settle(outbox: Outbox, settled: Settled) -> None:
    """Commit what became of rows, and wait until it is."""
    done = threading.Event()
    outbox.settle(settled, done.set)
    assert done.wait(20.0)


def damage(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
