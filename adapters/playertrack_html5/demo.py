"""``python -m playertrack_html5``: a page with a clip, and the events of whoever plays it."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from playertrack.collector.guard import Guard
from playertrack.sinks import Sink, SinkError, open_sink
from playertrack.view.local_site import LocalSite, interrupted

from .receiving import Receiver

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>playertrack in a page</title>
<style>
  body { font: 16px system-ui; margin: 3rem auto; max-width: 40rem; }
  video { width: 100%; background: #222; }
</style>
<h1>A clip</h1>
<video id="video" src="/clip" controls></video>
<p>Play it, pause, drag the slider, let it come to its end: the events are where you started this.
<script src="/playertrack/playertrack.js"></script>
<script>
  const recorder = playertrack(document.getElementById("video"), { entry: "demo", every: 1000 });
</script>
"""


@asynccontextmanager
async def serving(
    clip: Path, sinks: list[Sink], port: int = 0, recordings: Path | None = None
) -> AsyncIterator[str]:
    """The page on this machine's loopback, as long as the block runs; gives its address."""

    def record(player: str, record: dict[str, Any]) -> None:
        if recordings is not None:
            name = re.sub(r"[^\w~-]", "_", player)  # an id is what somebody posted
            with (recordings / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(record)}\n")

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def media(_: web.Request) -> web.FileResponse:
        return web.FileResponse(clip)

    app = web.Application(middlewares=[Guard().check])
    app.add_routes([web.get("/", page), web.get("/clip", media)])
    Receiver(sinks, on_record=record).add_to(app)
    site = LocalSite()
    try:
        yield f"http://127.0.0.1:{await site.start(app, port)}/"
    finally:
        await site.stop()


async def _serve(clip: Path, sinks: list[Sink], options: argparse.Namespace) -> None:
    async with serving(clip, sinks, options.port, options.record_raw) as address:
        print(f"open {address} in a browser; Ctrl-C ends it", file=sys.stderr, flush=True)
        await interrupted()


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m playertrack_html5",
        description="Serves a page with a clip to this machine's browsers and prints the events.",
    )
    parser.add_argument(
        "--media", metavar="FILE", type=Path, help="a clip of yours, not a made one"
    )
    parser.add_argument("--port", metavar="P", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--sink",
        metavar="SINK",
        action="append",
        help="where events go: console, jsonl:PATH, … (repeatable; default: console:stdout)",
    )
    parser.add_argument(
        "--record-raw",
        metavar="FOLDER",
        type=Path,
        help="write what each player says into a file there, for `playertrack derive --raw html5`",
    )
    options = parser.parse_args()
    if options.record_raw is not None and not options.record_raw.is_dir():
        parser.error(f"--record-raw: there is no folder {options.record_raw}")
    if options.media is not None and not options.media.is_file():
        parser.error(f"--media: there is no file {options.media}")
    try:
        sinks = [open_sink(spec) for spec in options.sink or ["console:stdout"]]
        with tempfile.TemporaryDirectory() as folder:
            clip = options.media or _clip(Path(folder))
            asyncio.run(_serve(clip, sinks, options))
    except KeyboardInterrupt:
        return 0
    except (SinkError, ImportError) as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"--port: {error.strerror or error}")
    return 0


def _clip(folder: Path) -> Path:
    try:
        from playertrack.testing.clips import make_clip
    except ImportError as error:
        message = 'making a clip needs `pip install "playertrack[av]"`; or give one with --media'
        raise ImportError(message) from error
    return make_clip(folder / "clip.webm")
