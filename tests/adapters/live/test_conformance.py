"""Real players through the scenarios that any adapter has to get right."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from pipelines import pipeline

import playertrack_gstreamer
import playertrack_mpv
import playertrack_qt
import playertrack_vlc
from playertrack import Tracker
from playertrack.events import QUARTILES
from playertrack.testing.media import MediaServer
from playertrack.testing.scenarios import START, Conformance, MeasuredPlayer
from playertrack.testing.streaming import StreamingConformance


def needed(library: Callable[[], Any]) -> Any:
    """The library of a player. Where all must be there its absence is a failure."""
    try:
        return library()
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@cache
def vlc() -> Any:
    from playertrack_vlc.headless import OPTIONS
    from playertrack_vlc.library import vlc

    return vlc.Instance(*OPTIONS)


@cache
def mpv() -> Any:
    from playertrack_mpv.library import mpv

    return mpv


@cache
def gst() -> Any:
    from playertrack_gstreamer import headless

    return headless


def qt() -> Any:
    from qt_loops import qt_loop

    return qt_loop()


class Live(Conformance, StreamingConformance):
    """The media are for all; the scenarios are run beside each other (`conftest`)."""

    beside_each_other = True

    @pytest.fixture(autouse=True, scope="session")
    @staticmethod
    def _media(video: Path, site: MediaServer) -> None:
        Live.of(video, site)

    @staticmethod
    def of(video: Path, site: MediaServer) -> None:
        """Play these."""
        Live.video, Live.site = str(video), site

    def test_truncated_file(self) -> None:
        """It claims a natural end, and some players claim to have been at the end of the whole."""
        whole = (self.site.root / "clip.mp4").read_bytes()
        with TemporaryDirectory() as directory:
            part = Path(directory, "part.mp4")
            part.write_bytes(whole[: len(whole) // 2])
            with self.watching() as (player, witness):
                player.load(str(part))
                player.play()
                over = witness.until_over()
                self.rest(0.5)
        # Where the machine stood still, time enough had passed for all of it.
        stood = witness.pulse.stood(over.at - 4.0, over.at)
        failed = ["ERROR"] if "ERROR" in witness.names or not stood else []
        self.reported(witness, *START, *failed, but=["PLAY_REACHED_25", "PLAY_REACHED_50"])
        assert {getattr(event, "code", "ended_early") for event in witness.events} == {
            "ended_early"
        }


class TestVlc(Live):
    resolution = 0.7

    @contextmanager
    def connect(self, tracker: Tracker) -> Iterator[MeasuredPlayer]:
        player = needed(vlc).media_player_new()
        try:
            with playertrack_vlc.track(player, tracker) as binding:
                yield binding
        finally:
            player.release()


class TestMpv(Live):
    resolution = 0.15
    keep_open = False

    @contextmanager
    def connect(self, tracker: Tracker) -> Iterator[MeasuredPlayer]:
        player = needed(mpv).MPV(vo="null", ao="null", keep_open=self.keep_open)
        try:
            with playertrack_mpv.track(player, tracker) as binding:
                yield binding
        finally:
            player.terminate()


class TestMpvKeepOpen(TestMpv):
    """It pauses at the end by itself, with the file still open."""

    keep_open = True


class TestMpvProcess(Live):
    """As players of signage do it: mpv is another process, commanded over its socket."""

    resolution = 0.15

    @contextmanager
    def connect(self, tracker: Tracker) -> Iterator[MeasuredPlayer]:
        from playertrack_mpv.headless_process import start

        with TemporaryDirectory() as directory:
            socket = Path(directory, "mpv.sock")
            process = needed(lambda: start(socket))
            try:
                with playertrack_mpv.track_process(socket, tracker) as binding:
                    assert binding.wait_connected(self.timeout)
                    yield binding
            finally:
                process.terminate()
                process.wait()


class TestPlaybin(Live):
    resolution = 0.5
    factory = "playbin"
    properties: ClassVar[Mapping[str, int]] = {}

    @contextmanager
    def connect(self, tracker: Tracker) -> Iterator[MeasuredPlayer]:
        headless = needed(gst)
        player = pipeline(headless, self.factory, self.video)
        for name, value in self.properties.items():
            player.set_property(name, value)
        headless.unread(player.get_bus())
        try:
            with playertrack_gstreamer.track(player, tracker, hold=True) as binding:
                yield binding
        finally:
            player.set_state(headless.Gst.State.NULL)


@pytest.mark.soak
class TestPlaybin3(TestPlaybin):
    factory = "playbin3"
    # It would start with 5 s of media in its queue, and a video that is held has fewer.
    properties: ClassVar[Mapping[str, int]] = {"buffer-duration": 2_000_000_000}


class TestGstPlay(Live):
    resolution = 0.5

    @contextmanager
    def connect(self, tracker: Tracker) -> Iterator[MeasuredPlayer]:
        headless = needed(gst)
        player = headless.gstplay().Play.new(None)
        headless.mute(player.get_pipeline())
        headless.unread(player.get_message_bus())
        try:
            with playertrack_gstreamer.track(player, tracker) as binding:
                yield binding
        finally:
            headless.give_up(player)


class TestQt(Live):
    """The player lives in the thread of an event loop, the commands come from others."""

    resolution = 0.15

    def test_throttled(self) -> None:
        """Qt plays what comes more slowly, which is no stall."""
        size = (self.site.root / "clip.mp4").stat().st_size
        with self.watching() as (player, witness):
            player.load(self.site.url("clip.mp4", "slow", 0.7 * size / self.length))
            player.play()
            witness.until("PLAY_REACHED_100")
        self.reported(witness, *START, *(f"PLAY_REACHED_{quartile}" for quartile in QUARTILES))

    def test_held(self) -> None:
        """Qt gives up 5 s after it opened the media, so the rest comes sooner.

        Its clock runs on in a stall: what it leaps over then, with 75 %, nobody saw.
        """
        url = self.site.url("clip.mp4", "held")
        with self.watching() as (player, witness):
            player.load(url)
            player.play()
            witness.until("BUFFER_START")
            self.rest(0.6)
            self.site.release(url)
            witness.until("PLAY_REACHED_100")
        reached = ("PLAY_REACHED_25", "PLAY_REACHED_50", "BUFFER_START", "BUFFER_END")
        expected = (*START, *reached, "PLAY_REACHED_100")
        self.reported(witness, *expected, but=["PLAY_REACHED_75"])
        assert self.stalled(witness) >= 1.0, witness.story

    @contextmanager
    def connect(self, tracker: Tracker) -> Iterator[MeasuredPlayer]:
        loop = needed(qt)
        player = loop.player()
        try:
            with playertrack_qt.track(player, tracker) as binding:
                yield binding
        finally:
            loop.delete(player)
