"""A web server for media, as unreliable as a test wants it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from time import monotonic
from typing import cast

#: How much of a file comes before its connection breaks, or is held: enough to begin with.
_BEFORE = {"cut": 0.5, "held": 0.6}

#: How often (s) a slow connection gives some more.
_TURN = 0.05

#: How many segments a live playlist shows.
_WINDOW = 4

#: What a live playlist has in common with that of the whole.
_HEADER = ("#EXTM3U", "#EXT-X-VERSION", "#EXT-X-TARGETDURATION")

_TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t", ".mp4": "video/mp4"}


class MediaServer(ThreadingHTTPServer):
    """Serves the files of ``root`` on this machine; an address says how (`url`)."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self._numbers = count(1)
        self._released: dict[str, threading.Event] = {}
        self._began: dict[str, float] = {}

    def url(self, name: str, how: str = "good", rate: float = 0.0) -> str:
        """An address, new each time, at which the file ``name`` is to be had.

        - ``good``: all of it, from where it was asked for.
        - ``slow``: so, but only ``rate`` bytes a second.
        - ``endless``: so, without a length, as what is sent as it is made.
        - ``held``: after 60 % nothing comes until `release`.
        - ``cut``: the connection breaks after half of it.
        - ``live``: a playlist of HLS shows a few segments only, further ones as time passes
          since it was asked for first.

        What is not there, or not below ``root``, is a 404.
        """
        key = f"{how}-{next(self._numbers)}-{rate:.0f}"
        self._released[key] = threading.Event()
        return f"http://127.0.0.1:{self.server_port}/{key}/{name}"

    def release(self, url: str) -> None:
        """Let what is held at that address come."""
        self._released[url.split("/")[3]].set()

    def released(self, key: str) -> threading.Event:
        """The event that the connections of an address wait for."""
        return self._released.setdefault(key, threading.Event())

    def passed(self, key: str) -> float:
        """How long (s) an address is in use."""
        now = monotonic()
        return now - self._began.setdefault(key, now)

    def let_go(self) -> None:
        """Let everything come that is held anywhere."""
        for event in list(self._released.values()):
            event.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def site(self) -> MediaServer:
        return cast("MediaServer", self.server)

    def do_GET(self) -> None:
        key, _, name = self.path.removeprefix("/").partition("?")[0].partition("/")
        how, _, rest = key.partition("-")
        path = (self.site.root / name).resolve()
        if not path.is_relative_to(self.site.root.resolve()) or not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        if how == "live" and path.suffix == ".m3u8":
            content = _live(content, self.site.passed(key))
        self.close_connection = True
        if how == "endless":
            self.send_response(200)
            self.send_header("Content-Type", _TYPES.get(path.suffix, "video/mp2t"))
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(OSError):
                self._trickle(content, float(rest.partition("-")[2]))
            return
        start = self._begin(content, _TYPES.get(path.suffix, "application/octet-stream"))
        before = max(start, int(len(content) * _BEFORE.get(how, 1.0)))
        try:
            if how == "slow":
                self._trickle(content[start:], float(rest.partition("-")[2]))
            elif how == "held":
                self.wfile.write(content[start:before])
                self.site.released(key).wait()
                self.wfile.write(content[before:])
            else:
                self.wfile.write(content[start : before if how == "cut" else None])
        except OSError:
            pass  # the player went away

    def _begin(self, content: bytes, kind: str) -> int:
        """Answer with the header; gives where the body is to begin."""
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").split("-")[0] or 0) if asked else 0
        if start >= len(content) > 0:
            self.send_response(416)
        else:
            self.send_response(206 if asked else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(max(0, len(content) - start)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        return start

    def _trickle(self, content: bytes, rate: float) -> None:
        step = max(1, int(rate * _TURN))
        for offset in range(0, len(content), step):
            self.wfile.write(content[offset : offset + step])
            self.wfile.flush()
            threading.Event().wait(_TURN)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is their own."""


def _live(playlist: bytes, passed: float) -> bytes:
    """The playlist as it is so long (s) after the beginning of the transmission."""
    lines = playlist.decode().splitlines()
    header = [line for line in lines if line.startswith(_HEADER)]
    segments = [
        (float(line.removeprefix("#EXTINF:").split(",")[0]), lines[n + 1])
        for n, line in enumerate(lines)
        if line.startswith("#EXTINF:")
    ]
    first, aired = 0, segments[0][0]
    while aired < passed and first + _WINDOW < len(segments):
        first += 1
        aired += segments[first][0]
    shown = segments[first : first + _WINDOW]
    body = [text for seconds, name in shown for text in (f"#EXTINF:{seconds:.3f},", name)]
    return "\n".join([*header, f"#EXT-X-MEDIA-SEQUENCE:{first}", *body, ""]).encode()


@contextmanager
def serving(root: Path) -> Iterator[MediaServer]:
    """A server of the files below ``root``, for as long as the block runs."""
    with MediaServer(root) as server:
        work = partial(server.serve_forever, poll_interval=0.05)
        thread = threading.Thread(target=work, name="media", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.let_go()
            server.shutdown()
            thread.join()
