"""A request as it is queued: all of it but the KS, frozen."""

from __future__ import annotations

import json
from typing import Protocol
from urllib.parse import quote_plus

import attrs

from ...events import Event

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
#: Exactly this: with a charset behind it the server does not read the body.
JSON = (("Content-Type", "application/json"),)


@attrs.frozen(kw_only=True)
class Request:
    """One event for one destination (Q-frozen).

    ``destination``: ``stats`` or ``kava``, which is also what its answer is judged as.
    ``lane``: the session, within which order is kept. ``identity``: the key of the `Identity`
    whose KS goes with it. ``base`` is the address of the service, ``path`` the rest of the
    URL. ``form`` says how the KS is attached: to a ``form``, to an object of ``json``, or to
    the ``query``; nothing here holds one. ``event``, ``index`` and ``at`` (Unix time, s) are
    those of the event. ``note`` is what the mapper has to know to make the next request of the
    session, also in another process.
    """

    destination: str
    lane: str
    identity: str
    method: str
    base: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    form: str
    event: str
    index: int
    at: float
    note: bytes | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def url(self) -> str:
        """Where it goes, without the KS."""
        return self.base + self.path


class Mapper(Protocol):
    """Puts events into requests; one per destination and identity.

    It remembers what the wire wants to know of a session's earlier events, so it is given
    each event once, in order, by one thread at a time.
    """

    def request(self, event: Event) -> Request | None:
        """The request for ``event``; None if it has no meaning there.

        Raises `WireError` if a field that is needed is missing.
        """


def attach_ks(request: Request, ks: str | None) -> tuple[str, bytes]:
    """The URL and the body to send: those of ``request`` with ``ks``, if there is one."""
    return with_ks(ks, request.form, request.url, request.body)


def with_ks(ks: str | None, form: str, url: str, body: bytes) -> tuple[str, bytes]:
    """As `attach_ks`, for what a request is made of."""
    if not ks:
        return url, body
    if form == "query":
        mark = "&" if "?" in url else "?"
        return f"{url}{mark}ks={quote_plus(ks)}", body
    if form == "json":
        rest = body.lstrip()[1:]
        comma = b"" if rest.lstrip().startswith(b"}") else b","
        return url, b'{"ks":' + json.dumps(ks).encode() + comma + rest
    mark_bytes = b"&" if body else b""
    return url, b"ks=" + quote_plus(ks).encode() + mark_bytes + body
