"""Queues under faults that follow a seed, judged by one oracle (wire, 5).

`make soak` runs ten times as many as the sample here; ``PLAYERTRACK_SOAK=1000`` more. A failure
names its seed: ``Simulation(seed, place).run(STEPS)`` repeats it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fault_disk import Disk, system_of
from judging import judge
from oracle import Oracle
from queueing import TO, item
from simulation import FAULTS, LANES, Simulation
from soaking import SOAK, report

from playertrack.outbox import Bounds, Settled
from playertrack.outbox.connecting import Connect
from playertrack.outbox.failover import Failover
from playertrack.outbox.values import Added

STEPS = 60
SEEDS = 25

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
            judge(place, oracle)
        except BaseException as error:
            error.add_note(f"{fault} at call {at}")
            raise
        shutil.rmtree(place)
