"""Runs functions and coroutines of third parties where they block nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from typing import Any

from .._fork import Forked, watched
from .thread_results import hand, result_of

#: How many threads of one source may hang; while there are so many, it is not asked.
MOST = 8

_here = threading.local()


def is_private() -> bool:
    """True in a thread whose event loop belongs to this package."""
    return getattr(_here, "private", False)


def make_private() -> None:
    """The event loop of this thread belongs to this package."""
    _here.private = True


class UserCode(Forked):
    """Calls functions, each in a thread of its own, and runs the coroutines that they give.

    All coroutines run in one loop as long as they return, so they may keep what belongs to it,
    such as a session; it ends with the last who uses this. A loop in which one was given up is
    left to itself. Where the loop is that of the program, they run in that. Any thread may use
    it, also in a forked process.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: list[threading.Thread] = []
        self._lock = threading.RLock()
        watched.add(self)

    async def call(self, function: Callable[[], Any]) -> Any:
        """The result of ``function``, awaited if need be.

        Raises what it raises, and `RuntimeError` or `OSError` if no thread or loop can be had.
        """
        value = await in_thread(function, self._start)
        if not isawaitable(value):
            return value
        return await (self._run(value) if is_private() else value)

    async def _run(self, awaitable: Awaitable[Any]) -> Any:
        with self._lock:
            loop = self._loop = self._loop or self._new_loop()
        future = asyncio.run_coroutine_threadsafe(_awaited(awaitable), loop)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._leave(loop)
            raise

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use the loop no more; one that is blocked ends when it can."""
        with self._lock:
            if self._loop is loop:
                self._loop = None
        with suppress(RuntimeError):  # it is closed
            loop.call_soon_threadsafe(loop.stop)

    def __del__(self) -> None:
        if self._loop is not None:
            self._leave(self._loop)

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()

        def work() -> None:
            make_private()
            asyncio.set_event_loop(loop)
            try:
                loop.run_forever()
            finally:
                loop.close()

        try:
            self._start(work, "playertrack-token-loop")
        except BaseException:
            loop.close()
            raise
        return loop

    def _start(self, work: Callable[[], object], name: str) -> None:
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            if len(self._threads) >= MOST:
                raise RuntimeError(f"{MOST} calls have not returned; restart the program")
            self._threads.append(_start(work, name))

    def after_fork_in_child(self) -> None:
        """The loop and the threads are the parent's."""
        self._lock = threading.RLock()
        self._loop, self._threads = None, []


def _start(work: Callable[[], object], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    try:
        return await awaitable
    except (SystemExit, KeyboardInterrupt) as error:  # they would end the loop
        raise RuntimeError(f"it raised {error!r}") from None


async def in_thread(
    function: Callable[[], Any], start: Callable[[Callable[[], object], str], object] = _start
) -> Any:
    """Call ``function`` in a thread that nobody waits for when the program ends.

    ``start`` starts it, under a name.
    """
    done = asyncio.get_running_loop().create_future()

    def work() -> None:
        hand(done, *result_of(function))

    start(work, "playertrack-token")
    try:
        return await done
    except asyncio.CancelledError:
        done.cancel()
        raise
