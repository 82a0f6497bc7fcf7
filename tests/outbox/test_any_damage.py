"""Any part of a queue's files may be another: it costs that part, counted (wire, 5: Q-damage).

`make soak` tries many more places than the sample here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from judging import filled, judge_copy, lay
from queueing import TO, item
from soaking import SOAK, report

from playertrack.outbox import Bounds, Counts, Settled
from playertrack.outbox.connecting import Connection
from playertrack.outbox.database import TABLES
from playertrack.outbox.failover import Failover
from playertrack.outbox.values import Added

PAGE = 4096

#: Bytes of a page in the log.
FRAME = 24 + PAGE

#: Bytes that a disk may lose at once.
ZEROED = (32, 512, 4096)

#: The bytes of the header of a database that are the same in every queue.
NEVER_CHANGED = (*range(16, 24), *range(44, 48), *range(56, 60))

soak = [pytest.mark.soak, pytest.mark.timeout(3600 * SOAK)]


@pytest.mark.parametrize("crashed", [False, True])
@pytest.mark.parametrize("flips", [100, pytest.param(5000 * SOAK, marks=soak)])
def test_q_damage_any_bit_of_a_queue_may_be_another(
    flips: int, crashed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=crashed)
    places = [(name, at) for name, data in files.items() for at in range(min(len(data), 400_000))]
    chance, lost = Random(flips), 0
    for _ in range(flips):
        name, at = chance.choice(places)
        bit, oracle = 1 << chance.randrange(8), oracle_of()
        changed = bytearray(files[name])
        changed[at] ^= bit
        oracle.damaged()
        where = f"bit {bit} of byte {at} of {name}"
        judge_copy(tmp_path / "queue", {**files, name: bytes(changed)}, oracle, where)
        lost += oracle.missing
    report(capsys, f"{flips} flipped bits (crashed: {crashed}): {lost} events lost, all counted")


@pytest.mark.parametrize(
    ("crashed", "name"), [(False, "queue.db"), (True, "queue.db"), (True, "queue.db-wal")]
)
@pytest.mark.parametrize("regions", [24, pytest.param(200 * SOAK, marks=soak)])
def test_q_damage_any_sector_may_be_zeros(
    regions: int, crashed: bool, name: str, tmp_path: Path
) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=crashed)
    data, chance = files[name], Random(regions)
    at_start = [(0, length) for length in ZEROED]
    others = ((chance.randrange(0, len(data), 512), chance.choice(ZEROED)) for _ in range(regions))
    for at, length in (*at_start, *others):
        oracle, changed = oracle_of(), bytearray(data)
        changed[at : at + length] = bytes(len(data[at : at + length]))
        oracle.damaged(2)  # pages of the log, and those after a sector, have a part of each
        oracle.in_doubt |= oracle.delivered | oracle.rejected  # the page may be an older version
        where = f"{length} zeros at {at} of {name}"
        judge_copy(tmp_path / "queue", {**files, name: bytes(changed)}, oracle, where)


def test_q_damage_a_log_of_which_nothing_is_left_is_counted(tmp_path: Path) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=True)
    log = files["queue.db-wal"]
    for content in (bytes(len(log)), log[:PAGE], b""):
        oracle = oracle_of()
        oracle.lost_files()
        copy = {**files, "queue.db-wal": content}
        judge_copy(tmp_path / "queue", copy, oracle, f"{len(content)} bytes")
        assert oracle.missing == len(oracle.lanes) - 3


def test_q_damage_another_number_of_a_page_in_the_log_costs_nothing(tmp_path: Path) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=True)
    log, chance = files["queue.db-wal"], Random(1)
    for frame in range(32, len(log), 24 + 4096):
        for at in (frame + chance.randrange(3), frame + 3):
            bit, oracle = 1 << chance.randrange(8), oracle_of()
            changed = bytearray(log)
            changed[at] ^= bit
            copy = {**files, "queue.db-wal": bytes(changed)}
            judge_copy(tmp_path / "queue", copy, oracle, f"bit {bit} of byte {at}")


@pytest.mark.parametrize(
    ("crashed", "places"),
    [
        (False, NEVER_CHANGED),
        (True, (18, 47)),
        pytest.param(False, range(100), marks=soak),
        pytest.param(True, range(100), marks=soak),
    ],
)
def test_q_damage_any_bit_of_the_header_may_be_another(
    crashed: bool, places: Sequence[int], tmp_path: Path
) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=crashed)
    for at in places:
        for bit in range(8):
            oracle, changed = oracle_of(), bytearray(files["queue.db"])
            changed[at] ^= 1 << bit
            copy = {**files, "queue.db": bytes(changed)}
            oracle.damaged()
            judge_copy(tmp_path / "queue", copy, oracle, f"bit {bit} of byte {at}")


def test_q_live_a_file_that_may_only_be_read_is_not_taken_for_a_damaged_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files, _ = filled(tmp_path / "queue", crashed=False)

    def reading(path: str) -> Connection:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    with patch("os.access", return_value=False):
        queue = Failover(tmp_path / "queue", Bounds(), lambda: (), reading)
        queue.commit(Added(items=[(TO, item(1000, "a"))]), Settled())
        assert queue.trouble is not None and "readonly database" in queue.trouble
        assert not queue.durable
        queue.close()
    assert "damaged" not in caplog.text
    assert (tmp_path / "queue" / "queue.db").read_bytes() == files["queue.db"]


@pytest.mark.parametrize("pairs", [40, pytest.param(500 * SOAK, marks=soak)])
def test_q_damage_a_page_may_be_a_copy_of_another(pairs: int, tmp_path: Path) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=False)
    data, chance = files["queue.db"], Random(pairs)
    for _ in range(pairs):
        one, other = chance.sample(range(0, len(data), PAGE), 2)
        oracle, changed = oracle_of(), bytearray(data)
        changed[other : other + PAGE] = data[one : one + PAGE]
        oracle.damaged()
        # What is not in use is an older version of a page.
        oracle.in_doubt |= oracle.delivered | oracle.rejected
        where = f"the page at {one} over the one at {other}"
        judge_copy(tmp_path / "queue", {**files, "queue.db": bytes(changed)}, oracle, where)


@pytest.mark.parametrize("count", [3, pytest.param(1000, marks=soak)])
def test_q_damage_frames_of_the_log_may_be_copies_of_others(count: int, tmp_path: Path) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=True)
    log = files["queue.db-wal"]
    starts = range(32, len(log), FRAME)
    for to in [*reversed(starts)][::6][:count]:
        for start in starts[14::10]:
            for length in (FRAME, 3 * FRAME):
                oracle, changed = oracle_of(), bytearray(log)
                changed[to : to + length] = log[start : start + length][: len(log) - to]
                oracle.damaged(4)
                # What is not in use is an older version of a page.
                oracle.in_doubt |= oracle.delivered | oracle.rejected
                where = f"{length} bytes at {start} over those at {to}"
                copy = {**files, "queue.db-wal": bytes(changed)}
                judge_copy(tmp_path / "queue", copy, oracle, where)


@pytest.mark.parametrize("stale", TABLES)
def test_q_damage_one_copy_of_the_counters_may_be_an_older_one(stale: str, tmp_path: Path) -> None:
    def use(*numbers: int) -> bytes:
        queue = Failover(tmp_path, Bounds(), lambda: ())
        queue.commit(Added(items=[(TO, item(number)) for number in numbers]), Settled())
        rows, _ = queue.read(TO, 0, 2)
        queue.commit(Added(), Settled(delivered=[row.seq for row in rows]))
        counts.append(queue.standings([], {})[0].counts)
        queue.close()
        return (tmp_path / "queue.db").read_bytes()

    counts: list[Counts] = []
    before, after = use(1, 2, 3, 4), use(5, 6)
    with closing(sqlite3.connect(tmp_path / "queue.db")) as database:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        at = (database.execute(query, (stale,)).fetchone()[0] - 1) * PAGE
    (tmp_path / "queue.db").write_bytes(after[:at] + before[at : at + PAGE] + after[at + PAGE :])
    use(7, 8)
    assert (counts[1].delivered, counts[1].pending) == (4, 2)
    assert (counts[2].delivered, counts[2].pending, counts[2].dropped) == (6, 2, {})


@pytest.mark.parametrize("crashed", [False, True])
@pytest.mark.parametrize("name", ["queue.db", "queue.db-wal", "delivered", "lock"])
def test_q_damage_files_that_are_cut_at_any_page(name: str, crashed: bool, tmp_path: Path) -> None:
    files, oracle_of = filled(tmp_path / "sound", crashed=crashed)
    data = files.get(name, b"")
    for length in range(0, len(data), 4096 if len(data) < 100_000 else 32_768):
        oracle = oracle_of()
        oracle.lost_files()
        lay(tmp_path / "queue", {**files, name: data[:length]})
        queue = Failover(tmp_path / "queue", Bounds(), lambda: ())
        oracle.emitted([1000], "a", durable=False)
        queue.commit(Added(items=[(TO, item(1000, "a"))]), Settled())
        assert queue.durable, queue.trouble
        rows, _ = queue.read(TO, 0, 1000)
        oracle.page([row.item.number for row in rows])
        assert rows[-1].item.number == 1000
        queue.close()
