"""Resolves names, each host in its own thread.

asyncio uses an executor for that, which accepts no work once the interpreter starts to exit; but
that is when a short program sends its events. A name that resolves slowly delays no other.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from .._aiohttp import AbstractResolver, ResolveResult
from .calls import Calls, StalledError


class ThreadResolver(AbstractResolver):
    """Asks the operating system; what it does not answer within ``patience`` seconds fails."""

    def __init__(self, patience: float = 5.0) -> None:
        self._patience = patience
        self._hosts: dict[str, Calls] = {}

    def prepare(self, host: str) -> Calls:
        """Start the thread for ``host``; raises `OSError` if there can be none."""
        calls = self._hosts.get(host)
        if calls is None:
            calls = Calls(host, self._patience, "playertrack-dns")
            try:
                calls.prepare()
            except StalledError as error:
                raise OSError(str(error)) from None
            self._hosts[host] = calls
        return calls

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``; raises `OSError` if it has none."""
        try:
            found = await self.prepare(host).call("getaddrinfo", _ask, host, port, family)
        except StalledError as error:
            raise OSError(errno.EHOSTUNREACH, f"no address: {error}") from None
        except ValueError as error:  # a name that cannot be one
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
        for calls in self._hosts.values():
            calls.close()


def _ask(host: str, port: int, family: int) -> list[Any]:
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
