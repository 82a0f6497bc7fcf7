"""Where a KS may go: by TLS that is verified, to the address that was given, nowhere else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from certificates import Authority
from fault_server import Server, ok
from sending import FAST, HASTY, ME, event, events, indices, sink_for, until

from playertrack.delivery import DeliverySettings
from playertrack.delivery.protocol import Answer
from playertrack.delivery.transport import Fault, FaultError, TimeLimit
from playertrack.destinations.kaltura.ks import KSError
from playertrack.destinations.kaltura.ks_services import AppToken, SessionStart
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.outbox import look
from playertrack.sinks import SinkError

KS = "planted0ks0that0only0one0server0may0see"


def secure(server: Server) -> str:
    return server.base.replace("http:", "https:")


# --------------------------------------------------------------------------------------- TLS


def test_a_server_that_nobody_vouches_for_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(tls=Authority(tmp_path).serving()) as server:
        sink = sink_for(secure(server), tmp_path / "queue", ks=KS)
        sink.emit(event(1))
        until(lambda: sink.sender.states().get(sink.name) == "down")
        assert not sink.close(0.1)
        assert not server.received
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    assert look(tmp_path / "queue").standings[0].counts.pending == 1


@pytest.mark.parametrize(
    ("certificate", "delivers"),
    [
        ({}, True),
        ({"ends": timedelta(days=-1)}, False),
        ({"starts": timedelta(days=1)}, False),
        ({"host": "elsewhere.example"}, False),
        ({"host": "127.0.0.2"}, False),
    ],
    ids=["good", "expired", "not yet valid", "of another name", "of another address"],
)
def test_a_certificate_has_to_be_good(
    certificate: dict[str, Any], delivers: bool, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)

    async def main(server: Server) -> bool:
        connector = aiohttp.TCPConnector(ssl=authority.trusting())
        async with aiohttp.ClientSession(connector=connector) as session:
            sink = StatsSink(
                ME,
                queue=tmp_path / "queue",
                ks=KS,
                url=secure(server),
                settings=FAST,
                session=session,
            )
            for each in events(2):
                sink.emit(each)
            if not delivers:
                await asyncio.to_thread(
                    until, lambda: sink.sender.states().get(sink.name) == "down"
                )
            return await asyncio.to_thread(sink.close, 20.0 if delivers else 0.1)

    with Server(tls=authority.serving(**certificate)) as server:
        assert asyncio.run(main(server)) is delivers
        assert indices(server.received) == ([1, 2] if delivers else [])
    assert look(tmp_path / "queue").standings[0].counts.pending == (0 if delivers else 2)


def test_tls_is_never_left_out(tmp_path: Path) -> None:
    with Server() as server:  # which talks no TLS
        sink = sink_for(secure(server), tmp_path, ks=KS, settings=HASTY)
        sink.emit(event(1))
        until(lambda: sink.sender.states().get(sink.name) == "down")
        assert not sink.close(0.1)
        assert not server.received


@pytest.mark.parametrize("url", ["http://example.org/api_v3", "http://10.0.0.1/x", "http://[::2]/"])
def test_http_goes_only_to_this_machine_unless_asked(url: str) -> None:
    with pytest.raises(SinkError, match="http"):
        sink_for(url)
    sink_for(url, settings=DeliverySettings(allow_http=True)).close(0.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_http_to_this_machine_needs_no_leave(host: str) -> None:
    sink_for(f"http://{host}:1/api_v3").close(0.0)


# ------------------------------------------------------------------------------- other hosts


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("given", [False, True], ids=["own session", "given session"])
def test_a_redirect_is_never_followed(status: int, given: bool, tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            sink = StatsSink(
                ME,
                queue=tmp_path,
                ks=KS,
                url=url,
                settings=FAST,
                session=session if given else None,
            )
            for each in events(2):
                sink.emit(each)
            assert await asyncio.to_thread(sink.close, 20.0)

    with Server() as elsewhere, Server() as server:
        to = f"Location: {elsewhere.base}/service/stats/action/collect"
        moved = ok("", f"{status} Moved", to)
        server.answer = lambda request: moved if request.number < 2 else ok()
        asyncio.run(main(server.base))
        assert indices(server.received) == [1, 1, 1, 2]
        assert elsewhere.connections == 0


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_of_a_service_that_gives_a_ks_is_never_followed(status: int) -> None:
    with Server() as elsewhere, Server() as server:
        moved = ok("", f"{status} Moved", f"Location: {elsewhere.base}/")
        server.answer = lambda request: moved
        for provider in (
            AppToken("0_id", "token", 102, service_url=server.base),
            SessionStart("secret", 102, service_url=server.base),
        ):
            with pytest.raises(KSError) as error:
                asyncio.run(provider.ks())
            assert error.value.transient
        assert len(server.received) == 2
        assert elsewhere.connections == 0


def test_a_proxy_of_the_environment_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as proxy, Server(lambda request: ok("1700000000")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        provider = SessionStart("secret", 102, service_url=server.base)
        with pytest.raises(KSError):  # a number is no KS; it was the server that said so
            asyncio.run(provider.ks())
        server.answer = lambda request: ok()
        sink = sink_for(server, tmp_path, ks=KS)
        sink.emit(event(1))
        assert sink.close(20.0)
        assert proxy.connections == 0
        assert len(server.received) == 2


def test_cookies_are_not_kept(tmp_path: Path) -> None:
    with Server(lambda request: ok("true", "200 OK", "Set-Cookie: a=b; Path=/")) as server:
        sink = sink_for(server, tmp_path)
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
        assert not any("cookie" in request.headers for request in server.received)


# ------------------------------------------------------------------------------ time limits


async def never() -> Answer:
    await asyncio.Event().wait()
    raise AssertionError


def test_each_request_has_its_own_time() -> None:
    order: list[str] = []

    async def main() -> None:
        limit = TimeLimit(0.05)

        async def one(name: str) -> None:
            began = asyncio.get_running_loop().time()
            with pytest.raises(FaultError) as error:
                await limit.keep(never())
            assert error.value.fault is Fault.TIMEOUT
            assert asyncio.get_running_loop().time() - began >= 0.05
            order.append(name)

        async def quick() -> Answer:
            await asyncio.sleep(0)
            return Answer(200, {}, b"")

        first = asyncio.create_task(one("first"))
        assert (await limit.keep(quick())).status == 200  # which leaves the others their time
        await asyncio.sleep(0.01)
        second = asyncio.create_task(one("second"))
        await first
        await second
        await one("third")  # nothing was on its way for a while

    asyncio.run(main())
    assert order == ["first", "second", "third"]


@pytest.mark.parametrize("late", [False, True], ids=["in time", "when the time is over too"])
def test_a_request_that_is_given_up_by_others_stays_so(late: bool) -> None:
    async def main() -> None:
        limit = TimeLimit(0.01 if late else 60.0)

        async def work() -> Answer:
            try:
                return await never()
            except asyncio.CancelledError:
                if late:
                    task.cancel()
                raise

        task = asyncio.create_task(limit.keep(work()))
        if not late:
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
