"""A server of TCP in a thread of its own, for tests that are not coroutines."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar

_T = TypeVar("_T")


class Loop:
    """An event loop in a thread of its own, from `__enter__` to `__exit__`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _end(self) -> None:
        """A connection that was just taken is served until its client, which is gone, is missed."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=5.0)
            for task in late:
                task.cancel()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run ``coroutine`` there; returns its value."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()


class Listener(Loop):
    """Serves each connection by `serve`.

    It listens on ``port``, a free one if that is 0, and can stop to and begin again. When it
    stops, all that it began is over: no socket is left for later.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.port = 0
        self.connections = 0
        self.deaf = False
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._open = False
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection, which is closed after that."""
        raise NotImplementedError

    @property
    def attentive(self) -> bool:
        """True while connections are served."""
        return self._open and not self.deaf

    def __enter__(self) -> Self:
        super().__enter__()
        self.listen()
        return self

    def __exit__(self, *error: object) -> None:
        self.shut()
        super().__exit__(*error)

    def listen(self) -> None:
        """Take connections again, at the same port."""
        self.run(self._listen())

    def shut(self) -> None:
        """Take no connections, and end those that there are."""
        self.run(self._shut())

    def drop(self, seconds: float) -> None:
        """End all connections, and each new one at once for so long."""
        self.deaf = True
        self.loop.call_soon_threadsafe(self._abort)
        time.sleep(seconds)  # that is how long the outage is
        self.deaf = False

    async def _listen(self) -> None:
        self._open = True
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        assert self._server is not None
        self._open = False
        # A connection that was just taken still has a task of asyncio's, which must neither be
        # cancelled nor find its server closed, as nobody else has its socket.
        for listening in self._server.sockets:
            self.loop.remove_reader(listening.fileno())
        for _ in range(3):
            await asyncio.sleep(0)
        self._server.close()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            self._abort()
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    def _abort(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            if self.attentive:
                await self.serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close() if self.attentive else writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)
