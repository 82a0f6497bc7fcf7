"""Other processes and forks, on one queue (wire, 5: Q-one-sender, Q-close)."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fault_server import Server
from forked_child import in_fork
from sending import event, events, indices, sink_for, until

from playertrack.destinations.kaltura.ks import CallableKS
from playertrack.outbox import look

HERE = Path(__file__).parent
PATHS = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]


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
        assert sink.close(30.0)
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


class Slow:
    """A queue directory that keeps whoever opens it waiting for its path, until it may have it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._asked = 0
        self.opening, self.released = threading.Event(), threading.Event()

    def __fspath__(self) -> str:
        self._asked += 1
        if self._asked == 2:  # first it is looked up, then opened
            self.opening.set()
            assert self.released.wait(60.0)
        return str(self._directory)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_opens_queues_though_its_parent_was_opening_one(tmp_path: Path) -> None:
    slow = Slow(tmp_path / "parent")
    with Server() as server:
        opening = threading.Thread(target=lambda: sink_for(server, slow).close(5.0))
        opening.start()
        assert slow.opening.wait(20.0)

        def child() -> bool:
            signal.alarm(60)  # what waits for ever is to fail
            sink = sink_for(server, tmp_path / "child")
            sink.emit(event(1, "child"))
            return sink.close(30.0)

        said = in_fork(child)
        slow.released.set()
        opening.join(60.0)
    assert said == "True"
    assert indices(server.received, "child") == [1]


EMITTING = """
import sys; sys.path[:0] = sys.argv[3:]
from pathlib import Path
from sending import event, sink_for
sink = sink_for(sys.argv[1], Path(sys.argv[2]))
for n in range(1, 10**6):
    if sink.emit(event(n, "theirs")).wait(): print(n, flush=True)
"""


def test_q_one_sender_who_is_killed_leaves_the_queue_to_another(tmp_path: Path) -> None:
    with Server() as server:
        command = [sys.executable, "-c", EMITTING, server.base, str(tmp_path), *PATHS]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            durable = [int(other.stdout.readline())]
            sink = sink_for(server, tmp_path)
            for n in range(1, 51):
                sink.emit(event(n, "mine"))
                durable.append(int(other.stdout.readline()))
            assert look(tmp_path).in_use
            other.kill()
            durable += map(int, other.stdout)
        until(lambda: sink.flush(5.0))
        assert sink.close(20.0)
    # The killed process was the sender, of both sessions (Q-once).
    mine, theirs = indices(server.received, "mine"), indices(server.received, "theirs")
    for each in (mine, theirs):
        assert each == sorted(each)
        assert len(each) - len(set(each)) <= 1, "more than one came twice"
    assert set(mine) == set(range(1, 51))
    assert set(durable) <= set(theirs)


def deliver_elsewhere(base: str, queue: str, name: str) -> None:
    sink = sink_for(base, Path(queue))
    for each in events(20, name):
        sink.emit(each)
    sink.close(20.0)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_children_of_each_kind_deliver_beside_their_parent(method: str, tmp_path: Path) -> None:
    context: Any = multiprocessing.get_context(method)
    names = ("one", "two")
    with Server() as server:
        sink = sink_for(server, tmp_path)
        for each in events(20, "parent"):
            sink.emit(each)
        arguments = [(server.base, str(tmp_path), name) for name in names]
        children = [context.Process(target=deliver_elsewhere, args=each) for each in arguments]
        for child in children:
            child.start()
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [0, 0]
        until(lambda: sink.flush(5.0))
        assert sink.close(30.0)
    for name in ("parent", *names):
        assert indices(server.received, name) == list(range(1, 21))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_ks_that_is_asked_for_while_a_process_is_forked_holds_no_child_up(
    tmp_path: Path,
) -> None:
    parent = os.getpid()
    asked, answer = threading.Event(), threading.Event()

    def give() -> str:
        if os.getpid() == parent:
            asked.set()
            answer.wait(60.0)
        return "K"

    provider = CallableKS(give)
    with Server() as server:
        sink = sink_for(server, tmp_path / "parent", ks=provider)
        sink.emit(event(1, "parent"))
        assert asked.wait(20.0)

        def child() -> bool:
            mine = sink_for(server, tmp_path / "child", ks=provider)
            mine.emit(event(1, "child"))
            return mine.close(20.0)

        assert in_fork(child) == "True"
        assert indices(server.received, "child") == [1]
        answer.set()
        assert sink.close(20.0)
        assert indices(server.received, "parent") == [1]
