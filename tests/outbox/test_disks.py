"""Disks that fill up, break, or lose what was not synced (wire, 5: Q-durable, Q-corrupt)."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from fault_disk import Disk
from fault_server import Answer, Received, Server, ok
from queueing import TO, adds_up, as_it_is, counts, fill, item, numbers, page, rows, settle

from playertrack.delivery import Sender
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.sink import DeliverySink
from playertrack.events import Event
from playertrack.outbox import Bounds, Outbox, Settled, look
from playertrack.outbox.failover import Failover
from playertrack.outbox.values import Added

# ------------------------------------------------------------------------------ power cuts


def lay(failover: Failover, first: int, size: int) -> list[int]:
    """Queue a group; gives the numbers of what was reported durable."""
    group = range(first, first + size)
    failover.commit(Added(items=[(TO, item(n, f"lane{n % 3}")) for n in group]), Settled())
    return list(group) if failover.durable else []


@pytest.mark.parametrize("seed", range(60))
def test_q_durable_what_was_reported_durable_survives_a_power_cut(
    seed: int, tmp_path: Path
) -> None:
    chance = Random(seed)
    disk = Disk(lasts=chance.randrange(1, 250))
    (before := tmp_path / "before").mkdir()
    failover = Failover(before, Bounds(), lambda: (), disk.connect)
    durable: list[int] = []
    settled: set[int] = set()
    while not disk.off:
        durable += lay(failover, len(durable), chance.randrange(1, 30))
        if failover.durable and chance.random() < 0.3:
            there, _ = failover.read(TO, 0, chance.randrange(1, 20))
            settled |= {row.item.number for row in there}
            failover.commit(Added(), Settled(delivered=[row.seq for row in there]))

    (after := tmp_path / "after").mkdir()
    disk.after_power_cut(after, chance)
    disk.lasts = None
    failover.close()
    outbox = Outbox(after)
    left = numbers(outbox) if outbox.standings(20.0) else []
    assert not [path for path in after.iterdir() if "damaged" in path.name]
    assert set(durable) - settled <= set(left)
    assert left == sorted(left)
    if left:
        adds_up(outbox)
    outbox.close()


# ------------------------------------------------------------------------------ full disks


def test_a_full_disk_degrades_to_memory_says_so_and_recovers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk()
    outbox = Outbox(tmp_path, connect=disk.connect, retry=0.02)
    fill(outbox, (item(n) for n in range(10)))
    disk.full = True
    receipts = [outbox.append(TO, as_it_is, item(n)) for n in range(10, 20)]
    assert [receipt.wait(20.0) for receipt in receipts] == [False] * 10
    assert {receipt.state for receipt in receipts} == {"memory"}
    assert "full" in str(outbox.trouble)
    assert "new events are kept in memory" in caplog.text
    assert numbers(outbox) == list(range(20)), "sending goes on"
    adds_up(outbox)

    there = page(outbox)
    for row in there.rows[5:15]:
        assert outbox.leases.take([row.seq], there.epoch)
        assert outbox.delivered(row.seq), "deliveries are noted on a full disk"
    assert (counts(outbox).delivered, counts(outbox).pending) == (10, 10)

    disk.full = False
    news = outbox.append(TO, as_it_is, item(20))
    while not news.durable:
        news = outbox.append(TO, as_it_is, item(20))
        news.wait(20.0)
    assert outbox.trouble is None
    assert "takes the queue again" in caplog.text
    left = [n for n in numbers(outbox) if n < 20]
    assert left == [0, 1, 2, 3, 4, 15, 16, 17, 18, 19]
    adds_up(outbox)
    outbox.close()
    again = Outbox(tmp_path)
    assert [n for n in numbers(again) if n < 20] == left
    adds_up(again)
    again.close()


def test_a_full_disk_of_the_system_as_sqlite_reports_it(tmp_path: Path) -> None:
    connections: list[sqlite3.Connection] = []

    def connect(path: str) -> sqlite3.Connection:
        made = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA max_page_count = 40")
        connections.append(made)
        return made

    outbox = Outbox(tmp_path, connect=connect, retry=0.02)
    fill(outbox, (item(n, size=1000) for n in range(500)))
    assert "full" in str(outbox.trouble)
    assert numbers(outbox) == list(range(500))
    adds_up(outbox)
    outbox.close()


def test_a_queue_that_is_full_of_deliveries_that_cannot_be_removed_stops(tmp_path: Path) -> None:
    disk = Disk()
    outbox = Outbox(tmp_path, connect=disk.connect, retry=0.02)
    fill(outbox, (item(n, size=30) for n in range(5000)))
    there = page(outbox, limit=5000)
    disk.full = True
    noted = 0
    for row in there.rows:
        assert outbox.leases.take([row.seq], there.epoch)
        if not outbox.delivered(row.seq):
            break
        noted += 1
    assert noted == 4096
    done: list[int] = []
    outbox.settle(Settled(delivered=[there.rows[noted].seq]), lambda: done.append(1))
    outbox.flush(20.0)
    assert not done, "it waits for the disk"
    disk.full = False
    while not done:
        outbox.flush(20.0)
    assert counts(outbox).delivered == noted + 1
    assert outbox.delivered(there.rows[noted + 1].seq)
    adds_up(outbox)
    outbox.close()


def test_a_disk_that_breaks_and_comes_back(tmp_path: Path) -> None:
    disk = Disk()
    outbox = Outbox(tmp_path, connect=disk.connect, retry=0.02)
    fill(outbox, (item(n) for n in range(5)))
    disk.broken = True
    fill(outbox, (item(n) for n in range(5, 10)))
    assert outbox.trouble
    disk.broken = False
    while outbox.trouble:
        outbox.flush(20.0)
    assert numbers(outbox) == list(range(10))
    adds_up(outbox)
    outbox.close()


@pytest.mark.parametrize("fault", ["full", "broken"])
def test_q_total_the_counters_say_so_also_while_the_disk_is_away(
    fault: str, tmp_path: Path
) -> None:
    disk = Disk()
    outbox = Outbox(tmp_path, connect=disk.connect, retry=0.02)
    fill(outbox, [item(n) for n in range(5)])
    there = page(outbox)
    assert outbox.leases.take([row.seq for row in there.rows], there.epoch)
    assert all(outbox.delivered(row.seq) for row in there.rows[:2])
    before = counts(outbox)
    assert (before.accepted, before.delivered, before.pending) == (5, 2, 3)
    setattr(disk, fault, True)
    fill(outbox, [item(n) for n in range(5, 8)])
    while_away = counts(outbox)
    assert (while_away.accepted, while_away.delivered, while_away.pending) == (8, 2, 6)
    setattr(disk, fault, False)
    assert outbox.close()
    (standing,) = look(tmp_path).standings
    assert standing.counts == while_away


def test_a_close_moves_to_the_disk_what_is_in_memory(tmp_path: Path) -> None:
    disk = Disk()
    outbox = Outbox(tmp_path, connect=disk.connect, retry=1000.0)
    fill(outbox, [item(1)])
    disk.full = True
    fill(outbox, [item(2)])
    disk.full = False
    fill(outbox, [item(3)])
    assert outbox.trouble
    assert outbox.close(20.0)
    again = Outbox(tmp_path)
    assert numbers(again) == [1, 2, 3]
    adds_up(again)
    again.close()


def test_who_takes_over_while_the_disk_is_broken_goes_on_when_it_is_back(tmp_path: Path) -> None:
    disk = Disk()
    first = Outbox(tmp_path, connect=Disk().connect)
    fill(first, [item(1)])
    second = Outbox(tmp_path, connect=disk.connect, retry=0.02)
    fill(second, [item(2)])
    assert numbers(second) == []
    disk.broken = True
    first.close()
    while not second.trouble:
        second.flush(20.0)
    fill(second, [item(3)])
    disk.broken = False
    while second.trouble:
        second.flush(20.0)
    assert numbers(second) == [1, 2, 3]
    adds_up(second)
    second.close()


@pytest.mark.parametrize("seed", range(10))
def test_a_sync_that_fails_makes_nothing_durable(seed: int, tmp_path: Path) -> None:
    chance = Random(seed)
    disk = Disk()
    (before := tmp_path / "before").mkdir()
    outbox = Outbox(before, connect=disk.connect, retry=0.02)
    fill(outbox, (item(n) for n in range(5)))
    disk.unsynced = True
    receipts = [outbox.append(TO, as_it_is, item(n)) for n in range(5, 10)]
    assert [receipt.wait(20.0) for receipt in receipts] == [False] * 5
    assert outbox.trouble
    disk.unsynced = False
    while outbox.trouble:
        outbox.flush(20.0)
    assert numbers(outbox) == list(range(10))
    assert outbox.append(TO, as_it_is, item(10)).wait(20.0)
    disk.lasts = disk.steps  # not even the close is written
    (after := tmp_path / "after").mkdir()
    disk.after_power_cut(after, chance)
    again = Outbox(after)
    assert numbers(again) == list(range(11)), "what was durable, or moved to the disk, is there"
    adds_up(again)
    again.close()
    disk.lasts = None
    outbox.close()


def test_a_directory_that_cannot_be_made_means_memory_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    outbox = Outbox(tmp_path / "file" / "queue", retry=0.02)
    receipt = outbox.append(TO, as_it_is, item(1))
    assert not receipt.wait(20.0)
    assert receipt.state == "memory"
    assert numbers(outbox) == [1]
    (tmp_path / "file").unlink()
    while outbox.trouble:
        outbox.flush(20.0)
    assert numbers(outbox) == [1]
    assert outbox.close(20.0)
    again = Outbox(tmp_path / "file" / "queue")
    assert numbers(again) == [1]
    again.close()


def test_a_clock_that_was_set_back_keeps_nothing_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = 365 * 86400 * 10**9
    place, away = tmp_path / "queue", tmp_path / "away"
    for years, first in ((60, 0), (0, 10)):
        monkeypatch.setattr("playertrack.outbox.failover.time_ns", lambda now=years * year: now)
        if place.exists():
            place.rename(away)
        place.write_text("in the way")
        outbox = Outbox(place, retry=0.02)
        fill(outbox, (item(n) for n in range(first, first + 5)))
        settle(outbox, Settled(rejected={rows(outbox)[-1].seq: (TO, "bad")}))
        assert outbox.trouble
        place.unlink()
        if away.exists():
            away.rename(place)
        while outbox.trouble:
            outbox.flush(20.0)
        fill(outbox, [item(first + 5)])
        settle(outbox, Settled(rejected={rows(outbox)[-1].seq: (TO, "bad")}))
        outbox.close()
    outbox = Outbox(place)
    assert numbers(outbox) == [0, 1, 2, 3, 10, 11, 12, 13]
    assert [letter.item.number for letter in outbox.dead()] == [4, 5, 14, 15]
    adds_up(outbox)
    outbox.close()


def test_a_queue_of_a_newer_version_is_not_touched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    outbox.close()
    with closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as file:
        for table in ("tally", "tally_copy"):  # it keeps its counters elsewhere
            file.execute(f"ALTER TABLE {table} RENAME TO {table}_3")
        file.execute("PRAGMA user_version = 3")
    before = (tmp_path / "queue.db").read_bytes()
    outbox = Outbox(tmp_path)
    fill(outbox, [item(2)])
    assert "version 3" in str(outbox.trouble)
    assert "version 3" in caplog.text
    outbox.close()
    assert (tmp_path / "queue.db").read_bytes() == before


def test_somebody_elses_database_is_not_touched(tmp_path: Path) -> None:
    file = sqlite3.connect(tmp_path / "queue.db")
    file.execute("CREATE TABLE precious (a)")
    file.close()
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    assert "not a queue" in str(outbox.trouble)
    outbox.close()
    file = sqlite3.connect(tmp_path / "queue.db")
    assert file.execute("SELECT count(*) FROM precious").fetchone() == (0,)
    file.close()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "queue.db").symlink_to(tmp_path / "elsewhere")
    outbox = Outbox(tmp_path)
    fill(outbox, [item(1)])
    assert outbox.trouble
    outbox.close()
    assert (tmp_path / "elsewhere").read_bytes() == b""


@pytest.mark.parametrize("fault", ["full", "broken"])
def test_q_live_a_destination_that_waits_for_the_disk_says_so(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    defaults = Outbox.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "connect", disk.connect)
    monkeypatch.setitem(defaults, "retry", 0.5)
    monkeypatch.setattr("playertrack.outbox.ack_log.SLOTS", 2)  # then only commits record more
    going = threading.Event()

    def answer(request: Received) -> Answer:
        going.wait(20.0)
        return ok()

    with Server(answer) as server:
        sender = Sender(tmp_path)
        sink = DeliverySink("http:x", HttpDestination(server.base), queue=sender)
        for n in range(300):
            sink.emit(Event("PLAY", at=2e9 + n, session=f"s{n}", index=1))
        assert sender.outbox.flush(20.0)
        setattr(disk, fault, True)
        sink.emit(Event("PLAY", at=2e9, session="last", index=1))
        sender.outbox.flush(20.0)
        going.set()
        while (status := sink.status(20.0)).state != "waiting":
            assert status.pending
        assert "disk" in str(status.reason) or "power" in str(status.reason)
        assert status.next_try is not None
        setattr(disk, fault, False)
        assert sender.close(20.0)
    assert sink.counts().delivered == 301


def test_q_live_a_queue_that_cannot_be_opened_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("in the way")
    with Server() as server:
        sink = DeliverySink("http:x", HttpDestination(server.base), queue=tmp_path / "queue")
        sink.emit(Event("PLAY", at=2e9, session="s", index=1))
        assert sink.flush(20.0), "it is sent from memory"
        status = sink.status(20.0)
        assert (status.state, status.delivered) == ("waiting", 1)
        assert str(tmp_path / "queue") in str(status.reason)
        assert status.next_try is not None
        sink.close(1.0)


def test_q_live_a_server_that_is_away_is_not_all_there_is_to_say(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("in the way")
    with Server(lambda request: ok("no", "404 Not Here")) as server:
        sink = DeliverySink("http:x", HttpDestination(server.base), queue=tmp_path / "queue")
        sink.emit(Event("PLAY", at=2e9, session="s", index=1))
        assert not sink.flush(20.0)
        status = sink.status(20.0)
        assert status.state == "paused"
        assert "the address is wrong" in str(status.reason)
        assert f"in memory only: {tmp_path / 'queue'}" in str(status.reason)
        sink.close(0.0)
