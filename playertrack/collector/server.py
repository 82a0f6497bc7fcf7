"""The collector as a server: its answers, and the faults that it has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import Any, Self

from aiohttp import web

from ..errors import PlayertrackError
from ..view.local_site import LocalSite
from ..view.routes import ViewRoutes
from .control_api import Api
from .faults import Switch
from .guard import Guard
from .history import MOST_EVENTS, MOST_SESSIONS, History
from .intake import PATHS, BodyError, Incoming, read_items
from .page import CollectedSessions
from .params import ApiCall, UnreadableError, read_call
from .received import SEGMENT, WHOLE, XAPI, Received, SessionVerdict
from .replies import Reply, plain_text, portal, refused
from .services import Services, endpoint_of
from .sessions import KSBooth

#: The largest body (bytes); an event has some hundred.
_MOST_BYTES = 1 << 20
#: The bodies (bytes) that are held at one time.
_MOST_HELD = 64 << 20
#: How long (s) a client may take to send one.
_PATIENCE = 10.0


#: Says that bodies may be compressed (RFC 9110, 12.5.3).
_PACKED = {"Accept-Encoding": "gzip"}

#: What is answered to items that are taken.
_ACCEPTED: dict[str, Callable[[list[Incoming]], str]] = {
    **dict.fromkeys(WHOLE, lambda items: "{}"),
    SEGMENT: lambda items: json.dumps({"success": True}),
    XAPI: lambda items: json.dumps([item.id for item in items]),
}


class CollectorError(PlayertrackError):
    """The collector cannot be started as it was asked to."""


class Collector:
    """A stand-in for the services that take events, on this machine, for tests and for looking.

    ``port`` 0 takes a free one. ``on_event`` is called with each event as it comes. ``faults``
    are switched on from the start. ``secret`` is what session.start wants (None: anything),
    ``tokens`` are application tokens by id. ``max_rate`` requests a second are answered,
    beyond them 429. Times of before 2025, as of a device whose clock was not set, are wrong
    unless they may be ``undated``, as in tests. To be used in one event loop:

        async with Collector() as collector:
            …  # send to collector.service_url, collector.analytics_url
            await collector.wait(12, timeout=10)
            assert not collector.bad

    Raises `CollectorError` if the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        on_event: Callable[[Received], object] | None = None,
        faults: Iterable[Switch] = (),
        secret: str | None = None,
        tokens: Mapping[str, str] | None = None,
        max_events: int = MOST_EVENTS,
        max_sessions: int = MOST_SESSIONS,
        max_rate: float = 10_000.0,
        undated: bool = True,
        clock: Callable[[], float] = time,
    ) -> None:
        self.port = port
        self.faults = list(faults)
        self.history = History(clock, max_events, max_sessions, undated)
        self.services = Services(self.history, KSBooth(clock, secret, tokens or {}), clock)
        self._on_event = on_event
        self._sessions = CollectedSessions(max_sessions)
        self._guard = Guard(
            encodings=("identity", "gzip"),
            max_rate=max_rate,
            max_body=_MOST_BYTES,
            max_held=_MOST_HELD,
            patience=_PATIENCE,
        )
        self._site = LocalSite()

    # ------------------------------------------------------------------------- for tests

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @property
    def service_url(self) -> str:
        """The value for ``KALTURA_SERVICE_URL``."""
        return f"{self.analytics_url}/api_v3"

    @property
    def analytics_url(self) -> str:
        """The value for ``KALTURA_ANALYTICS_URL``."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, destination: str) -> str:
        """The address that ``http``, ``ndjson``, ``cloudevents``, ``segment`` or ``xapi`` takes."""
        return f"{self.analytics_url}/{destination}"

    @property
    def received(self) -> list[Received]:
        """All events that came, accepted or not, the oldest first."""
        return list(self.history.received)

    @property
    def accepted(self) -> list[Received]:
        """Those that were taken."""
        return [each for each in self.history.received if each.accepted]

    @property
    def good(self) -> list[Received]:
        """Those that were taken and are right."""
        return [each for each in self.history.received if each.good]

    @property
    def bad(self) -> list[Received]:
        """Those that were taken and are not right."""
        return [each for each in self.history.received if each.accepted and not each.good]

    @property
    def sessions(self) -> list[SessionVerdict]:
        """The verdict on each session."""
        return self.history.sessions()

    async def wait(self, events: int, timeout: float = 10.0) -> bool:  # noqa: ASYNC109 - as `history`
        """Wait until so many events are accepted; False if ``timeout`` (s) is over first."""
        return await self.history.wait(events, timeout)

    def reset(self) -> None:
        """Forget all events, and have no faults any more."""
        self.faults.clear()
        self.history.reset()
        self._sessions.clear()

    def fault(self, kind: str, **fields: Any) -> Switch:
        """Switch a fault on, see `Switch`; it may be taken out of ``faults`` again."""
        switch = Switch(kind=kind, **fields)
        self.faults.append(switch)
        return switch

    # --------------------------------------------------------------------------- running

    async def start(self) -> None:
        """Listen on the loopback interface, and nowhere else."""
        app = web.Application(client_max_size=_MOST_BYTES, middlewares=[self._guard.check])
        page = ViewRoutes(self._sessions)
        app.on_shutdown.append(page.close)
        app.add_routes(
            [
                *page.routes(),
                *Api(self.history, self.faults, self.reset, self._guard).routes(),
                web.route("*", "/{path:.*}", self._serve),
            ]
        )
        try:
            self.port = await self._site.start(app, self.port)
        except OSError as error:
            reason = error.strerror or error
            raise CollectorError(f"the collector cannot listen on {self.port}: {reason}") from error

    async def stop(self) -> None:
        """Listen no more; what was received stays."""
        await self._site.stop()

    # -------------------------------------------------------------------- the stand-ins

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        async with self._guard.body(request) as body:
            return await self._serve_body(request, body)

    async def _serve_body(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if request.path in PATHS and request.method == "POST":
            return await self._take(request, PATHS[request.path], body)
        try:
            call = read_call(request.path, request.query_string, request.content_type, body)
        except UnreadableError as error:
            return web.Response(status=400, text=f"{error}\n")
        if call is None:
            return web.Response(status=404, text="there is no service at this address\n")
        endpoint = endpoint_of(call)
        if endpoint is None:
            return _response(_unknown(call))
        switch = next((each for each in self.faults if each.happens(endpoint)), None)
        return await self._answer(request, endpoint, call, switch)

    async def _answer(
        self, request: web.Request, endpoint: str, call: ApiCall, switch: Switch | None
    ) -> web.StreamResponse:
        kind = None if switch is None else switch.kind
        if switch is not None and kind == "delay":
            await asyncio.sleep(switch.seconds)
        elif kind in ("expired_ks", "invalid_ks") and call.text("ks"):
            shown = "EXPIRED" if kind == "expired_ks" else call.text("ks")
            self.services.booth.refuse(call.text("ks"), shown)
        elif switch is not None and kind in ("status", "html"):
            reply = _fault_reply(switch)
            self._log(self.services.refuse(endpoint, call, reply.outcome))
            return _response(reply, _retry_after(switch))
        reply, received = self.services.answer(endpoint, call)
        self._log(received)
        if kind == "lost":
            _hang_up(request)
        elif kind == "cut":
            return await _cut(request, reply)
        return _response(reply)

    async def _take(self, request: web.Request, endpoint: str, body: bytes) -> web.StreamResponse:
        """Items of a destination that is none of Kaltura's."""
        try:
            items = read_items(endpoint, request.content_type, body)
        except BodyError as error:
            return web.Response(status=400, text=f"{error}\n", headers=_PACKED)
        token = request.headers.get("Authorization")
        switch = next((each for each in self.faults if each.happens(endpoint)), None)
        kind = None if switch is None else switch.kind
        if switch is not None and kind == "delay":
            await asyncio.sleep(switch.seconds)
        if kind in ("expired_ks", "invalid_ks") and token:
            self.services.booth.refuse(token)
        reply = Reply(_ACCEPTED[endpoint](items))
        if token and self.services.booth.refusal(token) is not None:
            reply = plain_text(401, "invalid or expired token")
        elif switch is not None and kind in ("status", "html"):
            reply = _fault_reply(switch)
        for item in items:
            self._log(
                self.history.take(
                    endpoint, item, token, accepted=reply.accepted, outcome=reply.outcome
                )
            )
        if kind == "lost":
            _hang_up(request)
        elif kind == "cut":
            return await _cut(request, reply)
        more = _retry_after(switch) if switch is not None and not reply.accepted else {}
        return _response(reply, {**_PACKED, **more})

    def _log(self, received: Received | None) -> None:
        if received is None:
            return
        self._sessions.add(received)
        if self._on_event is not None:
            self._on_event(received)


def _unknown(call: ApiCall) -> Reply:
    if call.service.lower() in ("stats", "analytics", "session", "apptoken", "report"):
        return refused(
            "ACTION_DOES_NOT_EXISTS", ACTION_NAME=call.action[:50], SERVICE_NAME=call.service
        )
    return refused("SERVICE_DOES_NOT_EXISTS", SERVICE_NAME=call.service[:50])


def _fault_reply(switch: Switch) -> Reply:
    if switch.kind == "html":
        return portal()
    return plain_text(switch.status, "this fault was asked for")


def _retry_after(switch: Switch) -> dict[str, str]:
    return {} if switch.retry_after is None else {"Retry-After": str(switch.retry_after)}


def _response(reply: Reply, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        text=reply.body, status=reply.status, content_type=reply.content_type, headers=headers
    )


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _cut(request: web.Request, reply: Reply) -> web.StreamResponse:
    """The answer breaks off in the middle."""
    body = reply.body.encode()
    response = web.StreamResponse(status=reply.status)
    response.content_type = reply.content_type
    response.content_length = len(body) + 1
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    _hang_up(request)
    return response
