"""The handler of an aiohttp application that takes what pages post."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from aiohttp import web

from playertrack import Event, Policy, random_ids
from playertrack.collector.guard import LOCAL, Guard, RefusedRequestError
from playertrack.core.session import SessionIds
from playertrack.live.clock import Clock, LiveClock
from playertrack.sinks import FanoutSink, Sink

from .. import SCRIPT, SCRIPTS
from ..translator import Translator
from .back_ends import BackEnds
from .batches import BatchError, read_batch
from .pages import OnRecord, Pages, Taken, nobody

_BUSY = RefusedRequestError(429, "too many batches; come again later", 1)


class Receiver:
    """Takes the batches of the script in pages and hands the events of their players to sinks.

        receiver = Receiver([open_sink("jsonl:events.jsonl")])
        receiver.add_to(app, "/playertrack")

    gives the application the address to post to, and the script itself at
    ``/playertrack/playertrack.js``, and closes the receiver with it. `take` alone is a handler:
    ``app.router.add_post("/playertrack", receiver.take)``. Use it in one event loop.

    ``policy`` and ``ids`` are those of the engines, ``on_record`` is that of `Pages`.
    Back ends post signals, lines of a trace, to ``/playertrack/signals`` (`take_signals`); their
    players are derived with ``signal_policy`` (see `BackEnds`).
    ``hosts`` are the names of the server, as ``example.org`` (``*``: any, where a server in
    front checks them); ``origins`` are the pages of other sites that may post and read the
    answer (CORS), as ``https://example.org``, or ``*``. The limits: ``max_body`` bytes of a
    batch, ``max_held`` bytes of all that are held at one time, ``max_rate`` batches a second
    of all players, ``max_players`` and ``idle`` as in `Pages`. Limits by address are for the
    server in front, which knows them.

    A batch is answered with 204; else with JSON, ``{"error": …}``: 400 if something in it
    cannot be taken (what can be was), 403 if the page may not post, 408 if it was too slow,
    413 if it is too large, 415 if it is compressed, 429 or 503 if there are too many.
    """

    def __init__(
        self,
        sinks: Iterable[Sink] = (),
        *,
        policy: Policy = Translator.policy,
        signal_policy: Policy | None = None,
        ids: SessionIds = random_ids,
        hosts: Iterable[str] = LOCAL,
        origins: Iterable[str] = (),
        max_body: int = 1 << 16,
        max_held: int = 64 << 20,
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
        self._back_ends = BackEnds(
            policy=signal_policy, ids=ids, most_players=max_players, idle=idle
        )
        self._sinks = FanoutSink(sinks, isolate=True)
        self._guard = Guard(
            hosts=hosts,
            origins=origins,
            max_rate=max_rate,
            max_body=max_body,
            max_held=max_held,
            clock=self._clock.time,
        )
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def players(self) -> int:
        """How many players there are at the moment."""
        return len(self._pages) + len(self._back_ends)

    def add_to(self, app: web.Application, path: str = "/playertrack") -> None:
        """Give ``app`` the addresses, and close this with it."""
        app.add_routes(
            [
                web.post(path, self.take),
                web.post(f"{path}/signals", self.take_signals),
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
        """Answer what a browser asks before it posts more than plain text."""
        return web.Response(status=204, headers=self._guard.cors(request))

    async def take(self, request: web.Request) -> web.Response:
        """Take a batch of records of a page."""
        return await self._answer(request, self._take_records)

    async def take_signals(self, request: web.Request) -> web.Response:
        """Take a batch of signals of a back end: lines of a trace."""
        return await self._answer(request, self._back_ends.take)

    async def _answer(self, request: web.Request, take: Callable[[bytes], Taken]) -> web.Response:
        headers = self._guard.cors(request)
        try:
            problem = await self._take(request, take)
        except RefusedRequestError as error:
            headers |= error.headers
            response = web.json_response(
                {"error": error.reason}, status=error.status, headers=headers
            )
            if not request.content.at_eof():
                response.force_close()  # what is left of the body is not read
            return response
        if problem is None:
            return web.Response(status=204, headers=headers)
        return web.json_response({"error": problem}, status=400, headers=headers)

    async def _take(self, request: web.Request, take: Callable[[bytes], Taken]) -> str | None:
        """Take a batch; gives what is wrong in it, if something is."""
        self._guard.admit(request)
        async with self._guard.body(request) as body:
            if self._closed:  # also while the body came: its player is settled
                raise _BUSY
            taken = take(body)
        self._hand_on(taken.events)
        if taken.busy:
            raise RefusedRequestError(429, "too many batches of this player; come again later", 1)
        return taken.problem

    def _take_records(self, body: bytes) -> Taken:
        try:
            batch = read_batch(body)
        except BatchError as error:
            return Taken([], str(error))
        return self._pages.take(batch, self._clock.time())

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
            self._hand_on([*self._pages.close(), *self._back_ends.close()])
        return await asyncio.to_thread(self._sinks.close, timeout)
