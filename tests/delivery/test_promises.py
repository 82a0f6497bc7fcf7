"""Threads, forks, clocks and exits: the promises of the queue, end to end (wire, 5)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_server import Answer, Received, Server, ok
from sending import FAST, ME, event, events, firsts, indices, sink_for, until

from playertrack import Tracker
from playertrack.delivery import Post
from playertrack.outbox import look
from playertrack.sinks.kava import KavaSink
from playertrack.sinks.stats import StatsSink

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]


def test_ten_thousand_emits_from_eight_threads_while_the_network_flaps(tmp_path: Path) -> None:
    over = threading.Event()

    def flap(server: Server) -> None:
        while not over.wait(0.05):
            server.drop(0.02)

    with Server() as server:
        sink = sink_for(server, tmp_path)
        flapping = threading.Thread(target=flap, args=(server,))
        flapping.start()

        def emit(session: str) -> None:
            for n in range(1, 1251):
                sink.emit(event(n, session))
                if n % 50 == 0:
                    time.sleep(0.01)

        threads = [threading.Thread(target=emit, args=(name,)) for name in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.wait(500)
        over.set()
        flapping.join()
        assert sink.flush(60.0)
        counts = sink.counts()
        assert sink.close(10.0)
    assert counts.accepted == counts.delivered == 10_000
    for session in "abcdefgh":
        assert firsts(indices(server.received, session)) == list(range(1, 1251))
    assert len(server.received) - 10_000 <= counts.ambiguous


def test_clocks_that_step_by_years_change_neither_order_nor_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, real_ns = time.time, time.time_ns
    step = 0.0
    monkeypatch.setattr(time, "time", lambda: real() + step)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(step * 1e9))
    with Server(lambda r: ok("", "500 No") if r.number % 5 == 0 else ok()) as server:
        sink = sink_for(server, tmp_path)
        for n, years in enumerate((0, 10, -20, 3, 50, 0), 1):
            step = years * 365.25 * 86400
            sink.emit(event(n))
            assert sink.flush(20.0)
        assert sink.close(5.0)
    assert firsts(indices(server.received)) == [1, 2, 3, 4, 5, 6]
    bodies: dict[int, set[bytes]] = {}
    for request in server.received:
        bodies.setdefault(indices([request])[0], set()).add(request.body)
    assert all(len(each) == 1 for each in bodies.values())


def test_two_processes_on_one_queue_never_send_the_same_event(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[3:]\n"
        "from pathlib import Path\n"
        "from sending import event, sink_for\n"
        "sink = sink_for(sys.argv[1], Path(sys.argv[2]))\n"
        "for n in range(1, 201): sink.emit(event(n, 'theirs'))\n"
        "sink.close(5.0)"
    )
    paths = [str(ROOT), str(Path(__file__).parent)]
    with Server() as server:
        command = [sys.executable, "-c", code, server.base, str(tmp_path), *paths]
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
    paths = [str(ROOT), str(Path(__file__).parent)]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT + ending, base, str(queue), *paths],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return time.monotonic() - began, done.stderr


@pytest.mark.parametrize("dead", ["refuses", "hangs"])
def test_exit_with_a_dead_network_within_the_timeout_and_nothing_lost(
    dead: str, tmp_path: Path
) -> None:
    with Server(lambda request: "hang") as server:
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


def test_q_close_twice_and_with_nothing_ever_emitted(tmp_path: Path) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)
        assert sink.close(5.0)
        assert sink.close(5.0)
        assert sink.emit(event(1)).state == "closed"


def test_q_close_returns_at_once_when_nothing_can_be_sent_in_time(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "404 No")) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.post.states().get(sink.name) == "paused")
        began = time.monotonic()
        assert not sink.close(30.0)
        assert time.monotonic() - began < 10.0


@pytest.mark.parametrize("lanes", ["a", "abcdefgh"])
def test_q_close_returns_at_once_when_it_is_paused_meanwhile(lanes: str, tmp_path: Path) -> None:
    with Server(lambda request: ok("", "404 No"), delay=0.02) as server:
        sink = sink_for(server, tmp_path)
        for each in events(20, *lanes):
            sink.emit(each)
        began = time.monotonic()
        assert not sink.close(30.0)
        assert time.monotonic() - began < 15.0
        assert len(server.received) <= len(lanes)


def in_fork(work: Callable[[], object]) -> str:
    """What ``work`` gives in a forked child, which ends as multiprocessing ends one."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = repr(work())
        except BaseException as error:
            said = repr(error)
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


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


def test_one_post_for_both_services_of_which_neither_disturbs_the_other(tmp_path: Path) -> None:
    def answer(request: Received) -> Answer:
        return ok() if "stats" in request.target else ok("", "500 No")

    with Server(answer) as server:
        stats = sink_for(server, tmp_path)
        kava = KavaSink(ME, queue=tmp_path, url=server.base, settings=FAST)
        assert stats.post is kava.post
        for each in events(20):
            stats.emit(each)
            kava.emit(each)
        assert stats.flush(20.0)
        assert kava.counts().pending == 20
        assert not kava.close(0.2)
        assert stats.close(0.5)


def test_a_queue_in_memory_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Server() as server:
        sink = sink_for(server)
        assert not sink.emit(event(1)).wait(20.0)
        assert sink.close(20.0)
    assert indices(server.received) == [1]
    assert not list(tmp_path.iterdir())


def test_an_event_without_its_entry_is_a_dead_letter(tmp_path: Path) -> None:
    from playertrack.kaltura import Identity

    with Server() as server:
        sink = StatsSink(Identity(partner_id=1), queue=tmp_path, url=server.base, settings=FAST)
        assert sink.emit(event(1)).wait(20.0) is False
        assert sink.emit(event(2, name="VIEW")).wait(20.0) is False
        counts = sink.counts()
        assert sink.close(20.0)
    assert not server.received
    assert (counts.rejected, counts.unmapped) == (1, 1)
    assert "entry_id" in look(tmp_path).dead[0].reason


def test_tracker_delivers_through_both_sinks(tmp_path: Path) -> None:
    with Server(lambda r: ok() if "stats" in r.target else ok("1700000000")) as server:
        post = Post(tmp_path, settings=FAST)
        sinks = [
            StatsSink(ME, queue=post, url=server.base),
            KavaSink(ME, queue=post, url=server.base),
        ]
        with Tracker(sinks) as tracker:
            tracker.loaded("1_abc", duration=10.0)
            tracker.play()
            tracker.playing(position=0.0)
            tracker.ended()
        assert post.close(20.0)
    types = [r.form["event[eventType]"] for r in server.received if "stats" in r.target]
    assert types[:3] == ["1", "2", "3"]
    assert any("trackEvent" in request.target for request in server.received)
