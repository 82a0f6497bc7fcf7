"""The page of `playertrack view` for players that run in this program."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self

from ..collector.guard import Guard
from ..policy import Policy
from ..view.live_library import LiveLibrary
from ..view.page_server import ViewServer

_MOST = 1000.0  # requests a second


class LiveView:
    """Serves a page, on this machine only, that shows what trackers do while they do it.

        with LiveView() as view:
            print(view.address)
            tracker = Tracker([ConsoleSink()], **view.watch("tv"))

    The page has each session as it is played: signals, events and why they came, and the state
    that the machine is in. ``port`` 0 takes a free one. Raises `ViewError` if it is taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._library = LiveLibrary()
        self._port = port
        self._started = threading.Event()
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="playertrack-view", daemon=True)
        self.address = ""

    def watch(self, player: str | None = None, policy: Policy | None = None) -> dict[str, Any]:
        """The arguments that make a `Tracker` seen here: its player, callbacks and ids.

        ``policy`` is the tracker's.
        """
        return self._library.options(player, policy)

    def start(self) -> Self:
        """Serve the page until `close`."""
        self._thread.start()
        self._started.wait()
        if self._failed is not None:
            raise self._failed
        return self

    def wait(self, seconds: float) -> bool:
        """Wait for the page to end, for so many seconds at most; True if it did."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def close(self) -> None:
        """The page is there no more."""
        if self._loop is not None and self._ended is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # raised where the page is waited for
            self._failed = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        guard = Guard(max_rate=_MOST).check
        async with ViewServer(self._library, port=self._port, middlewares=[guard]) as server:
            self.address = server.address
            self._started.set()
            await self._ended.wait()
