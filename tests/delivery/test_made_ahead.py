"""The next request of a session is made while the server answers: it must be right when it goes."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fault_server import HANG, Answer, Received, Server, exception, ok
from sending import FAST, events, index_of, indices, sink_for, until

from playertrack.delivery import loop, transport
from playertrack.delivery.protocol import Request
from playertrack.delivery.resolver import ThreadResolver
from playertrack.delivery.sender import share
from playertrack.destinations import sink as sinks
from playertrack.outbox import Bounds, look

LIMITS = aiohttp.ClientTimeout()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each request whether it was made ahead."""
    found: list[bool] = []
    exchange = transport.exchange

    def noted(session: Any, request: Request, plain: bool, limits: Any, made: Any) -> Any:
        assert made is None or made.request == request
        found.append(made is not None)
        return exchange(session, request, plain, limits, made)

    monkeypatch.setattr(loop, "exchange", noted)
    return found


def test_what_is_made_is_sent_when_it_is_awaited_or_never() -> None:
    async def main(server: Server) -> None:
        resolver = ThreadResolver()
        session = transport.new_session(resolver)
        requests = [Request("POST", server.base, {}, f"a={n}".encode()) for n in range(3)]
        made = [transport.make(session, each, True, LIMITS) for each in requests]
        assert None not in made
        assert server.connections == 0
        made[1].drop()  # type: ignore[union-attr]  # it is none of them, see above
        for n in (2, 0):
            answer = await transport.exchange(session, requests[n], True, LIMITS, made[n])
            assert answer.body == b"true"
        await session.close()
        await resolver.close()

    with Server() as server:
        asyncio.run(main(server))
        assert [request.body for request in server.received] == [b"a=2", b"a=0"]


@pytest.mark.parametrize("url", ["", "http://", "nonsense", "http://["])
def test_what_cannot_be_made_is_not(url: str) -> None:
    async def main() -> None:
        resolver = ThreadResolver()
        async with transport.new_session(resolver) as session:
            assert transport.make(session, Request("POST", url, {}, b""), True, LIMITS) is None
        async with aiohttp.ClientSession() as given:
            good = Request("POST", "http://127.0.0.1", {}, b"")
            assert transport.make(given, good, True, LIMITS) is None
        await resolver.close()

    asyncio.run(main())


def test_requests_of_one_session_are_made_ahead(tmp_path: Path, sent: list[bool]) -> None:
    with Server(delay=0.02) as server:
        sink = sink_for(server, tmp_path)
        for each in events(10):
            sink.emit(each)
        assert sink.close(20.0)
        assert indices(server.received) == list(range(1, 11))
    assert len(sent) == 10
    assert any(sent)


def test_a_token_that_was_renewed_meanwhile_is_the_one_that_goes(
    tmp_path: Path, sent: list[bool]
) -> None:
    tokens = iter(["K1", "K2"])

    def answer(request: Received) -> Answer:
        late = request.form["ks"] == "K1" and index_of(request) > 3
        return exception("INVALID_KS") if late else ok()

    with Server(answer, delay=0.01) as server:
        sink = sink_for(server, tmp_path, ks=lambda: next(tokens))
        for each in events(8):
            sink.emit(each)
        assert sink.close(20.0)
        got = [(index_of(request), request.form["ks"]) for request in server.received]
    assert got == [*((n, "K1") for n in range(1, 5)), *((n, "K2") for n in range(4, 9))]


@pytest.mark.parametrize("refusal", ["503 Busy", "422 No"])
def test_what_was_made_waits_for_the_one_before(
    refusal: str, tmp_path: Path, sent: list[bool]
) -> None:
    again = [3] if refusal.startswith("5") else []
    refused: list[Received] = []

    def answer(request: Received) -> Answer:
        if index_of(request) == 3 and not refused:
            refused.append(request)
            return ok("", refusal)
        return ok()

    with Server(answer, delay=0.01) as server:
        sink = sink_for(server, tmp_path)
        for each in events(6):
            sink.emit(each)
        assert sink.close(20.0)
        assert indices(server.received) == [1, 2, 3, *again, 4, 5, 6]
    assert sink.counts().rejected == (0 if again else 1)


def test_an_event_that_was_dropped_is_not_sent_though_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[bool]
) -> None:
    monkeypatch.setattr(sinks, "share", partial(share, bounds=Bounds(max_events=3)))
    dropped = threading.Event()

    def answer(request: Received) -> Answer:
        if request.number == 0:
            dropped.wait(20.0)
        return ok()

    with Server(answer) as server:
        sink = sink_for(server, tmp_path)
        for each in events(6):
            sink.emit(each)
            if each.index == 2:
                server.wait(1)
        assert sink.sender.outbox.flush(20.0)
        until(lambda: sink.counts().dropped)
        dropped.set()
        assert sink.close(20.0)
        counts, arrived = sink.counts(), indices(server.received)
    assert arrived == sorted(set(arrived))
    assert 2 not in arrived
    assert counts.delivered == len(arrived) == 6 - sum(counts.dropped.values())


def test_what_was_made_is_left_when_it_is_closed(tmp_path: Path) -> None:
    with Server(lambda request: HANG) as server:
        sink = sink_for(server, tmp_path, settings=FAST)
        for each in events(3):
            sink.emit(each)
        server.wait(1)
        assert not sink.close(0.1)
        assert indices(server.received) == [1]
    assert look(tmp_path).standings[0].counts.pending == 3
