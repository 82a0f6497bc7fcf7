"""The outbox: receipts, and what becomes of rows (wire, 5: Q-total, Q-frozen)."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from queueing import TO, adds_up, as_it_is, counts, fill, item, numbers, page, rows, settle

from playertrack.outbox import Item, Outbox, QueueError, RefusedError, Settled


@pytest.mark.parametrize(
    ("durability", "state"), [("group", "durable"), ("sync", "durable"), ("memory", "memory")]
)
def test_receipt_says_how_far_an_event_got(durability: str, state: str, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "queue", durability=durability)
    receipt = outbox.append(TO, as_it_is, item(1))
    assert receipt.state in ("waiting", state)
    if durability == "sync":
        assert receipt.durable
    assert receipt.wait(20.0) == (state == "durable")
    assert receipt.state == state
    assert outbox.close(20.0)
    assert (tmp_path / "queue").exists() == (durability != "memory")


def test_what_means_nothing_there_is_counted_and_not_queued(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    receipt = outbox.append(TO, lambda event, beside: None, "anything")
    assert not receipt.wait(20.0)
    assert receipt.state == "unmapped"
    assert counts(outbox).unmapped == 1
    assert counts(outbox).accepted == 0
    outbox.close()


@pytest.mark.parametrize("bug", [False, True])
def test_what_can_never_be_sent_is_a_dead_letter(bug: bool, tmp_path: Path) -> None:
    def encode(event: Any, beside: str) -> Item:
        if bug:
            raise LookupError("a bug")
        raise RefusedError(item(7), "no entry")

    outbox = Outbox(tmp_path)
    assert not outbox.append(TO, encode, "anything").wait(20.0)
    fill(outbox, [item(8)])
    (letter,) = outbox.dead()
    assert ("a bug" if bug else "no entry") in letter.reason
    assert (counts(outbox).rejected, counts(outbox).pending) == (1, 1)
    adds_up(outbox)
    outbox.close()


@pytest.mark.parametrize(
    "odd",
    [
        Item("s", "PLAY", 1, math.nan, "[]", b""),
        Item("s\ud800", "PLAY", 1, 1.0, "[]", b""),
        Item("s", "PLAY\udfff", 1, 1.0, "[]", b""),
        Item("s", "PLAY", 1 << 63, 1.0, "[]", b""),
    ],
    ids=["no time", "half a character", "the other half", "a huge number"],
)
def test_an_item_that_no_database_takes_is_refused_but_not_its_neighbours(
    odd: Item, tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path)
    receipts = [outbox.append(TO, as_it_is, each) for each in (item(1), odd, item(2))]
    assert [receipt.wait(20.0) for receipt in receipts] == [True, False, True]
    assert receipts[1].state == "rejected"
    assert outbox.trouble is None
    assert numbers(outbox) == [1, 2]
    assert len(outbox.dead()) == 1
    adds_up(outbox)
    outbox.close()


def test_a_bug_while_a_group_is_committed_is_reported_to_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])

    def bug(*_: object) -> None:
        raise LookupError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("playertrack.outbox.store.Store.append", bug)
        receipt = outbox.append(TO, as_it_is, item(2))
        assert not receipt.wait(20.0)
        assert receipt.state == "dropped"
    assert "could not be queued" in caplog.text
    fill(outbox, [item(3)])
    assert numbers(outbox) == [1, 3]
    assert counts(outbox).dropped == {"failed": 1}
    adds_up(outbox)
    outbox.close()


def test_a_question_that_fails_hangs_nobody(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    with pytest.raises(QueueError, match="gave no answer"):
        outbox.ask(lambda failover: 1 // 0)
    fill(outbox, [item(1)])
    assert numbers(outbox) == [1]
    outbox.close()


def test_an_event_after_the_close_is_refused_and_nothing_hangs(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    assert outbox.close(20.0)
    assert outbox.close(20.0)
    receipt = outbox.append(TO, as_it_is, item(2))
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


def test_q_total_counts_say_what_became_of_every_event_and_survive_restarts(
    tmp_path: Path,
) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, (item(n) for n in range(1, 101)))
    there = page(outbox)
    for row in there.rows[:30]:
        assert outbox.leases.take([row.seq], there.epoch)
        assert outbox.delivered(row.seq)
    settle(outbox, Settled(rejected={row.seq: (TO, "bad") for row in there.rows[30:40]}))
    outbox.count(TO, "ambiguous")
    for again in (False, True):
        c = counts(outbox)
        assert (c.accepted, c.delivered, c.rejected, c.pending) == (100, 30, 10, 60)
        assert numbers(outbox) == list(range(41, 101))
        adds_up(outbox)
        if not again:
            assert outbox.close(20.0)
            outbox = Outbox(tmp_path)
    assert counts(outbox).ambiguous == 1
    assert [letter.item.number for letter in outbox.dead()] == list(range(31, 41))
    outbox.close()


def test_rows_are_not_given_again_while_they_are_claimed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, (item(n) for n in (1, 2, 3)))
    there = page(outbox)
    assert outbox.leases.take([there.rows[0].seq], there.epoch)
    assert numbers(outbox) == [2, 3]
    outbox.leases.release([there.rows[0].seq])
    assert numbers(outbox) == [1, 2, 3]
    outbox.close()


def test_pages_follow_each_other(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, (item(n) for n in range(10)))
    fill(outbox, [item(99)], "kava:me")
    first = page(outbox, limit=4)
    second = page(outbox, after=first.last, limit=100)
    assert [row.item.number for row in (*first.rows, *second.rows)] == list(range(10))
    assert page(outbox, after=second.last).rows == ()
    assert numbers(outbox, "kava:me") == [99]
    outbox.close()


def test_q_frozen_what_is_read_days_later_is_what_was_queued(tmp_path: Path) -> None:
    odd = Item("s\u0000\u202e\ud800", "PLAY", 2**40, 1e12, '{"a": "\\u0000"}', bytes(range(256)))
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1), item(2)])
    outbox.close()
    outbox = Outbox(tmp_path)
    assert [row.item for row in rows(outbox)] == [item(1), item(2)]
    outbox.append(TO, as_it_is, odd).wait(20.0)
    outbox.close()


def test_nothing_happens_before_the_first_event(tmp_path: Path) -> None:
    before = threading.active_count()
    outbox = Outbox(tmp_path / "queue")
    assert outbox.trouble is None
    assert outbox.close(20.0)
    assert threading.active_count() == before
    assert not (tmp_path / "queue").exists()


def test_a_bug_in_a_listener_does_not_end_the_outbox(
    tmp_path: Path, logged: Callable[[], list[logging.LogRecord]]
) -> None:
    def bug(handed: object) -> None:
        raise LookupError("a bug")

    outbox = Outbox(tmp_path)
    outbox.listen(bug)
    fill(outbox, [item(1)])
    fill(outbox, [item(2)])
    assert numbers(outbox) == [1, 2]
    first = logged()[0]
    assert "the thread of the queue failed" in first.getMessage()
    assert first.levelno == logging.ERROR
    outbox.close()
