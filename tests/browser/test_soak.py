"""The browser for long: every scenario again and again, a thousand plays in one page."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import attrs
import pytest

from browser import test_playback
from browser.chromium import Browser, Page
from browser.site import Site, serving
from playertrack.events import Event
from playertrack.testing.clips import make_clip
from playertrack_html5.receiving import Receiver

pytestmark = [pytest.mark.soak, pytest.mark.timeout(2400)]

PLAYS = 1000
SCENARIOS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    name: test
    for name, test in vars(test_playback).items()
    if name.startswith("test_") and inspect.iscoroutinefunction(test)
}


@pytest.mark.parametrize("turn", range(20))
async def test_every_scenario_once_more(turn: int, clips: Path, chromium: Browser) -> None:
    assert len(SCENARIOS) >= 12
    for scenario in SCENARIOS.values():
        await scenario(clips, chromium)


class Counting:
    """Counts events by name, and keeps none."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._counted = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.counts[event.event] += 1
        self._counted.set()

    def close(self, timeout: float) -> bool:
        return True

    async def until(self, name: str, count: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while self.counts[name] < count:
                self._counted.clear()
                await self._counted.wait()


@attrs.frozen
class Size:
    """The memory of the page and of this process."""

    heap: int
    listeners: int
    memory: int
    files: int
    threads: int


async def size(page: Page) -> Size:
    await page.call("HeapProfiler.collectGarbage")
    heap = await page.call("Runtime.getHeapUsage")
    counters = await page.call("Memory.getDOMCounters")
    return Size(
        heap=heap["usedSize"],
        listeners=counters["jsEventListeners"],
        memory=memory(),
        files=files(),
        threads=threading.active_count(),
    )


def files() -> int:
    """Files and sockets that this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def memory() -> int:
    """Bytes that this process has in memory."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def test_a_thousand_plays_in_one_page_leave_nothing_behind(
    tmp_path: Path, chromium: Browser
) -> None:
    make_clip(tmp_path / "short.webm", 1.0)
    counting = Counting()
    receiver = Receiver([counting])
    async with serving(Site(tmp_path, receiver.take)) as site:
        page = await chromium.open(site.url("/media/short.webm", entry="1_abc"))
        await page.run(
            """video.onended = () => void video.play();
               video.playbackRate = 2; void video.play()"""
        )
        await counting.until("PLAY_REACHED_100", 100, 300.0)
        early = await size(page)
        await counting.until("PLAY_REACHED_100", PLAYS, 1800.0)
        late = await size(page)
        assert receiver.players == 1
        await page.close()
        await receiver.close()
    print(early, late, counting.counts)  # noqa: T201 - the numbers of the run
    assert late.heap < early.heap + 500_000
    assert late.listeners <= early.listeners
    assert late.memory < early.memory + 8_000_000
    assert late.files <= early.files + 2
    assert late.threads <= early.threads + 1
    played = counting.counts["PLAY"]
    assert counting.counts["PLAY_REQUEST"] == counting.counts["REPLAY"] + 1 == played
    for percent in (25, 50, 75, 100):
        assert abs(counting.counts[f"PLAY_REACHED_{percent}"] - played) <= 1
    assert not {"PAUSE", "SEEK", "ERROR"} & counting.counts.keys()
