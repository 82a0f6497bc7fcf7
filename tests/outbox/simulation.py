"""A queue whose disk, files, clock and crashes follow a seed, so a failure can be repeated.

No thread runs: each step calls the queue, and the oracle judges what it says. The system is
real but for the fault: real files of SQLite, behind a file system that fails on demand.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from unittest.mock import patch

from fault_disk import Disk, system_of
from oracle import Oracle
from queueing import TO, item

from playertrack.outbox import Bounds, Row, Settled
from playertrack.outbox.connecting import connect
from playertrack.outbox.failover import Failover
from playertrack.outbox.transit import Leases
from playertrack.outbox.values import Added

LANES = ("a", "b", "c")
FAULTS = ("error", "full", "short", "descriptors")
FILES = ("queue.db", "queue.db-wal", "queue.db-shm", "delivered", "lock")
_CLOCKED = ("ack_log", "failover", "files", "trimming")
_CLOCKS = [f"playertrack.outbox.{name}.monotonic" for name in _CLOCKED]


class Simulation:
    """The life of one queue below ``place``; ``step`` after step it is judged by ``oracle``."""

    def __init__(self, seed: int, place: Path, *, flips: bool = True, files: bool = True) -> None:
        self.chance = Random(seed)
        self.oracle = Oracle()
        self.now = 1000.0
        self._place = place
        self._lives = 0
        self._number = 0
        self._flips, self._changes_files = flips, files
        self._directory = place / "0"
        self._disk: Disk | None = None
        self._queue: Failover | None = None
        self._leases = Leases()

    @contextmanager
    def clock(self) -> Iterator[None]:
        """The time is that of the simulation."""
        with ExitStack() as patched:
            for name in _CLOCKS:
                patched.enter_context(patch(name, self._time))
            patched.enter_context(system_of(lambda: self._disk))
            yield

    def _time(self) -> float:
        return self.now

    def run(self, steps: int) -> None:
        with self.clock():
            for _ in range(steps):
                step = self.chance.choices(
                    [self.emit, self.emit, self.send, self.wait, self.fail, self.crash, self.end],
                    [6, 2, 4, 2, 3, 1, 1],
                )[0]
                step()
                if self._flips and self.chance.random() < 0.05:
                    self.flip()
                if self._changes_files and self.chance.random() < 0.04:
                    self.take_file()
            self.recover()

    # --------------------------------------------------------------------------- the steps

    def queue(self) -> Failover:
        if self._queue is None:
            self._leases = Leases()
            self._disk = Disk() if self.chance.random() < 0.7 else None
            opened = connect if self._disk is None else self._disk.connect
            self._queue = Failover(self._directory, Bounds(), self._leases.spare, opened, retry=5.0)
        return self._queue

    def emit(self) -> None:
        queue, lane = self.queue(), self.chance.choice(LANES)
        numbers = range(self._number, self._number + self.chance.randrange(1, 7))
        self._number = numbers.stop
        items = [(TO, item(n, lane, "VIEW" if n % 5 == 0 else "PLAY")) for n in numbers]
        self.oracle.emitted(numbers, lane, durable=False)
        self._commit(Added(items=items))
        self.oracle.emitted(numbers, lane, durable=queue.durable)

    def send(self) -> None:
        """Send some of what waits; most of it is noted first, and committed later."""
        queue = self.queue()
        rows = [*self._waiting(queue, self.chance.randrange(1, 9))]
        self.oracle.page([row.item.number for row in rows])
        settled = Settled()
        for row in rows:
            if self.chance.random() < 0.1:
                settled.rejected[row.seq] = (TO, "bad")
                self.oracle.ended(row.item.number, rejected=True)
                self.oracle.in_doubt.add(row.item.number)
            elif queue.note(row.seq):
                self._leases.take([row.seq], 0)
                self._leases.deliver(row.seq)
                self.oracle.ended(row.item.number)
        queue.commit(Added(), settled)
        if not queue.owing:
            self.oracle.in_doubt -= {row.item.number for row in rows if row.seq in settled.rejected}

    def wait(self) -> None:
        """Time passes, and the queue looks after itself."""
        self.now += self.chance.choice([0.1, 1.0, 6.0, 11.0, 70.0])
        self.queue().poll()
        self.judge()

    def fail(self) -> None:
        """One call of the system fails, some calls from now."""
        self.queue()
        if self._disk is not None:
            self._disk.fault = self.chance.choice(FAULTS)
            self._disk.fails_at = self._disk.calls + self.chance.randrange(1, 40)

    def crash(self) -> None:
        """The process is killed, or the power is gone."""
        queue, before = self.queue(), self._directory
        self._lives += 1
        self._directory = self._place / str(self._lives)
        power = self._disk is not None and self.chance.random() < 0.5
        shutil.copytree(before, self._directory) if before.is_dir() else self._directory.mkdir()
        if power and self._disk is not None:
            self._disk.after_power_cut(self._directory, self.chance)
        if not queue.durable:
            self.oracle.in_doubt |= self.oracle.delivered
        self._leave(queue)
        self.oracle.crashed(power)

    def end(self) -> None:
        """It is closed, and opened again by another process."""
        self._commit(Added())
        queue = self.queue()
        queue.close()
        if not queue.durable:
            self.oracle.in_doubt |= self.oracle.delivered | self.oracle.rejected
            self.oracle.crashed(power=False)
        self._queue = None

    def flip(self) -> None:
        """A bit is changed while nobody has the files open."""
        self.end()
        name = self.chance.choice(("queue.db", "delivered", "queue.db-wal"))
        path = self._directory / name
        if path.is_file() and path.stat().st_size:
            data = bytearray(path.read_bytes())
            data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
            path.write_bytes(data)
            self.oracle.damaged()
        if name == "delivered":
            self.oracle.in_doubt |= self.oracle.delivered

    def take_file(self) -> None:
        """A file goes, or is another one, while the queue is in use."""
        queue = self.queue()
        self._commit(Added())
        path = self._directory / self.chance.choice(FILES)
        if not path.exists() or not queue.durable or self._disk is not None:
            return
        if self.chance.random() < 0.5:
            path.unlink()
        else:
            shutil.copy(path, path.with_name("copy"))
            path.with_name("copy").replace(path)
        self.now += 1.0
        queue.poll()  # as the process does every second

    def recover(self) -> None:
        """No faults any more: after some time all is durable, and nothing is lost."""
        if self._disk is not None:
            self._disk.fails_at = None
        for _ in range(4):
            self.now += 70.0
            self.queue().poll()
        self.emit()
        queue = self.queue()
        assert queue.durable, f"Q-live: {queue.trouble}"
        assert queue.trouble is None
        self.judge()
        self.end()
        self.judge()
        self._leave(self.queue())

    # ---------------------------------------------------------------------------- to judge

    def judge(self) -> None:
        queue = self.queue()
        self._commit(Added())
        waiting = [row.item.number for row in self._waiting(queue, 10_000)]
        delivered = self._leases.delivered()
        counts = [each.counts for each in queue.standings(delivered, {})]
        self.oracle.state(waiting, counts, queue.trouble)
        self.oracle.live(queue.durable, queue.trouble, queue.next_try)

    def _commit(self, added: Added) -> None:
        delivered = self._leases.delivered()
        queue = self.queue()
        queue.commit(added, Settled(delivered=delivered))
        self._leases.removed(len(delivered))
        self.oracle.live(queue.durable, queue.trouble, queue.next_try)

    def _waiting(self, queue: Failover, limit: int) -> list[Row]:
        rows: list[Row] = []
        after = 0
        while len(rows) < limit:
            found, last = queue.read(TO, after, limit)
            rows += self._leases.page(found, last, None).rows
            if last == after:
                break
            after = last
        return rows[:limit]

    def _leave(self, queue: Failover) -> None:
        """Let go of the files of a process that is gone, without writing to them."""
        if self._disk is not None:
            self._disk.lasts = 0
        with suppress(Exception):
            queue.close()
        self._queue = None
