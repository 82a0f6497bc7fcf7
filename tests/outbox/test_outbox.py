"""The outbox: receipts, counts, bounds, and more than one process (wire, 5)."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from queueing import TO, adds_up, as_it_is, counts, fill, item, numbers, page, rows

from playertrack.outbox import Bounds, Item, Outbox, QueueError, RefusedError, Settled, look, resume

ROOT = Path(__file__).parents[2]


def settle(box: Outbox, settled: Settled) -> None:
    done = threading.Event()
    box.settle(settled, done.set)
    assert done.wait(20.0)


# ------------------------------------------------------------------------------- receipts


@pytest.mark.parametrize(
    ("durability", "state"), [("group", "durable"), ("sync", "durable"), ("memory", "memory")]
)
def test_receipt_says_how_far_an_event_got(durability: str, state: str, tmp_path: Path) -> None:
    box = Outbox(tmp_path / "queue", durability=durability)
    receipt = box.append(TO, as_it_is, item(1))
    assert receipt.state in ("waiting", state)
    if durability == "sync":
        assert receipt.durable
    assert receipt.wait(20.0) == (state == "durable")
    assert receipt.state == state
    assert box.close(20.0)
    assert (tmp_path / "queue").exists() == (durability != "memory")


def test_what_means_nothing_there_is_counted_and_not_queued(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    receipt = box.append(TO, lambda event: None, "anything")
    assert not receipt.wait(20.0)
    assert receipt.state == "unmapped"
    assert counts(box).unmapped == 1
    assert counts(box).accepted == 0
    box.close()


@pytest.mark.parametrize("bug", [False, True])
def test_what_can_never_be_sent_is_a_dead_letter(bug: bool, tmp_path: Path) -> None:
    def encode(event: Any) -> Item:
        if bug:
            raise LookupError("a bug")
        raise RefusedError(item(7), "no entry")

    box = Outbox(tmp_path)
    assert not box.append(TO, encode, "anything").wait(20.0)
    fill(box, [item(8)])
    (letter,) = box.dead()
    assert ("a bug" if bug else "no entry") in letter.reason
    assert (counts(box).rejected, counts(box).pending) == (1, 1)
    adds_up(box)
    box.close()


def test_an_event_after_the_close_is_told_so_and_nothing_hangs(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, [item(1)])
    assert box.close(20.0)
    assert box.close(20.0)
    receipt = box.append(TO, as_it_is, item(2))
    assert receipt.state == "closed"
    assert not receipt.wait(0.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"durability": "eventual"}, "none of sync, group, memory"),
        ({"directory": None}, "needs a directory"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(QueueError, match=message):
        Outbox(**{"directory": "x", **values})


@pytest.mark.parametrize("values", [{"max_events": 0}, {"max_bytes": -1}, {"policy": "drop_all"}])
def test_bounds_that_cannot_be_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(QueueError, match=next(iter(values))):
        Bounds(**values)


# -------------------------------------------------------------------- what becomes of rows


def test_q_total_counts_say_what_became_of_every_event_and_survive_restarts(
    tmp_path: Path,
) -> None:
    box = Outbox(tmp_path)
    fill(box, (item(n) for n in range(1, 101)))
    there = page(box)
    for row in there.rows[:30]:
        assert box.claim(row.seq, there.epoch)
        assert box.delivered(row.seq)
    settle(box, Settled(rejected={row.seq: (TO, "bad") for row in there.rows[30:40]}))
    box.count(TO, "ambiguous")
    for again in (False, True):
        c = counts(box)
        assert (c.accepted, c.delivered, c.rejected, c.pending) == (100, 30, 10, 60)
        assert numbers(box) == list(range(41, 101))
        adds_up(box)
        if not again:
            assert box.close(20.0)
            box = Outbox(tmp_path)
    assert counts(box).ambiguous == 1
    assert [letter.item.number for letter in box.dead()] == list(range(31, 41))
    box.close()


def test_rows_are_not_given_again_while_they_are_claimed(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, (item(n) for n in (1, 2, 3)))
    there = page(box)
    assert box.claim(there.rows[0].seq, there.epoch)
    assert numbers(box) == [2, 3]
    box.release(there.rows[0].seq)
    assert numbers(box) == [1, 2, 3]
    box.close()


def test_pages_follow_each_other(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, (item(n) for n in range(10)))
    fill(box, [item(99)], "kava:me")
    first = page(box, limit=4)
    second = page(box, after=first.last, limit=100)
    assert [row.item.number for row in (*first.rows, *second.rows)] == list(range(10))
    assert page(box, after=second.last).rows == ()
    assert numbers(box, "kava:me") == [99]
    box.close()


def test_q_frozen_what_is_read_days_later_is_what_was_queued(tmp_path: Path) -> None:
    odd = Item("s\u0000\u202e\ud800", "PLAY", 2**40, 1e12, '{"a": "\\u0000"}', bytes(range(256)))
    box = Outbox(tmp_path)
    fill(box, [item(1), item(2)])
    box.close()
    box = Outbox(tmp_path)
    assert [row.item for row in rows(box)] == [item(1), item(2)]
    box.append(TO, as_it_is, odd).wait(20.0)
    box.close()


# --------------------------------------------------------------------------------- bounds


def test_q_bounded_the_views_of_the_oldest_sessions_go_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = Outbox(tmp_path, bounds=Bounds(max_events=10))
    mixed = [
        item(n, lane, event)
        for n, (lane, event) in enumerate(
            [("a", "PLAY"), ("b", "VIEW"), ("a", "VIEW"), ("b", "VIEW"), ("a", "VIEW")] * 2
        )
    ]
    fill(box, mixed)
    assert counts(box).dropped == {}
    fill(box, [item(100), item(101), item(102)])
    left = [(row.item.lane, row.item.event) for row in rows(box)]
    assert ("b", "VIEW") in left
    assert left.count(("b", "VIEW")) == 1
    assert left.count(("a", "VIEW")) == 4
    assert counts(box).dropped == {"full": 3}
    assert "3 events were dropped" in caplog.text
    fill(box, (item(n) for n in range(200, 220)))
    assert numbers(box) == list(range(210, 220))
    adds_up(box)
    box.close()


def test_q_bounded_with_drop_newest_what_comes_is_not_taken(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bounds=Bounds(max_events=10, policy="drop_newest"))
    fill(box, (item(n) for n in range(25)))
    assert numbers(box) == list(range(10))
    assert counts(box).dropped == {"full": 15}
    adds_up(box)
    box.close()


@pytest.mark.parametrize("durability", ["group", "memory"])
def test_q_bounded_in_bytes(durability: str, tmp_path: Path) -> None:
    bounds = Bounds(max_bytes=1 << 20, max_memory=1 << 20)
    box = Outbox(tmp_path, durability=durability, bounds=bounds)
    for start in range(0, 4000, 400):
        fill(box, (item(n, size=1000) for n in range(start, start + 400)))
    assert numbers(box)[-1] == 3999
    assert counts(box).dropped["full"] > 2000
    assert counts(box).pending > 300
    adds_up(box)
    box.close()
    if durability == "group":
        assert (tmp_path / "queue.db").stat().st_size < 2 << 20


def test_q_bounded_rows_that_are_being_sent_are_not_dropped(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bounds=Bounds(max_events=5))
    fill(box, (item(n) for n in range(5)))
    there = page(box)
    first, second = there.rows[:2]
    assert box.claim(first.seq, there.epoch)
    fill(box, (item(n) for n in range(5, 9)))
    assert not box.claim(second.seq, there.epoch), "a page from before the drop is out of date"
    assert box.delivered(first.seq)
    assert numbers(box) == [5, 6, 7, 8]
    adds_up(box)
    box.close()


@pytest.mark.parametrize(("policy", "left"), [("drop_oldest", [7, 8, 9]), ("drop_newest", [0, 1])])
def test_q_bounded_what_waits_for_a_disk_that_hangs(
    policy: str, left: list[int], tmp_path: Path
) -> None:
    hangs, entered = threading.Event(), threading.Event()

    def slow(first: Item) -> Item:
        entered.set()
        hangs.wait(20.0)
        return first

    box = Outbox(tmp_path, bounds=Bounds(max_waiting=3, policy=policy))
    box.append(TO, slow, item(0))
    assert entered.wait(20.0)
    receipts = [box.append(TO, as_it_is, item(n)) for n in range(1, 10)]
    hangs.set()
    assert box.flush(20.0)
    kept = [0, 7, 8, 9] if policy == "drop_oldest" else [0, 1, 2, 3]
    assert numbers(box) == kept
    assert counts(box).dropped == {"waiting": 6}
    assert [r.state for r in receipts].count("dropped") == 6
    adds_up(box)
    box.close()


def test_q_bounded_dead_letters_too(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bounds=Bounds(max_dead=5))
    fill(box, (item(n) for n in range(10)))
    settle(box, Settled(rejected={row.seq: (TO, "bad") for row in rows(box)}))
    assert [letter.item.number for letter in box.dead()] == [5, 6, 7, 8, 9]
    assert counts(box).rejected == 10
    box.close()


def test_the_file_shrinks_with_the_queue(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, (item(n, size=1000) for n in range(3000)))
    most = (tmp_path / "queue.db").stat().st_size
    for _ in range(10):
        there = page(box, limit=300)
        for row in there.rows:
            box.claim(row.seq, there.epoch)
            while not box.delivered(row.seq):
                pass
        box.flush(20.0)
    box.close()
    assert (tmp_path / "queue.db").stat().st_size < most / 2


# -------------------------------------------------------------------------------- threads


def test_order_is_that_of_emission_in_every_thread(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bounds=Bounds(max_waiting=100_000))
    together = threading.Barrier(8)

    def emit(lane: str) -> None:
        together.wait()
        for n in range(500):
            box.append(TO, as_it_is, item(n, lane, size=30))

    threads = [threading.Thread(target=emit, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box.flush(20.0)
    there = page(box, limit=10_000).rows
    for lane in "abcdefgh":
        assert [r.item.number for r in there if r.item.lane == lane] == list(range(500))
    box.close()


#: Modules whose functions wait for a disk or a network.
_WAITING = {"posix", "_io", "_socket", "select", "_sqlite3", "sqlite3", "fcntl", "time"}


def test_q_durable_emit_does_no_input_or_output_on_the_callers_thread(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, [item(0)])
    seen: list[str] = []

    def watch(frame: Any, event: str, called: Any) -> None:
        if event == "c_call":
            owner = type(getattr(called, "__self__", None)).__module__
            module = called.__module__ or owner
            seen.append(called.__name__)
            if module in _WAITING or owner in _WAITING:
                raise AssertionError(f"{module}.{called.__name__} on the caller's thread")

    batch = [item(n) for n in range(1, 200)]
    gc.disable()  # what others do when it runs is not the caller's doing
    sys.setprofile(watch)
    try:
        for each in batch:
            box.append(TO, as_it_is, each)
    finally:
        sys.setprofile(None)
        gc.enable()
    assert "append" in seen
    assert box.flush(20.0)
    assert numbers(box) == list(range(200))
    box.close()


def test_emit_in_a_signal_handler_and_a_finalizer(tmp_path: Path) -> None:
    import signal

    box = Outbox(tmp_path)

    class Dying:
        def __del__(self) -> None:
            box.append(TO, as_it_is, item(2, "dying"))

    def handler(*_: object) -> None:
        box.append(TO, as_it_is, item(1, "signal"))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0005)
        for n in range(2000):
            box.append(TO, as_it_is, item(n))
            Dying()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert box.flush(20.0)
    there = page(box, limit=100_000).rows
    assert [r.item.number for r in there if r.item.lane == "s"] == list(range(2000))
    assert sum(r.item.lane == "dying" for r in there) == 2000
    assert any(r.item.lane == "signal" for r in there)
    box.close()


# ------------------------------------------------------------------------ other processes


def test_q_one_sender_only_one_is_given_rows_and_the_next_takes_over(tmp_path: Path) -> None:
    first = Outbox(tmp_path, retry=0.02)
    fill(first, [item(1)])
    second = Outbox(tmp_path, retry=0.02)
    fill(second, [item(2)])
    assert numbers(first) == [1, 2]
    assert numbers(second) == []
    there = page(first)
    assert first.claim(there.rows[0].seq, there.epoch)
    assert first.delivered(there.rows[0].seq)
    news = threading.Event()
    second.listen(news.set)
    first.close()
    assert news.wait(20.0)
    assert numbers(second) == [2]
    assert counts(second).delivered == 1
    second.close()


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
        mine.listen(news.set)
        holder.kill()
        holder.wait()
        assert news.wait(20.0)
        assert numbers(mine) == [1]
        mine.close()
    assert not look(tmp_path).in_use


def in_fork(work: Callable[[], str]) -> str:
    """What ``work`` says in a forked child, which ends without any clean-up."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = work()
        except BaseException as error:
            said = repr(error)
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_nothing_of_the_parents_is_used_in_a_forked_child(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, [item(1)])
    started = threading.Event()
    box.append(TO, lambda event: started.set() or item(2), None)  # type: ignore[func-returns-value]
    assert started.wait(20.0)
    hold = threading.Event()
    box.append(TO, lambda event: hold.wait(20.0) and item(3), None)  # type: ignore[arg-type,return-value]
    box.append(TO, as_it_is, item(4))

    def child() -> str:
        mine = box.append(TO, as_it_is, item(50))
        mine.wait(20.0)
        return f"{mine.state} {numbers(box)} {box.close(20.0)}"

    assert in_fork(child) == "durable [] True"
    hold.set()
    assert box.flush(20.0)
    assert sorted(numbers(box)) == [1, 2, 3, 4, 50]
    assert box.close(20.0)
    assert not look(tmp_path).in_use


