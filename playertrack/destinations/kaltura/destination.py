"""The common part of the destinations stats.collect and trackEvent: forms, KS and answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote_plus

import attrs

from ...delivery.protocol import Answer, Request, SessionDestination, Verdict
from ...events import Event
from .identity import Identity
from .responses import judge_answer

_T = TypeVar("_T")

#: The API v3 of the public service, and its host of trackEvent.
SERVICE_URL = "https://www.kaltura.com/api_v3"
ANALYTICS_URL = "https://analytics.kaltura.com"

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: Exactly this: with a charset behind it the server does not read the body.
JSON = {"Content-Type": "application/json"}


#: A name and its value, as a form has them.
Pairs = list[tuple[str, str]]

#: Names, and the values of a session, come again and again.
_quoted = lru_cache(maxsize=1024)(quote_plus)


def form(pairs: Iterable[tuple[str, str]], pattern: str = "{}") -> str:
    """The pairs form-encoded, in their order; ``pattern`` makes fields of their names."""
    return "&".join(
        [
            f"{_quoted(pattern.format(name))}="
            f"{value if value.isascii() and value.isalnum() else _quoted(value)}"
            for name, value in pairs
        ]
    )


class KalturaDestination(SessionDestination[_T]):
    """The events of ``identity`` for a service at ``address``.

    An item is the form that is posted; one that starts with ``?`` is a query, and after a line
    feed the body. ``endpoint`` is ``stats`` or ``kava``, and ``path`` follows the address.
    """

    endpoint: str
    path: str

    def __init__(self, identity: Identity, address: str, kind: type[_T]) -> None:
        super().__init__(address, kind)
        self.identity = identity

    def request(self, items: Sequence[bytes]) -> Request:
        """The request for one item."""
        [item] = items
        if item.startswith(b"?"):
            query, _, body = item[1:].partition(b"\n")
            return self._with_query(query.decode(), body)
        return Request("POST", self.address + self.path, FORM, item)

    def _with_query(self, query: str, body: bytes) -> Request:
        raise NotImplementedError

    def authorize(self, request: Request, token: str | None) -> Request:
        """The KS beside the fields: in the form, the object of JSON, or the query."""
        if not token:
            return request
        body = request.body
        if request.method == "GET":
            return attrs.evolve(request, url=f"{request.url}&ks={quote_plus(token)}")
        if request.headers is JSON:
            rest = body.lstrip()[1:]
            comma = b"" if rest.lstrip().startswith(b"}") else b","
            return attrs.evolve(request, body=b'{"ks":' + json.dumps(token).encode() + comma + rest)
        mark = b"&" if body else b""
        return attrs.evolve(request, body=b"ks=" + quote_plus(token).encode() + mark + body)

    def judge(self, answer: Answer, items: Sequence[bytes]) -> Verdict:
        """API v3 reports errors in the body, whatever the status."""
        return judge_answer(self.endpoint, answer.status, answer.headers, answer.body)

    def entry(self, event: Event) -> str:
        """The entry of ``event``; raises `WireError` if nobody named one."""
        return self.identity.entry(event.entry_id)
