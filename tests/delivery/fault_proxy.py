"""A network that fails: passes connections on to a server, and answers back, as scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

from fault_server import reset
from listening import Listener

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter

_CHUNK = 65536


class Link:
    """A connection on its way: ``near`` is the client's part of it, ``far`` the server's."""

    def __init__(self, near: tuple[Reader, Writer], far: tuple[Reader, Writer]) -> None:
        self.near, self.near_writer = near
        self.far, self.far_writer = far
        self.seen = bytearray()

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[asyncio.Task[None]]:
        """Meanwhile what the client sends is passed on; the task ends when it has enough."""
        task = asyncio.create_task(self._ask())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await task

    async def _ask(self) -> None:
        while data := await self.near.read(_CHUNK):
            self.seen += data
            self.far_writer.write(data)
            await self.far_writer.drain()

    async def answer(self) -> bytes:
        """The next data from the server; nothing if it has ended."""
        data = await self.far.read(_CHUNK)
        self.seen += data
        return data

    async def send(self, data: bytes) -> None:
        """Say that to the client."""
        self.near_writer.write(data)
        await self.near_writer.drain()


#: How a connection is treated until it is closed.
Way = Callable[[Link], Awaitable[None]]


class Proxy(Listener):
    """Between clients and the server at port ``to``.

    Each connection goes the next of ``ways``, and when there are no more, straight through.
    ``seen`` is all that clients sent and the server answered.
    """

    def __init__(self, to: int, *ways: Way) -> None:
        super().__init__()
        self.to = to
        self.ways = list(ways)
        self.seen = bytearray()

    async def serve(self, reader: Reader, writer: Writer) -> None:
        """Pass it on, in its way."""
        way = self.ways.pop(0) if self.ways else through
        far = await asyncio.open_connection("127.0.0.1", self.to)
        link = Link((reader, writer), far)
        try:
            await way(link)
        finally:
            self.seen += link.seen
            far[1].transport.abort()
            with suppress(OSError):
                await far[1].wait_closed()


async def through(link: Link) -> None:
    """All is well, until either side has enough."""
    async with link.asking() as asked:
        answering = asyncio.create_task(_answers(link))
        await asyncio.wait({asked, answering}, return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def _answers(link: Link) -> None:
    while data := await link.answer():
        await link.send(data)


async def reset_before_the_request(link: Link) -> None:
    """The connection is reset before anything of the request is passed on."""
    await link.near.read(1)
    reset(link.near_writer)


async def reset_before_the_answer(link: Link) -> None:
    """The server answers, but the connection is reset."""
    async with link.asking():
        await link.answer()
        reset(link.near_writer)


async def half_close(link: Link) -> None:
    """The server answers; what arrives is the end of its half of the connection."""
    async with link.asking() as asked:
        await link.answer()
        link.near_writer.write_eof()
        await asked


async def swallow(link: Link) -> None:
    """Swallow all that the client sends, and answer nothing."""
    while await link.near.read(_CHUNK):
        pass


async def drip(link: Link) -> None:
    """The answer comes byte by byte."""
    async with link.asking():
        for byte in await link.answer():
            await link.send(bytes((byte,)))
            await asyncio.sleep(0.001)  # so that each is a packet of its own


async def close_after_the_answer(link: Link) -> None:
    """All is well once; a connection that the client would use again is closed."""
    async with link.asking():
        await link.send(await link.answer())


def cut(after: int) -> Way:
    """Only so many bytes of the answer arrive, and then the end."""

    async def way(link: Link) -> None:
        async with link.asking():
            await link.send((await link.answer())[:after])

    return way


def stall(after: int) -> Way:
    """So many bytes of the answer arrive, and then nothing more."""

    async def way(link: Link) -> None:
        async with link.asking() as asked:
            await link.send((await link.answer())[:after])
            await asked

    return way


def garble(junk: bytes) -> Way:
    """Something else arrives in place of the answer."""

    async def way(link: Link) -> None:
        async with link.asking():
            await link.answer()
            await link.send(junk)

    return way
