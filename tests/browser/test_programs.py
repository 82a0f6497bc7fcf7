"""The demo and the example, run as somebody would run them."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession

from browser.chromium import PATIENCE, Browser

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(*command: str | Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A program, and the address that it says it has; Ctrl-C ends it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        while True:
            line = (await asyncio.wait_for(process.stderr.readline(), PATIENCE)).decode()
            assert line, "the program ended"
            if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        yield process, address[0]
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


async def test_demo_prints_the_events_of_its_page_and_records_them(
    clips: Path, chromium: Browser, tmp_path: Path
) -> None:
    options = ("--media", clips / "clip.webm", "--record-raw", tmp_path)
    async with running("-m", "playertrack_html5", *options) as (process, address):
        page = await chromium.open(address)
        await page.run("void video.play()")
        assert process.stdout is not None
        printed = ""
        while "PLAY_REACHED_100" not in printed:
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            assert line
            printed += line.decode()
        await page.close()
        headers = {"Host": "example.org"}  # a name that resolves to this machine for a while
        async with ClientSession() as http, http.get(f"{address}/clip", headers=headers) as answer:
            assert answer.status == 403
    for name in ("WIDGET_LOADED", "FIRST_PLAY", "PLAY_REACHED_25"):
        assert name in printed
    assert "demo" in printed
    command = ("-m", "playertrack", "derive", only_file(tmp_path), "--raw", "html5")
    derive = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(derive.communicate(), PATIENCE)
    derived = [json.loads(line)["event"] for line in out.splitlines()]
    assert derived == re.findall(r"[A-Z]{2,}[A-Z0-9_]+", printed)[: len(derived)]
    assert "PLAY_REACHED_100" in derived


async def test_demo_makes_a_clip_where_none_is_given(chromium: Browser) -> None:
    async with running("-m", "playertrack_html5", "--sink", "null") as (_, address):
        page = await chromium.open(address)
        assert await page.run("video.duration") == pytest.approx(12.0, abs=0.1)
        await page.close()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--help"], 0, "--media FILE"),
        (["--media", "none.webm"], 2, "there is no file none.webm"),
        (["--sink", "none"], 2, "there is no sink"),
        (["--record-raw", "none"], 2, "there is no folder none"),
    ],
)
async def test_demo_says_how_it_is_used(arguments: list[str], code: int, message: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "playertrack_html5", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert message in out.decode()
    assert process.returncode == code


async def test_service_of_the_example_writes_events_down(
    clips: Path, chromium: Browser, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    service = ROOT / "examples" / "browser_service.py"
    async with (
        running("-m", "playertrack_html5", "--media", clips / "clip.webm") as (_, site),
        running(service, "--port", "0", "--events", events, "--origin", site) as (_, address),
    ):
        page = await chromium.open(site)
        await page.run(
            f"""playertrack(video, {{ url: "{address}/playertrack", entry: "1_abc" }}).id"""
        )
        await page.run("void video.play()")
        async with asyncio.timeout(PATIENCE):
            while not (  # noqa: ASYNC110 - a file cannot be awaited
                events.exists() and "PLAY_REACHED_100" in events.read_text("utf-8")
            ):
                await asyncio.sleep(0.05)
        await page.close()
    names = [json.loads(line)["event"] for line in events.read_text("utf-8").splitlines()]
    assert names[:3] == ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST"]
    assert "PLAY_REACHED_100" in names
