"""One request over HTTP: aiohttp, with everything turned off that would change the request."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Coroutine, Generator
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from yarl import URL

from .._aiohttp import AbstractResolver, aiohttp
from .protocol import LONGEST_ANSWER, Answer, Kind, Request, Verdict
from .settings import DeliveryError, DeliverySettings


class Fault(Enum):
    """The reason that no answer came; each may pass by itself."""

    CONNECT = "cannot connect"
    DNS = "the name of the server cannot be resolved"
    TLS = "no secure connection"
    LOST = "the connection was lost"
    TIMEOUT = "no answer in time"
    CUT = "the answer was cut off"

    @property
    def ambiguous(self) -> bool:
        """True if the request may have arrived all the same, so that a retry repeats it."""
        return self in _ARRIVED_PERHAPS


_ARRIVED_PERHAPS = frozenset({Fault.LOST, Fault.TIMEOUT, Fault.CUT})


class FaultError(Exception):
    """No answer came; ``detail`` is what the transport said, secrets and all."""

    def __init__(self, fault: Fault, detail: str) -> None:
        self.fault = fault
        self.detail = detail
        super().__init__(fault)


def fault_verdict(fault: Fault, detail: str = "") -> Verdict:
    """The verdict when no answer came; ``detail`` is the message of the transport."""
    return Verdict(Kind.RETRY, f"{fault.value}: {detail}" if detail else fault.value)


def check_address(base: str, settings: DeliverySettings) -> None:
    """Raises `DeliveryError` for an address that a token must not be sent to."""
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DeliveryError("url", base, "https://HOST…")
    if parts.scheme == "http" and not settings.allow_http and not _is_here(parts.hostname):
        raise DeliveryError(
            "url", base, "https (http to another machine: allow_http of DeliverySettings)"
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_session(resolver: AbstractResolver) -> aiohttp.ClientSession:
    """A session of the running loop: TLS verified, no cookies, no proxy of the environment."""
    session = aiohttp.ClientSession(
        connector=_Connector(limit=0, resolver=resolver, ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "playertrack", "Accept-Encoding": "identity"},
    )
    # It would repeat a GET by itself whose kept connection breaks: not counted, and beside the
    # retry policy.
    session._retry_connection = False
    return session


class _Hold:
    """Holds up the coroutine that awaits it, until whoever drives it goes on."""

    def __await__(self) -> Generator[_Hold, None, None]:
        yield self


class _Connector(aiohttp.TCPConnector):
    """Holds a request up before it gets a connection if ``holds``: so it is only made."""

    holds = False

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        """Get a connection for a request."""
        if self.holds:
            self.holds = False
            await _Hold()
        return await super().connect(*arguments, **options)


class Made:
    """A ``request`` that is made and not sent; awaited, it is sent."""

    def __init__(self, request: Request, begun: Any) -> None:
        self.request = request
        self._begun = begun

    def __await__(self) -> Generator[Any, None, aiohttp.ClientResponse]:
        response: Generator[Any, None, aiohttp.ClientResponse] = self._begun.__await__()
        return response

    def drop(self) -> None:
        """It is not to be sent."""
        self._begun.close()


def make(
    session: aiohttp.ClientSession, request: Request, plain: bool, limits: aiohttp.ClientTimeout
) -> Made | None:
    """Make a request ahead, which takes as long as a server that answers at once.

    None if that is not possible: in a session that was given, or if it cannot be made.
    """
    connector = session.connector
    if not isinstance(connector, _Connector):
        return None
    connector.holds = True
    try:
        begun = _request(session, request, plain, limits)
        if isinstance(begun.send(None), _Hold):
            return Made(request, begun)
        begun.close()
    except Exception:  # it is met again when the request is to be sent
        return None
    finally:
        connector.holds = False
    return None


def _request(
    session: aiohttp.ClientSession, request: Request, plain: bool, limits: aiohttp.ClientTimeout
) -> Any:
    return session.request(
        request.method,
        plain_url(request.url) if plain else URL(request.url, encoded=True),
        data=request.body or None,
        headers=request.headers,
        allow_redirects=False,
        timeout=limits,
    )


async def exchange(
    session: aiohttp.ClientSession,
    request: Request,
    plain: bool,
    limits: aiohttp.ClientTimeout,
    made: Made | None = None,
) -> Answer:
    """Send one request, which may be ``made``, and read its answer; follows no redirects.

    ``plain``: the URL has no secret in it, and may be remembered. Raises `FaultError`.
    """
    try:
        response = await (made or _request(session, request, plain, limits))
        return Answer(response.status, response.headers, await _read(response))
    except aiohttp.ClientConnectorDNSError as error:
        raise FaultError(Fault.DNS, str(error)) from None
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise FaultError(Fault.TLS, str(error)) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise FaultError(Fault.CONNECT, _why(error)) from None
    except TimeoutError:
        raise FaultError(Fault.TIMEOUT, "") from None
    except aiohttp.ClientPayloadError as error:
        raise FaultError(Fault.CUT, str(error)) from None
    except Exception as error:
        # Whatever a library or a server comes up with: the event stays in the queue.
        raise FaultError(Fault.LOST, f"{type(error).__name__}: {error}") from None


def _why(error: Exception) -> str:
    """Why there is no connection, and to where."""
    if isinstance(error, aiohttp.ClientConnectorError) and error.errno:
        return f"{os.strerror(error.errno)} at {error.host}:{error.port}"
    return str(error)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body; what is too long, or does not come, costs the connection."""
    content = response.content
    try:
        body = await content.readany()
        while len(body) <= LONGEST_ANSWER and not content.at_eof():
            body += await content.readany()
    except BaseException:  # raised again
        response.close()
        raise
    if not content.at_eof():
        response.close()
    return body


class TimeLimit:
    """Gives up what takes longer than ``seconds``, in the running loop.

    It is `asyncio.timeout` with one timer for all requests. One for each would take a
    twentieth of all the time that a request costs.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[asyncio.Task[Any], float] = {}  # in this order
        self._over: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """True if something is under way."""
        return bool(self._until)

    async def keep(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Await ``work`` in the present task; raises `FaultError` when the time is over."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        cancels = task.cancelling()
        until = self._until[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(until, self._look)
        try:
            return await work
        except asyncio.CancelledError:
            if task in self._over and task.uncancel() <= cancels:
                raise FaultError(Fault.TIMEOUT, "") from None
            raise
        finally:
            self._until.pop(task, None)
            self._over.discard(task)

    def _look(self) -> None:
        """The time of the oldest is over, unless it is done."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for task, until in tuple(self._until.items()):
            if until > loop.time():
                self._timer = loop.call_at(until, self._look)
                return
            del self._until[task]
            self._over.add(task)
            task.cancel()


@lru_cache(maxsize=64)
def plain_url(url: str) -> URL:
    """``url`` as it is; only for one without a secret, as it is remembered."""
    return URL(url, encoded=True)
