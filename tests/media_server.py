"""A web server for one file, as unreliable as a test wants it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class MediaServer(ThreadingHTTPServer):
    """Serves ``content`` at any address; the first part of the address says how.

    - ``/good/``: all of it, from where it was asked for.
    - ``/plain/``: all of it, always from the start.
    - ``/cut/``: the connection breaks after 60 % of it.
    - ``/held/``: after 60 % nothing comes until `release`.
    - ``/live/``: in chunks, so that nobody knows how much there is.
    - anything else: 404.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.released = threading.Event()

    def url(self, how: str, name: str = "clip.mp4") -> str:
        return f"http://127.0.0.1:{self.server_port}/{how}/{name}"

    def release(self) -> None:
        self.released.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: MediaServer

    def do_GET(self) -> None:
        how = self.path.split("/")[1]
        content, held = self.server.content, len(self.server.content) * 6 // 10
        if how not in ("good", "plain", "cut", "held", "live"):
            self.send_error(404)
            return
        self.close_connection = True
        ranges = how in ("good", "cut", "held")
        asked = self.headers.get("Range", "bytes=0-") if ranges else "bytes=0-"
        start = int(asked.removeprefix("bytes=").split("-")[0])
        self.send_response(206 if ranges else 200)
        self.send_header("Connection", "close")
        if how == "live":
            self.send_header("Transfer-Encoding", "chunked")
            content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
        else:
            self.send_header("Content-Length", str(len(content) - start))
        if ranges:
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        try:
            if how in ("cut", "held"):
                self.wfile.write(content[start : max(start, held)])
                start = max(start, held)
            if how == "held":
                self.server.released.wait()
            if how != "cut":
                self.wfile.write(content[start:])
        except OSError:
            pass  # the player went away

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is their own."""


@contextmanager
def serving(path: Path) -> Iterator[MediaServer]:
    """A server of the file, for as long as the block runs."""
    with MediaServer(path.read_bytes()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.release()
            server.shutdown()
            thread.join()
