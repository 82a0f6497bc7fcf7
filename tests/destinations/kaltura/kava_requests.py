"""Helpers that the tests of trackEvent share."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from made_requests import request_of

from playertrack import events
from playertrack.delivery import Request
from playertrack.destinations.kaltura import (
    Identity,
    KavaDestination,
)

ME = Identity(partner_id=102)


def event(name: str, at: float = 0.0, **fields: Any) -> events.Event:
    known: dict[str, Any] = {"session": "s-1", "index": 1, "entry_id": "1_abc"}
    return events.EVENTS[name](name, at=1700000000.0 + at, **(known | fields))


def fields(made: Request | None) -> dict[str, Any]:
    """The fields that the server reads, as text; from the form, or the query and the JSON."""
    assert made is not None
    query = dict(parse_qsl(urlsplit(made.url).query))
    if made.headers["Content-Type"] == "application/json":
        body = json.loads(made.body)
    else:
        pairs = parse_qsl(made.body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs)
        body = dict(pairs)
    assert not query.keys() & body.keys()
    found: dict[str, Any] = query | body
    return found


def sent(what: events.Event, identity: Identity = ME) -> dict[str, Any]:
    return fields(request_of(KavaDestination(identity), what))


def run(*story: events.Event, mapper: KavaDestination | None = None) -> list[dict[str, Any]]:
    """The requests that a story makes."""
    mapper = mapper or KavaDestination(ME)
    return [fields(made) for what in story if (made := request_of(mapper, what))]


def column(found: list[dict[str, Any]], name: str) -> list[Any]:
    return [each.get(name) for each in found]
