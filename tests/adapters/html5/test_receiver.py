"""The handler over HTTP: answers, limits, other sites, the end."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading
from pathlib import Path

import pytest
from posting import batch, closed, event, played, receiving, started

from playertrack.events import Event
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink, NullSink
from playertrack_html5 import SCRIPTS
from playertrack_html5.receiving import Receiver


def names(sink: MemorySink) -> list[str]:
    return [event.event for event in sink.events]


def test_batch_is_answered_with_nothing_and_its_events_go_to_every_sink() -> None:
    sinks = MemorySink(), MemorySink()

    async def post() -> None:
        async with receiving(Receiver(sinks)) as client:
            status, message, _ = await client.post(batch(started()))
            assert (status, message) == (204, None)
            assert names(sinks[0])[-3:] == ["PLAY", "FIRST_PLAY", "VIEW"]

    asyncio.run(post())
    assert sinks[0].events == sinks[1].events


def test_q_isolated_a_sink_that_hangs_holds_up_no_page_and_no_other_sink() -> None:
    stopped = threading.Event()

    class Hanging(NullSink):
        def emit(self, event: Event) -> None:
            stopped.wait()

    sink = MemorySink()

    async def post() -> None:
        receiver = Receiver([Hanging(), sink])
        async with receiving(receiver) as client:
            assert (await client.post(batch(started())))[0] == 204
            assert names(sink)[-3:] == ["PLAY", "FIRST_PLAY", "VIEW"]
            stopped.set()

    asyncio.run(post())


def test_end_of_the_application_settles_what_is_open() -> None:
    sink = MemorySink()

    async def post() -> None:
        receiver = Receiver([sink])
        async with receiving(receiver) as client:
            records = [*started(), event(0.5, "waiting", 0.0)]
            await client.post(batch(records, sent=1.0))
            assert receiver.players == 1
            assert names(sink)[-1] == "BUFFER_START"
        assert receiver.players == 0
        assert await receiver.close()  # once more does no harm

    asyncio.run(post())
    assert names(sink)[-1] == "BUFFER_END"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_is_served_and_is_the_one_of_the_package(script: Path) -> None:
    source = script.read_bytes()

    async def get() -> None:
        async with (
            receiving(Receiver()) as client,
            client.http.get(f"{client.url}/{script.name}") as response,
        ):
            assert response.content_type == "text/javascript"
            assert await response.read() == source

    asyncio.run(get())


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "the body is no batch"),
        (b"\xff\xfe", 400, "the body is no batch"),
        (b"x" * 70_000, 413, "a body has at most 65536 bytes"),
    ],
)
def test_body_that_cannot_be_taken_is_answered_in_json(
    body: bytes, status: int, message: str
) -> None:
    async def post() -> None:
        async with receiving(Receiver()) as client:
            answer = await client.post(body)
            assert answer[0] == status
            assert answer[1] is not None
            assert answer[1]["error"].startswith(message)

    asyncio.run(post())


def test_bad_record_is_named_and_the_others_are_taken() -> None:
    sink = MemorySink()

    async def post() -> None:
        async with receiving(Receiver([sink])) as client:
            status, message, _ = await client.post(batch([{"t": 0, "kind": []}, *started()]))
            assert status == 400
            assert message is not None
            assert message["error"].startswith("records[0].kind: ")

    asyncio.run(post())
    assert "PLAY" in names(sink)


def test_compressed_body_is_refused_before_it_is_read() -> None:
    async def post() -> None:
        async with receiving(Receiver()) as client:
            packed = gzip.compress(b" " * 10_000_000)
            status, answer, _ = await client.post(packed, **{"Content-Encoding": "gzip"})
            assert status == 415
            assert answer is not None
            assert answer["error"].startswith("Content-Encoding")

    asyncio.run(post())


@pytest.mark.parametrize(
    "sent",
    [
        b"Transfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"Content-Length: 100\r\n\r\n{",
    ],
)
def test_body_that_breaks_off_is_no_traceback(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def post() -> None:
        async with receiving(Receiver()) as client:
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write(b"POST /playertrack HTTP/1.1\r\nHost: localhost\r\n" + sent)
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 30.0)
            assert not answer or answer.startswith(b"HTTP/1.1 400")
            writer.close()
            assert (await client.post(batch(started())))[0] == 204

    with caplog.at_level(logging.WARNING):
        asyncio.run(post())
    assert "receiver.py" not in caplog.text  # what aiohttp itself cannot read, it reports itself


def test_batch_whose_body_comes_while_it_closes_is_nothing() -> None:
    sink = MemorySink()
    body = json.dumps(batch(played(0.0, 0.0, 1.0), first=5)).encode()

    async def post() -> None:
        receiver = Receiver([sink])
        async with receiving(receiver) as client:
            await client.post(batch(started()))
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            head = f"Host: localhost\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(b"POST /playertrack HTTP/1.1\r\n" + head.encode())
            continued = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30.0)
            assert continued.startswith(b"HTTP/1.1 100")  # so it waits for the body now
            await receiver.close()
            writer.write(body)
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30.0)
            assert answer.startswith(b"HTTP/1.1 429")
            writer.close()

    asyncio.run(post())
    assert names(sink).count("WIDGET_LOADED") == 1


def test_too_many_batches_have_to_wait_and_then_may_come() -> None:
    async def post() -> None:
        clock = ManualClock()
        async with receiving(Receiver(max_rate=3.0, clock=clock)) as client:
            posted = [await client.post(batch(started(), player=name)) for name in "abcd"]
            assert [status for status, _, _ in posted] == [204, 204, 204, 429]
            assert posted[-1][1] is not None
            assert "too many" in posted[-1][1]["error"]
            assert posted[-1][2]["Retry-After"] == "1"
            clock.advance(1.0)
            assert (await client.post(batch(started(), player="e")))[0] == 204

    asyncio.run(post())


def test_one_player_that_posts_too_often_does_not_stop_the_others() -> None:
    async def post() -> None:
        async with receiving(Receiver(clock=ManualClock())) as client:
            mad = [(await client.post(batch(started())))[0] for _ in range(40)]
            assert mad.count(429) == 10
            assert (await client.post(batch(started(), player="other")))[0] == 204

    asyncio.run(post())


def test_player_too_many_closes_the_one_that_was_silent_for_longest() -> None:
    sink = MemorySink()

    async def post() -> None:
        receiver = Receiver([sink], max_players=2)
        async with receiving(receiver) as client:
            for name in "abc":
                records = [*started(), event(0.5, "waiting", 0.0)]
                await client.post(batch(records, player=name, sent=1.0))
            assert receiver.players == 2
            ended = [each.player for each in sink.events if each.event == "BUFFER_END"]
            assert ended == ["a"]

    asyncio.run(post())


def test_timers_of_a_player_that_fell_silent_are_settled() -> None:
    message = asyncio.Event()

    class Awaited(MemorySink):
        def emit(self, event: Event) -> None:
            super().emit(event)
            if event.event == "BUFFER_END":
                message.set()

    async def post() -> None:
        async with receiving(Receiver([Awaited()], idle=0.05)) as client:
            await client.post(batch([*started(), event(0.5, "waiting", 0.0)], sent=1.0))
            await asyncio.wait_for(message.wait(), 30.0)

    asyncio.run(post())


def test_page_that_closes_is_gone() -> None:
    async def post() -> None:
        receiver = Receiver()
        async with receiving(receiver) as client:
            await client.post(batch([*started(), closed(1.0)]))
            assert receiver.players == 0

    asyncio.run(post())


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [
        ((), None),
        (("*",), "*"),
        (("https://a.example",), "https://a.example"),
        (("https://b.example",), None),
    ],
)
def test_pages_of_other_sites_may_post_and_read_the_answer_if_they_are_named(
    origins: tuple[str, ...], allowed: str | None
) -> None:
    async def post() -> None:
        async with receiving(Receiver(origins=origins)) as client:
            origin = {"Origin": "https://a.example"}
            for body, status in ((batch(started()), 204), (b"{", 400)):
                answered, _, headers = await client.post(body, **origin)
                assert answered == (403 if allowed is None else status)
                assert headers.get("Access-Control-Allow-Origin") == allowed
                assert ("Vary" in headers) == (origins != ("*",))
            async with client.http.options(client.url, headers=origin) as response:
                assert response.status == 204
                assert response.headers.get("Access-Control-Allow-Origin") == allowed

    asyncio.run(post())


@pytest.mark.parametrize(
    ("hosts", "headers", "status"),
    [
        (None, {}, 204),
        (None, {"Origin": "http://localhost:3000"}, 204),
        (None, {"Host": "rebound.example"}, 403),
        (None, {"Host": "rebound.example", "Origin": "http://rebound.example"}, 403),
        (None, {"Origin": "null"}, 403),
        (["tv.example"], {"Host": "tv.example", "Origin": "https://tv.example"}, 204),
        (["tv.example"], {"Host": "tv.example", "Origin": "https://a.example"}, 403),
        (["tv.example"], {"Host": "localhost"}, 403),
        (["*"], {"Host": "any.example", "Origin": "https://any.example"}, 204),
        (["*"], {"Host": "any.example", "Origin": "https://a.example"}, 403),
    ],
)
def test_it_takes_batches_by_its_own_names_from_its_own_pages(
    hosts: list[str] | None, headers: dict[str, str], status: int
) -> None:
    sink = MemorySink()

    async def post() -> None:
        receiver = Receiver([sink]) if hosts is None else Receiver([sink], hosts=hosts)
        async with receiving(receiver) as client:
            assert (await client.post(batch(started()), **headers))[0] == status

    asyncio.run(post())
    assert bool(sink.events) == (status == 204)


def test_signals_of_a_back_end_are_derived_whatever_their_order() -> None:
    sink = MemorySink()
    lines = [
        b'{"player": "tv", "seq": 1, "signal": "loaded", "at": 1, "entry_id": "1_abc"}',
        b'{"player": "tv", "seq": 3, "signal": "timeupdate", "at": 2.5, "position": 1.5}',
        b'{"player": "tv", "seq": 2, "signal": "playing", "at": 1}',
        b'{"player": "tv", "seq": 2, "signal": "playing", "at": 1}',
    ]

    async def post() -> None:
        async with receiving(Receiver([sink])) as client:
            for body in (b"\n".join(lines[:2]), b"\n".join(lines[2:])):
                async with client.http.post(f"{client.url}/signals", data=body) as response:
                    assert response.status == 204
            bad = b'{"player": "tv", "signal": "seeked?", "at": 3}'
            async with client.http.post(f"{client.url}/signals", data=bad) as response:
                assert response.status == 400
                assert (await response.json())["error"].startswith("line 1: ")

    asyncio.run(post())
    assert names(sink) == [
        *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "VIEW"),
    ]
    assert {event.player for event in sink.events} == {"tv"}
