"""Damaged queues, from end to end: what can be read is delivered (wire, 5: Q-corrupt)."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from random import Random

import pytest
from fault_server import Server
from sending import event, events, indices, sink_for

from playertrack.outbox import Counts

PAGE = 4096
_SESSIONS = "abc"
_EACH = 12


def queue_in(directory: Path, *, crashed: bool = False) -> Path:
    """A queue of three sessions, nothing of which was delivered; ``crashed``: with its WAL."""
    with Server() as server:
        server.shut()
        sink = sink_for(server, directory / "sound")
        try:
            receipts = [sink.emit(each) for each in events(_EACH, *_SESSIONS)]
            assert all(receipt.wait(20.0) for receipt in receipts)
            if crashed:
                copied(directory / "sound", directory / "crashed")
        finally:
            sink.close(0.1)
    return directory / ("crashed" if crashed else "sound")


def deliver(queue: Path) -> tuple[dict[str, list[int]], Counts]:
    """Deliver a queue, with one more event a session: what arrives, by session; and the counts."""
    with Server() as server:
        sink = sink_for(server, queue)
        for session in _SESSIONS:
            sink.emit(event(_EACH + 1, session))
        assert sink.flush(30.0), "a damaged row holds the others up"
        counts = sink.counts()
        assert sink.close(20.0)
        return {name: indices(server.received, name) for name in _SESSIONS}, counts


def check(queue: Path, caplog: pytest.LogCaptureFixture) -> int:
    """Deliver what can be read; gives how many events that was."""
    caplog.clear()
    arrived, counts = deliver(queue)
    total = 0
    for numbers in arrived.values():
        assert numbers == sorted(set(numbers)), "in order, and none twice"
        assert numbers[-1] == _EACH + 1, "a new event is delivered whatever was there"
        assert set(numbers) <= set(range(1, _EACH + 2))
        total += len(numbers)
    assert counts.pending == 0
    assert counts.accepted == counts.delivered + sum(counts.dropped.values())
    assert counts.delivered == total
    if total < len(_SESSIONS) * (_EACH + 1):
        errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert any("damaged" in record.message for record in errors), "nothing was reported"
    return total


def copied(queue: Path, to: Path) -> Path:
    """A copy; without the sender's report, whose file is replaced while its sender lives."""
    shutil.copytree(queue, to, ignore=shutil.ignore_patterns(".sender.json*", "sender.json*"))
    return to


@pytest.mark.parametrize("how", ["zeros", "noise"])
def test_q_corrupt_whatever_page_is_damaged_all_that_can_be_read_is_delivered(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sound = queue_in(tmp_path)
    image = (sound / "queue.db").read_bytes()
    chance = Random(how)
    arrived = []
    for at in range(0, len(image), PAGE):
        queue = copied(sound, tmp_path / f"{how}{at}")
        changed = bytearray(image)
        changed[at : at + PAGE] = bytes(PAGE) if how == "zeros" else chance.randbytes(PAGE)
        (queue / "queue.db").write_bytes(changed)
        arrived.append(check(queue, caplog))
    most = len(_SESSIONS) * (_EACH + 1)
    assert max(arrived) == most, "no page is needless"
    assert min(arrived) < most, "every page is needless"
    assert sum(arrived) >= most * len(arrived) // 2, "what could be read was not carried over"


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
def test_q_corrupt_a_queue_that_is_cut_off(
    part: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    queue = queue_in(tmp_path)
    image = (queue / "queue.db").read_bytes()
    (queue / "queue.db").write_bytes(image[: int(len(image) * part)])
    arrived, counts = deliver(queue)
    for numbers in arrived.values():
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == _EACH + 1
    assert counts.pending == 0


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.8, 0.95])
def test_q_corrupt_a_log_of_changes_that_is_damaged_after_a_crash(
    part: float, tmp_path: Path
) -> None:
    queue = queue_in(tmp_path, crashed=True)
    log = bytearray((queue / "queue.db-wal").read_bytes())
    frames = (len(log) - 32) // (24 + PAGE)  # a header, and frames with headers
    at = 32 + int(frames * part) * (24 + PAGE) + 24
    log[at : at + 100] = Random(part).randbytes(100)
    (queue / "queue.db-wal").write_bytes(log)
    arrived, counts = deliver(queue)
    for numbers in arrived.values():
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == _EACH + 1
    # What was committed after the damage is there, too; what is lost was in the damaged page.
    lost = len(_SESSIONS) * (_EACH + 1) - sum(map(len, arrived.values()))
    assert lost < 20
    assert (counts.pending, counts.dropped.get("damaged", 0)) == (0, lost)


@pytest.mark.parametrize("content", [b"", b"\0" * 70_000, Random(1).randbytes(70_000)])
def test_q_corrupt_notes_of_what_was_delivered(content: bytes, tmp_path: Path) -> None:
    queue = queue_in(tmp_path)
    (queue / "delivered").write_bytes(content)
    arrived, counts = deliver(queue)
    assert all(numbers == list(range(1, _EACH + 2)) for numbers in arrived.values())
    assert counts.delivered == counts.accepted
