"""The player libraries that pages use, with the hook for each, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aiohttp import web

from browser.chromium import Browser, Page
from browser.measured import QUARTILES, START, Watching, measured
from browser.site import Site
from playertrack.testing.clips import make_clip
from playertrack_html5 import SCRIPT

LIBRARIES = Path(__file__).parents[2] / "build" / "libraries"

#: How each is set up, gives its element away to an ad, and takes it back at a position.
PROGRAMS = {
    "hls": """
      const hls = new Hls();
      playertrackHls(recorder, hls);
      const open = (url) => { hls.loadSource(url); hls.attachMedia(video); };
      const ad = (url) => { hls.detachMedia(); video.src = url; };
      const back = (url, position) => { hls.attachMedia(video); video.currentTime = position; };
    """,
    "dash": """
      const player = dashjs.MediaPlayer().create();
      player.updateSettings({ debug: { logLevel: 0 } });
      playertrackDash(recorder, player);
      const open = (url) => player.initialize(video, url, false);
      const ad = (url) => { player.attachSource(null); video.src = url; };
      const back = (url, position) => player.attachSource(url, position);
    """,
    "shaka": """
      const player = new shaka.Player();
      playertrackShaka(recorder, player);
      const open = async (url) => { await player.attach(video); await player.load(url); };
      const ad = async (url) => { await player.detach(); video.src = url; };
      const back = async (url, position) => {
        await player.attach(video);
        await player.load(url, position);
      };
    """,
    "video": """
      const player = videojs(video);
      playertrackVideojs(recorder, player);
      const type = "application/x-mpegURL";
      const open = (src) => player.src({ src, type });
      const ad = (src) => player.src({ src, type: "video/webm" });
      const back = (src, position) => {
        player.src({ src, type });
        player.one("loadedmetadata", () => player.currentTime(position));
      };
    """,
}

_PAGE = """<!doctype html>
<video id="video" class="video-js"></video>
<script src="/playertrack.js"></script>
<script src="/library/{library}.js"></script>
<script src="/{hook}"></script>
<script>
  const video = document.getElementById("video");
  const recorder = playertrack(video, {{ entry: "1_abc", every: 500 }});
  {program}
  // Once it can: a library may still exchange the source.
  const play = () => new Promise((done) => {{
    const now = () => void video.play().then(done, () => {{}});
    video.addEventListener("canplay", now);
    if (video.readyState > 2) now();
  }});
  const adStart = async (url) => {{
    recorder.say("adStart", {{ slot: "midroll" }});
    await ad(url);
    await play();
  }};
  const adEnd = async (url, position) => {{
    recorder.say("adEnd");
    await back(url, position);
    await play();
  }};
</script>
"""

_MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=64000,RESOLUTION=160x90,CODECS="avc1.64000a,mp4a.40.2"
low.m3u8
"""


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds as HLS and as DASH, and an ad of two."""
    folder = tmp_path_factory.mktemp("streams")
    hls = {"hls_time": "2", "hls_list_size": "0", "hls_playlist_type": "vod"}
    make_clip(folder / "low.m3u8", 8.0, codec="libx264", options=hls)
    (folder / "clip.m3u8").write_text(_MASTER)
    make_clip(folder / "clip.mpd", 8.0, codec="libx264", options={"seg_duration": "2"})
    make_clip(folder / "ad.webm", 2.0)
    return folder


@pytest.fixture(params=PROGRAMS)
def library(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if not (LIBRARIES / f"{name}.js").is_file() and "CI" not in os.environ:
        pytest.skip(f"there is no {name}.js: `make players` fetches it")
    return name


def url_of(library: str) -> str:
    return "/media/clip.mpd" if library in ("dash", "shaka") else "/media/clip.m3u8"


def routes(library: str) -> list[web.RouteDef]:
    """A page that plays with the library, and what it loads."""
    hook = "hook-videojs.js" if library == "video" else f"hook-{library}.js"
    text = _PAGE.format(library=library, hook=hook, program=PROGRAMS[library])

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html")

    async def script(request: web.Request) -> web.Response:
        folder = LIBRARIES if request.path.startswith("/library/") else SCRIPT.parent
        text = (folder / Path(request.path).name).read_text("utf-8")
        return web.Response(text=text, content_type="text/javascript")

    return [
        web.get("/page", page),
        web.get(f"/library/{library}.js", script),
        web.get(f"/{hook}", script),
    ]


async def opened(site: Site, chromium: Browser, media: str) -> Page:
    page = await chromium.open(f"http://127.0.0.1:{site.port}/page")
    await page.run(f"Promise.resolve(open('{media}')).then(() => 0, () => 0)")
    return page


def playback(watching: Watching) -> list[str]:
    """The events, without the tracks and qualities that a library chooses at its start."""
    chosen = ("FLAVOR_SWITCH", "AUDIO_SELECTED", "BUFFER_START", "BUFFER_END")
    return [name for name in watching.names if name not in chosen]


async def test_library_plays_a_stream_to_its_end(
    streams: Path, chromium: Browser, library: str
) -> None:
    async with measured(streams, routes(library)) as (site, watching):
        page = await opened(site, chromium, url_of(library))
        await page.run("play()")
        await watching.seen("PLAY_REACHED_100")
        end = [] if await page.over() else ["PAUSE"]
        await page.close()
    assert playback(watching) == [*START, *QUARTILES, *end]
    if library != "video":  # which reports no quality without a plugin
        assert "FLAVOR_SWITCH" in watching.names


async def test_ad_in_the_element_of_a_library_leaves_the_session_alone(
    streams: Path, chromium: Browser, library: str
) -> None:
    async with measured(streams, routes(library)) as (site, watching):
        page = await opened(site, chromium, url_of(library))
        await page.run("play()")
        await watching.seen("PLAY_REACHED_25")
        position = await page.run(
            """(async () => {
              const position = video.currentTime;
              await adStart("/media/ad.webm");
              return position; })()"""
        )
        await watching.seen("MIDROLL_75")
        await page.run(f"adEnd('{url_of(library)}', {position})")
        await watching.seen("PLAY_REACHED_100")
        end = [] if await page.over() else ["PAUSE"]
        await page.close()
    names, ad = playback(watching), [f"MIDROLL_{part}" for part in ("STARTED", 25, 50, 75)]
    begun = names.index("MIDROLL_STARTED")
    assert names[begun : begun + 4] == ad
    assert names[:begun] + names[begun + 4 :] == [*START, *QUARTILES, *end]
    # The ad is for after the first quarter; on a busy machine it is some later.
    assert QUARTILES[0] in names[:begun] and QUARTILES[-1] not in names[:begun]


async def test_stream_that_is_missing_is_an_error(
    streams: Path, chromium: Browser, library: str
) -> None:
    async with measured(streams, routes(library)) as (site, watching):
        missing = url_of(library).replace("clip.m", "missing.m")
        page = await opened(site, chromium, missing)
        await watching.seen("ERROR")
        await page.close()
    assert [name for name in watching.names if name != "ERROR"] == START[:2]
