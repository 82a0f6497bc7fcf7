"""Nothing waits without a reason, whatever user code and the system do (wire, 5: Q-live)."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from fault_server import RESET, Answer, Received, Server, ok
from sending import FAST, ME, again, event, events, firsts, indices, sink_for, until
from surroundings import Surroundings

from playertrack.destinations.kaltura import WireProfile
from playertrack.destinations.kaltura.kaltura_sink import KS
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.outbox import Row

ROOT = Path(__file__).parents[2]
IMPATIENT = attrs.evolve(FAST, timeout=0.5, connect_timeout=0.1)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    released = threading.Event()
    yield released
    released.set()


def test_a_ks_function_that_hangs_is_asked_again(tmp_path: Path, released: threading.Event) -> None:
    asked: list[int] = []

    def give() -> str:
        asked.append(1)
        if len(asked) == 1:
            released.wait(60.0)
        return "K"

    with Server() as server:
        sink = sink_for(server, tmp_path, ks=give, settings=IMPATIENT)
        for each in events(5):
            sink.emit(each)
        until(lambda: "said nothing" in str(sink.status(30.0).reason) or server.received)
        assert sink.close(20.0)
        assert firsts(indices(server.received)) == [1, 2, 3, 4, 5]
        assert again(server.received) <= sink.counts().ambiguous


def test_a_coroutine_for_a_ks_that_blocks_its_loop_delays_no_other(
    tmp_path: Path, released: threading.Event
) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def give() -> str:
        loops.append(asyncio.get_running_loop())
        if len(loops) == 1:
            released.wait(60.0)  # as a client that is not asynchronous would
        return "K"

    with Server() as server, Server() as good:
        sink = sink_for(server, tmp_path, ks=give, settings=IMPATIENT)
        another = attrs.evolve(ME, partner_id=103)
        other = sink_for(good, tmp_path, settings=IMPATIENT, identity=another)
        for each in events(5):
            sink.emit(each)
            other.emit(each)
        assert other.flush(20.0)
        assert sink.close(20.0)
        assert other.close(20.0)
        for there, its in ((server, sink), (good, other)):
            assert firsts(indices(there.received)) == [1, 2, 3, 4, 5]
            assert again(there.received) <= its.counts().ambiguous
    assert loops[1] is not loops[0]


@pytest.mark.parametrize("failure", [SystemExit(3), KeyError("x"), StopIteration()])
def test_a_ks_function_that_fails_costs_a_retry(failure: BaseException, tmp_path: Path) -> None:
    asked: list[int] = []

    def give() -> str:
        asked.append(1)
        if len(asked) < 3:
            raise failure
        return "K"

    with Server() as server:
        sink = sink_for(server, tmp_path, ks=give)
        sink.emit(event(1))
        assert sink.close(20.0)
        assert indices(server.received) == [1]


def test_a_name_that_resolves_slowly_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released: threading.Event
) -> None:
    ask = socket.getaddrinfo

    def slow(host: Any, *args: Any, **options: Any) -> Any:
        if host == "slow.test":
            released.wait(60.0)
            raise socket.gaierror("no")
        return ask(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    settings = attrs.evolve(IMPATIENT, allow_http=True)
    with Server() as server:
        port = server.base.rpartition(":")[2].split("/")[0]
        held = sink_for("http://slow.test", tmp_path, settings=settings)
        held.emit(event(1, "held"))
        until(lambda: "getaddrinfo() did not return" in str(held.status(30.0).reason))
        another = attrs.evolve(ME, partner_id=103)
        url = f"http://localhost:{port}"
        other = sink_for(url, tmp_path, settings=settings, identity=another)
        for each in events(5):
            other.emit(each)
        assert other.flush(20.0)
        assert firsts(indices(server.received)) == [1, 2, 3, 4, 5]
        assert again(server.received) <= other.counts().ambiguous
        other.close(0.0)
        held.close(0.0)


def test_a_look_up_that_never_returns_is_made_again_by_another_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released: threading.Event
) -> None:
    ask, asked = socket.getaddrinfo, list[str]()

    def hang(host: Any, *args: Any, **options: Any) -> Any:
        if host == "hangs.test":
            asked.append(host)
            if len(asked) < 3:
                released.wait(60.0)
            host = "127.0.0.1"
        return ask(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with Server() as server:
        port = server.base.rpartition(":")[2].split("/")[0]
        settings = attrs.evolve(IMPATIENT, allow_http=True)
        sink = sink_for(f"http://hangs.test:{port}", tmp_path, settings=settings)
        for each in events(5):
            sink.emit(each)
        assert sink.flush(20.0)
        assert firsts(indices(server.received)) == [1, 2, 3, 4, 5]
        assert len(asked) >= 3
        sink.close(20.0)


def test_threads_that_never_return_from_a_look_up_are_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released: threading.Event
) -> None:
    hanging = [0]

    def hang(*args: Any, **options: Any) -> Any:
        hanging[0] += 1
        released.wait(60.0)
        raise socket.gaierror("no")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    settings = attrs.evolve(IMPATIENT, allow_http=True, connect_timeout=0.01)
    sink = sink_for("http://hangs.test", tmp_path, settings=settings)
    sink.emit(event(1))
    for _ in range(20):
        sink.flush(0.1)
        assert hanging[0] <= 9
    assert hanging[0] > 2
    sink.close(0.0)


def test_nothing_is_kept_for_a_loop_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, left = asyncio.new_event_loop, [False]

    def none_left() -> asyncio.AbstractEventLoop:
        if not left[0] and threading.current_thread().name == "playertrack-sender":
            raise OSError(24, "Too many open files")
        return make()

    monkeypatch.setattr(asyncio, "new_event_loop", none_left)
    with Server() as server:
        sink = sink_for(server, tmp_path)
        for each in events(600):
            sink.emit(each)
            if each.index % 20 == 0:
                sink.status(30.0)
        assert sum(type(each) is Row for each in gc.get_objects()) < 200
        left[0] = True
        assert sink.close(20.0)
        assert firsts(indices(server.received)) == list(range(1, 601))


@pytest.mark.parametrize(
    "what", ["threads", "the thread that sends", "threads for names", "descriptors"]
)
def test_q_live_what_cannot_be_had_at_the_first_event_is_tried_again(
    what: str, tmp_path: Path
) -> None:
    code = f"""
