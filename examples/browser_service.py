"""A service that measures media elements in browsers and writes their events.

    python examples/browser_service.py --events events.jsonl --port 8080

Put this in pages, from the same address or from others named by --origin:

    <script src="http://127.0.0.1:8080/playertrack/playertrack.js"></script>
    <script>
      playertrack(document.querySelector("video"), {
        url: "http://127.0.0.1:8080/playertrack",
        entry: "1_abc",
      });
    </script>
"""

from __future__ import annotations

import argparse
import sys

from aiohttp import web

from playertrack.sinks import open_sink
from playertrack_html5.receiving import Receiver


def make_app(sink: str, origins: list[str]) -> web.Application:
    """The application; when it ends, it ends all sessions and closes the sinks."""
    app = web.Application()
    receiver = Receiver([open_sink(sink)], origins=origins)
    receiver.add_to(app, "/playertrack")

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"players": receiver.players})

    app.router.add_get("/health", health)
    return app


def main() -> None:
    """Serve on the loopback interface; a proxy in front brings TLS and limits by address."""
    parser = argparse.ArgumentParser(description="Writes the events of players in browsers.")
    parser.add_argument("--events", metavar="FILE", default="events.jsonl")
    parser.add_argument("--port", metavar="P", type=int, default=8080)
    parser.add_argument("--origin", metavar="URL", action="append", default=[])
    options = parser.parse_args()
    app = make_app(f"jsonl:{options.events}", options.origin)

    def announce(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    web.run_app(app, host="127.0.0.1", port=options.port, print=announce, access_log=None)


if __name__ == "__main__":
    main()
