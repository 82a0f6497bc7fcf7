"""Looks at a queue from outside and makes small changes, without a lock: it may be in use."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from time import time

import attrs

from .ack_log import noted
from .connecting import lenient
from .files import ACKS, LOCK, QUEUE
from .lock import ProcessLock
from .store import Store
from .values import DeadLetter, Item, QueueError, Standing

#: How many rows are read at once.
_SOME = 64


@attrs.frozen
class Look:
    """The content of a queue; ``in_use`` says if a process is sending it.

    ``oldest`` is the item of each destination that has waited longest.
    """

    standings: tuple[Standing, ...]
    dead: tuple[DeadLetter, ...]
    in_use: bool
    oldest: Mapping[str, Item] = attrs.field(factory=dict)


class _Outside(Store):
    """The store of a queue that another process may be using."""

    def unbury(self, letters: Sequence[DeadLetter]) -> None:
        """Make rows of dead letters, within a transaction; they wait from now on."""
        now = f"{time():.3f}"
        self.append(
            [
                (seq, each.destination, attrs.evolve(each.item, head=now))
                for seq, each in enumerate(letters, self.last + 1)
            ]
        )
        self._execute(
            "DELETE FROM dead WHERE seq IN (SELECT value FROM json_each(?))",
            (json.dumps([each.seq for each in letters]),),
        )


def look(directory: str | PathLike[str]) -> Look:
    """Inspect the queue in ``directory``; raises `QueueError` if that cannot be read."""
    directory = Path(directory)
    try:
        with closing(_existing(directory, "mode=ro")) as store:
            store.examine()
            settled = set(noted(directory / ACKS, store.generation))
            standings = tuple(store.standings(settled))
            oldest = {
                each.name: item
                for each in standings
                if each.counts.pending and (item := _oldest(store, each.name, settled))
            }
            return Look(standings, tuple(store.dead()), _in_use(directory), oldest)
    except sqlite3.Error as error:
        raise QueueError(f"{directory}: {error}") from error


def _oldest(store: Store, name: str, settled: Container[int]) -> Item | None:
    """The first item of a destination that is not settled yet."""
    after = 0
    while rows := store.read(name, after, _SOME)[0]:
        for row in rows:
            if row.seq not in settled:
                return row.item
        after = rows[-1].seq
    return None


def resume(directory: str | PathLike[str]) -> None:
    """Pause nothing in that queue; a process that sends it notices within a second.

    Raises `QueueError` if the queue cannot be changed.
    """
    with _changing(Path(directory)) as store:
        store.resume()


def retry(directory: str | PathLike[str]) -> tuple[int, int]:
    """Queue the dead letters again, after what is queued; how many were, and how many cannot be.

    Each counts as accepted once more. One that was never encoded has nothing to send and stays.
    Raises `QueueError` if the queue cannot be changed.
    """
    with _changing(Path(directory)) as store:
        letters = store.dead()
        again = [each for each in letters if each.item.body and not each.item.held]
        store.unbury(again)
    return len(again), len(letters) - len(again)


@contextmanager
def _changing(directory: Path) -> Iterator[_Outside]:
    """The store of a queue within a transaction; raises `QueueError` if that fails."""
    try:
        with closing(_existing(directory, "mode=rw")) as store:
            store.examine()
            with store.transaction():
                yield store
    except sqlite3.Error as error:
        raise QueueError(f"{directory}: {error}") from error


def _existing(directory: Path, mode: str) -> _Outside:
    path = directory / QUEUE
    if not path.is_file():
        raise QueueError(f"there is no queue in {directory}")
    address = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(address, uri=True, timeout=5.0, isolation_level=None)
    connection.text_factory = lenient
    return _Outside(connection)


def _in_use(directory: Path) -> bool:
    lock = ProcessLock(directory / LOCK)
    try:
        return not lock.acquire()
    finally:
        lock.release()
