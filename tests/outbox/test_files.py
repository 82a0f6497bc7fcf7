"""Files that change under a running process (wire, 5: Q-damage, Q-one-sender)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from queueing import TO, adds_up, as_it_is, counts, fill, item, numbers, page, rows

from playertrack.outbox import Bounds, Outbox, Settled, look, resume
from playertrack.outbox.failover import Failover
from playertrack.outbox.values import Added

ROOT = Path(__file__).parents[2]


def _remove_directory(queue: Path) -> None:
    shutil.rmtree(queue)


def _move(queue: Path) -> None:
    queue.rename(queue.with_name("moved"))


def _remove(name: str) -> Callable[[Path], None]:
    return lambda queue: (queue / name).unlink()


def _replace(name: str) -> Callable[[Path], None]:
    def replace(queue: Path) -> None:
        (queue / name).rename(queue / "old")
        shutil.copy(queue / "old", queue / name)

    return replace


HARMLESS = {
    "the directory is removed": _remove_directory,
    "the directory is moved": _move,
    "the database is removed": _remove("queue.db"),
    "the log is removed": _remove("queue.db-wal"),
    "the log is replaced": _replace("queue.db-wal"),
    "the shared memory is removed": _remove("queue.db-shm"),
    "the lock is removed": _remove("lock"),
    "the deliveries are removed": _remove("delivered"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_q_damage_files_that_go_are_noticed_before_the_next_event_is_durable(
    name: str, tmp_path: Path
) -> None:
    queue = tmp_path / "queue"
    outbox = Outbox(queue, retry=0.02)
    fill(outbox, (item(n) for n in range(10)))
    there = page(outbox)
    for row in there.rows[:3]:
        assert outbox.leases.take([row.seq], there.epoch)
        assert outbox.delivered(row.seq)
    HARMLESS[name](queue)
    for n in range(10, 20):
        assert outbox.append(TO, as_it_is, item(n)).wait(20.0), n
    assert outbox.trouble is None
    assert numbers(outbox) == list(range(3, 20))
    adds_up(outbox)
    # What was called durable is what a process finds that comes after a crash.
    shutil.copytree(queue, tmp_path / "crashed")
    again = Outbox(tmp_path / "crashed")
    assert numbers(again) == list(range(3, 20))
    assert counts(again).delivered == 3
    adds_up(again)
    again.close()
    outbox.close()
    if (tmp_path / "moved").exists():
        left = Outbox(tmp_path / "moved")
        assert numbers(left) == [], "nobody sends them a second time"
        left.close()


def test_q_damage_another_queue_in_its_place_gets_what_was_queued(tmp_path: Path) -> None:
    queue, other = tmp_path / "queue", Outbox(tmp_path / "other")
    fill(other, (item(n) for n in range(100, 105)))
    assert other.close(20.0)
    outbox = Outbox(queue)  # which looks for changes every second
    fill(outbox, (item(n) for n in range(10)))
    queue.rename(tmp_path / "moved")
    (tmp_path / "other").rename(queue)
    assert outbox.append(TO, as_it_is, item(10)).wait(20.0)
    assert numbers(outbox) == [100, 101, 102, 103, 104, *range(11)]
    adds_up(outbox)
    outbox.close()


@pytest.mark.parametrize("name", ["queue.db", "queue.db-wal"])
@pytest.mark.parametrize("part", [0.0, 0.5, 0.95])
def test_q_damage_files_that_are_cut_off_are_noticed(
    part: float, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path, retry=0.02)
    fill(outbox, (item(n, size=2000) for n in range(600)))  # there is a checkpoint within
    fill(outbox, (item(n) for n in range(600, 610)))
    path = tmp_path / name
    os.truncate(path, int(path.stat().st_size * part))
    assert outbox.append(TO, as_it_is, item(1000)).wait(20.0)
    left = numbers(outbox)
    assert left == sorted(set(left))
    assert left[-1] == 1000
    adds_up(outbox)
    gone = 611 - len(left)
    assert gone == sum(s.counts.dropped.get("damaged", 0) for s in outbox.standings(20.0))
    assert not gone or "are lost" in caplog.text
    outbox.close()
    again = Outbox(tmp_path)
    assert numbers(again) == left
    adds_up(again)
    again.close()


def test_q_one_sender_a_lock_that_was_removed_makes_no_second_sender(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, retry=0.02)
    fill(outbox, (item(n) for n in range(5)))
    (tmp_path / "lock").unlink()
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from playertrack.outbox import Outbox\n"
        "from queueing import fill, item, numbers\n"
        "box = Outbox(sys.argv[1]); fill(box, [item(9)]); print(numbers(box))"
    )
    paths = [str(ROOT), str(Path(__file__).parent)]
    command = [sys.executable, "-c", code, str(tmp_path), *paths]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
    assert numbers(outbox) == [0, 1, 2, 3, 4, 9]
    outbox.close()


def test_q_durable_two_outboxes_of_a_process_and_a_look_from_outside(tmp_path: Path) -> None:
    """SQLite's locks go when its process closes any descriptor of the file."""
    first, second = Outbox(tmp_path), Outbox(tmp_path)
    fill(first, (item(n) for n in range(50)))
    fill(second, (item(n) for n in range(50, 100)))
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from playertrack.outbox import look, resume\n"
        "resume(sys.argv[1]); look(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(ROOT)], check=True)
    assert (tmp_path / "queue.db-wal").exists(), "the other process took itself for the last"
    fill(first, (item(n) for n in range(100, 150)))
    shutil.copytree(tmp_path, crashed := tmp_path.with_name("crashed"))
    again = Outbox(crashed)
    assert numbers(again) == list(range(150))
    for outbox in (again, second, first):
        outbox.close()


