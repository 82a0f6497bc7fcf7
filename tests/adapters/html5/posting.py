"""Pages that are not there: what they would post, and a server for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from playertrack_html5.receiving import Receiver

Record = dict[str, Any]

URL = "http://127.0.0.1:{}/playertrack"


def media(t: float, entry: str = "1_abc") -> Record:
    """The page chose media; ``t`` in seconds, as in all of these."""
    return {"t": t * 1000, "source": "cmd", "kind": "setMedia", "url": "", "entryId": entry}


def event(t: float, kind: str, position: float = 0.0, **state: Any) -> Record:
    """An event of the element, which is 8 s long."""
    known = {"duration": 8.0, "readyState": 4, "paused": kind == "pause", **state}
    return {"t": t * 1000, "source": "html5", "kind": kind, "currentTime": position, **known}


def played(t: float, a: float, b: float) -> list[Record]:
    """Natural playback from ``a`` at ``t`` to ``b``."""
    steps = round((b - a) * 4)
    return [event(t + n / 4, "timeupdate", a + n / 4) for n in range(1, steps + 1)]


def started(t: float = 0.0, entry: str = "1_abc") -> list[Record]:
    """A page whose element begins to play at ``t``."""
    kinds = ("loadstart", "loadedmetadata", "play", "playing")
    return [media(t, entry), *(event(t, kind) for kind in kinds)]


def closed(t: float) -> Record:
    return {"t": t * 1000, "source": "page", "kind": "close"}


def batch(
    records: list[Record], player: str = "p", first: int = 0, sent: float | None = None, **more: Any
) -> dict[str, Any]:
    """The body to post, when the last of the records was made if ``sent`` (s) does not say else."""
    at = records[-1]["t"] if sent is None else sent * 1000
    return {"player": player, "first": first, "sent": at, "records": records, **more}


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Client]:
    """The receiver in an application on a free port, and who posts to it."""
    app = web.Application()
    receiver.add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Client(http, runner.addresses[0][1])
    finally:
        await runner.cleanup()


class Client:
    """Posts as a browser does; gives status, JSON (or None) and headers."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self.http = http
        self.port = port
        self.url = URL.format(port)

    async def post(
        self, body: object, **headers: str
    ) -> tuple[int, dict[str, Any] | None, dict[str, str]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(self.url, data=data, headers=headers) as response:
            text = await response.text()
            answer = json.loads(text) if text else None
            return response.status, answer, dict(response.headers)
