"""The protocol of a destination: the one thing to write for another service (wire, 8).

A destination says how an event is encoded, how items become a request, and what an answer
means. Queue, order, retries, renewed tokens, dead letters, redaction and counters are the
sender's, and the same for all. A `Request` goes out, an `Answer` comes back, and a `Verdict`
says what it means for the events of the request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from enum import Enum
from time import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from .._log import log as _log
from .._msgspec import msgspec
from ..errors import PlayertrackError
from ..outbox import Item, RefusedError

if TYPE_CHECKING:
    from ..events import Event


_K = TypeVar("_K")
_V = TypeVar("_V")
_T = TypeVar("_T")

#: The longest ``Retry-After`` that is believed (s).
MAX_AFTER = 3600.0

#: The longest reason that is kept (characters).
LONGEST_REASON = 500

#: The longest answer (bytes) that is read; the services answer with some hundred.
LONGEST_ANSWER = 64 * 1024

#: The lane that is in order with all others, and the lane without an order.
COMMON, FREE = "", "\n"

#: Sessions that are remembered; more than any machine plays at a time.
MOST_SESSIONS = 10_000

_BUSY = frozenset({408, 425, 429})

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@attrs.frozen(repr=False)
class Request:
    """One HTTP request; `Destination.authorize` adds the token, so its repr shows no secret."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url.partition('?')[0]}: {len(self.body)} bytes>"


@attrs.frozen
class Answer:
    """The answer of a server; of a long ``body`` only the first 64 KiB are read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Kind(Enum):
    """The next step for an event (wire, 4)."""

    DELIVERED = "delivered"
    RETRY = "retry"
    RENEW = "renew"
    REJECTED = "rejected"
    PAUSED = "paused"


@attrs.frozen
class Verdict:
    """The meaning of an answer for an event: ``kind``, and ``reason`` in words.

    ``after`` is the number of seconds before which the server wants no retry; None if it did
    not say.
    """

    kind: Kind
    reason: str = ""
    after: float | None = None


@attrs.frozen
class Batch:
    """How many ``events`` and ``bytes`` of items one request may carry.

    A batch that is not full waits up to ``wait`` seconds for more events.
    """

    events: int = 1
    bytes: int = 262_144
    wait: float = 0.0


def no_properties(event: Event) -> Mapping[str, Any]:
    """An event has no custom properties unless somebody gives it some."""
    return {}


class Destination:
    """The base of all destinations: `encode` and `request` have to be written.

    It is made with the ``address`` that follows its name, as in ``--sink NAME:URL``, and may
    raise `ValueError` for one that it cannot use. It does no input or output; `token` alone
    may wait. `encode` and `lane` are called by one thread, all else by another. A function
    that does not return delays this destination alone, and is called again in another thread.

        class Webhook(Destination):
            batch = Batch(events=50, wait=1.0)

            def encode(self, event):
                return json.dumps({"what": event.event, "at": event.at}).encode()

            def request(self, items):
                body = b"[" + b",".join(items) + b"]"
                return Request("POST", self.address, {"Content-Type": "application/json"}, body)
    """

    batch: Batch = Batch()

    #: Gives the custom properties of an event; who makes a sink may set it.
    properties_of: Callable[[Event], Mapping[str, Any]] = staticmethod(no_properties)

    #: What its sink noted with the event that is being encoded, "" if nothing.
    beside: str = ""

    def __init__(self, address: str) -> None:
        self.address = address

    def encode(self, event: Event) -> bytes | None:
        """The item that stands for ``event`` in the queue, frozen; None if it has none.

        What it raises rejects the event: it becomes a dead letter.
        """
        raise NotImplementedError

    def lane(self, event: Event) -> str | None:
        """Within which order is kept: the session. None: the order does not matter."""
        return event.session

    def request(self, items: Sequence[bytes]) -> Request:
        """The request for a batch of items, without any secret."""
        raise NotImplementedError

    def token(self) -> str | Awaitable[str | None] | None:
        """The token of now, None if there is none: asked at the start and after a RENEW.

        It may wait, as it is called in a thread of its own.
        """
        return None

    def authorize(self, request: Request, token: str | None) -> Request:
        """``request`` with ``token``; by default as a bearer token."""
        if token is None:
            return request
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        return attrs.evolve(request, headers=headers)

    def judge(self, answer: Answer, items: Sequence[bytes]) -> Verdict | Sequence[Verdict]:
        """Judge an ``answer``: a verdict for all ``items``, or one for each.

        Of a batch that is rejected as a whole each half is sent again, until the item is found
        that the server does not take.
        """
        return judge_status(answer)


class SessionDestination(Destination, Generic[_T]):
    """A destination whose items depend on earlier events of their session.

    What it has to know of a session is of class ``kind``, which msgpack can hold, and is in
    ``sessions``. A note of it is kept with the queue beside each item, so that the next process
    can go on.
    """

    def __init__(self, address: str, kind: type[_T]) -> None:
        super().__init__(address)
        self.sessions = Memory(kind)

    @classmethod
    def learns(cls) -> bool:
        """True if `answered` does anything."""
        return cls.answered is not SessionDestination.answered

    def answered(self, session: str, body: bytes) -> None:
        """An item of ``session`` was delivered, and ``body`` was the answer."""


class Memory(Generic[_T]):
    """The state of each session, of ``kind``; one that is new may be known by an earlier note.

    A note that cannot be read, as of another version, is none.
    """

    def __init__(self, kind: type[_T]) -> None:
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._encode = msgspec.msgpack.Encoder().encode
        #: Gives the last note on a session, of another process too; None if there is none.
        self.recall: Callable[[str], bytes | None] = lambda session: None
        self._known: Recent[str, _T] = Recent()
        self._noted: Recent[str, _T] = Recent()

    def get(self, session: str | None) -> _T | None:
        """The state of ``session``; None for an unknown one."""
        if session is None:
            return None
        known = self._known.get(session)
        if known is None and (note := self.recall(session)) is not None:
            try:
                known = self._decode(note)
            except (msgspec.MsgspecError, ValueError):
                return None
            self._known.put(session, known)
        return known

    def put(self, session: str, value: _T) -> None:
        """Remember ``value``."""
        self._known.put(session, value)

    def note(self, session: str) -> bytes | None:
        """The state of ``session`` as a note, to be recalled; None if the last one says it."""
        known = self._known.get(session)
        if known is None or known is self._noted.get(session):
            return None
        self._noted.put(session, known)
        return self._encode(known)


class Recent(OrderedDict[_K, _V]):
    """The values of the `MOST_SESSIONS` keys that were put last."""

    def put(self, key: _K, value: _V) -> None:
        """Remember ``value``; the key that was not put for the longest time may go."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > MOST_SESSIONS:
            self.popitem(last=False)


