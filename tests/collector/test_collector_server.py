"""The API for tests, what the collector lets in, and its bounds."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import socket
import warnings
import zlib

import aiohttp
import pytest
from aiohttp import web
from async_tests import in_loop
from collector_client import KS, started

from playertrack.collector import Collector, CollectorError, Received
from playertrack.collector.guard import Guard
from playertrack.collector.history import MOST_BYTES
from playertrack.collector.received_lines import received_line, verdict_lines

# ------------------------------------------------------------------------------ the REST API


@in_loop
async def test_the_api_shows_what_came() -> None:
    async with started() as client:
        await client.send(2, "s-1", ks=KS)
        await client.send(3, "s-1", ks=KS)
        await client.send(3, "s-2", ks="k")
        summary = await client.get()
        assert summary == {
            "received": 3,
            "accepted": 3,
            "good": 2,
            "bad": 1,
            "failed": 0,
            "sessions": 2,
            "faults": [],
        }
        events = await client.get("/events")
        assert [(each["number"], each["event"]) for each in events] == [
            *((1, "MEDIA_LOADED"), (2, "PLAY"), (3, "PLAY")),
        ]
        assert len(await client.get("/good")) == 2
        [bad] = await client.get("/bad")
        assert bad["findings"] == ["PLAY before MEDIA_LOADED"]
        assert len(await client.get("/events", session="s-1")) == 2
        assert len(await client.get("/events", after=2)) == 1
        assert await client.get("/events", endpoint="kava") == []
        sessions = await client.get("/sessions")
        assert [each["session"] for each in sessions] == ["s-1", "s-2"]
        assert sessions[0]["events"] == {"MEDIA_LOADED": 1, "PLAY": 1}


@in_loop
async def test_the_api_distinguishes_ks_and_shows_none() -> None:
    async with started() as client:
        await client.send(ks=KS)
        await client.send(ks=KS)
        await client.send(ks="short-one")
        events = await client.get("/events")
        first, second, third = (each["ks"] for each in events)
        assert first == second != third
        shown = json.dumps([events, await client.get(), await client.get("/sessions")])
        shown += repr(client.collector.received) + repr(client.collector.services)
        shown += "".join(map(received_line, client.collector.received))
        assert KS not in shown
        assert "short-one" not in shown


@in_loop
async def test_secrets_of_the_ks_services_are_kept_nowhere() -> None:
    async with started(secret="hunter2", tokens={"id": "hunter3"}) as client:
        url = f"{client.collector.service_url}/service/session/action/start"
        for secret in ("hunter2", "hunter4"):
            await client.session.post(url, data={"secret": secret, "partnerId": "1"})
        shown = json.dumps([await client.get(), await client.get("/events")])
        assert "hunter" not in shown + repr(client.collector.received)


@in_loop
async def test_waiting_for_events() -> None:
    async with started() as client:
        waiting = asyncio.create_task(client.get("/wait", events=2))
        await client.send()
        assert not await client.collector.wait(2, timeout=0)
        await client.send(3)
        assert (await waiting)["reached"] is True
        assert await client.collector.wait(2)
        url = f"{client.collector.analytics_url}/collector/wait?events=3&timeout=0"
        async with client.session.get(url) as response:
            assert response.status == 408
            assert (await response.json())["reached"] is False


@in_loop
async def test_reset_forgets_and_is_no_get() -> None:
    async with started() as client:
        client.collector.fault("lost", after=5)
        await client.send()
        async with client.session.get(
            f"{client.collector.analytics_url}/collector/reset"
        ) as response:
            assert response.status in (404, 405)
        assert len(client.collector.received) == 1
        status, summary = await client.post("/reset")
        assert (status, summary["received"], summary["faults"]) == (200, 0, [])
        assert client.collector.sessions == []
        await client.send(3)
        assert [each.number for each in client.collector.received] == [2]
        assert client.collector.bad


@in_loop
async def test_faults_over_the_api() -> None:
    async with started() as client:
        fault = {"kind": "status", "status": 502, "times": 1}
        status, [shown] = await client.post("/faults", fault)
        assert (status, shown["status"]) == (200, 502)
        assert [(await client.send())[0] for _ in range(2)] == [502, 200]
        assert (await client.post("/faults", [fault, fault]))[0] == 200
        assert len(await client.get("/faults")) == 2
        assert await client.post("/faults", []) == (200, [])
        for wrong in ({"kind": "fire"}, [5], "x"):
            status, answer = await client.post("/faults", wrong)
            assert (status, "not allowed" in answer["error"]) == (400, True)
        url = f"{client.collector.analytics_url}/collector/faults"
        async with client.session.post(url, data=b"[" * 5000) as response:
            assert response.status == 400


@in_loop
async def test_bad_numbers_in_the_query_are_refused() -> None:
    async with started() as client:
        for query in ("events?after=x", "wait?events=-1", "wait?timeout=nan"):
            url = f"{client.collector.analytics_url}/collector/{query}"
            async with client.session.get(url) as response:
                assert response.status == 400


# ------------------------------------------------------------------------- who is let in


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": ""},
        {"Host": "192.168.1.5"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://evil.example/page"},
    ],
)
@in_loop
async def test_pages_and_names_of_other_hosts_are_refused(headers: dict[str, str]) -> None:
    async with started() as client:
        for path in ("/collector/reset", "/api_v3/service/stats/action/collect", "/collector"):
            url = client.collector.analytics_url + path
            for method in ("POST", "GET"):
                request = client.session.request(method, url, headers=headers)
                async with request as response:
                    assert response.status == 403
        assert client.collector.received == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5", "[::1]:80", "LOCALHOST:1"])
@in_loop
async def test_this_machine_may_ask_by_any_of_its_names(host: str) -> None:
    async with started() as client:
        headers = {"Host": host, "Origin": f"http://{host}"}
        url = f"{client.collector.analytics_url}/collector"
        async with client.session.get(url, headers=headers) as response:
            assert response.status == 200
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@in_loop
async def test_a_page_of_this_machine_may_ask_from_another_port() -> None:
    async with started() as client:
        origin = "http://localhost:3000"
        url = f"{client.collector.analytics_url}/api_v3/index.php?service=analytics"
        headers = {"Origin": origin, "Access-Control-Request-Headers": "content-type"}
        async with client.session.options(url, headers=headers) as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Headers"] == "content-type"
            assert response.headers["Access-Control-Allow-Origin"] == origin
        async with client.session.post(url, headers={"Origin": origin}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == origin
        async with client.session.options(url, headers={"Origin": "https://a.example"}) as response:
            assert response.status == 403
            assert "Access-Control-Allow-Origin" not in response.headers


@in_loop
async def test_it_listens_on_the_loopback_interface_alone() -> None:
    async with Collector() as collector:
        socket.create_connection(("127.0.0.1", collector.port), timeout=20.0).close()
        # Who listens on all interfaces listens there, too.
        with pytest.raises(OSError, match=r"refused|assign|timed out"):
            socket.create_connection(("127.0.0.2", collector.port), timeout=20.0)


@in_loop
async def test_a_large_body_is_refused() -> None:
    async with started() as client:
        url = f"{client.collector.service_url}/service/stats/action/collect"
        async with client.session.post(url, data=io.BytesIO(b"x" * (2 << 20))) as response:
            assert response.status == 413
        assert (await client.send())[0] == 200


@in_loop
async def test_a_compressed_body_is_bounded_by_what_it_unpacks_to() -> None:
    async with started() as client:
        url = f"{client.collector.service_url}/service/stats/action/collect"
        headers = {"Content-Encoding": "gzip"}
        packed = gzip.compress(b" " * 10_000_000)
        async with client.session.post(url, data=packed, headers=headers) as response:
            assert response.status == 413
        packed = zlib.compress(b"x")
        for encodings in (["deflate"], ["identity", "deflate"]):
            refused = [("Content-Encoding", each) for each in encodings]
            async with client.session.post(url, data=packed, headers=refused) as response:
                assert response.status == 415


@in_loop
async def test_what_is_kept_is_bounded_by_bytes() -> None:
    async with started() as client:
        for n in range(40):
            await client.send(2, f"s-{n}", **{"event[entryId]": "e" * 1_000_000})
        kept = client.collector.received
        held = sum(len(value) for each in kept for value in each.fields.values())
        assert 0 < held <= MOST_BYTES
        assert kept[-1].session == "s-39"
        assert (await client.get())["accepted"] == 40
        await client.send(2, "s" * 1_000_000)
        assert "sessionId: it is longer than 256" in client.collector.received[-1].findings
        assert len(client.collector.sessions) == 40


@in_loop
async def test_bodies_that_are_held_at_one_time_are_bounded() -> None:
    guard = Guard(max_held=2500, max_body=1000)

    async def take(request: web.Request) -> web.Response:
        async with guard.body(request) as body:
            reading.set()
            await enough.wait()
        return web.Response(text=str(len(body)))

    reading, enough = asyncio.Event(), asyncio.Event()
    app = web.Application(middlewares=[guard.check])
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"

    async def post(session: aiohttp.ClientSession, size: int) -> int:
        async with session.post(url, data=b"x" * size) as response:
            return response.status

    async with aiohttp.ClientSession() as session:
        first = asyncio.create_task(post(session, 1000))
        await reading.wait()
        reading.clear()
        second = asyncio.create_task(post(session, 1000))
        await reading.wait()
        assert guard.held == 2000
        assert await post(session, 600) == 503
        assert await post(session, 1001) == 413
        enough.set()
        assert [await first, await second] == [200, 200]
        assert guard.held == 0
        assert await post(session, 600) == 200
    await runner.cleanup()


@in_loop
async def test_too_many_requests_are_slowed_down() -> None:
    # One at once, and the next in a quarter of an hour, however long a request takes.
    async with started(max_rate=0.001) as client:
        assert [(await client.send())[0] for _ in range(3)] == [200, 429, 429]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"[" * 100_000),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 2000)),
    ],
)
@in_loop
async def test_what_cannot_be_read_is_refused(content_type: str, body: bytes) -> None:
    async with started() as client:
        url = f"{client.collector.service_url}/service/stats/action/collect"
        headers = {"Content-Type": content_type}
        async with client.session.post(url, data=body, headers=headers) as response:
            assert response.status == 400


@in_loop
async def test_a_taken_port_is_reported() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CollectorError, match=str(port)):
            await Collector(port).start()


# ------------------------------------------------------------------------------------ bounds


@in_loop
async def test_the_history_is_bounded_and_the_counts_go_on() -> None:
    async with started(max_events=10, max_sessions=3) as client:
        for n in range(25):
            await client.send(2, f"s-{n}")
        assert [each.number for each in client.collector.received] == list(range(16, 26))
        assert (await client.get())["accepted"] == 25
        assert [each.session for each in client.collector.sessions] == ["s-22", "s-23", "s-24"]


@in_loop
async def test_each_event_is_reported_as_it_comes() -> None:
    reported: list[Received] = []
    async with started(on_event=reported.append) as client:
        client.collector.fault("html", times=1)
        await client.send()
        await client.send(2)
        assert [each.accepted for each in reported] == [False, True]


@in_loop
async def test_lines_for_people_hold_nothing_that_moves_the_cursor() -> None:
    async with started() as client:
        client.collector.fault("html", times=1)
        for session in ("s-1", "a\x1b[2J\u202e", "x" * 200):
            await client.send(3, session)
        await client.send(99, "s-3")
        lines = [received_line(each) for each in client.collector.received]
        lines += verdict_lines(client.collector.history.summary(), client.collector.sessions)
        assert all(line.isprintable() for line in lines)
        assert any("BAD: PLAY before MEDIA_LOADED" in line for line in lines)
        assert any("a page of HTML" in line for line in lines)


@in_loop
async def test_it_can_be_stopped_twice_and_started_again() -> None:
    collector = Collector()
    async with collector:
        port = collector.port
    await collector.stop()
    async with collector:
        assert collector.port == port


@in_loop
async def test_a_slow_client_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playertrack.collector.server._PATIENCE", 0.05)
    async with Collector() as collector:
        reader, writer = await asyncio.open_connection("127.0.0.1", collector.port)
        writer.write(
            b"POST /api_v3/service/stats/action/collect HTTP/1.1\r\n"
            b"Host: localhost\r\nContent-Length: 100\r\n\r\nevent"
        )
        assert b" 408 " in await reader.readline()
        writer.close()


@in_loop
async def test_what_connects_while_it_stops_leaves_nothing_open() -> None:
    loop = asyncio.get_running_loop()
    with warnings.catch_warnings(record=True) as reported:
        warnings.simplefilter("always")
        collector = Collector()
        await collector.start()
        with socket.create_connection(("127.0.0.1", collector.port)):
            # In this order it is accepted, and stopped before it is served.
            accepted = loop.create_future()
            loop.call_soon(accepted.set_result, None)
            await accepted
            await collector.stop()
        gc.collect()
    assert [str(each.message) for each in reported] == []
