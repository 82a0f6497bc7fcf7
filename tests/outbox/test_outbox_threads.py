"""Events from any thread, at any time, without waiting (wire, 5: Q-order, Q-durable)."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

from no_io import no_io
from queueing import TO, as_it_is, item, numbers, page

from playertrack.outbox import Bounds, Outbox


def test_order_is_that_of_emission_in_every_thread(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, bounds=Bounds(max_waiting=100_000))
    together = threading.Barrier(8)

    def emit(lane: str) -> None:
        together.wait()
        for n in range(500):
            outbox.append(TO, as_it_is, item(n, lane, size=30))

    threads = [threading.Thread(target=emit, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outbox.flush(20.0)
    there = page(outbox, limit=10_000).rows
    for lane in "abcdefgh":
        assert [r.item.number for r in there if r.item.lane == lane] == list(range(500))
    outbox.close()


def test_q_durable_append_does_no_input_or_output_on_the_callers_thread(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    batch = [item(n) for n in range(200)]
    with no_io() as seen:
        for each in batch:
            outbox.append(TO, as_it_is, each)
    assert "append" in seen
    assert outbox.flush(20.0)
    assert numbers(outbox) == list(range(200))
    outbox.close()


def test_emit_in_a_signal_handler_and_a_finalizer(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)

    class Dying:
        def __del__(self) -> None:
            outbox.append(TO, as_it_is, item(2, "dying"))

    def handler(*_: object) -> None:
        outbox.append(TO, as_it_is, item(1, "signal"))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0005)
        for n in range(2000):
            outbox.append(TO, as_it_is, item(n))
            Dying()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert outbox.flush(20.0)
    there = page(outbox, limit=100_000).rows
    assert [r.item.number for r in there if r.item.lane == "s"] == list(range(2000))
    assert sum(r.item.lane == "dying" for r in there) == 2000
    assert any(r.item.lane == "signal" for r in there)
    outbox.close()
