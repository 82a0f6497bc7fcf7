"""A server that answers as it is told, well or badly, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import attrs

#: What is sent back as it is: everything up to the end of the connection.
Answer = bytes | str


@attrs.frozen
class Received:
    """A request: the how manieth it is, its method, target, header fields and body."""

    number: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """What it says, in the query and the body."""
        return dict(parse_qsl(urlsplit(self.target).query) + parse_qsl(self.body.decode()))

    @property
    def session(self) -> str:
        return self.form.get("event[sessionId]") or self.form.get("sessionId", "")


def ok(body: str = "true", status: str = "200 OK", *fields: str) -> bytes:
    """A whole answer."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *fields, "", body)
    return "\r\n".join(lines).encode()


def exception(code: str, message: str = "no") -> bytes:
    """An error as API v3 reports it."""
    return ok(f'{{"objectType":"KalturaAPIException","code":"{code}","message":"{message}"}}')


#: In place of an answer: nothing but the end of the connection, a reset, or nothing at all.
END, RESET, HANG = "end", "reset", "hang"
#: The answer, but only a part of it; and nothing but bits of it, for ever.
CUT = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"time"'
ENDLESS = "endless"


class Server:
    """Answers each request with what ``answer`` says; ``received`` has them all.

    It listens on ``port``, a free one if that is 0, and can stop to and begin again. When it
    stops, all that it began is over: no socket is left for later.
    """

    def __init__(
        self, answer: Callable[[Received], Answer] = lambda request: ok(), delay: float = 0.0
    ) -> None:
        self.answer = answer
        self.delay = delay
        self.received: list[Received] = []
        self.busy = self.most_busy = self.connections = 0
        self.port = 0
        self.deaf = False
        self.loop = asyncio.new_event_loop()
        self._changed = threading.Condition()
        self._server: asyncio.Server | None = None
        self._open = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/api_v3"

    def __enter__(self) -> Self:
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *error: object) -> None:
        self.shut()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def listen(self) -> None:
        """Take connections again, at the same port."""
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result()

    def shut(self) -> None:
        """Take no connections, and end those that there are."""
        asyncio.run_coroutine_threadsafe(self._shut(), self.loop).result()

    def drop(self, seconds: float) -> None:
        """End all connections, and each new one at once for so long."""
        self.deaf = True
        self.loop.call_soon_threadsafe(self._abort)
        time.sleep(seconds)
        self.deaf = False

    def wait(self, count: int, timeout: float = 20.0) -> list[Received]:
        """Wait for so many requests."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.received) >= count, timeout)
            assert came, f"{len(self.received)} of {count} requests came"
            return list(self.received)

    async def _listen(self) -> None:
        self._open = True
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        assert self._server is not None
        self._open = False
        self._server.close()
        # A connection that was just taken still has a task of asyncio's, which must not be
        # cancelled, as nobody else has its socket.
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
            while self._open and not self.deaf and await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close() if self._open and not self.deaf else writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        request = Received(len(self.received), method, target, headers, body)
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            return await self._reply(self.answer(request), reader, writer)
        finally:
            self.busy -= 1

    async def _reply(
        self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if answer == HANG:
            await reader.read()  # until the other side has enough
        elif answer == RESET:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif answer == ENDLESS:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        elif isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return answer != CUT
        return False


def script(*answers: Answer) -> Callable[[Received], Answer]:
    """The answers one after the other, and then all is well."""
    return lambda request: answers[request.number] if request.number < len(answers) else ok()
