"""The protocol of a destination: the one thing to write for another service (wire, 8).

A destination says how an event is encoded, how items become a request, and what an answer
means. Queue, order, retries, renewed tokens, dead letters, redaction and counters are the
sender's, and the same for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from .messages import Answer, Batch, Request, Verdict
from .verdicts import judge_status

if TYPE_CHECKING:
    from ..events import Event


#: The lane that is in order with all others, and the lane without an order.
COMMON, FREE = "", "\n"


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


#: Gives the note that was queued with the last item of a session, None if there is none.
Recall = Callable[[str], bytes | None]


def forgotten(session: str) -> bytes | None:
    """A session's earlier note when nothing was kept: None."""
    return None


class SessionDestination(Destination):
    """A destination whose items depend on earlier events of their session.

    It remembers them itself, and each `note` is kept with the queue beside its item, so that
    the next process can go on: ``recall`` gives it the last one.
    """

    recall: Recall = staticmethod(forgotten)

    def recalled(self, session: str) -> bytes | None:
        """The last note on ``session``, whoever wrote it."""
        return self.recall(session)

    def note(self, session: str) -> bytes | None:
        """A note with all that is needed to encode the next event of ``session``.

        None if there is no more to know than its last note says.
        """
        raise NotImplementedError

    @classmethod
    def learns(cls) -> bool:
        """True if `answered` does anything."""
        return cls.answered is not SessionDestination.answered

    def answered(self, session: str, body: bytes) -> None:
        """An item of ``session`` was delivered, and ``body`` was the answer."""
