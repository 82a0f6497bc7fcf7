"""The values that a destination and the sender exchange: requests, answers, verdicts.

A `Request` goes out, an `Answer` comes back, and a `Verdict` says what it means for the events
of the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs


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
