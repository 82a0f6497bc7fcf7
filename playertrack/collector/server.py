"""The collector as a server: what it lets in, the faults it has, the API for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from time import monotonic, time
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

from ..errors import PlayertrackError, shorten
from .faults import FaultError, Switch, switches
from .history import MOST_EVENTS, MOST_SESSIONS, History
from .params import Call, UnreadableError, read
from .replies import Reply, plain, portal, refused
from .services import Services, endpoint_of
from .sessions import KSBooth
from .values import Received, SessionVerdict

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
#: The largest body (bytes); an event has some hundred.
_MOST_BYTES = 1 << 20
#: How long (s) a client may take to send it.
_PATIENCE = 10.0
#: The longest time (s) to wait for events.
_LONGEST_WAIT = 600.0


class CollectorError(PlayertrackError):
    """The collector cannot be started as it was asked to."""


class Collector:
    """A stand-in for the Kaltura endpoints on this machine, for tests and for looking.

    ``port`` 0 takes a free one. ``on_event`` is called with each event as it comes. ``faults``
    are switched on from the start. ``secret`` is what session.start wants (None: anything),
    ``tokens`` are application tokens by id. ``max_rate`` requests a second are answered,
    beyond them 429. To be used in one event loop:

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
        clock: Callable[[], float] = time,
    ) -> None:
        self.port = port
        self.faults = list(faults)
        self.history = History(clock, max_events, max_sessions)
        self.services = Services(self.history, KSBooth(clock, secret, tokens or {}), clock)
        self._on_event = on_event
        self._rate = _Rate(max_rate)
        self._runner: web.AppRunner | None = None

    # ------------------------------------------------------------------------- for tests

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    @property
    def service_url(self) -> str:
        """What ``KALTURA_SERVICE_URL`` has to be."""
        return f"{self.analytics_url}/api_v3"

    @property
    def analytics_url(self) -> str:
        """What ``KALTURA_ANALYTICS_URL`` has to be."""
        return f"http://127.0.0.1:{self.port}"

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
        """What is to be said of each session."""
        return self.history.sessions()

    async def wait(self, events: int, timeout: float = 10.0) -> bool:  # noqa: ASYNC109
        """Whether so many events are accepted within ``timeout`` seconds."""
        return await self.history.wait(events, timeout)

    def reset(self) -> None:
        """Forget all events, and have no faults any more."""
        self.faults.clear()
        self.history.reset()

    def fault(self, kind: str, **fields: Any) -> Switch:
        """Switch a fault on, see `Switch`; it may be taken out of ``faults`` again."""
        switch = Switch(kind=kind, **fields)
        self.faults.append(switch)
        return switch

    # --------------------------------------------------------------------------- running

    async def start(self) -> None:
        """Listen on the loopback interface, and nowhere else."""
        app = web.Application(client_max_size=_MOST_BYTES, middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/collector", self._show_summary),
                web.get("/collector/events", self._show_events),
                web.get("/collector/good", self._show_events),
                web.get("/collector/bad", self._show_events),
                web.get("/collector/sessions", self._show_sessions),
                web.get("/collector/wait", self._wait),
                web.get("/collector/faults", self._show_faults),
                web.post("/collector/faults", self._set_faults),
                web.post("/collector/reset", self._reset),
                web.route("*", "/{path:.*}", self._serve),
            ]
        )
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            reason = error.strerror or error
            raise CollectorError(f"the collector cannot listen on {self.port}: {reason}") from error
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Listen no more; what was received stays."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Only this machine asks, by its own name, and not too often."""
        if not _is_here(request.headers.get("Host", "")):
            return web.Response(status=403, text="another host is meant\n")
        origin = request.headers.get("Origin")
        if origin is not None and not _is_here(urlsplit(origin).netloc):
            return web.Response(status=403, text="no page of another host may ask\n")
        wait = self._rate.wait()
        if wait:
            return web.Response(status=429, headers={"Retry-After": str(wait)})
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=_cross(request, origin))
        response: web.StreamResponse = await handler(request)
        response.headers.update(_cross(request, origin))
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    # -------------------------------------------------------------------- the stand-ins

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await asyncio.wait_for(request.read(), _PATIENCE)
        except TimeoutError:
            return web.Response(status=408)
        try:
            call = read(request.path, request.query_string, request.content_type, body)
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
        self, request: web.Request, endpoint: str, call: Call, switch: Switch | None
    ) -> web.StreamResponse:
        kind = None if switch is None else switch.kind
        if switch is not None and kind == "delay":
            await asyncio.sleep(switch.seconds)
        elif kind in ("expired_ks", "invalid_ks") and call.text("ks"):
            shown = "EXPIRED" if kind == "expired_ks" else call.text("ks")
            self.services.booth.refuse(call.text("ks"), shown)
        elif switch is not None and kind in ("status", "html"):
            reply = _fault_reply(switch)
            self._tell(self.services.refuse(endpoint, call, reply.outcome))
            return _response(reply, _retry_after(switch))
        reply, received = self.services.answer(endpoint, call)
        self._tell(received)
        if kind == "lost":
            _hang_up(request)
        elif kind == "cut":
            return await _cut(request, reply)
        return _response(reply)

    def _tell(self, received: Received | None) -> None:
        if received is not None and self._on_event is not None:
            self._on_event(received)

    # ---------------------------------------------------------------------- the REST API

    async def _show_summary(self, request: web.Request) -> web.Response:
        return web.json_response(self._summary())

    def _summary(self) -> dict[str, Any]:
        faults = [_shown(each) for each in self.faults]
        return {**self.history.summary(), "faults": faults}

    async def _show_events(self, request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        chosen = {"events": self.received, "good": self.good, "bad": self.bad}[kind]
        after = _number(request, "after", 0)
        found = [
            each.to_record()
            for each in chosen
            if each.number > after
            and all(
                request.query.get(name) in (None, getattr(each, name))
                for name in ("endpoint", "session", "event", "entry_id")
            )
        ]
        return web.json_response(found)

    async def _show_sessions(self, request: web.Request) -> web.Response:
        return web.json_response([each.to_record() for each in self.sessions])

    async def _wait(self, request: web.Request) -> web.Response:
        events = _number(request, "events", 1)
        seconds = min(_number(request, "timeout", 10.0), _LONGEST_WAIT)
        reached = await self.history.wait(int(events), seconds)
        found = {**self._summary(), "reached": reached}
        return web.json_response(found, status=200 if reached else 408)

    async def _show_faults(self, request: web.Request) -> web.Response:
        return web.json_response([_shown(each) for each in self.faults])

    async def _set_faults(self, request: web.Request) -> web.Response:
        """The faults of the body are those that there are; ``[]`` is none."""
        try:
            self.faults[:] = switches(json.loads(await request.read() or b"[]"))
        except FaultError as error:
            return web.json_response({"error": str(error)}, status=400)
        except (ValueError, RecursionError):
            return web.json_response({"error": "the body is no JSON"}, status=400)
        return await self._show_faults(request)

    async def _reset(self, request: web.Request) -> web.Response:
        self.reset()
        return web.json_response(self._summary())


class _Rate:
    """Lets ``most`` requests pass a second, on average over a second."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._left = most
        self._at = monotonic()

    def wait(self) -> int:
        """Seconds to wait before the next request, 0 if it may pass."""
        now = monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._most)
        self._at = now
        if self._left < 1.0:
            return 1
        self._left -= 1.0
        return 0


def _is_here(netloc: str) -> bool:
    try:
        return urlsplit(f"//{netloc}").hostname in _HERE
    except ValueError:
        return False


def _cross(request: web.Request, origin: str | None) -> dict[str, str]:
    """What lets a page of this machine ask from another port, as a player in a browser does."""
    if origin is None:
        return {}
    headers = request.headers.get("Access-Control-Request-Headers", "")
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        **({"Access-Control-Allow-Headers": headers} if headers else {}),
        "Vary": "Origin",
    }


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1e9:
        raise web.HTTPBadRequest(text=f"{name}: {shorten(text)} is no number from 0 on\n")
    return value


def _shown(switch: Switch) -> dict[str, Any]:
    import attrs

    return attrs.asdict(switch)


def _unknown(call: Call) -> Reply:
    if call.service.lower() in ("stats", "analytics", "session", "apptoken", "report"):
        return refused(
            "ACTION_DOES_NOT_EXISTS", ACTION_NAME=call.action[:50], SERVICE_NAME=call.service
        )
    return refused("SERVICE_DOES_NOT_EXISTS", SERVICE_NAME=call.service[:50])


def _fault_reply(switch: Switch) -> Reply:
    if switch.kind == "html":
        return portal()
    return plain(switch.status, "this fault was asked for")


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