import os, select, sys, threading, time
sys.path[:0] = sys.argv[3:]
from sending import FAST, ME, event
from playertrack.destinations.kaltura.stats import StatsSink
sink = StatsSink(ME, queue=sys.argv[2], url=sys.argv[1], settings=FAST)
start = threading.Thread.start
if {what!r} != "descriptors":
    def none_left(self):
        lacks = {{"the thread that sends": "sender", "threads for names": "dns"}}.get({what!r}, "")
        if lacks in self.name:
            raise RuntimeError("can't start new thread")
        start(self)
    threading.Thread.start = none_left
else:
    import resource, socket, asyncio, sqlite3, ssl, encodings.idna, playertrack.delivery.loop
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        pass
sink.emit(event(1))
time.sleep(0.3)
if {what!r} != "descriptors":
    threading.Thread.start = start
else:
    for each in held:
        os.close(each)
n = 1
while not select.select([sys.stdin], [], [], 0.05)[0]:  # nothing is asked for
    if {what!r} == "threads":  # where there is none at all, only a call can look again
        n += 1
        sink.emit(event(n))
print(sink.close(20.0))
"""
    with Server() as server:
        paths = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests")]
        command = [sys.executable, "-c", code, server.base, str(tmp_path), *paths]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as sender:
            server.wait(1)
            assert sender.communicate("\n", timeout=60)[0] == "True\n"
        arrived = indices(server.received)
        assert firsts(arrived) == list(range(1, len(arrived) + 1))


def test_a_get_is_repeated_by_nobody_but_the_retry_policy(tmp_path: Path) -> None:
    def answer(request: Received) -> Answer:
        return RESET if request.number == 1 else ok()

    with Server(answer) as server:
        sink = StatsSink(
            ME, queue=tmp_path, url=server.base, settings=FAST, profile=WireProfile.legacy()
        )
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
        assert len(server.received) == 4
        assert sink.counts().ambiguous == 1


def test_a_blank_answer_that_does_not_end_is_no_answer(tmp_path: Path) -> None:
    def answer(request: Received) -> Answer:
        return ok(" " * 200_000) if request.number == 0 else ok()

    with Server(answer) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        assert sink.close(20.0)
        assert len(server.received) == 2


@pytest.mark.parametrize("kind", ["text", "function", "none"])
def test_the_words_of_a_server_that_refuses_a_ks_are_kept_without_it(
    kind: str, tmp_path: Path
) -> None:
    secret = "djJ8MTAyfPlantedSecretPlantedSecretPlanted"
    asked: list[int] = []

    def once() -> str:
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError("no other")
        return secret

    kinds: dict[str, KS] = {"text": secret, "function": once, "none": None}
    given = kinds[kind]
    with Server(
        lambda request: ok(f"the session {given and secret} is too old", "401 No")
    ) as server:
        sink = sink_for(server, tmp_path, ks=given)
        sink.emit(event(1))
        until(lambda: "is too old" in str(sink.status(30.0).reason))
        assert secret not in str(sink.status(30.0).reason)
        sink.close(0.0)


@pytest.mark.parametrize("part", ["sender", "dns", "descriptors"])
def test_q_live_what_cannot_be_had_is_a_reason_with_a_next_try(part: str, tmp_path: Path) -> None:
    around = Surroundings()
    with Server() as server, around.here():
        around.fail(part, "none")
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.status(30.0).state == "waiting")
        status = sink.status(30.0)
        assert status.reason is not None
        assert "to send with" in status.reason
        assert status.next_try is not None
        around.repair(part)
        server.wait(1)
        assert sink.close(20.0)


def test_q_live_a_queue_without_a_thread_can_be_asked_and_gets_one(tmp_path: Path) -> None:
    around = Surroundings()
    with Server() as server, around.here():
        around.fail("outbox", "none")
        sink = sink_for("http://127.0.0.1:9", tmp_path)
        sink.emit(event(1))
        assert sink.status(60.0).pending == 1
        around.repair("outbox")
        until(lambda: sink.sender.outbox._thread is not None)
        sink.close(0.0)

        sink = sink_for(server, tmp_path, identity=attrs.evolve(ME, partner_id=103))
        around.fail("outbox", "none")
        sink.emit(event(1))
        around.repair("outbox")
        server.wait(1)  # though nobody asks for anything
        sink.close(20.0)


def test_q_live_what_an_earlier_process_left_says_what_it_waits_for(tmp_path: Path) -> None:
    sink = sink_for("http://127.0.0.1:9", tmp_path)
    sink.emit(event(1))
    sink.close(0.0)
    with Server() as server:
        sink = sink_for(server, tmp_path)
        status = sink.status(30.0)
        assert (status.state, status.pending) == ("waiting", 1)
        assert status.reason is not None
        assert "nothing was emitted yet" in status.reason
        around = Surroundings()
        with around.here():
            around.fail("sender", "none")
            assert not sink.flush(1.0)
            around.repair("sender")
            server.wait(1)  # it is tried again, though nobody asks for it
        assert sink.close(20.0)
