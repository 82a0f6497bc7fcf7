"""Serves the page on its own port, on the loopback interface only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from aiohttp import web

from ..errors import PlayertrackError
from .library import Library
from .local_site import LocalSite
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
        self._site = LocalSite()

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
            self.port = await self._site.start(app, self.port)
        except OSError as error:
            reason = error.strerror or error
            raise ViewError(f"--port: cannot listen on {self.port}: {reason}") from error
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._site.stop()