def pack(destination: Destination, event: Event, beside: str = "") -> Item | None:
    """The item of ``event``, None if ``destination`` has none for it.

    ``beside`` is what the sink noted with it. The head of the item is the time at which it is
    queued, which an operator wants to know.

    Raises `RefusedError` if it cannot be encoded.
    """
    destination.beside = beside
    try:
        body = destination.encode(event)
        if body is None:
            return None
        lane = destination.lane(event)
        note = None
        if isinstance(destination, SessionDestination):
            note = destination.sessions.note(event.session)
    except Exception as error:  # of a third party's destination: the event is refused
        if not isinstance(error, (PlayertrackError, ValueError)):
            _log.exception("%s cannot encode an event", type(destination).__name__)
        item = Item(event.session, event.event, event.index, event.at, "", b"")
        raise RefusedError(item, str(error) or repr(error)) from None
    return Item(
        FREE if lane is None else lane,
        event.event,
        event.index,
        event.at,
        f"{time():.3f}",
        body,
        note,
    )


_DELIVERED = Verdict(Kind.DELIVERED)


def judge_status(answer: Answer) -> Verdict:
    """The verdict on ``answer`` by its status: total, so every status has a meaning.

    >>> judge_status(Answer(503, {"Retry-After": "7"}, b"busy"))
    Verdict(kind=<Kind.RETRY: 'retry'>, reason='HTTP 503: busy', after=7.0)
    """
    status = answer.status
    if 200 <= status <= 299:
        return _DELIVERED
    reason = status_line(answer)
    if status == 401:
        return Verdict(Kind.RENEW, reason)
    if status == 404:
        return Verdict(Kind.PAUSED, f"the address is wrong: {reason}")
    if 400 <= status <= 499 and status not in _BUSY:
        return Verdict(Kind.REJECTED, reason)
    return Verdict(Kind.RETRY, reason, retry_after(answer.headers))


def status_line(answer: Answer) -> str:
    """The status and the start of the body, as a reason: ``HTTP 400: no such partner``."""
    text = " ".join(answer.body[: 2 * LONGEST_REASON].decode(errors="replace").split())
    return f"HTTP {answer.status}: {text}" if text else f"HTTP {answer.status}"


def retry_after(headers: Headers) -> float | None:
    """Seconds of ``Retry-After``, within bounds; a date counts from the server's ``Date``."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = {name.lower(): value.strip() for name, value in pairs}
    text = found.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_AFTER)
    then, now = http_date(text), http_date(found.get("date", ""))
    return None if then is None or now is None else min(max(0.0, then - now), MAX_AFTER)


def http_date(text: str) -> float | None:
    """The Unix time of a date as headers have it; None if it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
