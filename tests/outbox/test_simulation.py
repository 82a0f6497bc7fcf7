"""Queues under faults that follow a seed, judged by one oracle (wire, 5).

`make soak` runs ten times as many as the sample here; ``PLAYERTRACK_SOAK=1000`` more. A failure
names its seed: ``Simulation(seed, place).run(STEPS)`` repeats it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from fault_disk import Disk, system_of
from oracle import Oracle
from queueing import TO, item
from simulation import FAULTS, LANES, Simulation
from soaking import SOAK, report

from playertrack.outbox import Bounds, Settled
from playertrack.outbox.connecting import Connect, connect
from playertrack.outbox.failover import Failover
from playertrack.outbox.values import Added

STEPS = 60
SEEDS = 25
ROWS = 40

soak = [pytest.mark.soak, pytest.mark.timeout(3600 * SOAK)]


@pytest.mark.parametrize("seeds", [SEEDS, pytest.param(SEEDS * 20 * SOAK, marks=soak)])
def test_whatever_fails_the_oracle_is_content(
    seeds: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = 0
    for seed in range(seeds):
        place = tmp_path / str(seed)
        simulation = Simulation(seed, place)
        try:
            simulation.run(STEPS)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
        steps += simulation.oracle.steps
        shutil.rmtree(place)
    report(capsys, f"{seeds} simulations: {steps} judgements, none against the queue")


# -------------------------------------------------------------- each call of the system in turn


def _life(directory: Path, opened: Connect, oracle: Oracle) -> None:
    """A short life of a queue: it is filled, sent from, closed, and opened again.

    What was delivered last is only noted when it is closed.
    """
    for first in (0, 20):
        queue = Failover(directory, Bounds(), lambda: (), opened, retry=0.0)
        noted: list[int] = []
        for start in range(first, first + 20, 5):
            lane, numbers = LANES[start % 3], range(start, start + 5)
            oracle.emitted(numbers, lane, durable=False)
            added = Added(items=[(TO, item(n, lane)) for n in numbers])
            queue.commit(added, Settled(delivered=noted))
            oracle.emitted(numbers, lane, durable=queue.durable)
            rows, _ = queue.read(TO, 0, 2)
            oracle.page([row.item.number for row in rows])
            for row in rows:
                oracle.ended(row.item.number)
            noted = [row.seq for row in rows if queue.note(row.seq)]
            queue.commit(Added(), Settled(delivered=[r.seq for r in rows if r.seq not in noted]))
            if queue.owing:
                oracle.in_doubt |= oracle.delivered
        queue.close()
        if not queue.durable:
            oracle.in_doubt |= oracle.delivered


@pytest.mark.parametrize("fault", FAULTS)
def test_a_delivery_that_was_not_noted_whole_is_not_called_noted(
    fault: str, tmp_path: Path
) -> None:
    disk = Disk()
    disk.fault = fault
    with system_of(lambda: disk):
        queue = Failover(tmp_path, Bounds(), lambda: (), disk.connect)
        queue.commit(Added(items=[(TO, item(n)) for n in range(10)]), Settled())
        rows, _ = queue.read(TO, 0, 10)
        sent: list[int] = []
        for row in rows:
            disk.fails_at = disk.calls + 1 + row.item.number % 3
            sent += [row.item.number] * queue.note(row.seq)
        disk.fails_at = None
        queue.close()
    assert 0 < len(sent) < 10
    again = Failover(tmp_path, Bounds(), lambda: ())
    assert {row.item.number for row in again.read(TO, 0, 10)[0]} == set(range(10)) - set(sent)
    again.close()


def _judge(directory: Path, oracle: Oracle, opened: Connect = connect) -> None:
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


def _life_on(disk: Disk, place: Path, oracle: Oracle) -> int:
    """A short life on that disk; gives how often the system was called."""
    with system_of(lambda: disk):
        _life(place, disk.connect, oracle)
    return disk.calls


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("every", [29, pytest.param(1, marks=soak)])
def test_each_call_of_the_system_in_turn_fails(every: int, fault: str, tmp_path: Path) -> None:
    calls = _life_on(Disk(), tmp_path / "whole", Oracle())
    for at in range(1, calls + 1, every):
        place, oracle = tmp_path / str(at), Oracle()
        try:
            disk = Disk()
            disk.fault, disk.fails_at = fault, at
            _life_on(disk, place, oracle)
            _judge(place, oracle)
        except BaseException as error:
            error.add_note(f"{fault} at call {at}")
            raise
        shutil.rmtree(place)


# -------------------------------------------------------------------- each bit, each page


def _filled(place: Path, *, crashed: bool) -> tuple[dict[str, bytes], Callable[[], Oracle]]:
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


def _lay(place: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, data in files.items():
        (place / name).write_bytes(data)


@pytest.mark.parametrize("crashed", [False, True])
@pytest.mark.parametrize("flips", [100, pytest.param(5000 * SOAK, marks=soak)])
def test_q_damage_any_bit_of_a_queue_may_be_another(
    flips: int, crashed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, oracle_of = _filled(tmp_path / "sound", crashed=crashed)
    places = [(name, at) for name, data in files.items() for at in range(min(len(data), 400_000))]
    chance, lost = Random(flips), 0
    for _ in range(flips):
        name, at = chance.choice(places)
        bit, oracle = 1 << chance.randrange(8), oracle_of()
        changed = bytearray(files[name])
        changed[at] ^= bit
        _lay(tmp_path / "queue", {**files, name: bytes(changed)})
        oracle.damaged()
        try:
            _judge(tmp_path / "queue", oracle)
        except BaseException as error:
            error.add_note(f"bit {bit} of byte {at} of {name}")
            raise
        lost += oracle.missing
    report(capsys, f"{flips} flipped bits (crashed: {crashed}): {lost} events lost, all counted")


def test_q_damage_another_number_of_a_page_in_the_log_costs_nothing(tmp_path: Path) -> None:
    files, oracle_of = _filled(tmp_path / "sound", crashed=True)
    log, chance = files["queue.db-wal"], Random(1)
    for frame in range(32, len(log), 24 + 4096):
        for at in (frame + chance.randrange(3), frame + 3):
            bit, oracle = 1 << chance.randrange(8), oracle_of()
            changed = bytearray(log)
            changed[at] ^= bit
            _lay(tmp_path / "queue", {**files, "queue.db-wal": bytes(changed)})
            try:
                _judge(tmp_path / "queue", oracle)
            except BaseException as error:
                error.add_note(f"bit {bit} of byte {at}")
                raise


@pytest.mark.parametrize("crashed", [False, True])
@pytest.mark.parametrize("name", ["queue.db", "queue.db-wal", "delivered", "lock"])
def test_q_damage_files_that_are_cut_at_any_page(name: str, crashed: bool, tmp_path: Path) -> None:
    files, oracle_of = _filled(tmp_path / "sound", crashed=crashed)
    data = files.get(name, b"")
    for length in range(0, len(data), 4096 if len(data) < 100_000 else 32_768):
        oracle = oracle_of()
        oracle.lost_files()
        _lay(tmp_path / "queue", {**files, name: data[:length]})
        queue = Failover(tmp_path / "queue", Bounds(), lambda: ())
        oracle.emitted([1000], "a", durable=False)
        queue.commit(Added(items=[(TO, item(1000, "a"))]), Settled())
        assert queue.durable, queue.trouble
        rows, _ = queue.read(TO, 0, 1000)
        oracle.page([row.item.number for row in rows])
        assert rows[-1].item.number == 1000
        queue.close()
