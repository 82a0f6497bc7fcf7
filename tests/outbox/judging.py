"""Copies of a queue that a test damages, and the verdict on what a process then finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from oracle import Oracle
from queueing import TO, item
from simulation import LANES

from playertrack.outbox import Bounds, Settled
from playertrack.outbox.connecting import Connect, connect
from playertrack.outbox.failover import Failover
from playertrack.outbox.values import Added

ROWS = 40


def filled(place: Path, *, crashed: bool) -> tuple[dict[str, bytes], Callable[[], Oracle]]:
    """The files of a queue of which two events are ended, and an oracle that knows them."""

    def lane_of(number: int) -> str:
        return LANES[number % 3]

    queue = Failover(place, Bounds(), lambda: ())
    for start in range(0, ROWS, 5):
        items = [
            (TO, item(n, lane_of(n), "VIEW" if n % 7 == 0 else "PLAY"))
            for n in range(start, start + 5)
        ]
        queue.commit(Added(items=items), Settled())
    rows, _ = queue.read(TO, 0, 2)
    settled = Settled(delivered=[rows[0].seq], rejected={rows[1].seq: (TO, "bad")})
    queue.commit(Added(), settled)
    there = {path.name: path.read_bytes() for path in place.iterdir()}
    queue.close()
    if not crashed:
        there = {path.name: path.read_bytes() for path in place.iterdir()}
    there.pop("queue.db-shm", None)

    def oracle() -> Oracle:
        made = Oracle()
        for n in range(ROWS):
            made.emitted([n], lane_of(n), durable=True)
        made.ended(0)
        made.ended(1, rejected=True)
        return made

    return there, oracle


def lay(place: Path, files: dict[str, bytes]) -> None:
    """Make ``place`` a directory of these files alone."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, data in files.items():
        (place / name).write_bytes(data)


def judge(directory: Path, oracle: Oracle, opened: Connect = connect) -> None:
    """Check what a process finds that comes after it."""
    queue = Failover(directory, Bounds(), lambda: (), opened, retry=0.0)
    oracle.emitted([1000], "a", durable=False)
    queue.commit(Added(items=[(TO, item(1000, "a"))]), Settled())
    assert queue.durable, queue.trouble
    oracle.emitted([1000], "a", durable=True)
    waiting: list[int] = []
    after = 0
    while True:
        rows, last = queue.read(TO, after, 1000)
        waiting += [row.item.number for row in rows]
        if last == after:
            break
        after = last
    queue.commit(Added(), Settled())
    assert waiting[-1] == 1000
    counts = [each.counts for each in queue.standings([], {})]
    oracle.state(waiting, counts, queue.trouble)
    queue.close()


def judge_copy(place: Path, files: dict[str, bytes], oracle: Oracle, where: str) -> None:
    """Check what a process finds in a copy that is damaged ``where``."""
    lay(place, files)
    try:
        judge(place, oracle)
    except BaseException as error:
        error.add_note(where)
        raise
