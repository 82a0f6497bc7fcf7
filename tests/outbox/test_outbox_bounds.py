"""The bounds of the outbox, and what goes first (wire, 5: Q-bounded)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from queueing import TO, adds_up, as_it_is, counts, fill, item, numbers, page, rows, settle

from playertrack.outbox import Bounds, Item, Outbox, QueueError, Settled
from playertrack.outbox.transit import MANY


@pytest.mark.parametrize("values", [{"max_events": 0}, {"max_bytes": -1}, {"policy": "drop_all"}])
def test_bounds_that_cannot_be_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(QueueError, match=next(iter(values))):
        Bounds(**values)


def test_q_bounded_the_views_of_the_oldest_sessions_go_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path, bounds=Bounds(max_events=10))
    mixed = [
        item(n, lane, event)
        for n, (lane, event) in enumerate(
            [("a", "PLAY"), ("b", "VIEW"), ("a", "VIEW"), ("b", "VIEW"), ("a", "VIEW")] * 2
        )
    ]
    fill(outbox, mixed)
    assert counts(outbox).dropped == {}
    fill(outbox, [item(100), item(101), item(102)])
    left = [(row.item.lane, row.item.event) for row in rows(outbox)]
    assert ("b", "VIEW") in left
    assert left.count(("b", "VIEW")) == 1
    assert left.count(("a", "VIEW")) == 4
    assert counts(outbox).dropped == {"full": 3}
    assert "3 events were dropped" in caplog.text
    fill(outbox, (item(n) for n in range(200, 220)))
    assert numbers(outbox) == list(range(210, 220))
    adds_up(outbox)
    outbox.close()


def test_q_bounded_with_drop_newest_what_comes_is_not_taken(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, bounds=Bounds(max_events=10, policy="drop_newest"))
    fill(outbox, (item(n) for n in range(25)))
    assert numbers(outbox) == list(range(10))
    assert counts(outbox).dropped == {"full": 15}
    adds_up(outbox)
    outbox.close()


@pytest.mark.parametrize("durability", ["group", "memory"])
def test_q_bounded_in_bytes(durability: str, tmp_path: Path) -> None:
    bounds = Bounds(max_bytes=1 << 20, max_memory=1 << 20)
    outbox = Outbox(tmp_path, durability=durability, bounds=bounds)
    for start in range(0, 4000, 400):
        fill(outbox, (item(n, size=1000) for n in range(start, start + 400)))
    assert numbers(outbox)[-1] == 3999
    assert counts(outbox).dropped["full"] > 2000
    assert counts(outbox).pending > 300
    adds_up(outbox)
    outbox.close()
    if durability == "group":
        assert (tmp_path / "queue.db").stat().st_size < 2 << 20


def test_q_bounded_rows_that_are_being_sent_are_not_dropped(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, bounds=Bounds(max_events=5))
    fill(outbox, (item(n) for n in range(5)))
    there = page(outbox)
    first, second = there.rows[:2]
    assert outbox.leases.take([first.seq], there.epoch)
    fill(outbox, (item(n) for n in range(5, 9)))
    assert not outbox.leases.take([second.seq], there.epoch), (
        "a page from before the drop is out of date"
    )
    assert outbox.delivered(first.seq)
    assert numbers(outbox) == [5, 6, 7, 8]
    adds_up(outbox)
    outbox.close()


@pytest.mark.parametrize(("policy", "left"), [("drop_oldest", [7, 8, 9]), ("drop_newest", [0, 1])])
def test_q_bounded_what_waits_for_a_disk_that_hangs(
    policy: str, left: list[int], tmp_path: Path
) -> None:
    hangs, entered = threading.Event(), threading.Event()

    def slow(first: Item, beside: str) -> Item:
        entered.set()
        hangs.wait(20.0)
        return first

    outbox = Outbox(tmp_path, bounds=Bounds(max_waiting=3, policy=policy))
    outbox.append(TO, slow, item(0))
    assert entered.wait(20.0)
    receipts = [outbox.append(TO, as_it_is, item(n)) for n in range(1, 10)]
    hangs.set()
    assert outbox.flush(20.0)
    kept = [0, 7, 8, 9] if policy == "drop_oldest" else [0, 1, 2, 3]
    assert numbers(outbox) == kept
    assert counts(outbox).dropped == {"waiting": 6}
    assert [r.state for r in receipts].count("dropped") == 6
    adds_up(outbox)
    outbox.close()


def test_q_bounded_dead_letters_too(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, bounds=Bounds(max_dead=5))
    fill(outbox, (item(n) for n in range(10)))
    settle(outbox, Settled(rejected={row.seq: (TO, "bad") for row in rows(outbox)}))
    assert [letter.item.number for letter in outbox.dead()] == [5, 6, 7, 8, 9]
    assert counts(outbox).rejected == 10
    outbox.close()


def test_the_file_shrinks_with_the_queue(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, (item(n, size=1000) for n in range(3000)))
    most = (tmp_path / "queue.db").stat().st_size
    for _ in range(0, 3000, MANY):  # so many are removed at once
        there = page(outbox, limit=MANY)
        for row in there.rows:
            outbox.leases.take([row.seq], there.epoch)
            while not outbox.delivered(row.seq):
                pass
        outbox.flush(20.0)
    outbox.close()
    assert (tmp_path / "queue.db").stat().st_size < most / 2


@pytest.mark.parametrize("smaller", [Bounds(max_events=10), Bounds(max_bytes=40_000)])
def test_q_bounded_smaller_bounds_drop_nothing_that_was_accepted(
    smaller: Bounds, tmp_path: Path
) -> None:
    wide = Outbox(tmp_path)
    fill(wide, (item(n, size=1200) for n in range(50)))
    wide.close()
    for last in (50, 51):
        narrow = Outbox(tmp_path, bounds=smaller)
        fill(narrow, [item(last, size=1200)])
        assert numbers(narrow)[:50] == list(range(50))
        adds_up(narrow)
        narrow.close()
    narrow = Outbox(tmp_path, bounds=smaller)
    settle(narrow, Settled(delivered=[row.seq for row in rows(narrow)]))
    fill(narrow, (item(n, size=1200) for n in range(60, 90)))
    assert len(numbers(narrow)) < 30, "the bounds hold for what came after"
    assert numbers(narrow)[-1] == 89
    adds_up(narrow)
    narrow.close()
