"""A sink that gives its events as an asynchronous iterator."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Self

from ..events import Event

if TYPE_CHECKING:
    from asyncio import Future


class EventStream:
    """A sink that any asyncio event loop may iterate over; it ends when the sink is closed.

    Up to ``limit`` events wait for the iteration; beyond that the oldest goes, and
    ``dropped`` counts it: a reader that fell behind sees the present, and notices.
    """

    def __init__(self, limit: int) -> None:
        #: How many events were dropped because nobody fetched them.
        self.dropped = 0
        self._events: deque[Event] = deque(maxlen=limit)
        self._lock = Lock()
        self._readers: set[Future[None]] = set()
        self._closed = False

    def emit(self, event: Event) -> None:
        """Keep ``event`` for the iteration and wake it."""
        with self._lock:
            self.dropped += len(self._events) == self._events.maxlen
            self._events.append(event)
        self._wake()

    def close(self, timeout: float = 0.0) -> bool:
        """End the iteration after what is waiting; True if nothing is."""
        with self._lock:
            self._closed = True
        self._wake()
        return not self._events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        from asyncio import get_running_loop  # what plays no part without asyncio is not loaded

        while True:
            with self._lock:
                if self._events:
                    return self._events.popleft()
                if self._closed:
                    raise StopAsyncIteration
                reader = get_running_loop().create_future()
                self._readers.add(reader)
            try:
                await reader
            finally:
                with self._lock:
                    self._readers.discard(reader)

    def _wake(self) -> None:
        with self._lock:
            readers = tuple(self._readers)
        for reader in readers:
            try:
                reader.get_loop().call_soon_threadsafe(_resolve, reader)
            except RuntimeError:
                # Its loop is closed: nobody will ever come back for it.
                with self._lock:
                    self._readers.discard(reader)


def _resolve(reader: Future[None]) -> None:
    if not reader.done():
        reader.set_result(None)
