"""The site with a receiver, and the events that come of its pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
from aiohttp import web

from browser.site import PATIENCE, Site, serving
from playertrack.events import Event, to_record
from playertrack.trace.lint import check
from playertrack_html5 import Translator
from playertrack_html5.receiving import Receiver

START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]
QUARTILES = [f"PLAY_REACHED_{percent}" for percent in (25, 50, 75, 100)]
AGAIN = ["REPLAY", "PLAY_REQUEST", "PLAY"]

#: The length (s) of the clips.
LENGTH = 2.0

POLICY = attrs.evolve(Translator.policy, view_interval=None)


def reached(position: float | None) -> list[str]:
    """The quartiles of a clip that are reached there: a page on a busy machine may be late."""
    assert position is not None
    return QUARTILES[: int(4 * position / LENGTH)]


class Watching:
    """A sink that can be waited for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def close(self, timeout: float) -> bool:
        return True

    @property
    def names(self) -> list[str]:
        return [event.event for event in self.events]

    def of(self, player: str | None) -> list[str]:
        return [event.event for event in self.events if event.player == player]

    async def until(self, condition: Callable[[list[str]], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition(self.names):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"what was awaited did not come: {self.events}") from None

    async def seen(self, name: str, times: int = 1) -> None:
        await self.until(lambda names: names.count(name) >= times)


@asynccontextmanager
async def measured(
    clips: Path, routes: Iterable[web.RouteDef] = ()
) -> AsyncIterator[tuple[Site, Watching]]:
    """The site with a receiver, and its events; the invariants hold for all of them."""
    watching = Watching()
    receiver = Receiver([watching], policy=POLICY)
    site = Site(clips, receiver.take, routes)
    async with serving(site):
        yield site, watching
        await receiver.close()
    assert check(map(to_record, watching.events), policy=POLICY) == []
