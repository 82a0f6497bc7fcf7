"""A headless Chromium, driven over its DevTools protocol: no driver between.

The protocol goes over two pipes, so the browser ends when they do, whatever becomes of the tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import Any

#: How long (s) anything may take that the browser is asked for.
PATIENCE = 40.0

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
)


class BrowserError(Exception):
    """The browser refused something, or a script in a page failed."""


class Browser:
    """The connection: commands with an answer each, events to whoever waits."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.WriteTransport) -> None:
        self._writer = writer
        self._asked = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._awaited: list[tuple[str, str | None, asyncio.Future[dict[str, Any]]]] = []
        self._reader = asyncio.create_task(self._read(reader))

    async def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self._asked += 1
        number = self._asked
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\0")
        reply = await asyncio.wait_for(answer, PATIENCE)
        if "error" in reply:
            raise BrowserError(f"{method}: {reply['error']}")
        result: dict[str, Any] = reply["result"]
        return result

    def event(self, method: str, session: str | None) -> asyncio.Future[dict[str, Any]]:
        """The next event of that name."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._awaited.append((method, session, future))
        return future

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                self._take(json.loads((await reader.readuntil(b"\0"))[:-1]))

    def _take(self, reply: dict[str, Any]) -> None:
        if "id" in reply:
            answer = self._answers.pop(reply["id"])
            if not answer.done():  # nobody waits for it any more
                answer.set_result(reply)
            return
        name = (reply["method"], reply.get("sessionId"))
        for each in [each for each in self._awaited if each[:2] == name]:
            self._awaited.remove(each)
            if not each[2].done():
                each[2].set_result(reply["params"])

    async def open(self, url: str) -> Page:
        """A new tab, in front, once its page is loaded."""
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        reply = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, target, reply["sessionId"])
        await page.call("Page.enable")
        await page.go(url)
        return page

    async def close(self) -> None:
        await self.call("Browser.close")
        await asyncio.wait([self._reader], timeout=PATIENCE)
        self._writer.close()


class Page:
    """A tab."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        return await self._browser.call(method, self._session, **params)

    async def _until_loaded(self, method: str, **params: Any) -> None:
        loaded = self._browser.event("Page.loadEventFired", self._session)
        await self.call(method, **params)
        await asyncio.wait_for(loaded, PATIENCE)

    async def go(self, url: str) -> None:
        await self._until_loaded("Page.navigate", url=url)

    async def back(self) -> None:
        history = await self.call("Page.getNavigationHistory")
        before = history["entries"][history["currentIndex"] - 1]
        restored = self._browser.event("Page.frameNavigated", self._session)
        await self.call("Page.navigateToHistoryEntry", entryId=before["id"])
        await asyncio.wait_for(restored, PATIENCE)

    async def reload(self) -> None:
        await self._until_loaded("Page.reload")

    async def front(self) -> None:
        await self.call("Page.bringToFront")

    async def close(self) -> None:
        await self._browser.call("Target.closeTarget", targetId=self._target)

    async def run(self, script: str) -> Any:
        """The value of an expression, once it is there if it is a promise."""
        reply = await self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in reply:
            raise BrowserError(f"{script}: {reply['exceptionDetails']}")
        return reply["result"].get("value")

    async def resize(self, width: int, height: int = 900) -> None:
        """Make the window so large; a narrow one is that of a telephone."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )

    async def prefer(self, theme: str) -> None:
        """Let the system be ``light`` or ``dark``."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        await self.call("Emulation.setEmulatedMedia", features=[feature])

    async def violations(self) -> list[Any]:
        """The faults axe finds in its accessibility: the rule, the elements and the reasons."""
        await self.run(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8") + "; 0")
        found: list[Any] = await self.run(
            """axe.run({resultTypes: ["violations"]}).then((found) => found.violations.map((each) =>
              ({rule: each.id, nodes: each.nodes.map((node) => [node.html.slice(0, 200),
                node.failureSummary])})))"""
        )
        return found

    async def blocked_script(self) -> str:
        """The directive of the page's policy that keeps it from running a script put into it."""
        directive: str = await self.run(
            """new Promise((resolve) => {
              document.addEventListener("securitypolicyviolation", (violation) =>
                resolve(violation.effectiveDirective));
              const script = document.createElement("script");
              script.textContent = "window.hacked = 1";
              document.body.append(script); })"""
        )
        return directive

    async def over(self) -> bool:
        """Wait for the end of the video: one that is closed shortly before it is paused by that.

        False if it is paused there for good and does not end: dash.js now and then leaves a
        stream open where the machine stood still.
        """
        ended: bool = await self.run(
            """new Promise((resolve) => {
              const look = () => {
                if (video.currentTime >= video.duration)
                  setTimeout(() => resolve(video.ended), 2000);
              };
              video.addEventListener("pause", look);
              video.addEventListener("ended", () => resolve(true));
              if (video.ended) resolve(true);
              else if (video.paused) look();
            })"""
        )
        return ended

    async def until(self, condition: str) -> None:
        """Wait for a condition that an event of the video can make true."""
        await self.run(
            f"""new Promise((resolve) => {{
              const look = () => {{ if ({condition}) resolve(); }};
              for (const kind of EVENTS) video.addEventListener(kind, look);
              look();
            }})"""
        )


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser of its own, with nothing remembered; all of its processes end with it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program is not None, "these tests need Debian's package chromium"
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        read_here, written_there = os.pipe()
        read_there, written_here = os.pipe()
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", f'exec "$0" "$@" 3<&{read_there} 4>&{written_there}'),
            *(program, *_FLAGS, f"--user-data-dir={folder}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": folder},
            pass_fds=(read_there, written_there),
            start_new_session=True,
        )
        os.close(read_there)
        os.close(written_there)
        try:
            browser = Browser(*await _pipes(read_here, written_here))
            try:
                yield browser
            finally:
                await browser.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 10.0)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _pipes(read: int, written: int) -> tuple[asyncio.StreamReader, asyncio.WriteTransport]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb")
    )
    writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(written, "wb"))
    return reader, writer
