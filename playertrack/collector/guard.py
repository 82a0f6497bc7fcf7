"""Decides which requests a local server serves: one guard for every server and page of ours.

A server on the loopback interface can be reached by every page that a browser on this machine
shows, so the address alone protects nothing. The guard checks, in this order: the name the
request was sent to (a rebound name resolves to this machine, but is not one of its names), the
page that sent it, how often requests come, how the body is encoded and typed, how large it is,
and how many bytes of bodies are held at one time.

    guard = Guard(content_types={"application/json"})
    app = web.Application(middlewares=[guard.check])

    async def take(request):
        async with guard.body(request) as body:  # refused with 4xx if it may not be read
            ...
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http import HttpProcessingError

#: The names of this machine.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class RefusedRequestError(Exception):
    """A request that is not served: ``status`` and ``reason`` are the answer.

    ``retry_after`` is the number of seconds after which it may be repeated, if it may.
    """

    def __init__(self, status: int, reason: str, retry_after: int | None = None) -> None:
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(reason)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        if self.retry_after is None:
            return {}
        return {"Retry-After": str(self.retry_after)}


class Bucket:
    """Lets ``rate`` requests a second pass, and ``burst`` at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def passes(self, now: float) -> bool:
        """True if one more may pass at ``now`` (s)."""
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Guard:
    """Refuses what a server of this machine must not serve.

    ``hosts`` are the names of the server, as they stand in ``Host`` (``*``: any, where a server
    in front checks them). Pages of these names may send requests from any port; pages of other
    sites only if ``origins`` names them, as ``https://example.org``, or is ``*``.
    ``content_types`` are those of bodies (None: any), ``encodings`` their encodings: a few
    bytes of a compressed one may unpack to many. ``max_rate`` is in requests a second,
    ``max_body`` in bytes (unpacked), ``max_held`` in bytes of all bodies that are held at one
    time, and ``patience`` in seconds for which a client may send one. ``clock`` is monotonic
    (s).
    """

    def __init__(
        self,
        *,
        hosts: Iterable[str] = LOCAL,
        origins: Iterable[str] = (),
        content_types: Iterable[str] | None = None,
        encodings: Iterable[str] = ("identity",),
        max_rate: float = 10_000.0,
        max_body: int = 1 << 20,
        max_held: int = 64 << 20,
        patience: float = 10.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._hosts = frozenset(name.lower() for name in hosts)
        self._origins = frozenset(origins)
        self._types = None if content_types is None else frozenset(content_types)
        self._encodings = frozenset(encodings)
        self._max_body = max_body
        self._max_held = max_held
        self._patience = patience
        self._clock = clock
        self._bucket = Bucket(max_rate, max(1.0, max_rate), clock())
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of bodies that are held at present."""
        return self._held

    @web.middleware
    async def check(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """The middleware: admits or refuses, answers preflights, and adds the headers."""
        try:
            self.admit(request)
            if request.method == "OPTIONS":
                return web.Response(status=204, headers=self.cors(request))
            response: web.StreamResponse = await handler(request)
        except RefusedRequestError as error:
            response = web.Response(
                status=error.status, text=f"{error.reason}\n", headers=error.headers
            )
            response.force_close()  # what is left of the body is not read
        if not response.prepared:
            response.headers.update(self.cors(request))
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers.setdefault("X-Frame-Options", "DENY")
        return response

    def admit(self, request: web.Request) -> None:
        """Check all that is known before the body; raises `RefusedRequestError`."""
        if not self._is_ours(request.headers.get("Host", "")):
            raise RefusedRequestError(403, "Host: this is not a name of this server")
        self._check_page(request)
        if not self._bucket.passes(self._clock()):
            raise RefusedRequestError(429, "too many requests; come again later", 1)
        encodings = request.headers.getall("Content-Encoding", ["identity"])
        if not self._encodings.issuperset(each.strip().lower() for each in encodings):
            known = ", ".join(sorted(self._encodings))
            raise RefusedRequestError(415, f"Content-Encoding: expected {known}")
        if self._types is not None and request.body_exists:
            if request.content_type not in self._types:
                known = ", ".join(sorted(self._types))
                raise RefusedRequestError(415, f"Content-Type: expected {known}")
        if (request.content_length or 0) > self._max_body:
            raise self._too_large()

    @asynccontextmanager
    async def body(self, request: web.Request) -> AsyncIterator[bytes]:
        """The body, which counts as held within the block; raises `RefusedRequestError`."""
        held = 0
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(self._patience):
                    async for part in request.content.iter_any():
                        held += len(part)
                        self._held += len(part)
                        if held > self._max_body:
                            raise self._too_large()
                        if self._held > self._max_held:
                            raise RefusedRequestError(503, "too many bodies at one time", 1)
                        body += part
            except TimeoutError:
                reason = f"the body did not come within {self._patience:g} s"
                raise RefusedRequestError(408, reason) from None
            except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
                reason = f"the body cannot be read: {type(error).__name__}"
                raise RefusedRequestError(400, reason) from None
            yield bytes(body)
        finally:
            self._held -= held

    def cors(self, request: web.Request) -> dict[str, str]:
        """Headers by which a page that may ask from another origin can read the answer."""
        if "*" in self._origins:
            return {"Access-Control-Allow-Origin": "*", **_preflight(request)}
        origin = request.headers.get("Origin")
        if origin is None or not self._may_ask(origin, request):
            return {"Vary": "Origin"}
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **_preflight(request)}

    def _check_page(self, request: web.Request) -> None:
        """Refuse what a page of another site sent.

        A browser says in ``Origin`` who posts, and nothing there of an image or a link; those
        it marks with ``Sec-Fetch-Site``, an old one with ``Referer`` alone.
        """
        headers = request.headers
        origin = headers.get("Origin")
        if origin is not None:
            allowed = self._may_ask(origin, request)
        elif "Sec-Fetch-Site" in headers:
            allowed = headers["Sec-Fetch-Site"] != "cross-site" or "*" in self._origins
        else:
            allowed = "Referer" not in headers or self._may_ask(headers["Referer"], request)
        if not allowed:
            raise RefusedRequestError(403, "Origin: pages of other sites may not ask")

    def _may_ask(self, origin: str, request: web.Request) -> bool:
        if "*" in self._origins or origin in self._origins:
            return True
        name = _name_of(origin)
        if "*" in self._hosts:
            return name != "" and name == _name_of(f"//{request.headers.get('Host', '')}")
        return name in self._hosts

    def _is_ours(self, host: str) -> bool:
        return "*" in self._hosts or _name_of(f"//{host}") in self._hosts

    def _too_large(self) -> RefusedRequestError:
        return RefusedRequestError(413, f"a body has at most {self._max_body} bytes")


def _name_of(url: str) -> str:
    """The name of the host in a URL, lower case; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _preflight(request: web.Request) -> dict[str, str]:
    if request.method != "OPTIONS":
        return {}
    headers = request.headers.get("Access-Control-Request-Headers", "")
    return {
        "Access-Control-Allow-Methods": "GET, POST",
        **({"Access-Control-Allow-Headers": headers} if headers else {}),
    }
