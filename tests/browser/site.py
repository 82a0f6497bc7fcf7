"""A web site with a clip in a page, as unreliable as a test wants it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
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
    """Serves the pages and receives the batches that they post.

    ``/media/NAME`` is a clip of the folder; ``/held/NAME`` the same, of which the last part
    comes only after `release`. ``status`` is what a batch is answered with.
    """

    def __init__(
        self,
        folder: Path,
        take: Callable[[web.Request], Awaitable[web.Response]],
        routes: Iterable[web.RouteDef] = (),
    ) -> None:
        self.folder = folder
        self.released = asyncio.Event()
        self.port = 0
        self.app = web.Application()
        self.app.add_routes(
            [
                web.get("/", self._page),
                web.get("/playertrack.js", self._script),
                web.get("/media/{name}", self._clip),
                web.get("/held/{name}", self._held),
                web.post("/playertrack", take),
                *routes,
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

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        return await self._give(request, 1.0)

    async def _held(self, request: web.Request) -> web.StreamResponse:
        return await self._give(request, 0.6)

    async def _give(self, request: web.Request, share: float) -> web.StreamResponse:
        """The requested part of a clip; what lies behind that ``share`` once `release`d.

        Not by a `FileResponse`: a browser gives many a request up, which may leave its file
        open.
        """
        path = self.folder / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        clip = path.read_bytes()
        span = request.http_range
        start, stop = span.start or 0, span.stop or len(clip)
        held = max(start, min(stop, int(len(clip) * share)))
        response = web.StreamResponse(status=206 if "Range" in request.headers else 200)
        response.content_type = guess_type(request.path)[0] or "application/octet-stream"
        response.headers["Accept-Ranges"] = "bytes"
        if response.status == 206:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(clip)}"
        response.content_length = stop - start
        with suppress(ConnectionResetError):  # so it is when a request is given up
            await response.prepare(request)
            await response.write(clip[start:held])
            if held < stop:
                await self.released.wait()
                await response.write(clip[held:stop])
        return response


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Site]:
    """The site on a free port of this machine, for as long as the block runs."""
    runner = web.AppRunner(site.app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    site.port = listener.getsockname()[1]
    try:
        yield site
    finally:
        site.release()
        # A browser connects ahead of need, and Python 3.11 loses a connection that is accepted
        # when its server is closed before there is a transport for it (CPython's gh-109564).
        asyncio.get_running_loop().remove_reader(listener)
        for _ in range(2):
            await asyncio.sleep(0)
        await runner.cleanup()
