"""A client of the collector, for its services and for its API."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from playertrack.collector import Collector

KS = "djJ8MTAyfPxhhEsmoD7tBqxbfhvLIVYkMfiMXhHmlBjmS62sniPcSOtqqQGT0c12"


class Client:
    """Sends events of stats.collect to a collector, and asks its API."""

    def __init__(self, collector: Collector, session: aiohttp.ClientSession) -> None:
        self.collector = collector
        self.session = session

    async def send(self, event_type: int = 2, session: str = "s", **more: str) -> tuple[int, str]:
        data = {
            "format": "1",
            "event[partnerId]": "102",
            "event[entryId]": "1_abc",
            "event[eventType]": str(event_type),
            "event[sessionId]": session,
            "event[eventTimestamp]": "1700000000",
            **more,
        }
        url = f"{self.collector.service_url}/service/stats/action/collect"
        async with self.session.post(url, data=data) as response:
            return response.status, await response.text()

    async def get(self, path: str = "", **query: Any) -> Any:
        url = f"{self.collector.analytics_url}/collector{path}"
        async with self.session.get(url, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"{self.collector.analytics_url}/collector{path}"
        async with self.session.post(url, data=json.dumps(body)) as response:
            return response.status, await response.json()


@contextlib.asynccontextmanager
async def started(**words: Any) -> AsyncIterator[Client]:
    async with Collector(**words) as collector, aiohttp.ClientSession() as session:
        yield Client(collector, session)
