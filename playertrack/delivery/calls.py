"""Calls functions of third parties: one that hangs delays only its own destination.

This package's own destinations return at once and are called where they are needed. Functions
of other authors, and look-ups of names, run in a thread of their own. One that does not return
in time is left behind with its thread, and the next call gets another thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from inspect import getattr_static
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Generic

import attrs

from .._fork import Forked, watched
from .protocol import Destination
from .thread_results import hand, result_of

#: How many calls of one destination may hang; while there are so many, no other is made.
MOST = 8

#: How long (s) a call may take before it counts as a reason why nothing goes on.
_SLOW = 1.0

#: The functions that are called with an event, a request or an answer.
_FUNCTIONS = ("encode", "lane", "request", "authorize", "judge")

_PACKAGE = __name__.partition(".")[0]

Done = Callable[[Any, Exception | None], object]


class StalledError(Exception):
    """A call was given up, or not made at all; the message says why."""


@attrs.define(eq=False)
class Call:
    """A call of the function ``name``; ``began`` is the time of `monotonic`, None before that."""

    name: str
    function: Callable[[], Any]
    done: Done
    began: float | None = None
    left: bool = False


class Calls(Forked):
    """Calls the functions of ``whose`` destination, one at a time, in a thread of their own.

    A call may take ``patience`` seconds; ``thread`` is what the thread is called. Any thread
    may use it, also in a forked process.
    """

    def __init__(
        self, whose: str, patience: float, thread: str = "playertrack-destination"
    ) -> None:
        self.patience = patience
        self._whose = whose
        self._name = thread
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Call | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._running: Call | None = None
        self._hanging: set[Call] = set()
        watched.add(self)

    @property
    def trouble(self) -> str | None:
        """Says which function does not return, and for how long; None if all return."""
        calls = [*tuple(self._hanging), *filter(None, (self._running,))]
        since = min((call.began for call in calls if call.began is not None), default=None)
        if since is None or (seconds := monotonic() - since) < _SLOW:
            return None
        names = " and ".join(sorted({f"{self._whose}.{call.name}()" for call in calls}))
        return f"{names} has not returned for {seconds:.0f} s"

    def start(self, name: str, function: Callable[[], Any], done: Done) -> Call:
        """Have ``function`` called; then ``done``, in the same thread, with its value or error.

        Raises `StalledError` if too many calls hang, or no thread can be had.
        """
        call = Call(name, function, done)
        with self._lock:
            if len(self._hanging) >= MOST:
                raise StalledError(
                    f"{self._whose}: {MOST} calls have not returned; restart the program"
                )
            self._have_thread()
            self._queue.put(call)
        return call

    def prepare(self) -> None:
        """Start the thread: an interpreter that is about to exit starts none.

        Raises `StalledError` if there can be none.
        """
        with self._lock:
            self._have_thread()

    def leave(self, call: Call) -> StalledError:
        """Wait no longer for ``call``; those after it go to another thread. Gives the reason."""
        with self._lock:
            call.left = True
            running = self._running
            if running is not None and running.left:
                self._hanging.add(running)
                self._running = None
                before = self._queue
                with suppress(StalledError):  # whoever calls next tries again
                    self._next_thread()
                    with suppress(Empty):
                        while True:
                            self._queue.put(before.get_nowait())
        if call.began is None and running is not None:
            what = f"{call.name}() had to wait for {running.name}(), which does not return"
            return StalledError(f"{self._whose}.{what}")
        return StalledError(f"{self._whose}.{call.name}() did not return in {self.patience:g} s")

    async def call(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call ``function`` and wait for it in the running loop, for as long as it may take.

        Raises what it raises, or `StalledError`.
        """
        answer = asyncio.get_running_loop().create_future()
        call = self.start(name, lambda: function(*arguments), partial(hand, answer))
        try:
            async with asyncio.timeout(self.patience):
                return await answer
        except TimeoutError:
            if not answer.cancelled():
                raise
            raise self.leave(call) from None
        except asyncio.CancelledError:
            self.leave(call)
            raise

    def close(self) -> None:
        """End the thread; one that hangs is left to itself."""
        with self._lock:
            self._queue.put(None)
            self._thread = None  # whoever calls after all gets another one

    def after_fork_in_child(self) -> None:
        """Threads, and who holds the lock, are the parent's."""
        self._lock = threading.Lock()
        self._thread = self._running = None
        self._hanging = set()

    def _have_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._next_thread()

    def _next_thread(self) -> None:
        queue: SimpleQueue[Call | None] = SimpleQueue()
        thread = threading.Thread(target=self._work, args=(queue,), name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # none is left, or the interpreter is about to exit
            raise StalledError(f"{self._whose}: no thread to call it in: {error}") from None
        self._queue, self._thread = queue, thread

    def _work(self, queue: SimpleQueue[Call | None]) -> None:
        while (call := queue.get()) is not None:
            with self._lock:
                if call.left:
                    continue
                call.began = monotonic()
                self._running = call
            value, error = result_of(call.function)
            with self._lock:
                if call in self._hanging:
                    self._hanging.discard(call)
                    return  # another thread took over
                self._running = None
            call.done(value, error)


def is_ours(kind: type) -> bool:
    """True if nobody else wrote any of that class."""
    kinds = set(kind.__mro__) - {Generic, object}
    return all(each.__module__.partition(".")[0] == _PACKAGE for each in kinds)


def foreign(destination: Destination) -> frozenset[str]:
    """The functions of ``destination`` that may hang, as this package has no part in them.

    Its own destinations have none; others have all but those of `Destination` itself.
    """
    if is_ours(type(destination)):
        return frozenset()
    return frozenset(
        name
        for name in _FUNCTIONS
        if getattr_static(destination, name) is not getattr_static(Destination, name)
    )
