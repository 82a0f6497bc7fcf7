"""One queue and many processes, and a look from outside (wire, 5: Q-one-sender)."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from forked_child import in_fork
from queueing import TO, adds_up, as_it_is, counts, fill, item, numbers, page, rows, settle

from playertrack.outbox import Item, Outbox, QueueError, Settled, look, resume
from playertrack.outbox.recovery import open_store
from playertrack.outbox.store import Store
from playertrack.outbox.values import Added

ROOT = Path(__file__).parents[2]


def test_q_one_sender_only_one_is_given_rows_and_the_next_takes_over(tmp_path: Path) -> None:
    first = Outbox(tmp_path, retry=0.02)
    fill(first, [item(1)])
    second = Outbox(tmp_path, retry=0.02)
    fill(second, [item(2)])
    assert numbers(first) == [1, 2]
    assert numbers(second) == []
    there = page(first)
    assert first.leases.take([there.rows[0].seq], there.epoch)
    assert first.delivered(there.rows[0].seq)
    news = threading.Event()
    second.listen(lambda handed: news.set())
    first.close()
    assert news.wait(20.0)
    assert numbers(second) == [2]
    assert counts(second).delivered == 1
    second.close()


def test_a_queue_that_two_make_at_once_is_durable_for_both(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "queue.db", isolation_level=None, check_same_thread=False)
    refusals: list[str] = []

    class Second(sqlite3.Connection):
        """Comes where SQLite does not wait for the other one, which then goes on."""

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if "journal_mode" in sql and not refusals:
                other.execute("BEGIN IMMEDIATE")
            try:
                return super().execute(sql, *parameters)
            except sqlite3.OperationalError as error:
                refusals.append(error.sqlite_errorname)
                other.execute("ROLLBACK")
                raise

    def connect(path: str) -> Second:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Second)

    second = Outbox(tmp_path, connect=connect)
    receipt = second.append(TO, as_it_is, item(1))
    assert receipt.wait(20.0), (receipt, second.trouble)
    assert refusals == ["SQLITE_BUSY"]
    assert second.close()
    other.close()
    assert [each.counts.accepted for each in look(tmp_path).standings] == [1]


def test_q_one_sender_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    code = (
        "import sys, time; sys.path[:0] = sys.argv[2:]\n"
        "from playertrack.outbox import Outbox\n"
        "from queueing import fill, item, numbers\n"
        "box = Outbox(sys.argv[1]); fill(box, [item(1)]); print(numbers(box), flush=True)\n"
        "time.sleep(60)"
    )
    paths = [str(ROOT), str(Path(__file__).parent)]
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), *paths], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline() == "[1]\n"
        mine = Outbox(tmp_path, retry=0.02)
        assert numbers(mine) == []
        assert look(tmp_path).in_use
        news = threading.Event()
        mine.listen(lambda handed: news.set())
        holder.kill()
        holder.wait()
        assert news.wait(20.0)
        assert numbers(mine) == [1]
        mine.close()
    assert not look(tmp_path).in_use


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_nothing_of_the_parents_is_used_in_a_forked_child(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    started, waiting = threading.Event(), threading.Event()

    def slow(_event: object, _beside: str) -> Item:
        started.set()
        waiting.wait(20.0)
        return item(2)

    outbox.append(TO, slow, None)
    assert started.wait(20.0)
    outbox.append(TO, as_it_is, item(3))
    outbox.append(TO, as_it_is, item(4))
    waiting.set()

    def child() -> str:
        mine = outbox.append(TO, as_it_is, item(50))
        mine.wait(20.0)
        return f"{mine.state} {numbers(outbox)} {outbox.close(20.0)}"

    assert in_fork(child) == "'durable [] True'"
    assert outbox.flush(20.0)
    assert sorted(numbers(outbox)) == [1, 2, 3, 4, 50]
    assert outbox.close(20.0)
    assert not look(tmp_path).in_use


def _emit_elsewhere(directory: str, number: int) -> None:
    outbox = Outbox(directory)
    for n in range(50):
        outbox.append(TO, as_it_is, item(n, f"p{number}"))
    assert outbox.close(20.0)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_many_processes_fill_one_queue(method: str, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, [item(0, "mine")])
    context: Any = multiprocessing.get_context(method)
    children = [context.Process(target=_emit_elsewhere, args=(str(tmp_path), n)) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    there = rows(outbox)
    for n in range(3):
        assert [r.item.number for r in there if r.item.lane == f"p{n}"] == list(range(50))
    adds_up(outbox)
    outbox.close()


def test_a_look_from_outside_counts_what_is_only_noted(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, (item(n) for n in range(3)))
    there = page(outbox)
    outbox.leases.take([there.rows[0].seq], there.epoch)
    outbox.delivered(there.rows[0].seq)
    seen = look(tmp_path)
    assert seen.in_use
    assert (seen.standings[0].counts.delivered, seen.standings[0].counts.pending) == (1, 2)
    outbox.close()
    with pytest.raises(QueueError, match="no queue in"):
        look(tmp_path / "nowhere")
    (tmp_path / "queue.db").write_bytes(b"no database" * 100)
    with pytest.raises(QueueError, match="not a database"):
        look(tmp_path)


def test_a_pause_is_seen_and_ended_from_outside(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, retry=0.02)
    fill(outbox, [item(1)])
    settle(outbox, Settled(pauses={TO: "the address is wrong"}))
    assert look(tmp_path).standings[0].paused == "the address is wrong"
    assert page(outbox).paused == "the address is wrong"
    news = threading.Event()
    outbox.listen(lambda handed: news.set())
    resume(tmp_path)
    assert news.wait(20.0)
    assert page(outbox).paused is None
    outbox.close()


def test_the_queue_is_for_its_user_alone(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "queue")
    fill(outbox, [item(1)])
    assert (tmp_path / "queue").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "queue").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    outbox.close()


def test_what_another_process_adds_between_two_looks_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (open_store(tmp_path / "queue.db", verify=False) for _ in range(2))
    count = Store.rows_by_destination

    def counted_before_another(store: Store) -> dict[str, int]:
        found = count(store)
        with other.transaction():
            other.add(Added(items=[(TO, item(1))]), 10)
        return found

    monkeypatch.setattr(Store, "rows_by_destination", counted_before_another)
    assert one.agrees
    assert one.agrees, "after another commit"
    for store in (one, other):
        store.close()
