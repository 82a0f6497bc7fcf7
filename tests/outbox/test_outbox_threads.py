"""Events from any thread, at any time, without waiting (wire, 5: Q-order, Q-durable)."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from queueing import TO, as_it_is, fill, item, numbers, page

from playertrack.outbox import Bounds, Outbox


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
