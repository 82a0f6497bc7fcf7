"""The page on a port of its own, on the loopback interface and nowhere else."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

from aiohttp import web

from ..errors import PlayertrackError
from .library import Library
from .routes import ViewRoutes


class ViewError(PlayertrackError):
    """The page cannot be served as it was asked for."""


class ViewServer:
    """Serves the page of ``library``; ``middlewares`` say who may ask. ``port`` 0: a free one.

    Raises `ViewError` if the port is taken.
    """

    def __init__(self, library: Library, *, port: int = 0, middlewares: Iterable[Any]) -> None:
        self.port = port
        self._library = library
        self._middlewares = list(middlewares)
        self._runner: web.AppRunner | None = None
        self._listener: socket.socket | None = None

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    async def __aenter__(self) -> Self:
        view = ViewRoutes(self._library)
        app = web.Application(middlewares=self._middlewares)
        app.add_routes(view.routes())
        app.on_shutdown.append(view.close)
        try:
            listener = socket.create_server(("127.0.0.1", self.port))
        except OSError as error:
            reason = error.strerror or error
            raise ViewError(f"--port: cannot listen on {self.port}: {reason}") from error
        self.port = listener.getsockname()[1]
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        self._runner, self._listener = runner, listener
        return self

    async def __aexit__(self, *error: object) -> None:
        runner = self._runner
        if runner is not None and self._listener is not None:
            # As the collector does: Python 3.11 loses what connects while the server closes.
            with suppress(NotImplementedError):
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
