"""Other processes, forks and exits, on one queue (wire, 5: Q-one-sender, Q-close)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from fault_server import HANG, Server
from forked import in_fork
from sending import event, events, indices, sink_for, until

from playertrack.outbox import look

HERE = Path(__file__).parent
PATHS = [str(HERE.parents[1]), str(HERE)]


def test_q_one_sender_two_processes_on_one_queue_never_send_the_same_event(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[3:]\n"
        "from pathlib import Path\n"
        "from sending import event, sink_for\n"
        "sink = sink_for(sys.argv[1], Path(sys.argv[2]))\n"
        "for n in range(1, 201): sink.emit(event(n, 'theirs'))\n"
        "sink.close(5.0)"
    )
    with Server() as server:
        command = [sys.executable, "-c", code, server.base, str(tmp_path), *PATHS]
        with subprocess.Popen(command) as other:
            sink = sink_for(server, tmp_path)
            for n in range(1, 201):
                sink.emit(event(n, "mine"))
                time.sleep(0.001)
            assert other.wait(30.0) == 0
        until(lambda: sink.flush(5.0))
        sink.close(5.0)
    assert indices(server.received, "mine") == list(range(1, 201))
    assert indices(server.received, "theirs") == list(range(1, 201))


SCRIPT = """
import sys; sys.path[:0] = sys.argv[3:]
from pathlib import Path
from sending import event, sink_for
sink = sink_for(sys.argv[1], Path(sys.argv[2]))
for n in range(1, 201): sink.emit(event(n))
"""


def run_to_its_exit(base: str, queue: Path, ending: str = "") -> tuple[float, str]:
    """A short program that ends without closing its sink: how long it took, what it said."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT + ending, base, str(queue), *PATHS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return time.monotonic() - began, done.stderr


@pytest.mark.parametrize("dead", ["refuses", "hangs"])
def test_q_close_at_exit_with_a_dead_network_within_the_timeout_and_nothing_lost(
    dead: str, tmp_path: Path
) -> None:
    with Server(lambda request: HANG) as server:
        if dead == "refuses":
            server.shut()
        took, said = run_to_its_exit(server.base, tmp_path)
    assert took < 20.0
    assert "Traceback" not in said
    assert look(tmp_path).standings[0].counts.pending == 200
    with Server() as server:
        sink = sink_for(server, tmp_path)
        assert sink.close(20.0)
    assert indices(server.received) == list(range(1, 201))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_short_program_delivers_at_its_exit(host: str, tmp_path: Path) -> None:
    with Server() as server:
        _, said = run_to_its_exit(server.base.replace("127.0.0.1", host), tmp_path)
    assert said == ""
    assert indices(server.received) == list(range(1, 201))
    assert look(tmp_path).standings[0].counts.pending == 0


@pytest.mark.parametrize("ending", ["sys.exit(1)", "1 / 0"])
def test_other_exits_keep_everything(ending: str, tmp_path: Path) -> None:
    with Server() as server:
        server.shut()
        run_to_its_exit(server.base, tmp_path, ending)
    assert look(tmp_path).standings[0].counts.pending == 200


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_queues_and_the_parent_sends_each_event_once(tmp_path: Path) -> None:
    with Server(delay=0.005) as server:
        sink = sink_for(server, tmp_path)
        for each in events(30, "parent"):
            sink.emit(each)
        server.wait(3)

        def child() -> bool:
            for each in events(10, "child"):
                sink.emit(each)
            sink.close(1.0)
            return all(sink.emit(event(1)).state == "closed" for _ in range(2))

        assert in_fork(child) == "True"
        until(lambda: sink.flush(5.0))
        assert sink.close(5.0)
    assert indices(server.received, "parent") == list(range(1, 31))
    assert indices(server.received, "child") == list(range(1, 11))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_sink_made_before_the_fork_works_in_each_worker(tmp_path: Path) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)

        def worker(name: str) -> bool:
            for each in events(10, name):
                sink.emit(each)
            return sink.close(20.0)

        assert in_fork(lambda: worker("one")) == "True"
        assert in_fork(lambda: worker("two")) == "True"
        sink.close(5.0)
    for name in ("one", "two"):
        assert indices(server.received, name) == list(range(1, 11))
