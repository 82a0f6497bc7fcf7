"""The script in a real browser: what it records of a media element, and what it posts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from browser.chromium import Browser
from browser.site import PATIENCE, Site, serving
from playertrack_html5 import SCRIPT

Record = dict[str, Any]


class Mailbox:
    """Takes batches as they come; ``statuses`` are the answers to the first of them.

    Nobody is answered while ``answering`` is not set.
    """

    def __init__(self, *statuses: int) -> None:
        self.batches: list[dict[str, Any]] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self._statuses = list(statuses)
        self._came = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        batch = await request.json()
        status = self._statuses.pop(0) if self._statuses else 204
        async with self._came:
            self.batches.append({**batch, "status": status})
            self._came.notify_all()
        await self.answering.wait()
        return web.Response(status=status)

    async def until(self, condition: Callable[[Mailbox], bool]) -> None:
        async with self._came:
            await asyncio.wait_for(self._came.wait_for(lambda: condition(self)), PATIENCE)

    @property
    def players(self) -> list[str]:
        return list(dict.fromkeys(batch["player"] for batch in self.batches))

    def records(self, player: str | None = None) -> dict[int, Record]:
        """By their numbers; what came twice must be the same."""
        found: dict[int, Record] = {}
        for batch in self.batches:
            if player in (None, batch["player"]) and batch["status"] == 204:
                for number, record in enumerate(batch["records"], batch["first"]):
                    assert found.setdefault(number, record) == record
        return found

    def kinds(self, player: str | None = None) -> list[str]:
        return [record["kind"] for record in self.records(player).values()]


def arrived(kind: str) -> Callable[[Mailbox], bool]:
    return lambda mailbox: kind in mailbox.kinds()


def test_script_is_small_and_needs_nothing() -> None:
    text = SCRIPT.read_text("ascii")
    assert len(text) < 5000
    assert "import" not in text
    assert "require" not in text
    assert max(map(len, text.splitlines())) <= 100


async def test_playback_is_recorded_whole_and_numbered(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm?token=secret#t", entry="1_abc"))
        await page.run("video.play()")
        await mailbox.until(arrived("ended"))
    records = mailbox.records()
    assert list(records) == list(range(len(records)))
    first, *seen = records.values()
    assert (first["kind"], first["entryId"]) == ("setMedia", "1_abc")
    kinds = [record["kind"] for record in seen if record["kind"] != "timeupdate"]
    assert kinds[:2] == ["attach", "loadstart"]
    assert kinds[-4:] == ["play", "playing", "pause", "ended"]
    ended = seen[kinds.index("ended") - len(kinds)]
    assert ended["source"] == "html5"
    assert ended["currentTime"] == ended["duration"] == pytest.approx(2.0, abs=0.1)
    assert (ended["paused"], ended["ended"], ended["seeking"]) == (True, True, False)
    assert (ended["playbackRate"], ended["loop"]) == (1, False)
    times = [record["t"] for record in records.values()]
    assert times == sorted(times)
    assert all(batch["sent"] >= batch["records"][-1]["t"] for batch in mailbox.batches)
    assert "secret" not in str(mailbox.batches)
    assert seen[1]["src"].endswith("/media/clip.webm")


async def test_player_id_begins_with_the_name_that_the_page_gave(
    clips: Path, chromium: Browser
) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url(player="kiosk-7"))
        seen = await page.run("recorder.id")
        await page.run("recorder.flush()")
    assert seen.startswith("kiosk-7/")
    assert mailbox.players == [seen]


async def test_what_was_refused_for_now_comes_again(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox(503, 429)
    async with serving(Site(clips, mailbox.take)) as site:
        await chromium.open(site.url("/media/clip.webm"))
        await mailbox.until(arrived("loadedmetadata"))
    assert [batch["status"] for batch in mailbox.batches[:3]] == [503, 429, 204]
    assert {batch["first"] for batch in mailbox.batches[:3]} == {0}


async def test_what_was_refused_for_good_is_given_up(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox(400)
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm"))
        await mailbox.until(lambda mailbox: bool(mailbox.batches))
        await page.run("video.play()")
        await mailbox.until(arrived("playing"))
    refused, then, *_ = mailbox.batches
    assert then["first"] == refused["first"] + len(refused["records"])


async def test_reload_closes_one_player_and_begins_another(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm", player="kiosk"))
        await page.run("video.play()")
        await page.until("video.currentTime > 0.5")
        await page.reload()
        await mailbox.until(lambda mailbox: len(mailbox.players) == 2)
    before, after = mailbox.players
    assert mailbox.kinds(before)[-1] == "close"
    assert "playing" in mailbox.kinds(before)
    assert next(iter(mailbox.records(after))) == 0


async def test_hidden_page_posts_at_once_and_goes_on(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm", every=1e6))
        await page.run("recorder.flush()")
        await page.run("video.loop = true; video.play()")
        await mailbox.until(arrived("playing"))
        posted = len(mailbox.batches)
        other = await chromium.open("about:blank")
        await other.front()
        await mailbox.until(lambda mailbox: len(mailbox.batches) > posted)
        await page.front()
        await page.run("video.pause()")
        await mailbox.until(arrived("pause"))
    records = mailbox.records()
    assert list(records) == list(range(len(records)))


async def test_closed_recorder_says_so_and_then_nothing(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm"))
        await page.run("recorder.close()")
        await mailbox.until(arrived("close"))
        await page.run("video.play()")
        await page.run("recorder.flush()")
    assert mailbox.kinds()[-1] == "close"


async def test_error_of_the_element_is_reported(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        await chromium.open(site.url("/media/none.webm"))
        await mailbox.until(arrived("error"))
    error = next(each for each in mailbox.records().values() if each["kind"] == "error")
    assert error["errorCode"] == 4


async def test_error_that_the_page_has_fixed_before_it_is_reported(
    clips: Path, chromium: Browser
) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url())
        await page.run(
            """document.addEventListener("error", () => {
                 video.removeAttribute("src");
                 video.load();
               }, true);
               video.src = "/media/none.webm";"""
        )
        await mailbox.until(arrived("error"))
        await page.close()
    error = next(each for each in mailbox.records().values() if each["kind"] == "error")
    assert "errorCode" not in error


async def test_browser_without_time_outs_posts_all_the_same(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url())
        await page.run("recorder.close(); delete AbortSignal.timeout")
        seen = await page.run("window.late = playertrack(video, { player: 'late' }); late.id")
        await mailbox.until(lambda mailbox: seen in mailbox.players)
        await page.close()
    assert seen.startswith("late/")


async def test_more_than_a_batch_holds_comes_in_parts(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox(503)
    mailbox.answering.clear()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm", every=1e6))
        await mailbox.until(lambda mailbox: bool(mailbox.batches))
        await page.run("for (let n = 0; n < 400; n++) video.dispatchEvent(new Event('ratechange'))")
        mailbox.answering.set()
        await mailbox.until(lambda mailbox: mailbox.kinds().count("ratechange") == 400)
        await page.close()
    records = mailbox.records()
    assert list(records) == list(range(len(records)))
    sizes = [(len(each["records"]), each["more"]) for each in mailbox.batches[1:4]]
    assert sizes[:2] == [(150, True), (150, True)]
    assert sizes[2][1] is False


async def test_oldest_of_too_many_records_are_lost(clips: Path, chromium: Browser) -> None:
    mailbox = Mailbox(503)
    mailbox.answering.clear()
    async with serving(Site(clips, mailbox.take)) as site:
        page = await chromium.open(site.url("/media/clip.webm", every=1e6))
        await mailbox.until(lambda mailbox: bool(mailbox.batches))
        await page.run(
            "for (let n = 0; n < 2500; n++) video.dispatchEvent(new Event('ratechange'))"
        )
        await page.run("video.dispatchEvent(new Event('waiting'))")
        mailbox.answering.set()
        await mailbox.until(arrived("waiting"))
        await page.close()
    records = mailbox.records()
    assert list(records) == list(range(min(records), max(records) + 1))
    assert min(records) > 0
    assert 2000 <= len(records) < 2010  # and what came while they were posted
