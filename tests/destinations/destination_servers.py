"""Servers for the destinations: what came, event by event, and whether it was authorized."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from fault_server import Received, ok

from playertrack.delivery import DeliverySettings
from playertrack.destinations.http import (
    CloudEventsDestination,
    HttpDestination,
    NdjsonDestination,
)
from playertrack.destinations.segment import SegmentDestination
from playertrack.destinations.sink import DeliverySink
from playertrack.destinations.xapi import XapiDestination
from playertrack.events import Event

FAST = DeliverySettings(base=0.01, probe_first=0.05, probe_most=0.2, drain_rate=1e4, timeout=60.0)

SECRET = "viewer:hush-hush-hush"


def content(request: Received) -> bytes:
    """The body, unpacked."""
    packed = request.headers.get("content-encoding") == "gzip"
    return gzip.decompress(request.body) if packed else request.body


def _bearer(secret: str) -> str:
    return f"Bearer {secret.partition(':')[2]}"


def _basic(secret: str) -> str:
    return f"Basic {base64.b64encode(secret.encode()).decode()}"


@attrs.frozen
class Service:
    """A destination: how to make it, what its requests hold, and how it is authorized."""

    name: str
    make: Callable[[str], Any]
    items: Callable[[bytes], list[dict[str, Any]]]
    id_of: Callable[[dict[str, Any]], str]
    authorization: Callable[[str], str]
    environment: Callable[[str], dict[str, str]]

    def ids(self, request: Received) -> list[str]:
        return [self.id_of(item) for item in self.items(content(request))]

    def sink(self, base: str, queue: Path | None = None, **options: Any) -> DeliverySink:
        options = {"settings": FAST, **options}
        return DeliverySink(f"{self.name}:{base}", self.make(base), queue=queue, **options)


def _http_environment(secret: str) -> dict[str, str]:
    return {"PLAYERTRACK_HTTP_TOKEN": secret.partition(":")[2]}


def _lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


SERVICES = [
    Service(
        *("http", HttpDestination, json.loads, lambda item: item["id"]),
        *(_bearer, _http_environment),
    ),
    Service(
        *("ndjson", NdjsonDestination, _lines, lambda item: item["id"]),
        *(_bearer, _http_environment),
    ),
    Service(
        *("cloudevents", CloudEventsDestination, json.loads, lambda item: item["id"]),
        *(_bearer, _http_environment),
    ),
    Service(
        "segment",
        SegmentDestination,
        lambda body: json.loads(body)["batch"],
        lambda item: item["messageId"],
        lambda secret: _basic(secret.partition(":")[2] + ":"),
        lambda secret: {"PLAYERTRACK_SEGMENT_WRITE_KEY": secret.partition(":")[2]},
    ),
    Service(
        "xapi",
        XapiDestination,
        json.loads,
        lambda item: item["id"],
        _basic,
        lambda secret: {
            "PLAYERTRACK_XAPI_USER": secret.partition(":")[0],
            "PLAYERTRACK_XAPI_PASSWORD": secret.partition(":")[2],
        },
    ),
]


def pauses(count: int, *sessions: str) -> list[Event]:
    """Events that all of them take."""
    return [
        Event("PAUSE", at=1000.0 + n, session=session, index=n, entry_id="1_a", position=float(n))
        for n in range(1, count + 1)
        for session in sessions or ("s",)
    ]


def ids_of(service: Service, events: list[Event]) -> list[str]:
    """The ids of ``events`` there."""
    destination = service.make("http://127.0.0.1:1")
    found = []
    for event in events:
        item = destination.encode(event)
        found += [service.id_of(json.loads(item))]
    return found


def unauthorized() -> bytes:
    return ok("no", "401 Unauthorized")
