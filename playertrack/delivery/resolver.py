"""Names to addresses, in a thread of its own.

asyncio asks an executor for that, which takes nothing any more while an interpreter exits; but
that is when a short program has its events sent.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from .._aiohttp import AbstractResolver, ResolveResult

_Question = tuple[str, int, int, "asyncio.Future[list[Any]]"]


class ThreadResolver(AbstractResolver):
    """Asks the operating system, one name after the other."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[_Question | None] = SimpleQueue()
        threading.Thread(target=self._work, name="playertrack-dns", daemon=True).start()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``; raises `OSError` if it has none."""
        future = asyncio.get_running_loop().create_future()
        self._questions.put((host, port, family, future))
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in await future
        ]

    async def close(self) -> None:
        """End the thread."""
        self._questions.put(None)

    def _work(self) -> None:
        while question := self._questions.get():
            host, port, family, future = question
            error: OSError | None = None
            found: list[Any] = []
            try:
                found = socket.getaddrinfo(
                    host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
                )
            except OSError as failure:
                error = failure
            except ValueError as failure:  # a name that cannot be one
                error = OSError(str(failure))
            with suppress(RuntimeError):  # the loop is closed
                future.get_loop().call_soon_threadsafe(_answer, future, found, error)


def _answer(future: asyncio.Future[list[Any]], found: list[Any], error: OSError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(found)
    else:
        future.set_exception(error)
