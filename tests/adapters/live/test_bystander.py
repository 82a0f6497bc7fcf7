"""Real players, driven by programs past the adapter, which only listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pipelines import pipeline
from process_program import MpvProcessProgram
from programs import GstPlayProgram, MpvProgram, PlaybinProgram, QtProgram, VlcProgram
from test_conformance import gst, mpv, needed, qt, vlc

import playertrack_gstreamer
import playertrack_mpv
import playertrack_qt
import playertrack_vlc
from playertrack import Tracker
from playertrack.live.adapter import Binding
from playertrack.testing.bystander import Bystander
from playertrack.testing.media import MediaServer


class Live(Bystander):
    """The media are for all; the scenarios are run beside each other (`conftest`)."""

    beside_each_other = True

    @pytest.fixture(autouse=True, scope="session")
    @staticmethod
    def _media(video: Path, brief: Path, chaptered: Path, site: MediaServer) -> None:
        Live.of(video, brief, chaptered, site)

    @staticmethod
    def of(video: Path, brief: Path, chaptered: Path, site: MediaServer) -> None:
        """Play these."""
        Live.video, Live.brief, Live.chaptered = str(video), str(brief), str(chaptered)
        Live.site = site
        Live.ts_rate = (site.root / "clip.ts").stat().st_size / 12.0


class TestVlc(Live):
    resolution = 0.7

    @contextmanager
    def program(self) -> Iterator[VlcProgram]:
        from playertrack_vlc.library import vlc as library

        program = VlcProgram(library, needed(vlc), self.length)
        yield program
        program.release()

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        return playertrack_vlc.track(program.player, tracker)


class TestMpv(Live):
    resolution = 0.25
    keep_open = False

    @contextmanager
    def program(self) -> Iterator[MpvProgram]:
        program = MpvProgram(needed(mpv), keep_open=self.keep_open)
        yield program
        program.release()

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        return playertrack_mpv.track(program.player, tracker)


class TestMpvKeepOpen(TestMpv):
    """It pauses at the end by itself, with the file still open."""

    keep_open = True


class TestMpvProcess(Live):
    """As players of signage do it: mpv is another process, commanded over its socket."""

    resolution = 0.25

    @contextmanager
    def program(self) -> Iterator[MpvProcessProgram]:
        from playertrack_mpv.headless_process import start

        program = needed(lambda: MpvProcessProgram(start))
        yield program
        program.release()

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        binding = playertrack_mpv.track_process(program.path, tracker)
        assert binding.wait_connected(self.timeout)
        return binding


class TestPlaybin(Live):
    resolution = 0.5
    factory, gapless = "playbin", False
    test_chapters = None  # type: ignore[assignment] # it has none

    @contextmanager
    def program(self) -> Iterator[PlaybinProgram]:
        headless = needed(gst)
        player = pipeline(headless, self.factory, self.brief)
        program = PlaybinProgram(headless.Gst, player, gapless=self.gapless)
        yield program
        program.release()

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        return playertrack_gstreamer.track(program.player, tracker)


class TestPlaybin3(TestPlaybin):
    factory, gapless = "playbin3", True
    # After a file that is missing the one of GStreamer 1.22 opens that again.
    test_playlist_with_a_broken_item = None  # type: ignore[assignment] # no such list


class TestGstPlay(Live):
    resolution = 0.5
    test_chapters = None  # type: ignore[assignment] # it has none

    @contextmanager
    def program(self) -> Iterator[GstPlayProgram]:
        program = GstPlayProgram(needed(gst))
        yield program
        program.release()

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        return playertrack_gstreamer.track(program.player, tracker)


class TestQt(Live):
    resolution = 0.25
    test_chapters = None  # type: ignore[assignment]  # Qt has none

    def test_slider_that_is_dragged_slowly(self) -> None:
        """Its last step leads to where playback is by then, and Qt reports nothing but that."""
        self.resolution = 0.45
        super().test_slider_that_is_dragged_slowly()

    @contextmanager
    def program(self) -> Iterator[QtProgram]:
        program = QtProgram(needed(qt))
        yield program
        program.release()

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        return playertrack_qt.track(program.player, tracker)
