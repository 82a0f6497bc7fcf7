"""Runs functions and coroutines that somebody else wrote where they stop nothing if they block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from typing import Any

from .thread_results import hand, result_of

_here = threading.local()


def is_private() -> bool:
    """True in a thread whose event loop belongs to this package."""
    return getattr(_here, "private", False)


def make_private() -> None:
    """The event loop of this thread belongs to this package."""
    _here.private = True


class UserCode:
    """Calls functions, each in a thread of its own, and runs the coroutines that they give.

    All coroutines run in one loop as long as they return, so they may keep what belongs to it,
    such as a session. A loop in which one was given up is left to itself. Where the loop is
    that of the program, they run in that.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._user: asyncio.AbstractEventLoop | None = None

    async def call(self, function: Callable[[], Any]) -> Any:
        """The result of ``function``, awaited if need be.

        Raises what it raises, and `RuntimeError` or `OSError` if no thread or loop can be had.
        """
        value = await in_thread(function)
        if not isawaitable(value):
            return value
        return await (self._run(value) if is_private() else value)

    async def _run(self, awaitable: Awaitable[Any]) -> Any:
        user = asyncio.get_running_loop()
        if self._loop is None or self._user is not user:  # that of a process before a fork
            self._loop, self._user = _started(), user
        future = asyncio.run_coroutine_threadsafe(_awaited(awaitable), self._loop)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._leave()
            raise

    def _leave(self) -> None:
        """Use the loop no more; one that is blocked ends when it can."""
        loop, self._loop = self._loop, None
        if loop is not None:
            with suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(loop.stop)


def _started() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()

    def work() -> None:
        make_private()
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    try:
        threading.Thread(target=work, name="playertrack-token-loop", daemon=True).start()
    except BaseException:
        loop.close()
        raise
    return loop


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    try:
        return await awaitable
    except (SystemExit, KeyboardInterrupt) as error:  # they would end the loop
        raise RuntimeError(f"it raised {error!r}") from None


async def in_thread(function: Callable[[], Any]) -> Any:
    """Call ``function`` in a thread that nobody waits for when the program ends."""
    done = asyncio.get_running_loop().create_future()

    def work() -> None:
        hand(done, *result_of(function))

    threading.Thread(target=work, name="playertrack-token", daemon=True).start()
    try:
        return await done
    except asyncio.CancelledError:
        done.cancel()
        raise