def test_q_bounded_narrower_bounds_drop_nothing_of_what_was_accepted(tmp_path: Path) -> None:
    wide = Outbox(tmp_path)
    fill(wide, (item(n) for n in range(50)))
    narrow = Outbox(tmp_path, bounds=Bounds(max_events=10, policy="drop_newest"))
    fill(narrow, (item(n) for n in range(50, 60)))
    assert numbers(wide) == list(range(50))
    assert wide.close(20.0)
    assert narrow.close(20.0)
    narrow = Outbox(tmp_path, bounds=Bounds(max_events=20))
    fill(narrow, (item(n) for n in range(60, 70)))
    assert numbers(narrow)[:50] == list(range(50))
    assert counts(narrow).dropped["full"] == 20
    adds_up(narrow)
    narrow.close()


def test_the_file_shrinks_while_nothing_happens(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, bounds=Bounds(max_events=20_000), retry=0.02)
    fill(outbox, (item(n, size=3000) for n in range(20_000)))
    most = (tmp_path / "queue.db").stat().st_size
    there = page(outbox, limit=20_000)
    for row in there.rows:
        assert outbox.leases.take([row.seq], there.epoch)
        while not outbox.delivered(row.seq):
            outbox.flush(20.0)
    while (tmp_path / "queue.db").stat().st_size > most / 20:
        outbox.flush(20.0)
    fill(outbox, [item(1)])
    assert numbers(outbox) == [1]
    outbox.close()


def test_a_header_that_says_another_version_is_repaired(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    outbox.close()
    for pragma in ("user_version = 130", "application_id = 5"):
        with closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as file:
            file.execute(f"PRAGMA {pragma}")
        outbox = Outbox(tmp_path)
        assert numbers(outbox) == [1]
        assert outbox.trouble is None
        outbox.close()
    resume(tmp_path)
    assert look(tmp_path).standings[0].counts.pending == 1


def test_rows_come_only_in_their_order(tmp_path: Path) -> None:
    """An index that was changed under the process may turn them round."""
    outbox = Outbox(tmp_path, retry=0.02)
    fill(outbox, (item(n) for n in range(20)))
    assert numbers(outbox) == list(range(20))
    with closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as file:
        file.execute("PRAGMA writable_schema = ON")
        file.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ', seq', ', seq DESC')"
            " WHERE name = 'by_destination'"
        )
        file.execute("PRAGMA schema_version = 99")
    assert [row.item.number for row in rows(outbox)] == list(range(20))
    adds_up(outbox)
    outbox.close()


def test_q_one_sender_a_file_with_two_names_is_not_opened(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "queue")
    fill(first, [item(1)])
    first.close()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "queue.db").hardlink_to(tmp_path / "queue" / "queue.db")
    for name in ("queue", "other"):
        outbox = Outbox(tmp_path / name, retry=0.02)
        fill(outbox, [item(2)])
        assert "has another name (a hard link)" in str(outbox.trouble)
        outbox.close()
    (tmp_path / "other" / "queue.db").unlink()
    again = Outbox(tmp_path / "queue")
    assert numbers(again) == [1]
    assert again.trouble is None
    again.close()


