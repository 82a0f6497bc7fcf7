"""Who is let in: this machine alone, by its own name, and not too often."""

from __future__ import annotations

from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Lets ``max_rate`` requests a second pass that this machine makes of itself.

    A page of another host that a browser here shows is none of them; one of another port of
    this machine is, and is told so.
    """

    def __init__(self, max_rate: float) -> None:
        self._rate = _Rate(max_rate)

    @web.middleware
    async def check(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """The middleware: answers for ``handler`` what is not let in."""
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
