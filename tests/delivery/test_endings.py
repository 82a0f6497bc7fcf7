"""Exits, signals and closes: nothing is lost, and nothing hangs (wire, 5: Q-close, Q-durable)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fault_server import HANG, Server
from sending import event, indices, sink_for

from playertrack.outbox import Receipt, look

HERE = Path(__file__).parent
PATHS = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]

SCRIPT = """
import sys; sys.path[:0] = sys.argv[3:]
from pathlib import Path
from sending import event, sink_for
sink = sink_for(sys.argv[1], Path(sys.argv[2]))
for n in range(1, 21): sink.emit(event(n))
"""


#: At its exit a program has two seconds, which a machine that is busy may need to begin with.
UNHURRIED = "import playertrack.delivery.sender as s; s._EXIT_TIMEOUT = 30.0"


def run_to_its_exit(
    base: str, queue: Path, ending: str = "", *options: str
) -> tuple[str, float, str]:
    """A short program that ends without closing its sink: what it said, its end, its errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", SCRIPT + ending, base, str(queue), *PATHS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout, time.monotonic(), done.stderr


@pytest.mark.parametrize("dead", ["refuses", "hangs"])
def test_q_close_at_exit_with_a_dead_network_within_the_timeout_and_nothing_lost(
    dead: str, tmp_path: Path
) -> None:
    with Server(lambda request: HANG) as server:
        if dead == "refuses":
            server.shut()
        # That clock is the same in all processes.
        ending = "import time; print(time.monotonic())"
        ended, over, said = run_to_its_exit(server.base, tmp_path, ending)
    assert over - float(ended) < 10.0, "two seconds were allowed"
    assert "Traceback" not in said
    assert look(tmp_path).standings[0].counts.pending == 20
    with Server() as server:
        sink = sink_for(server, tmp_path)
        assert sink.close(20.0)
    assert indices(server.received) == list(range(1, 21))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_short_program_delivers_at_its_exit(host: str, tmp_path: Path) -> None:
    with Server() as server:
        *_, said = run_to_its_exit(server.base.replace("127.0.0.1", host), tmp_path, UNHURRIED)
    assert said == ""
    assert indices(server.received) == list(range(1, 21))
    assert look(tmp_path).standings[0].counts.pending == 0


@pytest.mark.parametrize("ending", ["sys.exit(1)", "1 / 0"])
def test_other_exits_keep_everything(ending: str, tmp_path: Path) -> None:
    with Server() as server:
        server.shut()
        run_to_its_exit(server.base, tmp_path, ending)
    assert look(tmp_path).standings[0].counts.pending == 20


def test_without_assertions_it_delivers_as_well(tmp_path: Path) -> None:
    with Server() as server:
        *_, said = run_to_its_exit(server.base, tmp_path, UNHURRIED, "-O")
    assert said == ""
    assert indices(server.received) == list(range(1, 21))


#: A program that waits for a signal when all is durable. What it is started by may have it
#: ignore some of them. It waits for the byte that a signal writes, since ``signal.pause`` sleeps
#: on if the signal came just before it.
PATIENT = (
    "import signal, socket\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    "woken, wake = socket.socketpair(); wake.setblocking(False)\n"
    "signal.set_wakeup_fd(wake.fileno())\n"
    f"{SCRIPT.replace(': sink.emit', ': last = sink.emit')}"
    "last.wait(); print('durable', flush=True)\n"
    "woken.recv(1)\n"
)


@contextmanager
def patient(base: str, queue: Path) -> Iterator[subprocess.Popen[str]]:
    """That program; it has said that all is durable, and ends with the test."""
    with subprocess.Popen(
        [sys.executable, "-c", PATIENT, base, str(queue), *PATHS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "durable\n"
            yield program
        finally:
            program.kill()
            program.communicate()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"])
def test_q_durable_over_each_signal(name: str, tmp_path: Path) -> None:
    with Server() as server:
        server.shut()
        with patient(server.base, tmp_path) as program:
            program.send_signal(signal.Signals[name])
            program.wait(timeout=30.0)
            assert program.returncode != 0
        assert look(tmp_path).standings[0].counts.pending == 20
        server.listen()
        assert sink_for(server, tmp_path).close(20.0)
    assert indices(server.received) == list(range(1, 21))


def test_interrupts_while_it_ends_make_it_end_sooner(tmp_path: Path) -> None:
    with Server(lambda request: HANG) as server:
        with patient(server.base, tmp_path) as program:
            for _ in range(400):
                program.send_signal(signal.SIGINT)
                try:
                    program.wait(timeout=0.05)
                    break
                except subprocess.TimeoutExpired:
                    continue
            assert program.returncode not in (None, 0)
        assert look(tmp_path).standings[0].counts.pending == 20
    with Server() as server:
        assert sink_for(server, tmp_path).close(20.0)
    assert indices(server.received) == list(range(1, 21))


# ------------------------------------------------------------------------------------- close


def test_q_close_while_others_emit_puts_each_event_in_one_place(tmp_path: Path) -> None:
    receipts: dict[str, list[Receipt]] = {name: [] for name in "abcd"}
    together = threading.Barrier(5)

    def emit(name: str) -> None:
        together.wait()
        for n in range(1, 301):
            receipts[name].append(sink.emit(event(n, name)))

    with Server() as server:
        sink = sink_for(server, tmp_path)
        threads = [threading.Thread(target=emit, args=(name,)) for name in receipts]
        for thread in threads:
            thread.start()
        together.wait()
        sink.close(20.0)
        for thread in threads:
            thread.join()
    states = Counter(receipt.state for each in receipts.values() for receipt in each)
    assert states.keys() <= {"durable", "closed"}
    standings = look(tmp_path).standings
    accepted = standings[0].counts.accepted if standings else 0
    assert accepted == states["durable"]
    for name, mine in receipts.items():
        kept = [receipt.state for receipt in mine]
        assert kept == sorted(kept, reverse=True), "one was taken after the close"
        assert indices(server.received, name) == list(
            range(1, 1 + len(indices(server.received, name)))
        )
