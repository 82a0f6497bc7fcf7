"""Events posted to any HTTP service: a JSON array, NDJSON, or CloudEvents (wire, 8)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import attrs

from .._msgspec import msgspec
from ..delivery import Batch, Destination, Request
from ..delivery.redaction import holds_a_secret
from ..events import Event
from ..sinks.base import event_line

_TOKEN = "PLAYERTRACK_HTTP_TOKEN"
_TOKEN_FILE = "PLAYERTRACK_HTTP_TOKEN_FILE"
_HEADER = "PLAYERTRACK_HTTP_HEADER"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_encode = msgspec.json.Encoder().encode


def checked_url(address: str, *, query: bool = True) -> str:
    """``address`` if it is one that may be kept and shown; raises `ValueError`.

    ``query`` is False where something is added to its path.
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not address.isprintable() or " " in address or "#" in address:
        raise ValueError("its address has to be a URL, as https://example.com/events")
    if parts.query and not query:
        raise ValueError("its address must not have a query")
    if holds_a_secret(address):
        raise ValueError("its URL contains a secret; secrets belong in the environment")
    return address


def event_id(event: Event) -> str:
    """A permanent id of ``event``, by which a receiver can remove a repeated one."""
    return f"{event.session}:{event.index}"


class HttpDestination(Destination):
    """``http:URL``: each batch is a JSON array of the events, each with its ``id``.

    The token is a bearer token, or a whole header (``Name: value``). It comes from
    ``PLAYERTRACK_HTTP_TOKEN``, the file that ``PLAYERTRACK_HTTP_TOKEN_FILE`` names, or
    ``PLAYERTRACK_HTTP_HEADER``. Raises `ValueError` for a URL that cannot be used.

    >>> http = HttpDestination("https://example.com/in")
    >>> http.request([http.encode(Event("PAUSE", at=3.0, session="s", index=7))]).body
    b'[{"event": "PAUSE", "at": 3.0, "session": "s", "index": 7, "entry_id": null, \
"position": null, "duration": null, "id": "s:7"}]'
    """

    batch = Batch(events=100, bytes=262_144, wait=1.0)
    content_type = "application/json"

    def __init__(self, address: str) -> None:
        super().__init__(checked_url(address))

    def encode(self, event: Event) -> bytes | None:
        """The event as in an event log, with its ``id``."""
        return self._record(event) + b', "id": ' + _encode(event_id(event)) + b"}"

    def _record(self, event: Event) -> bytes:
        """The event as in an event log, with its custom properties, still open."""
        properties = self.properties_of(event)
        line = event_line(event)[:-2]
        return line if not properties else line + b', "properties": ' + _encode(properties)

    def request(self, items: Sequence[bytes]) -> Request:
        """A POST of all of them."""
        return Request("POST", self.address, {"Content-Type": self.content_type}, _array(items))

    def token(self) -> str | None:
        """From the environment; a file is read again each time."""
        if token := os.environ.get(_TOKEN):
            return token
        if path := os.environ.get(_TOKEN_FILE):
            return Path(path).read_text("utf-8").strip()
        return os.environ.get(_HEADER) or None

    def authorize(self, request: Request, token: str | None) -> Request:
        """As a bearer token, or as the header that ``token`` is."""
        name, colon, value = (token or "").partition(":")
        if not colon:
            return super().authorize(request, token)
        return attrs.evolve(request, headers={**request.headers, name.strip(): value.strip()})


class NdjsonDestination(HttpDestination):
    """``ndjson:URL``: as `HttpDestination`, but a line for each event."""

    content_type = "application/x-ndjson"

    def request(self, items: Sequence[bytes]) -> Request:
        """A POST of all of them."""
        headers = {"Content-Type": self.content_type}
        return Request("POST", self.address, headers, b"".join([item + b"\n" for item in items]))


class CloudEventsDestination(HttpDestination):
    """``cloudevents:URL``: as `HttpDestination`, in the JSON batch format of CloudEvents 1.0."""

    content_type = "application/cloudevents-batch+json"

    def encode(self, event: Event) -> bytes | None:
        """The envelope of CloudEvents, with the event as its data."""
        attributes = {
            "specversion": "1.0",
            "type": f"playertrack.{event.event}",
            "source": f"playertrack:{quote(event.player or '', safe='')}",
            "id": event_id(event),
            "datacontenttype": "application/json",
        }
        if event.entry_id:
            attributes["subject"] = event.entry_id
        if (time := rfc3339(event.at)) is not None:
            attributes["time"] = time
        return _encode(attributes)[:-1] + b',"data":' + self._record(event) + b"}}"


def rfc3339(at: float) -> str | None:
    """A Unix time (s) in the words of RFC 3339, UTC; None for what no calendar has.

    >>> rfc3339(1_700_000_000.25)
    '2023-11-14T22:13:20.250Z'
    """
    try:
        then = _EPOCH + timedelta(seconds=round(at, 3))
    except (OverflowError, ValueError):
        return None
    return then.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _array(items: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"
