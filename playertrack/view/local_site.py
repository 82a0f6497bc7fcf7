"""Serves an aiohttp application on the loopback interface only, until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress

from aiohttp import web


class LocalSite:
    """Serves one application to this machine."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._listener: socket.socket | None = None

    async def start(self, app: web.Application, port: int = 0) -> int:
        """Listen on ``port`` (0: a free one) and give it; raises `OSError` if it is taken."""
        self._listener = socket.create_server(("127.0.0.1", port))
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, self._listener).start()
        self._runner = runner
        return int(self._listener.getsockname()[1])

    async def stop(self) -> None:
        """Listen no more; nothing happens if it does not."""
        runner, self._runner = self._runner, None
        if runner is None or self._listener is None:
            return
        # What is accepted has a transport, and is known to the runner, two rounds of the
        # loop later. Python 3.11 loses it when the server is closed before (gh-109564).
        with suppress(NotImplementedError):  # the loop of Windows has no readers
            asyncio.get_running_loop().remove_reader(self._listener)
        for _ in range(2):
            await asyncio.sleep(0)
        await runner.cleanup()


async def interrupted() -> None:
    """Wait for Ctrl-C, or to be terminated."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # elsewhere Ctrl-C is a KeyboardInterrupt
            loop.add_signal_handler(number, ended.set)
    await ended.wait()
