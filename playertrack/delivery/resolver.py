"""Names to addresses, each host in a thread of its own.

asyncio asks an executor for that, which takes nothing any more while an interpreter exits; but
that is when a short program has its events sent. One name that resolves slowly holds up no
other.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from queue import SimpleQueue
from typing import Any

from .._aiohttp import AbstractResolver, ResolveResult
from .thread_results import hand

_Question = tuple[str, int, int, "asyncio.Future[list[Any]]"]
_Lane = SimpleQueue["_Question | None"]


#: Threads that may be left waiting for an answer.
_MOST_LEFT = 8


class ThreadResolver(AbstractResolver):
    """Asks the operating system; what it does not answer within ``patience`` seconds fails.

    Then the host has another thread the next time, as this one may never return; but there are
    never more than a few of those.
    """

    def __init__(self, patience: float = 5.0) -> None:
        self._patience = patience
        self._lanes: dict[str, _Lane] = {}
        self._threads: dict[_Lane, threading.Thread] = {}

    def prepare(self, host: str) -> _Lane:
        """Start the thread for ``host``; raises `RuntimeError` if there can be none."""
        lane = self._lanes.get(host)
        if lane is None:
            lane = SimpleQueue()
            thread = threading.Thread(
                target=_work, args=(lane,), name="playertrack-dns", daemon=True
            )
            thread.start()
            self._lanes[host], self._threads[lane] = lane, thread
        return lane

    def _leave(self, host: str, lane: _Lane) -> None:
        """Give ``host`` another thread the next time, if not too many were left like that."""
        left = self._threads.keys() - set(self._lanes.values())
        for each in left:
            if not self._threads[each].is_alive():
                del self._threads[each]
        if len(self._threads) - len(self._lanes) < _MOST_LEFT and self._lanes.get(host) is lane:
            del self._lanes[host]
            lane.put(None)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``; raises `OSError` if it has none."""
        future = asyncio.get_running_loop().create_future()
        try:
            lane = self.prepare(host)
            lane.put((host, port, family, future))
            async with asyncio.timeout(self._patience):
                found = await future
        except TimeoutError:
            self._leave(host, lane)
            reason = f"no address within {self._patience:g} s"
            raise OSError(errno.EHOSTUNREACH, reason) from None
        except RuntimeError as error:
            raise OSError(str(error)) from None
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """End the threads."""
        for lane in self._lanes.values():
            lane.put(None)


def _work(lane: _Lane) -> None:
    while question := lane.get():
        host, port, family, future = question
        if future.done():
            continue  # nobody waits for it any more
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
        hand(future, found, error)
