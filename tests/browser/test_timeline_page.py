"""The timeline's page in a real browser: it loads nothing, explains, zooms, and has two themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from browser.chromium import Browser, Page
from playertrack.signals import Signal, from_record
from playertrack.timeline import observe, to_html

#: The corners of all names that are shown, in row 1.
NAMES = """[...document.querySelectorAll("section:first-of-type .event .name")]
  .filter((name) => name.getAttribute("visibility") !== "hidden")
  .map((name) => name.getBoundingClientRect())
  .map((box) => [box.left, box.right, box.top, box.bottom])"""

DARK = {"name": "prefers-color-scheme", "value": "dark"}
LIGHT = {"name": "prefers-color-scheme", "value": "light"}
PAPER = 'getComputedStyle(document.querySelector(".playertrack-timeline")).backgroundColor'

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


def short() -> list[dict[str, Any]]:
    """Ten seconds and few events."""
    return [
        {"signal": "loaded", "at": 0, "entry_id": HOSTILE, "duration": 20},
        {"signal": "playing", "at": 0.5},
        *({"signal": "timeupdate", "at": 0.5 + i / 4, "position": i / 4} for i in range(1, 40)),
    ]


def long() -> list[dict[str, Any]]:
    """Three hours and some 1,500 events, most of them close to each other."""
    records: list[dict[str, Any]] = [
        {"signal": "loaded", "at": 0, "entry_id": "long", "duration": 10_800},
        {"signal": "playing", "at": 0},
    ]
    at, position = 0.0, 0.0
    for i in range(1, 5400):
        at, position = at + 2, position + 2
        records.append({"signal": "timeupdate", "at": at, "position": position})
        if i % 40 < 4:
            records.append({"signal": "stall", "at": at + 0.1})
            at += 3
            records.append({"signal": "stall_end", "at": at})
        if i % 90 == 0:
            position = (position + 1000) % 10_000
            records.append({"signal": "seek", "at": at + 0.2, "position": position})
            at += 0.2
    return records


@asynccontextmanager
async def page(
    chromium: Browser, folder: Path, records: Sequence[dict[str, Any]]
) -> AsyncIterator[Page]:
    signals: list[Signal] = [from_record(record) for record in records]
    timeline = observe((line, (None, signal)) for line, signal in enumerate(signals, 1))
    file = folder / "timeline.html"
    file.write_text(to_html(timeline, HOSTILE), "utf-8")
    opened = await chromium.open(file.as_uri())
    try:
        yield opened
    finally:
        await opened.close()


async def names(page: Page) -> list[list[float]]:
    """The names that are shown; no two of them lie on each other."""
    shown: list[list[float]] = await page.run(NAMES)
    for i, (left, right, top, bottom) in enumerate(shown):
        for other in shown[i + 1 :]:
            beside = right <= other[0] or other[1] <= left
            over = bottom <= other[2] + 3 or other[3] <= top + 3  # a line's air is not ink
            assert beside or over, (shown[i], other)
    return shown


async def ticks(page: Page) -> list[str]:
    told: list[str] = await page.run(
        '[...document.querySelectorAll("section:first-of-type .axis text")].map('
        "(text) => text.textContent)"
    )
    return told


@pytest.mark.parametrize("records", [short(), long()], ids=["10 s", "3 hours"])
async def test_names_are_readable_at_any_zoom(
    chromium: Browser, tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    async with page(chromium, tmp_path, records) as opened:
        seen = [len(await names(opened))]
        whole = await ticks(opened)
        for _ in range(3):
            await opened.run('document.querySelector("[data-by=\\"2\\"]").click()')
            seen.append(len(await names(opened)))
            now = await ticks(opened)
            assert 2 <= len(now) <= 12
        assert now != whole
        assert seen[0] > 4 and min(seen) > 0
        await opened.run('document.querySelector("[data-by=\\"0\\"]").click()')
        assert await ticks(opened) == whole
        assert len(await names(opened)) == seen[0]


async def test_a_click_zooms_to_where_it_was(chromium: Browser, tmp_path: Path) -> None:
    """What was under the pointer is there still."""
    at = """(() => { const mark = document.querySelector(".progress .mark").getBoundingClientRect();
      return [mark.left + mark.width / 2, mark.top + mark.height / 2]; })()"""
    async with page(chromium, tmp_path, short()) as opened:
        before = await opened.run(at)
        for count in (1, 2):
            for kind in ("mousePressed", "mouseReleased"):
                await opened.call(
                    "Input.dispatchMouseEvent",
                    type=kind,
                    x=before[0],
                    y=before[1],
                    button="left",
                    clickCount=count,
                )
        assert await opened.run(at) == pytest.approx(before, abs=1.5)
        scale = 'document.querySelector(".plot .zoom").transform.baseVal.consolidate().matrix.a'
        assert await opened.run(scale) == pytest.approx(3.0)


async def test_zooming_into_hours_shows_what_happened_there(
    chromium: Browser, tmp_path: Path
) -> None:
    """A minute of three hours is no flat line: the content that it went through fills the plot."""
    drawn = """(() => {
      const plot = document.querySelector(".plot").getBoundingClientRect();
      const boxes = [...document.querySelectorAll(".plot .stroke")]
        .map((stroke) => stroke.getBoundingClientRect())
        .filter((box) => box.right > plot.left && box.left < plot.right);
      const top = Math.max(plot.top, Math.min(...boxes.map((box) => box.top)));
      const bottom = Math.min(plot.bottom, Math.max(...boxes.map((box) => box.bottom)));
      return (bottom - top) / plot.height; })()"""
    axis = """[...document.querySelectorAll(".content > .tick")].map((text) => text.textContent)"""
    async with page(chromium, tmp_path, long()) as opened:
        whole = await opened.run(axis)
        for _ in range(8):
            await opened.run('document.querySelector("[data-by=\\"2\\"]").click()')
        assert await opened.run(drawn) > 0.5
        near = await opened.run(axis)
        assert near != whole
        assert 1 <= len(near) <= 6
        await opened.run('document.querySelector("[data-by=\\"0\\"]").click()')
        assert await opened.run(axis) == whole


async def test_pointing_at_an_event_explains_it(chromium: Browser, tmp_path: Path) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        x, y = await opened.run(
            """(() => {
              const box = document.querySelector(".progress .name").getBoundingClientRect();
              return [box.left + 10, box.top + box.height / 2]; })()"""
        )
        assert await opened.run('document.getElementById("tip").hidden')
        await opened.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        told = await opened.run('document.getElementById("tip").textContent')
        assert "PLAY_REACHED_25" in told
        assert "timeupdate on line 22" in told
        assert "[R-quartile]" in told
        assert not await opened.run('document.getElementById("tip").hidden')


async def test_all_events_are_listed_with_their_reasons(chromium: Browser, tmp_path: Path) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        told = await opened.run(
            """new Promise((resolve) => {
              const list = document.querySelector("details");
              list.addEventListener("toggle", () => resolve(
                [...list.querySelectorAll("li")].map((item) => item.textContent)));
              list.open = true; })"""
        )
        assert [line.split()[2] for line in told][:4] == [
            *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY"),
        ]
        assert all("[R-" in line for line in told)


async def test_the_page_loads_nothing_and_runs_nothing_of_the_trace(
    chromium: Browser, tmp_path: Path
) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        assert await opened.run("typeof window.hacked") == "undefined"
        assert await opened.run('performance.getEntriesByType("resource").length') == 0
        assert HOSTILE in await opened.run("document.title")
        blocked = await opened.run(
            """new Promise((resolve) => {
              document.addEventListener("securitypolicyviolation", (told) =>
                resolve(told.effectiveDirective));
              const script = document.createElement("script");
              script.textContent = "window.hacked = 1";
              document.body.append(script); })"""
        )
        assert blocked.startswith("script-src")
        assert await opened.run("typeof window.hacked") == "undefined"


async def test_it_is_light_or_dark_as_the_system_or_the_reader_wants(
    chromium: Browser, tmp_path: Path
) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        await opened.call("Emulation.setEmulatedMedia", features=[LIGHT])
        light = await opened.run(PAPER)
        await opened.call("Emulation.setEmulatedMedia", features=[DARK])
        dark = await opened.run(PAPER)
        assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 29)")
        await opened.run('document.getElementById("themes").click()')
        assert await opened.run(PAPER) == light
        await opened.run('document.getElementById("themes").click()')
        assert await opened.run(PAPER) == dark
        await opened.call("Emulation.setEmulatedMedia", features=[LIGHT])
        assert await opened.run(PAPER) == dark
