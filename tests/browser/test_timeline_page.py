"""The timeline's page in a real browser: it loads nothing, explains, zooms, and has two themes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from browser.chromium import Browser, Page
from playertrack._times import clock
from playertrack.events import EVENTS
from playertrack.signals import Signal, from_record
from playertrack.timeline import observe, to_html
from playertrack.timeline.layout import Scale, place, tier
from playertrack.timeline.layout import ticks as ticks_of
from playertrack.trace.explain import Entry

#: The corners of all names that are shown, in row 1.
NAMES = """[...document.querySelectorAll("section:first-of-type .wide .event .name")]
  .filter((name) => name.getAttribute("visibility") !== "hidden")
  .map((name) => name.getBoundingClientRect())
  .map((box) => [box.left, box.right, box.top, box.bottom])"""

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


@pytest.fixture(scope="module")
def layout(
    runner: asyncio.Runner, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """A page that has the script of a drawing."""
    file = tmp_path_factory.mktemp("layout") / "timeline.html"
    file.write_text(to_html(observe([])), "utf-8")
    opened = runner.run(chromium.open(file.as_uri()))
    yield opened
    runner.run(opened.close())


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
    shown: list[str] = await page.run(
        '[...document.querySelectorAll("section:first-of-type .wide .axis text")].map('
        "(text) => text.textContent)"
    )
    return shown


@pytest.mark.parametrize("records", [short(), long()], ids=["10 s", "3 hours"])
async def test_names_are_readable_at_any_zoom(
    chromium: Browser, tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    async with page(chromium, tmp_path, records) as opened:
        seen = [len(await names(opened))]
        whole = await ticks(opened)
        for _ in range(3):
            await opened.run("""document.querySelector(".wide [data-tool='+']").click()""")
            seen.append(len(await names(opened)))
            now = await ticks(opened)
            assert 2 <= len(now) <= 12
        assert now != whole
        assert seen[0] > 4 and min(seen) > 0
        await opened.run("""document.querySelector(".wide [data-tool='all']").click()""")
        assert await ticks(opened) == whole
        assert len(await names(opened)) == seen[0]


async def test_a_click_zooms_to_where_it_was(chromium: Browser, tmp_path: Path) -> None:
    """The point under the pointer stays there."""
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
    axis = """[...document.querySelectorAll(".wide .content > .tick")]
      .map((text) => text.textContent)"""
    async with page(chromium, tmp_path, long()) as opened:
        whole = await opened.run(axis)
        for _ in range(8):
            await opened.run("""document.querySelector(".wide [data-tool='+']").click()""")
        assert await opened.run(drawn) > 0.5
        near = await opened.run(axis)
        assert near != whole
        assert 1 <= len(near) <= 6
        await opened.run("""document.querySelector(".wide [data-tool='all']").click()""")
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
        shown = await opened.run('document.getElementById("tip").textContent')
        assert "PLAY_REACHED_25" in shown
        assert "timeupdate on line 22" in shown
        assert "[R-quartile]" in shown
        assert not await opened.run('document.getElementById("tip").hidden')


async def test_all_events_are_listed_with_their_reasons(chromium: Browser, tmp_path: Path) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        listed = await opened.run(
            '[...document.querySelectorAll("section:first-of-type [data-event]")]'
            ".map((row) => [row.dataset.event, row.textContent])"
        )
        assert [name for name, _ in listed][:4] == [
            *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY"),
        ]
        assert all("R-" in text for _, text in listed)
        missing = await opened.run(
            """[...document.querySelectorAll("a.rule")].map((link) => link.hash)
              .filter((hash) => document.querySelector(hash) === null)"""
        )
        assert missing == []


async def test_a_drag_zooms_to_the_time_it_went_over(chromium: Browser, tmp_path: Path) -> None:
    where = """(() => { const box = document.querySelector(".wide .plot").getBoundingClientRect();
      return [box.left, box.width, box.top + box.height / 2]; })()"""
    async with page(chromium, tmp_path, short()) as opened:
        left, width, y = await opened.run(where)
        for kind, share in (
            *(("mousePressed", 0.5), ("mouseMoved", 0.6)),
            *(("mouseMoved", 0.75), ("mouseReleased", 0.75)),
        ):
            await opened.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=left + share * width,
                y=y,
                button="left",
                buttons=1,
                clickCount=1,
            )
        scale = 'document.querySelector(".plot .zoom").transform.baseVal.consolidate().matrix.a'
        assert await opened.run(scale) == pytest.approx(4.0, rel=0.1)
        seen = [float(tick.split()[0]) for tick in await ticks(opened)]
        assert min(seen) >= 4.5 and max(seen) <= 8.5


async def test_a_drawing_is_saved_as_svg_and_png(chromium: Browser, tmp_path: Path) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        drawing = 'new Drawing(document.querySelector("svg.row"))'
        text = await opened.run(f"{drawing}.file()")
        root = ET.fromstring(text)
        assert root.tag.endswith("svg") and "--play:#0063a6" in text.replace(" ", "")
        head = await opened.run(
            f"{drawing}.picture().then((blob) => blob.arrayBuffer())"
            ".then((buffer) => [...new Uint8Array(buffer.slice(0, 8))])"
        )
        assert bytes(head) == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("width", [1440, 390])
async def test_summary_and_quartiles_are_seen_at_any_width(
    chromium: Browser, tmp_path: Path, width: int
) -> None:
    outside = """[...document.querySelectorAll("svg.row text, svg.key text")]
      .filter((text) => text.checkVisibility({visibilityProperty: true}))
      .filter((text) => {
        const box = text.getBoundingClientRect();
        return box.width > 0 && (box.left < 0 || box.right > innerWidth); })
      .map((text) => text.textContent)"""
    async with page(chromium, tmp_path, short()) as opened:
        await opened.resize(width, 800)
        assert await opened.run(outside) == []
        assert await opened.run("document.documentElement.scrollWidth") <= width
        shown = await opened.run(
            """[...document.querySelectorAll(".quartile .name")]
              .filter((text) => text.getBoundingClientRect().width > 0)
              .map((text) => text.textContent)"""
        )
        assert [text.split(" %")[0] for text in shown] == ["25", "50", "75", "100"]


@given(
    st.lists(st.tuples(st.floats(0, 60), st.sampled_from(list(EVENTS))), min_size=1, max_size=80),
    st.sampled_from([284.0, 842.0]),
)
@settings(max_examples=20)
def test_a_zoomed_drawing_is_laid_out_as_python_lays_it_out(
    runner: asyncio.Runner,
    layout: Page,
    events: list[tuple[float, str]],
    width: float,
) -> None:
    shown = [
        Entry(EVENTS[name](name, at=at, session="s", index=index), None)
        for index, (at, name) in enumerate(sorted(events), 1)
    ]
    scale = Scale(0.0, 60.0, width)
    expected = place(shown, scale)
    given = [
        {
            "at": scale(each.event.at),
            "tier": tier(each.event.event),
            "length": len(label.name),
        }
        for each, label in zip(shown, expected, strict=True)
    ]
    got = runner.run(
        layout.run(
            f"LAYOUT.place({json.dumps(given)}, {width}, 9).map((each) => [each.left, each.lane])"
        )
    )
    assert [lane for _, lane in got] == [label.lane for label in expected]
    assert [left for left, _ in got] == pytest.approx([label.left for label in expected])


@given(
    st.lists(
        st.tuples(
            st.floats(-10, 1e5),
            st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 30.0, 60.0, 3600.0]),
        ),
        min_size=1,
    )
)
@settings(max_examples=20)
def test_times_are_written_alike_in_both_languages(
    runner: asyncio.Runner, layout: Page, times: list[tuple[float, float]]
) -> None:
    script = f"{json.dumps(times)}.map(([seconds, step]) => LAYOUT.clock(seconds, step))"
    assert runner.run(layout.run(script)) == [clock(seconds, step) for seconds, step in times]


@given(st.floats(-100, 1e5), st.floats(0.1, 1e6), st.integers(3, 12))
@settings(max_examples=20)
def test_axes_have_the_same_ticks_in_both_languages(
    runner: asyncio.Runner, layout: Page, low: float, length: float, most: int
) -> None:
    script = f"LAYOUT.ticks({low!r}, {low + length!r}, {most})"
    step, where = ticks_of(low, low + length, most)
    assert runner.run(layout.run(script)) == [step, pytest.approx(where)]


async def test_the_page_loads_nothing_and_runs_nothing_of_the_trace(
    chromium: Browser, tmp_path: Path
) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        assert await opened.run("typeof window.hacked") == "undefined"
        assert await opened.run('performance.getEntriesByType("resource").length') == 0
        assert HOSTILE in await opened.run("document.title")
        assert (await opened.blocked_script()).startswith("script-src")
        assert await opened.run("typeof window.hacked") == "undefined"


async def test_it_is_light_or_dark_as_the_system_or_the_reader_wants(
    chromium: Browser, tmp_path: Path
) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        await opened.prefer("light")
        light = await opened.run(PAPER)
        await opened.prefer("dark")
        dark = await opened.run(PAPER)
        assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 29)")
        await opened.run('document.getElementById("themes").click()')
        assert await opened.run(PAPER) == light
        await opened.run('document.getElementById("themes").click()')
        assert await opened.run(PAPER) == dark
        await opened.prefer("light")
        assert await opened.run(PAPER) == dark


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_no_violation(
    chromium: Browser, tmp_path: Path, width: int, theme: str
) -> None:
    async with page(chromium, tmp_path, short()) as opened:
        await opened.prefer(theme)
        await opened.resize(width)
        await opened.run('document.querySelector("details").open = true')
        assert await opened.violations() == []
