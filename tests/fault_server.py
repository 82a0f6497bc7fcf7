"""A server that answers as scripted, well or badly, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

import attrs
from listening import Listener

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

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of the request, from the query and the body."""
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


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a machine does that knows nothing of it."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


class Server(Listener):
    """Answers each request with what ``answer`` says; ``received`` has them all.

    It answers none before ``together`` of them wait at one time, and each ``delay`` (s) late.
    Who asks with HEAD what time it is gets ``date``, and is not received.
    """

    def __init__(
        self,
        answer: Callable[[Received], Answer] = lambda request: ok(),
        delay: float = 0.0,
        tls: ssl.SSLContext | None = None,
        together: int = 1,
    ) -> None:
        super().__init__(tls)
        self.answer = answer
        self.delay = delay
        self._together = together
        self._met = asyncio.Event()
        self.received: list[Received] = []
        #: What time it is, as headers say it; None if it does not say that.
        self.date: Callable[[], str | None] = lambda: None
        self.busy = self.most_busy = 0
        self._changed = threading.Condition()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/api_v3"

    def wait(self, count: int, timeout: float = 60.0) -> list[Received]:
        """Wait for so many requests."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.received) >= count, timeout)
            assert came, f"{len(self.received)} of {count} requests came"
            return list(self.received)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other."""
        while self.attentive and await self._exchange(reader, writer):
            pass

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        if method == "HEAD":
            date = self.date()
            fields = [] if date is None else [f"Date: {date}"]
            return await self._reply(ok("", "404 No", *fields), reader, writer)
        request = Received(len(self.received), method, target, headers, body)
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        if self.busy >= self._together:
            self._met.set()
        try:
            await self._met.wait()
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
            reset(writer)
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