def test_q_damage_a_repair_leaves_the_locks_of_others_in_the_process(tmp_path: Path) -> None:
    # SQLite holds a shared lock on a file that is open. Another process must find it.
    asks = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    print("free")
except OSError:
    print("locked")
"""

    def lock_of(path: Path) -> str:
        command = [sys.executable, "-c", asks, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    owner = Outbox(tmp_path)
    fill(owner, (item(n, size=2000) for n in range(100)))
    owner.close()
    owner = Outbox(tmp_path)
    fill(owner, [item(100)])
    other = Failover(tmp_path, Bounds(), lambda: ())  # it has no thread, so it stays as it is
    assert lock_of(tmp_path / "queue.db") == "locked"
    # Cut off elsewhere: to open and close it here would drop the locks by itself.
    cuts = "import os, sys; os.truncate(sys.argv[1], 40960)"
    subprocess.run([sys.executable, "-c", cuts, str(tmp_path / "queue.db")], check=True)
    fill(owner, [item(101)])
    assert lock_of(tmp_path / "queue.db.damaged-1") == "locked"
    other.close()
    owner.close()


@pytest.mark.parametrize(
    ("removed", "owners"), [(["lock"], [True, False]), (["lock", "delivered"], [False, True])]
)
def test_q_one_sender_a_lock_that_is_removed_makes_no_second_sender(
    removed: list[str], owners: list[bool], tmp_path: Path
) -> None:
    first = Failover(tmp_path, Bounds(), lambda: ())
    first.commit(Added(items=[(TO, item(1))]), Settled())
    for name in removed:
        (tmp_path / name).unlink()
    second = Failover(tmp_path, Bounds(), lambda: ())
    first.commit(Added(items=[(TO, item(2))]), Settled())  # which looks for its files
    assert [first.owner, second.owner] == owners
    first.close()
    assert not second.poll() or second.owner
    second.close()


def test_q_once_what_is_delivered_after_its_log_was_removed_is_committed_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("playertrack.outbox.ack_log.monotonic", lambda: now)
    queue = Failover(tmp_path / "queue", Bounds(), lambda: ())
    first, second = queue.commit(Added(items=[(TO, item(1)), (TO, item(2))]), Settled())
    assert queue.note(first)
    (tmp_path / "queue" / "delivered").unlink()
    now += 0.01  # a hundred times a second it is seen whether the file is there
    assert not queue.note(second)
    queue.commit(Added(), Settled(delivered=[first, second]))
    shutil.copytree(tmp_path / "queue", tmp_path / "crashed")
    queue.close()
    again = Failover(tmp_path / "crashed", Bounds(), lambda: ())
    assert again.read(TO, 0, 10)[0] == []
    again.close()


def test_q_damage_events_that_go_from_a_queue_in_use_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("playertrack.outbox.files._COMPARE", 0.0)
    queue = Failover(tmp_path, Bounds(), lambda: ())
    queue.commit(Added(items=[(TO, item(n)) for n in range(10)]), Settled())
    removes = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("DELETE FROM events WHERE number IN (3, 4)")
"""
    subprocess.run([sys.executable, "-c", removes, str(tmp_path / "queue.db")], check=True)
    queue.poll()
    queue.poll()
    assert [row.item.number for row in queue.read(TO, 0, 100)[0]] == [0, 1, 2, *range(5, 10)]
    (standing,) = queue.standings([], {})
    assert (standing.counts.pending, standing.counts.dropped) == (8, {"damaged": 2})
    assert "2 are lost and counted as dropped (damaged)" in caplog.text
    queue.close()


def test_q_damage_an_older_queue_in_its_place_is_noticed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for first in (0, 10):
        outbox = Outbox(tmp_path)
        fill(outbox, (item(n) for n in range(first, first + 10)))
        outbox.close()
        if not first:
            shutil.copy(tmp_path / "queue.db", tmp_path / "older")
    (tmp_path / "older").replace(tmp_path / "queue.db")
    outbox = Outbox(tmp_path)
    fill(outbox, [item(100)])
    assert numbers(outbox) == [*range(10), 100]
    assert sum(s.counts.dropped.get("damaged", 0) for s in outbox.standings(20.0)) == 10
    assert "10 are lost and counted as dropped (damaged)" in caplog.text
    adds_up(outbox)
    outbox.close()
