"""Queue files that are not as they were written (wire, 5: Q-corrupt)."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from queueing import TO, adds_up, counts, damage, fill, item, numbers, page, rows

from playertrack.outbox import Outbox, Settled

PAGE = 4096


def queue_of(directory: Path, n: int = 60) -> list[int]:
    """A closed queue of ``n`` rows in one file; gives their numbers."""
    outbox = Outbox(directory)
    fill(outbox, (item(k, f"lane{k % 3}", "VIEW" if k % 5 == 0 else "PLAY") for k in range(n)))
    fill(outbox, [item(1000, "dead")])
    there = page(outbox)
    outbox.settle(Settled(rejected={there.rows[-1].seq: (TO, "bad")}))
    outbox.flush(20.0)
    outbox.close()
    return list(range(n))


@pytest.mark.parametrize("how", ["zeros", "noise", "half"])
def test_q_corrupt_every_page_of_a_small_queue(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    total = queue_of(tmp_path / "sound")
    image = (tmp_path / "sound" / "queue.db").read_bytes()
    ack_log = (tmp_path / "sound" / "delivered").read_bytes()
    chance = Random(how)
    junk = {"zeros": bytes(PAGE), "noise": chance.randbytes(PAGE), "half": bytes(PAGE // 2)}[how]
    set_aside = carried = 0
    for number in range(len(image) // PAGE):
        directory = tmp_path / f"page{number}"
        directory.mkdir()
        (directory / "queue.db").write_bytes(image)
        (directory / "delivered").write_bytes(ack_log)
        damage(directory / "queue.db", number * PAGE + (PAGE - len(junk)), junk)
        caplog.clear()
        outbox = Outbox(directory)
        fill(outbox, [item(500)])
        left = numbers(outbox)
        assert left[-1] == 500
        assert outbox.trouble is None
        assert left == sorted(set(left))
        assert set(left) <= {*total, 500}
        assert {row.item for row in rows(outbox)} <= {
            item(k, f"lane{k % 3}", "VIEW" if k % 5 == 0 else "PLAY") for k in total
        } | {item(500)}
        adds_up(outbox)
        aside = [path for path in directory.iterdir() if "damaged" in path.name]
        set_aside += bool(aside)
        carried += len(left) - 1
        if aside:
            assert "the queue was damaged and was kept as" in caplog.text
        elif len(left) < len(total) + 1:
            assert "they are lost and counted as dropped (damaged)" in caplog.text
        assert outbox.close(20.0)
    pages = len(image) // PAGE
    assert set_aside >= pages // 2
    assert carried >= len(total) * pages // 2, "what could be read was not carried over"


@pytest.mark.parametrize("seed", range(60))
def test_q_corrupt_bytes_here_and_there(seed: int, tmp_path: Path) -> None:
    chance = Random(seed)
    total = queue_of(tmp_path, 40)
    path = tmp_path / "queue.db"
    image = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 3, 10, 100])):
        # Most of what SQLite finds its way by is at the beginnings of pages.
        at = chance.randrange(len(image)) // PAGE * PAGE + int(chance.random() ** 3 * PAGE)
        image[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
    path.write_bytes(image)
    outbox = Outbox(tmp_path, retry=0.02)
    fill(outbox, [item(500)])
    there = rows(outbox)
    assert [row.seq for row in there] == sorted({row.seq for row in there})
    assert [row.item.number for row in there][-1] == 500
    assert {row.item for row in there} <= {
        item(k, f"lane{k % 3}", "VIEW" if k % 5 == 0 else "PLAY") for k in total
    } | {item(500)}
    # The header of a file can say that it is of a newer version, or somebody else's.
    assert outbox.trouble is None or "version" in outbox.trouble or "not a queue" in outbox.trouble
    outbox.close()


@pytest.mark.parametrize("content", [b"", b"\0" * 8192, b"not a database", b"SQLite format 3\0"])
def test_q_corrupt_whatever_is_in_its_place(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(content)
    (tmp_path / "delivered").write_bytes(content)
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    assert outbox.trouble is None
    assert numbers(outbox) == [1]
    outbox.close()
    aside = tmp_path / "queue.db.damaged-1"
    if content.strip(b"\0"):
        assert aside.read_bytes() == content


def test_q_corrupt_while_it_is_open(tmp_path: Path) -> None:
    queue_of(tmp_path)
    outbox = Outbox(tmp_path)
    fill(outbox, [item(100)])
    image = (tmp_path / "queue.db").read_bytes()
    damage(tmp_path / "queue.db", PAGE, Random(1).randbytes(len(image) - PAGE))
    for n in range(101, 110):
        fill(outbox, [item(n)])
    assert numbers(outbox)[-1] == 109
    assert outbox.trouble is None
    outbox.close()


def test_q_corrupt_a_row_that_the_disk_changed_is_not_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    queue_of(tmp_path, 10)
    path = tmp_path / "queue.db"
    at = path.read_bytes().index(b"000004" * 10)
    damage(path, at, b"000009")
    outbox = Outbox(tmp_path)
    assert numbers(outbox) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert "the disk damaged 1 queued events" in caplog.text
    fill(outbox, [item(50)])
    assert counts(outbox).dropped == {"damaged": 1}
    adds_up(outbox)
    outbox.close()


def test_q_corrupt_deliveries_that_were_only_noted_are_not_sent_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, (item(n) for n in range(50)))
    there = page(outbox)
    for row in there.rows[:20]:
        outbox.leases.take([row.seq], there.epoch)
        assert outbox.delivered(row.seq)
    image = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    outbox.close()
    (crashed := tmp_path / "crashed").mkdir()
    for name in ("queue.db", "queue.db-wal", "delivered"):
        (crashed / name).write_bytes(image[name])
    damage(crashed / "queue.db", 0, b"x" * 16)
    outbox = Outbox(crashed)
    fill(outbox, [item(99)])
    assert set(numbers(outbox)) <= {*range(20, 50), 99}
    outbox.close()


@pytest.mark.parametrize("text", ["stats:me", "lane7", "PAUSE", '["head"]'])
def test_q_damage_a_high_bit_in_any_text_costs_its_event_alone(text: str, tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    fill(box, (item(n, f"lane{n}", "PAUSE") for n in range(20)))
    box.close()
    path = tmp_path / "queue.db"
    data = path.read_bytes()
    row = data.index(b"stats:melane7PAUSE")  # the columns of a row follow each other
    at = data.index(text.encode(), row)
    damage(path, at + 2, bytes([data[at + 2] | 0x80]))
    for _ in range(2):  # also across a restart
        box = Outbox(tmp_path, retry=0.02)
        assert numbers(box) == [n for n in range(20) if n != 7]
        assert box.trouble is None
        assert sum(s.counts.dropped.get("damaged", 0) for s in box.standings(20.0)) == 1
        adds_up(box)
        box.close()
