"""Media that a script makes: segments by Media Source Extensions, live streams."""

from __future__ import annotations

from pathlib import Path

from browser.chromium import Browser, Page
from browser.measured import QUARTILES, START, measured

#: `source` is a MediaSource in the video, `give(from, to)` appends that share of the clip.
_SEGMENTS = """(async () => {
  const clip = await (await fetch("/media/silent.webm")).arrayBuffer();
  window.source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((done) => source.addEventListener("sourceopen", done));
  const buffer = source.addSourceBuffer('video/webm; codecs="vp8"');
  window.give = (from, to) => new Promise((done) => {
    buffer.addEventListener("updateend", done, { once: true });
    buffer.appendBuffer(clip.slice(from * clip.byteLength, to * clip.byteLength));
  });
})()"""


async def segments(page: Page) -> None:
    await page.run(_SEGMENTS)


async def test_segments_are_a_clip_with_a_wait_between(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url(entry="1_abc"))
        await segments(page)
        await page.run("give(0, 0.6)")
        await page.run("void video.play()")
        await watching.seen("BUFFER_START")
        await page.run("give(0.6, 1).then(() => source.endOfStream())")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    assert [name for name in watching.names if not name.startswith("PLAY_REACHED")] == [
        *(*START, "BUFFER_START", "BUFFER_END"),
    ]
    assert [name for name in watching.names if name in QUARTILES] == QUARTILES


async def test_segments_of_another_clip_are_another_session(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url(entry="1_abc"))
        for entry in ("1_abc", "1_def"):
            if entry != "1_abc":
                await page.run(f"recorder.media('{entry}')")
            await segments(page)
            await page.run("give(0, 1).then(() => source.endOfStream())")
            await page.run("void video.play()")
            await watching.seen("PLAY_REACHED_100", 1 if entry == "1_abc" else 2)
        await page.over()
        await page.close()
    found = [(event.event, event.entry_id) for event in watching.events]
    assert [entry for name, entry in found if name == "PLAY_REACHED_100"] == ["1_abc", "1_def"]
    assert watching.names.count("MEDIA_LOADED") == 2
    assert "REPLAY" not in watching.names


async def test_live_stream_of_segments_has_no_quartiles(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url(entry="1_live"))
        await segments(page)
        await page.run("source.duration = Infinity; give(0, 1)")
        await page.run("void video.play()")
        await page.until("video.currentTime > 1.7")
        await page.run("video.pause()")
        await watching.seen("PAUSE")
        await page.close()
    names = [name for name in watching.names if not name.startswith("BUFFER")]
    assert names == [*START, "PAUSE"]
    assert watching.events[-1].duration is None


async def test_picture_of_a_camera_is_live(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url(entry="1_camera"))
        await page.run(
            """{
              const canvas = document.createElement("canvas");
              const pen = canvas.getContext("2d");
              setInterval(() => pen.fillRect(0, 0, Math.random() * 100, 50), 40);
              video.srcObject = canvas.captureStream(25);
              void video.play();
            }"""
        )
        await page.until("video.currentTime > 1")
        await page.run("video.pause()")
        await watching.seen("PAUSE")
        await page.close()
    names = [name for name in watching.names if not name.startswith("BUFFER")]
    assert names == [*START, "PAUSE"]
    assert watching.events[-1].duration is None
