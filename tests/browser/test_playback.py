"""A page in a real browser, its batches to the handler, and the events that come of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.chromium import Browser
from browser.measured import AGAIN, QUARTILES, START, measured, reached
from playertrack.events import Seek

ENTRIES = ("1_abc", "1_def")


async def test_play_to_the_end_and_again(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm", entry="1_abc", every=300))
        await page.run("void video.play()")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        assert watching.names == [*START, *QUARTILES]
        assert {event.entry_id for event in watching.events[1:]} == {"1_abc"}
        await page.run("void video.play()")
        await watching.seen("PLAY_REACHED_100", 2)
        await page.over()
        await page.close()
    assert watching.names == [*START, *QUARTILES, *AGAIN, *QUARTILES]
    assert len({event.session for event in watching.events}) == 2


async def test_seek_is_one_and_what_it_skipped_is_not_played(
    clips: Path, chromium: Browser
) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm", every=300))
        await page.run("void video.play()")
        await page.until("video.currentTime > 0.1")
        await page.run("video.currentTime = 1.2")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    (seek,) = (event for event in watching.events if isinstance(event, Seek))
    before = [*START, *reached(seek.origin)]
    assert watching.names == [*before, "SEEK", "PLAY_REACHED_75", "PLAY_REACHED_100"]
    assert seek.target == pytest.approx(1.2, abs=0.1)


async def test_pause_seek_in_the_pause_and_resume(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm"))
        await page.run("void video.play()")
        await page.until("video.currentTime > 0.1")
        await page.run("video.pause()")
        await watching.seen("PAUSE")
        await page.run("video.currentTime = 1.6")
        await watching.seen("SEEK")
        await page.run("void video.play()")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    (pause,) = (event for event in watching.events if event.event == "PAUSE")
    before = [*START, *reached(pause.position)]
    assert watching.names == [*before, "PAUSE", "SEEK", "RESUME", "PLAY_REACHED_100"]


async def test_loop_is_a_session_a_round(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm", loop=True))
        await page.run("void video.play()")
        await watching.seen("REPLAY", 2)
        await page.run("recorder.close()")
        await page.close()
    rounds = [*START, *QUARTILES, *AGAIN, *QUARTILES, *AGAIN]
    assert watching.names[: len(rounds)] == rounds


async def test_reload_ends_one_player_and_begins_another(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm", player="kiosk"))
        await page.run("void video.play()")
        before = await page.run("recorder.id")
        await page.until("video.currentTime > 0.7")
        await page.reload()
        await page.run("void video.play()")
        after = await page.run("recorder.id")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    played = watching.of(before)
    assert "PLAY_REACHED_25" in played and "PLAY_REACHED_100" not in played
    assert played == [*START, *QUARTILES[: len(played) - len(START)]]
    assert watching.of(after) == [*START, *QUARTILES]
    assert before != after
    assert before.startswith("kiosk/") and after.startswith("kiosk/")


async def test_tab_that_is_hidden_goes_on(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm", every=1e6))
        other = await chromium.open("about:blank")  # which may take as long as the clip
        await page.front()
        await page.run("void video.play()")
        await page.until("video.currentTime > 0.1")
        await other.front()
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await other.close()
        await page.close()
    assert watching.names == [*START, *QUARTILES]


async def test_silent_clip_that_the_browser_pauses_in_a_hidden_tab(
    clips: Path, chromium: Browser
) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm"))
        other = await chromium.open("about:blank")  # which may take as long as the clip
        await page.front()
        await page.run("video.muted = true; void video.play()")
        await page.until("video.currentTime > 0.3")
        await other.front()
        await watching.seen("PAUSE")
        await other.close()
        await page.front()
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    assert [name for name in watching.names if name not in QUARTILES] == [*START, "PAUSE", "RESUME"]
    assert [name for name in watching.names if name in QUARTILES] == QUARTILES


async def test_page_that_is_left_and_comes_back_goes_on(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm"))
        await page.run("void video.play()")
        await page.until("video.currentTime > 0.5")
        await page.go(f"http://localhost:{site.port}/playertrack.js")
        await page.back()
        await watching.seen("PAUSE")
        await page.run("void video.play()")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    assert [name for name in watching.names if name not in QUARTILES] == [*START, "PAUSE", "RESUME"]
    assert [name for name in watching.names if name in QUARTILES] == QUARTILES


async def test_closed_tab_settles_its_session(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/held/tone.wav", every=1e6))
        await page.run("video.playbackRate = 2; void video.play()")
        await page.until("video.readyState < 3 && video.currentTime > 0.5")
        await watching.seen("BUFFER_START")
        await page.close()
        await watching.seen("BUFFER_END")
    assert watching.names[-2:] == ["BUFFER_START", "BUFFER_END"]


async def test_stall_is_a_buffer_and_counts_nothing_twice(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/held/tone.wav"))
        await page.run("video.playbackRate = 2; void video.play()")
        await watching.seen("BUFFER_START")
        site.release()
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    assert [name for name in watching.names if name in QUARTILES] == QUARTILES
    buffers = [name for name in watching.names if name.startswith("BUFFER")]
    assert buffers == ["BUFFER_START", "BUFFER_END"] * (len(buffers) // 2)


async def test_change_of_media_is_another_session(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm", entry="1_abc"))
        await page.run("void video.play()")
        await page.until("video.currentTime > 0.2")
        await page.run("recorder.media('1_def'); video.src = '/media/clip.webm?2'; video.play()")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    first, second = ([e.event for e in watching.events if e.entry_id == i] for i in ENTRIES)
    assert first == [*START[1:], *QUARTILES[: len(first) - len(START[1:])]]
    assert "PLAY_REACHED_100" not in first
    assert second == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", *QUARTILES]


async def test_missing_clip_is_an_error(clips: Path, chromium: Browser) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/none.webm", entry="1_abc"))
        await watching.seen("ERROR")
        await page.close()
    assert watching.names == ["WIDGET_LOADED", "MEDIA_LOADED", "ERROR"]


async def test_element_that_plays_already_is_measured_from_there(
    clips: Path, chromium: Browser
) -> None:
    async with measured(clips) as (site, watching):
        page = await chromium.open(site.url("/media/clip.webm"))
        await page.run("recorder.close(); video.play()")
        await page.until("video.currentTime > 1.1")
        await page.run("playertrack(video, { entry: '1_abc' }).id")
        await watching.seen("PLAY_REACHED_100")
        await page.over()
        await page.close()
    measured_ = [event for event in watching.events if event.entry_id == "1_abc"]
    (play,) = (event for event in measured_ if event.event == "PLAY")
    left = QUARTILES[len(reached(play.position)) :]
    assert [event.event for event in measured_] == [*START[1:], *left]
    assert "PLAY_REACHED_50" not in left
