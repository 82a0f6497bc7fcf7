"""The cost of a page's batches for a back end, beside a handler that only reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from statistics import median

from aiohttp import web

from playertrack.sinks import NullSink
from playertrack_html5.receiving import Receiver

from .measuring import Row, Scale, in_turns

#: Each page posts so many batches of five seconds, four updates a second.
_BATCHES, _UPDATES = 10, 20
_ANSWER = b"HTTP/1.1 204 No Content\r\n"


def rows(scale: Scale) -> list[Row]:
    """A row: the cost of a batch, as the cost of reading it and answering."""
    pages = scale.players // 1000
    requests = list(_requests(pages))
    works = {"bare": lambda: _work(_bare, requests), "receiver": lambda: _work(_take, requests)}
    timings = in_turns(scale.runs, works)
    seconds = median(timings.seconds["receiver"])
    note = f"{_UPDATES} updates each; {len(requests) / seconds:,.0f} batches/s of CPU, client too"
    return [Row("a batch of a page: receiver", timings.ratio("receiver", "bare"), note=note)]


def _requests(pages: int) -> Iterator[bytes]:
    for number in range(_BATCHES):
        for page in range(pages):
            yield _request(f"page-{page}", number)


def _request(player: str, number: int) -> bytes:
    start = number * _UPDATES / 4
    state = {"duration": 600.0, "paused": False, "ended": False, "seeking": False, "readyState": 4}
    records = [
        {
            "t": (start + n / 4) * 1000,
            "source": "html5",
            "kind": "timeupdate",
            "currentTime": start + n / 4,
            "playbackRate": 1,
            "loop": False,
            **state,
        }
        for n in range(1, _UPDATES + 1)
    ]
    if number == 0:
        records[0] |= {"kind": "attach", "src": "http://localhost/clip.webm"}
    sent = records[-1]["t"]
    batch = {"player": player, "first": number * _UPDATES, "sent": sent, "records": records}
    body = json.dumps(batch).encode()
    head = b"POST /playertrack HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


def _bare(app: web.Application) -> None:
    async def read(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)

    app.router.add_post("/playertrack", read)


def _take(app: web.Application) -> None:
    Receiver([NullSink()], max_rate=1e9).add_to(app)


def _work(
    add_to: Callable[[web.Application], object], requests: list[bytes]
) -> Callable[[], object]:
    async def post() -> None:
        app = web.Application()
        add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        for request in requests:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(_ANSWER), answer
        writer.close()
        await runner.cleanup()

    return lambda: asyncio.run(post())
