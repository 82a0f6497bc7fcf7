"""How a tracker is closed where nothing may block: in an event loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from .dispatcher import Dispatcher

if TYPE_CHECKING:
    from asyncio import Future


class AsyncClosing:
    """The ways to close a tracker that wait for nothing, or as a coroutine does."""

    _dispatcher: Dispatcher

    @abstractmethod
    def _end(self, position: float | None, at: float | None) -> None:
        """Take the last signal in."""

    def close_soon(
        self,
        timeout: float = 5.0,
        *,
        position: float | None = None,
        at: float | None = None,
        on_closed: Callable[[bool], object] | None = None,
    ) -> None:
        """Close without waiting, as an event loop of Qt or GLib has to (`aclose`: asyncio's).

        ``on_closed`` is called with what `close` would return, on the tracker's thread. What
        waits has ``timeout`` seconds to be delivered.
        """
        self._end(position, at)
        self._dispatcher.start_closing(timeout, on_closed)

    async def aclose(
        self,
        timeout: float = 5.0,  # noqa: ASYNC109 - as `close` has it
        *,
        position: float | None = None,
        at: float | None = None,
    ) -> bool:
        """As `close`, for asyncio: the event loop goes on meanwhile."""
        import asyncio  # what plays no part without asyncio is not loaded

        loop = asyncio.get_running_loop()
        closed: Future[bool] = loop.create_future()

        def on_closed(delivered: bool) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, closed, delivered)

        self.close_soon(timeout, position=position, at=at, on_closed=on_closed)
        try:
            return await asyncio.wait_for(closed, timeout)
        except TimeoutError:
            return False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


def _resolve(closed: Future[bool], delivered: bool) -> None:
    if not closed.done():
        closed.set_result(delivered)
