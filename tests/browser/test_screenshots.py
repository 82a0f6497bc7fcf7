"""The pages as they look, against the pictures in ``references``.

A picture is compared in squares of 8 by 8 pixels, so that fonts drawn a little differently pass
and a part that is missing, moved or of another colour does not. After a change that is wanted
`PLAYERTRACK_REFERENCES=write` makes the references anew: look at them before they are kept.
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from browser.chromium import Browser, Page
from browser.test_view_page import Shown, opened, shown
from playertrack import Tracker
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink
from playertrack.testing import LiveView, ScriptedPlayer
from playertrack.trace.codec import encode_signal

REFERENCES = Path(__file__).parent / "references"

#: The share of squares that may differ, and by how much (of 255) one has to, to count.
MOST, FAR = 0.02, 24

#: The share where other fonts than those of the references move all text: the layout is left.
OTHER_FONTS = 0.3

#: How wide the fonts of the references are (px).
WIDTHS = """["sans-serif", "monospace"].map((font) => {
  const context = new OffscreenCanvas(9, 9).getContext("2d");
  context.font = `100px ${font}`;
  return Math.round(context.measureText("Playback 0123").width);
})"""
REFERENCE_WIDTHS = [732, 783]

#: A square is the mean colour of its pixels.
COMPARE = """(async () => {
  const squares = async (picture) => {
    const image = new Image();
    image.src = `data:image/webp;base64,${picture}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const {data} = context.getImageData(0, 0, image.width, image.height);
    const wide = Math.ceil(image.width / 8), high = Math.ceil(image.height / 8);
    const sums = new Float64Array(wide * high * 4);
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const to = 4 * ((y >> 3) * wide + (x >> 3)), from = 4 * (y * image.width + x);
        for (let i = 0; i < 3; i++) { sums[to + i] += data[from + i]; }
        sums[to + 3] += 1;
      }
    }
    return {size: [image.width, image.height], sums};
  };
  const [one, other] = await Promise.all([squares("%s"), squares("%s")]);
  if (String(one.size) !== String(other.size)) { return 1; }
  let far = 0;
  for (let at = 0; at < one.sums.length; at += 4) {
    const apart = (i) => Math.abs(one.sums[at + i] - other.sums[at + i]) / one.sums[at + 3];
    far += Math.max(apart(0), apart(1), apart(2)) > %d;
  }
  return far / (one.sums.length / 4);
})()"""


async def taken(page: Page, theme: str = "light") -> bytes:
    """A picture of what is in view."""
    await page.prefer(theme)
    # At once, unlike `Emulation.setScrollbarsHidden`: a bar makes everything narrower.
    await page.run("document.documentElement.style.scrollbarWidth = 'none'")
    await page.run(
        """document.fonts.ready.then(() => new Promise((done) =>
          requestAnimationFrame(() => requestAnimationFrame(done))))"""
    )
    shot = await page.call("Page.captureScreenshot", format="webp", quality=30)
    return base64.b64decode(shot["data"])


async def difference(page: Page, one: bytes, other: bytes) -> float:
    """The share of squares that differ (0 to 1)."""
    pictures = (base64.b64encode(each).decode() for each in (one, other))
    share: float = await page.run(COMPARE % (*pictures, FAR))
    return share


async def compare(page: Page, name: str, picture: bytes, folder: Path) -> None:
    reference = REFERENCES / f"{name}.webp"
    if os.environ.get("PLAYERTRACK_REFERENCES") == "write":
        REFERENCES.mkdir(exist_ok=True)
        reference.write_bytes(picture)
    got = folder / f"{name}.webp"
    got.write_bytes(picture)
    blank = await page._browser.open("about:blank")  # the page's own policy allows no such script
    try:
        share = await difference(blank, reference.read_bytes(), picture)
        most = MOST if await blank.run(WIDTHS) == REFERENCE_WIDTHS else OTHER_FONTS
    finally:
        await blank.close()
    assert share <= most, f"{100 * share:.1f} % of {got} differs from {reference}"


def three_hours() -> ScriptedPlayer:
    script = ScriptedPlayer(10_800.0, entry_id="1_long", start=1_700_000_000.0)
    script.load().play()
    for _ in range(12):
        script.watch(850).stall(4).pause().wait(20).play()
    return script.seek(10_700).watch(90).end()


def busy() -> ScriptedPlayer:
    """Some 500 events."""
    script = ScriptedPlayer(1_200.0, entry_id="1_busy", start=1_700_000_000.0)
    script.load().play()
    for number in range(130):
        script.watch(4).stall(2).watch(2).seek(9.0 * number + 20).watch(2)
    return script


@asynccontextmanager
async def one(
    chromium: Browser, folder: Path, script: ScriptedPlayer, width: int
) -> AsyncIterator[Page]:
    from playertrack.collector.guard import Guard
    from playertrack.view import FileLibrary, find
    from playertrack.view.page_server import ViewServer

    trace = folder / "trace.jsonl"
    trace.write_bytes(b"".join(encode_signal(each, "tv") + b"\n" for each in script.signals))
    library = FileLibrary(find([trace]))
    library.start()
    assert library.loaded(60)
    async with ViewServer(library, middlewares=[Guard(max_rate=1000.0).check]) as server:
        page = await opened(chromium, f"{server.address}?session={library.rows[0].session}", width)
        await Shown(page, server.address, {}).until("document.querySelector('.zooming') !== null")
        try:
            yield page
        finally:
            await page.close()
    library.stop()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_the_table_and_a_session(
    chromium: Browser, tmp_path: Path, width: int, theme: str
) -> None:
    async with shown(chromium, tmp_path, 60, width=width) as view:
        await compare(view.page, f"table-{width}-{theme}", await taken(view.page, theme), tmp_path)
        await view.choose(1)
        await view.page.run("document.getElementById('session').scrollIntoView()")
        await compare(
            view.page, f"session-{width}-{theme}", await taken(view.page, theme), tmp_path
        )


@pytest.mark.parametrize(("name", "make"), [("three_hours", three_hours), ("busy", busy)])
@pytest.mark.parametrize("width", [1440, 390])
async def test_long_and_busy_sessions(
    chromium: Browser, tmp_path: Path, name: str, make: Callable[[], ScriptedPlayer], width: int
) -> None:
    async with one(chromium, tmp_path, make(), width) as page:
        await page.run("document.getElementById('session').scrollIntoView()")
        await compare(page, f"{name}-{width}", await taken(page), tmp_path)


async def test_a_session_while_it_is_played(chromium: Browser, tmp_path: Path) -> None:
    clock, sink = ManualClock(), MemorySink()
    with LiveView() as live, Tracker([sink], clock=clock, **live.watch("tv")) as tracker:
        tracker.loaded("1_abc", duration=30.0)
        tracker.play()
        tracker.playing()
        for step in range(1, 41):
            clock.advance(0.25)
            tracker.timeupdate(0.25 * step)
        tracker.stall()
        clock.advance(3.0)
        assert tracker.flush(30)
        session = sink.events[0].session
        page = await opened(chromium, f"{live.address}?session={session}", 1440)
        view = Shown(page, live.address, {session: []})
        await view.until("document.querySelector('.zooming') !== null")
        for code in ("#session code", "#session .facts"):  # the id is another each time
            await page.run(f"document.querySelector('{code}').style.visibility = 'hidden'")
        await page.run(
            "document.querySelectorAll('#session .facts').forEach((each) => "
            "{ each.style.visibility = 'hidden'; })"
        )
        await compare(page, "live-1440", await taken(page), tmp_path)
        await page.close()


async def test_a_part_that_is_missing_or_recoloured_is_noticed(
    chromium: Browser, tmp_path: Path
) -> None:
    async with shown(chromium, tmp_path, 60) as view:
        picture = await taken(view.page)
        dark = await taken(view.page, "dark")
        await view.page.run(
            "document.querySelectorAll('td.quartiles, td.watched').forEach((each) =>"
            " { each.textContent = ''; })"
        )
        without = await taken(view.page)
        blank = await chromium.open("about:blank")
        assert await blank.run(WIDTHS) == REFERENCE_WIDTHS
        assert await difference(blank, picture, picture) == 0.0
        assert await difference(blank, picture, dark) > 0.9
        assert await difference(blank, picture, without) > MOST
        await blank.close()
