"""Held events and the disk: dated once, durably, and in order, whatever the disk does (Q-clock)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fault_disk import Disk
from queueing import TO, adds_up, as_it_is, counts, rows

from playertrack.events import Event
from playertrack.outbox import BootClock, Item, Outbox, RefusedError, both, dating
from playertrack.outbox.failover import Failover
from playertrack.outbox.store import Store
from playertrack.outbox.values import Added, Settled

NOW = 1_790_000_000.0


class Clock:
    """It is 1970 unless it is ``set``."""

    def __init__(self, is_set: bool) -> None:
        self.set = is_set
        self.ticks = 100.0

    def wall(self) -> float:
        return NOW + self.ticks if self.set else self.ticks


class Player:
    """Records events in a queue whose clock may be wrong, for a destination that numbers them."""

    def __init__(self, directory: Path, disk: Disk, clock_is_set: bool = False) -> None:
        self.clock = Clock(clock_is_set)
        boot_clock = BootClock(self.clock.wall, lambda: self.clock.ticks, "a boot")
        self.outbox = Outbox(directory, connect=disk.connect, retry=0.02, clock=boot_clock)
        self.outbox.undated.encoders[TO] = self.encode
        self.encoded: list[int] = []

    def encode(self, event: Event, beside: str) -> Item | None:
        self.encoded.append(event.index)
        item = Item(event.session, event.event, event.index, event.at, "", b"%d" % event.index)
        if event.event == "ERROR":
            raise RefusedError(item, "no errors here")
        return None if event.event == "PAUSE" else item

    def record(self, index: int, name: str = "PLAY") -> str:
        self.clock.ticks += 10.0
        at = self.clock.wall() if self.clock.set else self.clock.ticks
        receipt = self.outbox.append(TO, self.encode, Event(name, at=at, session="s", index=index))
        receipt.wait(20.0)
        return receipt.state

    def until_dated(self) -> list[Item]:
        """Wait until nothing is held; gives what is to be sent."""
        deadline = time.monotonic() + 60.0
        while any(row.item.held for row in rows(self.outbox)):
            assert time.monotonic() < deadline
            self.outbox.flush(20.0)
            time.sleep(0.005)
        return [row.item for row in rows(self.outbox)]


def test_a_disk_that_is_full_when_events_are_dated_dates_them_once_and_in_order(
    tmp_path: Path,
) -> None:
    disk = Disk()
    player = Player(tmp_path, disk)
    assert [player.record(1), player.record(2)] == ["durable", "durable"]
    disk.full = True
    assert player.record(3) == "memory"
    player.clock.set = True
    player.outbox.flush(20.0)
    assert player.record(4) == "memory"
    # The disk did not take the dates of the first two, so they keep the session waiting.
    assert [row.item.number for row in rows(player.outbox) if row.item.held][:2] == [1, 2]
    disk.full = False
    items = player.until_dated()
    assert [item.number for item in items] == [1, 2, 3, 4]
    assert player.encoded == [1, 2, 3, 4]
    assert [item.at - NOW for item in items] == [110.0, 120.0, 130.0, 140.0]
    adds_up(player.outbox)
    assert player.outbox.close(20.0)


def test_held_rows_are_not_read_while_nothing_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dating, "_SHARE", 1e-9)
    read: list[int] = []

    def held_rows(stores: list[Store]) -> list[tuple[int, str, Item]]:
        read.append(len(stores))
        return both.held_rows(stores)

    monkeypatch.setattr(dating, "held_rows", held_rows)
    player = Player(tmp_path, Disk())
    for index in range(1, 8):
        player.record(index)
        player.outbox.flush(20.0)
    assert len(read) == 1
    player.clock.set = True
    player.outbox.flush(20.0)
    assert [item.number for item in player.until_dated()] == list(range(1, 8))
    assert player.outbox.close(20.0)


def test_many_held_rows_are_dated_by_several_transactions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dating, "_GROUP", 3)
    player = Player(tmp_path, Disk())
    for index in range(1, 8):
        player.record(index)
    player.clock.set = True
    dated: list[int] = []
    commit = Failover.commit

    def counted(failover: Failover, added: Added, settled: Settled) -> range:
        dated.append(len(settled.dated))
        return commit(failover, added, settled)

    monkeypatch.setattr(Failover, "commit", counted)
    player.outbox.flush(20.0)
    assert [item.at - NOW for item in player.until_dated()] == [100.0 + 10 * n for n in range(1, 8)]
    assert [n for n in dated if n] == [3, 3, 1]
    assert "7 events are dated, 0 of them by estimate" in caplog.text
    adds_up(player.outbox)
    assert player.outbox.close(20.0)


def test_an_event_is_held_from_the_moment_at_which_the_clock_is_set_back(tmp_path: Path) -> None:
    player = Player(tmp_path, Disk(), clock_is_set=True)
    assert player.record(1) == "durable"
    player.clock.set = False
    assert player.record(2) == "durable"
    player.clock.set = True
    assert [item.at - NOW for item in player.until_dated()] == [110.0, 120.0]
    assert player.outbox.close(20.0)


@pytest.mark.parametrize("name", ["PAUSE", "ERROR"])
def test_what_a_destination_does_not_take_is_counted_when_it_is_dated(
    tmp_path: Path, name: str
) -> None:
    player = Player(tmp_path, Disk())
    player.record(1)
    player.record(2, name)
    player.record(3)
    assert (counts(player.outbox).accepted, counts(player.outbox).pending) == (3, 3)
    player.clock.set = True
    assert [item.number for item in player.until_dated()] == [1, 3]
    adds_up(player.outbox)
    found = counts(player.outbox)
    unmapped, rejected = (1, 0) if name == "PAUSE" else (0, 1)
    assert (found.unmapped, found.rejected) == (unmapped, rejected)
    assert [letter.item.number for letter in player.outbox.dead(20.0)] == [2] * rejected
    assert player.outbox.close(20.0)


def test_a_held_item_that_nobody_wrote_so_is_refused(tmp_path: Path) -> None:
    player = Player(tmp_path, Disk())
    player.record(1)
    for head in ("held ", "held {}", 'held [1, "x"]', 'held ["a boot", 1e999, ""]'):
        made = Item("t", "PLAY", 1, 0.0, head, b"[]")
        player.outbox.append(TO, as_it_is, made)
    player.clock.set = True
    assert [item.number for item in player.until_dated()] == [1]
    assert counts(player.outbox).rejected == 4
    adds_up(player.outbox)
    assert player.outbox.close(20.0)


@pytest.mark.parametrize("is_set", [False, True])
@pytest.mark.parametrize("reading", range(6))
def test_a_machine_that_freezes_while_its_clocks_are_read_knows_when_it_booted(
    reading: int, is_set: bool
) -> None:
    clock, readings = Clock(is_set), 0

    def read(name: str) -> float:
        nonlocal readings
        if readings == reading:
            clock.ticks += 2.0
        readings += 1
        return clock.wall() if name == "wall" else clock.ticks

    boot = BootClock(lambda: read("wall"), lambda: read("ticks"), "a boot")
    assert boot.started == (NOW if is_set else None)
    assert list(boot.lags) == ([] if is_set else [0.0])
