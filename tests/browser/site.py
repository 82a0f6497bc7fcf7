"""A web site with a film in a page, as unreliable as a test wants it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from aiohttp import web

from playertrack_html5 import SCRIPT

#: How long (s) anything may take that a test waits for.
PATIENCE = 40.0

_PAGE = """<!doctype html>
<video id="video"></video>
<script src="/playertrack.js"></script>
<script>
  const video = document.getElementById("video");
  const EVENTS = "canplay playing pause timeupdate seeked waiting ended error".split(" ");
  const options = JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}");
  const recorder = playertrack(video, options.recorder);
  video.loop = Boolean(options.loop);
  if (options.media) video.src = options.media;
</script>
"""


class Site:
    """What the pages get, and the batches that they post.

    ``/film/NAME`` is a film of the folder; ``/held/NAME`` the same, of which the last part
    comes only after `release`. ``status`` is what a batch is answered with.
    """

    def __init__(self, folder: Path, take: Callable[[web.Request], Awaitable[web.Response]]):
        self.folder = folder
        self.released = asyncio.Event()
        self.port = 0
        self.app = web.Application()
        self.app.add_routes(
            [
                web.get("/", self._page),
                web.get("/playertrack.js", self._script),
                web.get("/film/{name}", self._film),
                web.get("/held/{name}", self._held),
                web.post("/playertrack", take),
            ]
        )

    def url(self, media: str = "", *, loop: bool = False, **recorder: Any) -> str:
        """The address of a page that plays ``media``, with options of the recorder."""
        options = json.dumps({"media": media, "loop": loop, "recorder": recorder})
        return f"http://127.0.0.1:{self.port}/#{options}"

    def release(self) -> None:
        self.released.set()

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _script(self, _: web.Request) -> web.Response:
        return web.Response(text=SCRIPT.read_text("utf-8"), content_type="text/javascript")

    async def _film(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(self.folder / request.match_info["name"])

    async def _held(self, request: web.Request) -> web.StreamResponse:
        film = (self.folder / request.match_info["name"]).read_bytes()
        span = request.http_range
        start, stop = span.start or 0, span.stop or len(film)
        held = max(start, min(stop, len(film) * 6 // 10))
        response = web.StreamResponse(status=206)
        response.content_type = guess_type(request.path)[0] or "application/octet-stream"
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(film)}"
        response.content_length = stop - start
        await response.prepare(request)
        await response.write(film[start:held])
        if held < stop:
            await self.released.wait()
            await response.write(film[held:stop])
        return response


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Site]:
    """The site on a free port of this machine, for as long as the block runs."""
    runner = web.AppRunner(site.app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        site.release()
        await runner.cleanup()