def _emit_elsewhere(directory: str, number: int) -> None:
    box = Outbox(directory)
    for n in range(50):
        box.append(TO, as_it_is, item(n, f"p{number}"))
    assert box.close(20.0)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_many_processes_fill_one_queue(method: str, tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, [item(0, "mine")])
    context: Any = multiprocessing.get_context(method)
    children = [context.Process(target=_emit_elsewhere, args=(str(tmp_path), n)) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    there = rows(box)
    for n in range(3):
        assert [r.item.number for r in there if r.item.lane == f"p{n}"] == list(range(50))
    adds_up(box)
    box.close()


# --------------------------------------------------------------------------- from outside


def test_a_look_from_outside_counts_what_is_only_noted(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, (item(n) for n in range(3)))
    there = page(box)
    box.claim(there.rows[0].seq, there.epoch)
    box.delivered(there.rows[0].seq)
    seen = look(tmp_path)
    assert seen.in_use
    assert (seen.standings[0].counts.delivered, seen.standings[0].counts.pending) == (1, 2)
    box.close()
    with pytest.raises(QueueError, match="no queue in"):
        look(tmp_path / "nowhere")
    (tmp_path / "queue.db").write_bytes(b"no database" * 100)
    with pytest.raises(QueueError, match="not a database"):
        look(tmp_path)


def test_a_pause_is_seen_and_ended_from_outside(tmp_path: Path) -> None:
    box = Outbox(tmp_path, retry=0.02)
    fill(box, [item(1)])
    settle(box, Settled(pauses={TO: "the address is wrong"}))
    assert look(tmp_path).standings[0].paused == "the address is wrong"
    assert page(box).paused == "the address is wrong"
    news = threading.Event()
    box.listen(news.set)
    resume(tmp_path)
    assert news.wait(20.0)
    assert page(box).paused is None
    box.close()


def test_the_queue_is_for_its_user_alone(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "queue")
    fill(box, [item(1)])
    assert (tmp_path / "queue").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "queue").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    box.close()


def test_nothing_happens_before_the_first_event(tmp_path: Path) -> None:
    before = threading.active_count()
    box = Outbox(tmp_path / "queue")
    assert box.trouble is None
    assert box.close(20.0)
    assert threading.active_count() == before
    assert not (tmp_path / "queue").exists()


def test_a_bug_in_a_listener_does_not_end_the_outbox(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def bug() -> None:
        raise LookupError("a bug")

    box = Outbox(tmp_path)
    box.listen(bug)
    fill(box, [item(1)])
    fill(box, [item(2)])
    assert numbers(box) == [1, 2]
    assert [r.levelno for r in caplog.records if "the outbox failed" in r.message]
    assert caplog.records[0].levelno == logging.ERROR
    box.close()
