"""The page over HTTP: its parts, the table and the panel as they change, and the exports.

The guard of the server that has these routes decides who may ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.resources import files

from aiohttp import web

from ..timeline.elements import html
from ..timeline.html import script_text
from ..timeline.style import STYLE, TOOLS
from .detail import Detail
from .export import export
from .library import Library
from .panel import empty, panel
from .rows import SessionRow
from .table import document, session_table

#: What the page may do: load its own style and script, ask its own server, and no more.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_PARTS = {
    "timeline.js": "text/javascript",
    "page.js": "text/javascript",
    "page.css": "text/css",
    "icon.svg": "image/svg+xml",
}
#: How often (s) a page is notified of changes at most, and how long a silence may last.
_PACE, _SILENCE = 0.2, 15.0
_NARROWEST, _WIDEST = 300.0, 2400.0


class ViewRoutes:
    """The routes of the page that shows ``library``; `close` ends the streams of changes."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._closed = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """``GET /``, and what is below ``/view/``."""
        return [
            web.get("/", self._page),
            web.get("/view/sessions", self._table),
            web.get("/view/session", self._panel),
            web.get("/view/export", self._export),
            web.get("/view/live", self._live),
            *(web.get(f"/view/{name}", self._part) for name in _PARTS),
        ]

    async def close(self, app: web.Application | None = None) -> None:
        """The server ends: pages that listen are let go."""
        self._closed.set()

    async def _part(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        if name == "timeline.js":
            text = script_text(alone=False)
        else:
            text = files(__package__).joinpath("static", name).read_text("utf-8")
        if name == "page.css":
            text = STYLE + TOOLS + text
        return web.Response(text=text, content_type=_PARTS[name], headers=_HEADERS)

    async def _page(self, request: web.Request) -> web.Response:
        found = await self._chosen(request.query)
        chosen = empty() if found is None else panel(*found)
        if found is None and request.query.get("session"):
            chosen = empty("this session is not here")
        return _html(document(self._library, request.query, chosen))

    async def _table(self, request: web.Request) -> web.Response:
        return _html(html(session_table(self._library, request.query)))

    async def _panel(self, request: web.Request) -> web.Response:
        found = await self._chosen(request.query)
        if found is None:
            return _html(html(empty("this session is not here")), 404)
        return _html(html(panel(*found, width=_width(request.query))))

    async def _export(self, request: web.Request) -> web.Response:
        found = await self._chosen(request.query)
        text = None if found is None else export(request.query.get("as", ""), *found)
        if text is None:
            return web.Response(status=404, text="there is nothing to copy\n", headers=_HEADERS)
        return web.Response(text=text, headers=_HEADERS)

    async def _chosen(self, fields: Mapping[str, str]) -> tuple[SessionRow, Detail] | None:
        session, place = fields.get("session", ""), fields.get("number", "")
        row = self._library.find(session, place) if session else None
        if row is None:
            return None
        detail = await asyncio.to_thread(self._library.detail, row)
        return None if detail is None else (row, detail)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the version, after each change."""
        response = web.StreamResponse(headers=_HEADERS)
        response.content_type = "text/event-stream"
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        end = self._library.listen(lambda: loop.call_soon_threadsafe(changed.set))
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            sent = -1
            while not self._closed.is_set():
                version = self._library.version
                said = f"data: {version}\n\n" if version != sent else ": still here\n\n"
                await response.write(said.encode())
                sent = version
                waiting = asyncio.ensure_future(changed.wait())
                await asyncio.wait(
                    (waiting, closed), timeout=_SILENCE, return_when=asyncio.FIRST_COMPLETED
                )
                waiting.cancel()
                changed.clear()
                await asyncio.wait((closed,), timeout=_PACE)
        except ConnectionError:
            pass  # the page was closed
        finally:
            closed.cancel()
            end()
        return response


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)


def _width(fields: Mapping[str, str]) -> float:
    text = fields.get("width", "")
    width = float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1080.0
    return min(max(width, _NARROWEST), _WIDEST)
