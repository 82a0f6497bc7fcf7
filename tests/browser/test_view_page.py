"""The page of `playertrack view` and of the collector, in a real browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest

from browser.chromium import Browser, Page
from playertrack.collector import Collector
from playertrack.collector.guard import Guard
from playertrack.core.fleet import Fleet
from playertrack.events import Event
from playertrack.testing import ScriptedPlayer
from playertrack.trace.codec import encode_signal
from playertrack.view import FileLibrary, find
from playertrack.view.page_server import ViewServer

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
NAMES = {
    "tv": "1_abc",
    "كاميرا الحديقة": "סרטון",
    "📺 living room 🎬": HOSTILE,
    HOSTILE: "x" * 10_240,
}

#: What is chosen, as the page shows it.
ROWS = '[...document.querySelectorAll("tr[data-session]")].map((row) => row.dataset.session)'
EVENTS = '[...document.querySelectorAll("#session [data-event]")].map((row) => row.dataset.event)'


@attrs.frozen
class Shown:
    """A page that is served, and what it ought to show: the events of each session."""

    page: Page
    address: str
    events: dict[str, list[str]]

    @property
    def sessions(self) -> list[str]:
        return list(self.events)

    async def until(self, condition: str) -> None:
        """Wait until the page made ``condition`` true."""
        await self.page.run(
            f"""new Promise((resolve) => {{
              const look = () => {{ if ({condition}) {{ watch.disconnect(); resolve(); }} }};
              const watch = new MutationObserver(look);
              watch.observe(document,
                {{subtree: true, childList: true, attributes: true, characterData: true}});
              look();
            }})"""
        )

    async def choose(self, number: int) -> None:
        session = self.sessions[number]
        await self.page.run(f"""document.querySelector('tr[data-session="{session}"]').click()""")
        await self.until(f"document.getElementById('session').dataset.sessionId === '{session}'")

    async def fill(self, name: str, value: str) -> None:
        """Set a filter as a user does."""
        await self.page.run(
            f"""(() => {{ const field = document.querySelector('[name="{name}"]');
              field.value = {json.dumps(value)};
              field.dispatchEvent(new Event("input", {{bubbles: true}}));
              field.dispatchEvent(new Event("change", {{bubbles: true}})); }})()"""
        )

    async def press(self, key: str) -> None:
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "Tab": 9, "/": 191}
        texts = {"Enter": "\r", "/": "/"}
        more = {"text": texts[key]} if key in texts else {}
        for kind in ("keyDown", "keyUp"):
            await self.page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                **(more if kind == "keyDown" else {}),
            )


def players(count: int = 4) -> dict[str, ScriptedPlayer]:
    made = {}
    for i in range(count):
        player, entry = list(NAMES.items())[i % 4]
        script = ScriptedPlayer(40.0, entry_id=entry, start=1_700_000_000.0 + 100 * i)
        script.load().play().watch(12).stall(2).watch(3).seek(30).watch(2)
        if i % 2:
            script.error("MEDIA_ERR_NETWORK", fatal=False)
        made[player if i < 4 else f"{player} {i}"] = script
    return made


def written(path: Path, scripts: dict[str, ScriptedPlayer]) -> dict[str, list[str]]:
    """Write the trace of the players; the names of the events of each session."""
    fleet = Fleet()
    events: list[Event] = []
    with path.open("wb") as file:
        for player, script in scripts.items():
            for each in script.signals:
                file.write(encode_signal(each, player) + b"\n")
                events += fleet.feed(player, each)
    events += fleet.close()
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event.session, []).append(event.event)
    return found


@asynccontextmanager
async def shown(
    chromium: Browser, folder: Path, count: int = 4, *, width: int = 1440, query: str = ""
) -> AsyncIterator[Shown]:
    events = written(folder / "trace.jsonl", players(count))
    library = FileLibrary(find([folder / "trace.jsonl"]))
    library.start()
    assert library.loaded(30)
    async with ViewServer(library, middlewares=[Guard(max_rate=1000.0).check]) as server:
        page = await opened(chromium, server.address + query, width)
        try:
            yield Shown(page, server.address, events)
        finally:
            await page.close()
    library.stop()


async def opened(chromium: Browser, address: str, width: int) -> Page:
    page = await chromium.open("about:blank")
    await page.resize(width)
    await page.go(address)
    return page


async def test_a_click_and_enter_fill_the_session(chromium: Browser, tmp_path: Path) -> None:
    async with shown(chromium, tmp_path) as view:
        assert await view.page.run(ROWS) == view.sessions
        await view.choose(2)
        assert await view.page.run(EVENTS) == view.events[view.sessions[2]]
        assert await view.page.run('document.querySelector("#session svg") !== null')
        await view.page.run('document.querySelector("tr[data-session]").focus()')
        await view.press("ArrowDown")
        await view.press("Enter")
        await view.until(
            f"document.getElementById('session').dataset.sessionId === '{view.sessions[1]}'"
        )
        assert await view.page.run(EVENTS) == view.events[view.sessions[1]]
        await view.until("document.activeElement.id === 'session'")  # so that Tab goes on there
        await view.press("Escape")
        await view.until("document.getElementById('session').childElementCount === 0")
        focus = "document.activeElement.dataset.session"
        assert await view.page.run(focus) == view.sessions[1]
        await view.press("/")
        assert await view.page.run(
            "document.activeElement.name + document.activeElement.value"
        ) == ("text")


async def test_escape_in_a_field_leaves_the_session_open(chromium: Browser, tmp_path: Path) -> None:
    async with shown(chromium, tmp_path) as view:
        await view.choose(1)
        await view.press("/")
        await view.press("Escape")
        assert await view.page.run("location.search") == f"?session={view.sessions[1]}"


@pytest.mark.parametrize("kind", ["trace", "case", "pytest", "events"])
async def test_a_session_is_copied_to_the_clipboard(
    chromium: Browser, tmp_path: Path, kind: str
) -> None:
    async with shown(chromium, tmp_path) as view:
        await chromium.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
            origin=view.address.rstrip("/"),
        )
        await view.choose(0)
        await view.page.front()
        button = f'document.querySelector(`[data-copy*="as={kind}&"]`)'
        await view.page.run(f"{button}.click()")
        await view.until("document.getElementById('copied').textContent.trim() === 'copied'")
        copied = await view.page.run("navigator.clipboard.readText()")
        assert copied == await view.page.run(
            f"fetch({button}.dataset.copy).then((answer) => answer.text())"
        )
        assert "timeupdate" in copied or kind == "events"


async def test_the_address_says_what_is_shown_and_the_back_button_works(
    chromium: Browser, tmp_path: Path
) -> None:
    async with shown(chromium, tmp_path) as view:
        await view.fill("player", "TV")
        await view.until('document.querySelectorAll("tr[data-session]").length === 1')
        await view.choose(0)
        assert await view.page.run("location.search") == f"?player=TV&session={view.sessions[0]}"
        address = await view.page.run("location.href")
        other = await opened(chromium, address, 1024)
        assert await other.run(ROWS) == view.sessions[:1]
        assert await other.run(EVENTS) == view.events[view.sessions[0]]
        assert await other.run('document.querySelector("[name=player]").value') == "TV"
        await other.close()
        await view.page.run("history.back()")
        await view.until("document.getElementById('session').childElementCount === 0")
        assert await view.page.run(ROWS) == view.sessions[:1]
        await view.page.run("history.back()")
        await view.until('document.querySelectorAll("tr[data-session]").length === 4')
        assert await view.page.run('document.querySelector("[name=player]").value') == ""


@pytest.mark.parametrize(
    ("name", "value", "rows"),
    [
        ("text", "living", [2]),
        ("player", HOSTILE, [3]),
        ("entry", "סרטון", [1]),
        ("from", "1700000150", [2, 3]),
        ("to", "2023-11-14T22:15:10", [0, 1]),
        ("trouble", "error", [1, 3]),
    ],
)
async def test_a_filter_hides_rows(
    chromium: Browser, tmp_path: Path, name: str, value: str, rows: list[int]
) -> None:
    async with shown(chromium, tmp_path) as view:
        await view.fill(name, value)
        await view.until(f'document.querySelectorAll("tr[data-session]").length === {len(rows)}')
        assert await view.page.run(ROWS) == [view.sessions[row] for row in rows]


async def test_what_a_trace_holds_is_text_and_nothing_is_loaded_from_elsewhere(
    chromium: Browser, tmp_path: Path
) -> None:
    async with shown(chromium, tmp_path) as view:
        for number in range(4):
            await view.choose(number)
        assert await view.page.run("typeof window.hacked") == "undefined"
        assert await view.page.run('document.querySelectorAll("main img, main script").length') == 0
        assert HOSTILE in await view.page.run('document.getElementById("list").textContent')
        loaded = await view.page.run(
            'performance.getEntriesByType("resource").map((each) => each.name)'
        )
        assert loaded and all(each.startswith(view.address) for each in loaded)
        assert (await view.page.blocked_script()).startswith("script-src")


@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_nothing_scrolls_sideways(chromium: Browser, tmp_path: Path, width: int) -> None:
    sideways = """[...document.querySelectorAll("*")].filter((each) => {
      if (each === document.documentElement) { return each.scrollWidth > innerWidth; }
      const scrolls = ["auto", "scroll"].includes(getComputedStyle(each).overflowX);
      return scrolls && each.scrollWidth > each.clientWidth + 1;
    }).map((each) => each.outerHTML.slice(0, 80))"""
    async with shown(chromium, tmp_path, 60, width=width) as view:
        for number in range(4):
            await view.choose(number)
            assert await view.page.run(sideways) == []
            assert await view.page.run("innerWidth") == width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_no_violation(
    chromium: Browser, tmp_path: Path, width: int, theme: str
) -> None:
    async with shown(chromium, tmp_path, 8, width=width) as view:
        await view.page.prefer(theme)
        await view.choose(1)
        assert await view.page.violations() == []


async def test_the_collectors_page_shows_sessions_as_they_come_through_an_outage(
    chromium: Browser,
) -> None:
    collector = Collector()
    await collector.start()
    page = await opened(chromium, f"{collector.analytics_url}/", 1024)
    view = Shown(page, f"{collector.analytics_url}/", {})
    assert await page.run(ROWS) == []
    await send(collector, "first", 1)
    await view.until('document.querySelectorAll("tr[data-session]").length === 1')
    await page.run('document.querySelector("tr[data-session]").click()')
    await view.until('document.querySelectorAll("#session [data-event]").length === 1')
    await send(collector, "first", 2)
    await view.until('document.querySelectorAll("#session [data-event]").length === 2')
    verdicts = await page.run(
        '[...document.querySelectorAll("#session [data-event]")].map((row) => row.dataset.verdict)'
    )
    assert verdicts == ["good", "good"]

    # What is open stays open while more comes, and a row and its mark know each other.
    await page.run("""document.querySelector("#session details:not(.states)").open = true""")
    await page.run("""document.querySelector("#session button[data-copy]").focus()""")
    await send(collector, "first", 3)
    await view.until('document.querySelectorAll("#session [data-event]").length === 3')
    opened_ = '[...document.querySelectorAll("#session tr details")].map((each) => each.open)'
    assert await page.run(opened_) == [True, False, False]
    assert await page.run("'copy' in document.activeElement.dataset")
    rows = '[...document.querySelectorAll("#session [data-event]")].map((row) => row.dataset.index)'
    marks = '[...document.querySelectorAll("#session g.event")].map((mark) => mark.dataset.index)'
    assert await page.run(rows) == await page.run(marks)

    await collector.stop()
    await view.until('!document.getElementById("live").hidden')
    again = Collector(collector.port)
    await again.start()
    await view.until('document.getElementById("live").hidden')
    await send(again, "second", 1)
    await view.until("""document.querySelector('tr[data-session="second"]') !== null""")
    await page.close()
    await again.stop()


async def send(collector: Collector, session: str, kind: int) -> None:
    """Send an event of that type, as a player would."""
    import aiohttp

    fields = {
        "service": "analytics",
        "action": "trackEvent",
        "eventType": str(kind),
        "partnerId": "102",
        "entryId": "1_abc",
        "sessionId": session,
        "eventIndex": str(kind),
        "position": "0",
        "format": "1",
    }
    async with (
        aiohttp.ClientSession() as client,
        client.post(
            f"{collector.analytics_url}/api_v3/index.php", params=fields, timeout=None
        ) as answer,
    ):
        assert answer.status == 200
