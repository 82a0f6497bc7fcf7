"""The handler of an aiohttp application that takes what pages post."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiohttp import web
from aiohttp.http import HttpProcessingError

from playertrack import Event, Policy, random_ids
from playertrack.core.session import SessionIds
from playertrack.live.clock import Clock, LiveClock
from playertrack.sinks import FanoutSink, Sink

from .. import SCRIPT, SCRIPTS
from ..translator import Translator
from .batches import BatchError, read_batch
from .buckets import Bucket
from .pages import OnRecord, Pages, nobody

#: How long (s) a page may take to send a batch.
_PATIENCE = 10.0

_BUSY = 429, "too many batches; come again later"


class Receiver:
    """Takes the batches of the script in pages and hands the events of their players to sinks.

        receiver = Receiver([open_sink("jsonl:events.jsonl")])
        receiver.add_to(app, "/playertrack")

    gives the application the address to post to, and the script itself at
    ``/playertrack/playertrack.js``, and closes the receiver with it. `take` alone is a handler:
    ``app.router.add_post("/playertrack", receiver.take)``. Use it in one event loop.

    ``policy`` and ``ids`` are those of the engines, ``on_record`` is that of `Pages`.
    ``origins``: pages of other sites that may read the answer (CORS), as
    ``https://example.org``, or ``*``. The limits: ``max_body``
    bytes of a batch, ``max_rate`` batches a second of all players, ``max_players`` and
    ``idle`` as in `Pages`. Limits by address are for the server in front, which knows them.

    A batch is answered with 204; else with JSON, ``{"error": …}``: 400 if something in it
    cannot be taken (what can be was), 408 if it was too slow, 413 if it is too large, 429 if
    there are too many.
    """

    def __init__(
        self,
        sinks: Iterable[Sink] = (),
        *,
        policy: Policy = Translator.policy,
        ids: SessionIds = random_ids,
        origins: Iterable[str] = (),
        max_body: int = 1 << 16,
        max_rate: float = 1000.0,
        max_players: int = 10_000,
        idle: float = 3600.0,
        on_record: OnRecord = nobody,
        clock: Clock | None = None,
    ) -> None:
        self._clock = LiveClock() if clock is None else clock
        self._pages = Pages(
            policy=policy, ids=ids, most_players=max_players, idle=idle, on_record=on_record
        )
        self._sinks = FanoutSink(sinks)
        self._origins = frozenset(origins)
        self._max_body = max_body
        self._bucket = Bucket(max_rate, max(1.0, max_rate), self._clock.time())
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def players(self) -> int:
        """How many players there are at the moment."""
        return len(self._pages)

    def add_to(self, app: web.Application, path: str = "/playertrack") -> None:
        """Give ``app`` the addresses, and close this with it."""
        app.add_routes(
            [
                web.post(path, self.take),
                web.options(path, self.preflight),
                *(web.get(f"{path}/{script.name}", self.script) for script in SCRIPTS),
            ]
        )

        async def close(_: web.Application) -> None:
            await self.close()

        app.on_cleanup.append(close)

    async def script(self, request: web.Request) -> web.StreamResponse:
        """The script for the pages, or the hook for a player library."""
        # The routes are those of `SCRIPTS`, so the name is one of theirs.
        script = SCRIPT.with_name(request.path.rpartition("/")[2])
        return web.FileResponse(script, headers={"Content-Type": "text/javascript; charset=utf-8"})

    async def preflight(self, request: web.Request) -> web.Response:
        """Answer a browser that asks before it posts more than plain text; the script does not."""
        headers = {
            **self._headers(request),
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Content-Type",
        }
        return web.Response(status=204, headers=headers)

    async def take(self, request: web.Request) -> web.Response:
        """Take a batch."""
        status, error = await self._take(request)
        headers = self._headers(request)
        if error is None:
            return web.Response(status=status, headers=headers)
        if status == 429:
            headers["Retry-After"] = "1"
        return web.json_response({"error": error}, status=status, headers=headers)

    async def _take(self, request: web.Request) -> tuple[int, str | None]:
        now = self._clock.time()
        if self._closed or not self._bucket.passes(now):
            return _BUSY
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await self._body(request)
        except TimeoutError:
            return 408, f"the body did not come within {_PATIENCE:g} s"
        except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
            return 400, f"the body cannot be read: {type(error).__name__}"
        if body is None:
            return 413, f"a batch has at most {self._max_body} bytes"
        try:
            batch = read_batch(body)
        except BatchError as error:
            return 400, str(error)
        if self._closed:  # while the body came: its player is settled
            return _BUSY
        taken = self._pages.take(batch, self._clock.time())
        self._hand_on(taken.events)
        if taken.busy:
            return 429, "too many batches of this player; come again later"
        return (204, None) if taken.problem is None else (400, taken.problem)

    async def _body(self, request: web.Request) -> bytes | None:
        """The body, or None if it is too large."""
        if (request.content_length or 0) > self._max_body:
            return None
        body = bytearray()
        async for part in request.content.iter_any():
            body += part
            if len(body) > self._max_body:
                return None
        return bytes(body)

    def _headers(self, request: web.Request) -> dict[str, str]:
        origin = request.headers.get("Origin", "")
        if "*" in self._origins:
            return {"Access-Control-Allow-Origin": "*"}
        if not self._origins:
            return {}
        allowed = {"Access-Control-Allow-Origin": origin} if origin in self._origins else {}
        return {"Vary": "Origin", **allowed}

    def _hand_on(self, events: Iterable[Event]) -> None:
        for event in events:
            self._sinks.emit(event)
        if self._timer is None and not self._closed:
            due = self._pages.next_due()
            if due is not None:
                wait = max(0.0, due - self._clock.time())
                self._timer = asyncio.get_running_loop().call_later(wait, self._settle)

    def _settle(self) -> None:
        self._timer = None
        self._hand_on(self._pages.settle(self._clock.time()))

    async def close(self, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - as Sink.close has it
        """Settle all sessions and close the sinks; True if everything is delivered in time."""
        if not self._closed:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
            self._hand_on(self._pages.close())
        return await asyncio.to_thread(self._sinks.close, timeout)
