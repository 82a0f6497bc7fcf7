"""``emit`` waits for nothing: no input or output on the caller's thread (wire, 5: Q-durable)."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fault_server import Server
from no_io import InputOutputError, no_io
from sending import FAST, ME, event, events, indices

from playertrack import Tracker
from playertrack.delivery import Sender
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink


@pytest.mark.parametrize(
    "work",
    [
        lambda path: path.read_bytes(),
        os.stat,
        sqlite3.connect,
        lambda path: socket.create_connection(("127.0.0.1", 1)),
        lambda path: time.sleep(0.001),
        lambda path: os.write(1, b""),
        lambda path: __import__("this_module_is_nowhere"),
    ],
    ids=["file", "stat", "database", "socket", "sleep", "write", "import"],
)
def test_input_and_output_is_noticed_even_if_its_failure_is_caught(
    work: Callable[[Path], object], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")

    def hide() -> None:
        with no_io():
            try:
                work(tmp_path / "file")
            except InputOutputError:
                return

    with pytest.raises(InputOutputError):
        hide()


@pytest.mark.parametrize("kind", [StatsSink, KavaSink])
def test_q_durable_the_first_emit_and_all_others_do_no_input_or_output(
    kind: type[StatsSink | KavaSink], tmp_path: Path
) -> None:
    with Server(lambda request: b"") as server:
        sink = kind(ME, queue=tmp_path / "queue", url=server.base, settings=FAST)
        assert not (tmp_path / "queue").exists(), "nothing has begun yet"
        batch = events(500, "a", "b")
        with no_io() as seen:
            receipts = [sink.emit(each) for each in batch]
        assert "append" in seen
        assert all(receipt.wait(20.0) for receipt in receipts)
        sink.close(0.1)


def test_q_durable_emit_does_not_wait_for_a_busy_disk_or_a_dead_network(tmp_path: Path) -> None:
    with Server() as server:
        server.shut()
        sink = StatsSink(ME, queue=tmp_path, url=server.base, settings=FAST)
        assert sink.emit(event(1)).wait(20.0)
        with closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            batch = events(500)[1:]
            with no_io():
                receipts = [sink.emit(each) for each in batch]
            assert {receipt.state for receipt in receipts} == {"waiting"}
            other.execute("ROLLBACK")
        assert all(receipt.wait(20.0) for receipt in receipts)
        server.listen()
        assert sink.close(20.0)
        assert indices(server.received) == list(range(1, 501))


def test_a_tracker_and_the_calls_of_an_application_do_none_either(tmp_path: Path) -> None:
    with Server(lambda request: b"") as server:
        sender = Sender(tmp_path, settings=FAST)
        stats = StatsSink(ME, queue=sender, url=server.base)
        kava = KavaSink(ME, queue=sender, url=server.base)
        with Tracker([stats, kava]) as tracker:
            with no_io() as seen:
                tracker.loaded("1_abc", duration=10.0)
                tracker.play()
                tracker.playing(position=0.0)
                kava.track_page("lobby", "home")
                kava.track_button("play", "cta")
                tracker.ended()
            assert "append" in seen
            tracker.close(timeout=0.1)
        sender.close(0.1)
