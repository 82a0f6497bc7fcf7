"""Sources of tokens that a program wrote: what hangs holds up its own destination (Q-isolated)."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from fault_server import Received, Server, ok
from sending import FAST, again, event, events, index_of, sink_for, until

from playertrack.delivery.auth import AskedTokens
from playertrack.delivery.user_code import MOST, UserCode
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.sink import DeliverySink

#: A token may be asked for so long before it is given up.
IMPATIENT = attrs.evolve(FAST, timeout=0.5)


class Tokens:
    """A program's source; hangs until it is ``released``, the first ``times`` times."""

    def __init__(self, times: int = 0) -> None:
        self.times = times
        self.asked: list[str | None] = []
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.released = threading.Event()

    def hang(self, refused: str | None) -> None:
        self.asked.append(refused)
        if len(self.asked) <= self.times:
            self.released.wait(60.0)

    async def token(self, refused: str | None = None) -> str | None:
        self.loops.append(asyncio.get_running_loop())
        self.hang(refused)  # as a client that is not asynchronous would
        return "new" if refused else "old"

    def same_as(self, other: Any) -> bool:
        return self is other


class Plain(Tokens):
    """Is not even asynchronous."""

    def token(self, refused: str | None = None) -> Any:
        self.hang(refused)
        return asyncio.sleep(0, "new" if refused else "old")


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    with Server() as slow, Server() as good:
        yield slow, good


def sink_of(server: Server, tokens: Any, queue: Path, **options: Any) -> DeliverySink:
    options = {"settings": IMPATIENT, **options}
    destination = HttpDestination(server.base)
    return DeliverySink(f"http:{server.base}", destination, token=tokens, queue=queue, **options)


@pytest.mark.parametrize("kind", [Tokens, Plain])
def test_a_source_that_blocks_delays_no_other_and_the_reason_is_said(
    kind: type[Tokens], servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, good = servers
    tokens = kind(times=1)
    held = sink_of(slow, tokens, tmp_path, settings=FAST)
    other = sink_for(good, tmp_path)
    for n in range(1, 6):
        held.emit(event(n))
        other.emit(event(n))
    assert other.flush(20.0)
    assert sorted(map(index_of, good.received)) == [1, 2, 3, 4, 5]
    until(lambda: "has not come for" in str(held.sender.trouble(held.name)))
    status = held.status(30.0)
    assert (status.state, status.pending) == ("waiting", 5)
    assert "a token is asked for" in str(status.reason)
    tokens.released.set()
    assert held.close(20.0)
    assert {request.headers["authorization"] for request in slow.received} == {"Bearer old"}
    assert other.close(20.0)


@pytest.mark.parametrize("kind", [Tokens, Plain])
def test_a_source_that_never_answers_is_asked_again(
    kind: type[Tokens], servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, _ = servers
    tokens = kind(times=2)
    held = sink_of(slow, tokens, tmp_path)
    held.emit(event(1))
    assert held.close(20.0)
    assert len(tokens.asked) >= 3
    assert len(slow.received) - again(slow.received) == 1
    tokens.released.set()


def test_a_function_whose_coroutine_blocks_for_ever_is_asked_in_another_loop(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    tokens = Tokens(times=1)
    held = sink_of(servers[0], tokens.token, tmp_path)
    held.emit(event(1))
    assert held.close(20.0)
    assert tokens.loops[0] is not tokens.loops[1]
    tokens.released.set()


def test_a_source_of_several_destinations_runs_in_one_loop_and_knows_what_was_refused(
    tmp_path: Path,
) -> None:
    def answer(request: Received) -> bytes:
        return ok() if request.headers["authorization"] == "Bearer new" else ok("", "401 No")

    class Renewed(Tokens):
        current = "old"

        async def token(self, refused: str | None = None) -> str | None:
            await super().token(refused)
            if refused == self.current:
                self.current = "new"
            return self.current

    tokens = Renewed()
    with Server(answer) as one, Server(answer) as two:
        sinks = [sink_of(server, tokens, tmp_path, settings=FAST) for server in (one, two)]
        for sink in sinks:
            for each in events(3, "a", "b"):
                sink.emit(each)
        for sink in sinks:
            assert sink.flush(20.0)
        assert [sink.close(20.0) for sink in sinks] == [True, True]
    assert len(set(tokens.loops)) == 1
    assert "old" in tokens.asked
    assert tokens.current == "new"


def test_senders_that_share_a_function_share_its_loop() -> None:
    tokens = Tokens()
    code = UserCode()

    def ask() -> None:
        from playertrack.delivery.user_code import make_private

        make_private()
        asyncio.run(code.call(tokens.token))

    for _ in range(3):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(set(tokens.loops)) == 1


def test_the_loop_of_a_source_ends_with_the_last_sink_that_uses_it(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    tokens = Tokens()
    sink = sink_of(servers[0], tokens.token, tmp_path)
    sink.emit(event(1))
    assert sink.close(20.0)
    (loop,) = tokens.loops
    assert loop.is_running()
    del sink
    gc.collect()
    until(loop.is_closed)


def test_no_more_calls_hang_than_threads_can_be_spared() -> None:
    released = threading.Event()
    begun = threading.Semaphore(0)

    def hang() -> str:
        begun.release()
        released.wait(60.0)
        return "K"

    async def ask() -> None:
        source = AskedTokens(hang)
        for _ in range(MOST):
            asking = asyncio.create_task(source.token())
            await asyncio.to_thread(begun.acquire)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        with pytest.raises(RuntimeError, match="8 calls have not returned"):
            await source.token()
        released.set()
        for thread in threading.enumerate():
            if thread.name == "playertrack-token":
                await asyncio.to_thread(thread.join, 20.0)
        assert await source.token() == "K"

    asyncio.run(ask())
