"""The bindings of a real playbin and GstPlay, past their commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pipelines import pipeline
from test_conformance import gst, needed

import playertrack_gstreamer
from playertrack.testing.media import MediaServer
from playertrack.testing.witness import Witness, assert_reported

START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]
SECOND = 1_000_000_000


@pytest.fixture(params=["playbin", pytest.param("playbin3", marks=pytest.mark.soak)])
def playbin(request: pytest.FixtureRequest, video: Path) -> Iterator[Any]:
    headless = needed(gst)
    made = pipeline(headless, request.param, str(video))
    yield made
    made.set_state(headless.Gst.State.NULL)


def go(playbin: Any, state: str) -> None:
    playbin.set_state(getattr(gst().Gst.State, state))


def seek(playbin: Any, position: float) -> None:
    flags = gst().Gst.SeekFlags
    exactly = flags.FLUSH | flags.ACCURATE
    assert playbin.seek_simple(gst().Gst.Format.TIME, exactly, round(position * SECOND))


def test_player_is_measured_whoever_commands_it(playbin: Any, video: Path) -> None:
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker):
        playbin.set_property("uri", video.as_uri())
        go(playbin, "PLAYING")
        witness.until("PLAY")
        witness.until_at(0.5)
        seek(playbin, 3.1)
        assert witness.until("SEEK").target == pytest.approx(3.1, abs=0.5)
        go(playbin, "PAUSED")
        witness.until("PAUSE")
        witness.until_at(0.0)
        seek(playbin, 1.0)
        assert witness.until("SEEK", 2).target == 1.0
        go(playbin, "PLAYING")
        witness.until("RESUME")
        witness.until("PLAY_REACHED_25")
        go(playbin, "NULL")
        witness.until_signal("stop")
    assert_reported(witness, *START, "SEEK", "PAUSE", "SEEK", "RESUME", "PLAY_REACHED_25")
    assert {event.entry_id for event in witness.events[1:]} == {"clip"}


def test_position_is_of_the_time_when_it_is_noted(playbin: Any, video: Path) -> None:
    """The answers to the other questions may take long."""
    from playertrack_gstreamer.playbin import PlaybinBinding

    asked, noted = [], []

    class Slow(PlaybinBinding):
        def _segment(self) -> tuple[float | None, int | None]:
            asked.append(self._position() or 0)
            return super()._segment()

        def _note(self, kind: str, **fields: Any) -> None:
            if kind == "poll":
                noted.append(fields["position_ns"] or 0)
            super()._note(kind, **fields)

    with Witness() as witness, Slow(playbin, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until("PLAY_REACHED_25")
    assert all(before <= then for before, then in zip(asked, noted, strict=True))


def test_instant_change_of_rate_is_seen_until_a_seek_ends_it(video: Path) -> None:
    """No message reports it, nor does the segment; playbin3 refuses it, at least in 1.22."""
    headless = needed(gst)
    playbin = pipeline(headless, "playbin", str(video))
    seeks, formats, kinds = headless.Gst.SeekFlags, headless.Gst.Format, headless.Gst.SeekType
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until_at(0.3)
        instantly = seeks.INSTANT_RATE_CHANGE
        assert playbin.seek(2.0, formats.TIME, instantly, kinds.NONE, 0, kinds.NONE, 0)
        assert witness.until("SPEED").rate == 2.0
        witness.until("PLAY_REACHED_25")
        seek(playbin, 5.2)
        assert witness.until("SPEED", 2).rate == 1.0
        witness.until_signal("ended")
    playbin.set_state(headless.Gst.State.NULL)
    reached = [name for name in witness.names if name.startswith("PLAY_REACHED")]
    assert reached[0] == "PLAY_REACHED_25"
    assert not {"ERROR", "BUFFER_START"} & set(witness.names)


def test_part_that_a_seek_asked_for_is_no_broken_file(playbin: Any, clip: Path) -> None:
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker):
        playbin.set_property("uri", clip.as_uri())
        go(playbin, "PLAYING")
        witness.until("PLAY")
        witness.until_at(0.3)
        flags, kinds = gst().Gst.SeekFlags, gst().Gst.SeekType
        exactly, time = flags.FLUSH | flags.ACCURATE, gst().Gst.Format.TIME
        bounds = kinds.SET, 4 * SECOND, kinds.SET, 6 * SECOND
        assert playbin.seek(1.0, time, exactly, *bounds)
        witness.until_over()
        threading.Event().wait(0.5)
    assert_reported(witness, *START, "SEEK", "PLAY_REACHED_50")


def test_segment_ends_where_it_was_to_stop(playbin: Any, video: Path) -> None:
    """By a seek with the flag SEGMENT, after which no eos comes."""
    flags, kinds = gst().Gst.SeekFlags, gst().Gst.SeekType
    how = flags.FLUSH | flags.ACCURATE | flags.SEGMENT
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker):
        playbin.set_property("uri", video.as_uri())
        go(playbin, "PLAYING")
        witness.until("PLAY")
        witness.until_at(0.3)
        time = gst().Gst.Format.TIME
        assert playbin.seek(1.0, time, how, kinds.SET, 4 * SECOND, kinds.NONE, -1)
        witness.until_signal("ended")
    reached = ["PLAY_REACHED_75", "PLAY_REACHED_100"]
    assert witness.names == [*START, "SEEK", *reached]


@pytest.mark.parametrize("stop", ["READY", "NULL"])
def test_media_that_is_set_before_a_stop_is_what_plays_next(
    stop: str, video: Path, brief: Path
) -> None:
    """As in a handler of `about-to-finish`, just before the viewer stops it."""
    headless = needed(gst)
    playbin = pipeline(headless, "playbin3", str(video))
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker):
        playbin.set_property("uri", video.as_uri())
        go(playbin, "PLAYING")
        witness.until("PLAY")
        playbin.set_property("uri", brief.as_uri())
        witness.until_at(0.3)
        go(playbin, stop)
        witness.until_signal("stop")
        go(playbin, "PLAYING")
        witness.until("PLAY", 2)
    go(playbin, "NULL")
    assert witness.names == [*START, "MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    played = [event.entry_id for event in witness.events if event.event == "PLAY"]
    assert played == ["clip", "brief"]


def test_messages_stay_on_the_bus_for_the_program(playbin: Any, video: Path) -> None:
    bus, kinds = playbin.get_bus(), gst().Gst.MessageType
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until("PLAY")
        binding.seek(5.5)
        witness.until("PLAY_REACHED_100")
    assert bus.timed_pop_filtered(20 * SECOND, kinds.EOS) is not None


def test_messages_that_say_nothing_of_playback_cost_nothing(playbin: Any) -> None:
    """Tags of a stream with varying bit rates come many times a second."""
    from playertrack_gstreamer.playbin import PlaybinBinding

    received = []

    class Listening(PlaybinBinding):
        def _on_message(self, message: Any) -> None:
            received.append(message.type)
            super()._on_message(message)

    with Witness() as witness, Listening(playbin, witness.tracker):
        message, bus = gst().Gst.Message, playbin.get_bus()
        for posted in (
            message.new_tag(playbin, gst().Gst.TagList.new_empty()),
            message.new_latency(playbin),
            message.new_buffering(playbin, 100),
            message.new_eos(playbin),
        ):
            bus.post(posted)
        witness.until_signal("ready")
    kinds = gst().Gst.MessageType
    assert received == [kinds.BUFFERING, kinds.EOS]


def test_player_is_left_playing(playbin: Any, video: Path) -> None:
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until_at(0.3)
    reported = len(witness.signals)
    _, state, _ = playbin.get_state(0)
    assert state == gst().Gst.State.PLAYING
    seek(playbin, 5.9)
    assert playbin.get_bus().timed_pop_filtered(20 * SECOND, gst().Gst.MessageType.EOS)
    assert len(witness.signals) == reported


def test_playback_that_started_before_is_followed_from_there_on(playbin: Any, video: Path) -> None:
    with Witness() as first, playertrack_gstreamer.track(playbin, first.tracker) as binding:
        binding.load(str(video))
        binding.play()
        first.until_at(1.0)
    with Witness() as second, playertrack_gstreamer.track(playbin, second.tracker):
        assert second.until("PLAY").position >= 1.0
        second.until_at(1.2)
        go(playbin, "PAUSED")
        assert second.until("PAUSE").duration == 6.0


def test_queue_that_runs_dry_under_a_program_that_does_not_care(
    playbin: Any, site: MediaServer
) -> None:
    """Its clock runs on, and what it skips was not watched."""
    url = site.url("clip.mp4", "held")
    with Witness() as witness, playertrack_gstreamer.track(playbin, witness.tracker) as binding:
        binding.load(url)
        binding.play()
        witness.until("BUFFER_START")
        site.release(url)
        witness.until("BUFFER_END")
        witness.until_signal("ended")
    assert "SEEK" not in witness.names


def test_hold_heeds_a_pause_by_the_viewer(playbin: Any, site: MediaServer) -> None:
    url = site.url("clip.mp4", "held")
    with (
        Witness() as witness,
        playertrack_gstreamer.track(playbin, witness.tracker, hold=True) as binding,
    ):
        binding.load(url)
        binding.play()
        witness.until("BUFFER_START")
        binding.pause()
        witness.until("PAUSE")
        site.release(url)
        threading.Event().wait(1.0)
        _, state, _ = playbin.get_state(0)
        assert state == gst().Gst.State.PAUSED
        binding.play()
        witness.until("PLAY_REACHED_100")
    assert witness.names.count("PAUSE") == witness.names.count("RESUME") == 1


def test_gstplay_is_measured_whoever_commands_it(video: Path) -> None:
    headless = needed(gst)
    player = headless.gstplay().Play.new(None)
    headless.mute(player.get_pipeline())
    with Witness() as witness, playertrack_gstreamer.track(player, witness.tracker):
        player.set_uri(video.as_uri())
        player.play()
        witness.until("PLAY")
        witness.until_at(0.5)
        player.seek(4 * SECOND)
        assert witness.until("SEEK").target == pytest.approx(4.0, abs=0.1)
        player.pause()
        witness.until("PAUSE")
        player.seek(1 * SECOND)
        assert witness.until("SEEK", 2).target == pytest.approx(1.0, abs=0.1)
        player.play()
        witness.until("RESUME")
        player.set_rate(2.0)
        assert witness.until("SPEED").rate == 2.0
        witness.until("PLAY_REACHED_100")
        player.stop()
    reported = [name for name in witness.names if not name.startswith("PLAY_REACHED")]
    assert reported == [*START, "SEEK", "PAUSE", "SEEK", "RESUME", "SPEED"]


def test_gstplay_that_opens_its_media_already_has_a_length(site: MediaServer) -> None:
    headless = needed(gst)
    player = headless.gstplay().Play.new(None)
    headless.mute(player.get_pipeline())
    size = (site.root / "clip.mp4").stat().st_size
    player.set_uri(site.url("clip.mp4", "slow", size / 2))
    player.play()
    bus = player.get_message_bus()
    while (message := bus.timed_pop(20 * SECOND)) is not None:
        structure = message.get_structure()
        if structure.get_value("play-message-type").value_nick == "state-changed":
            break
    with Witness() as witness, playertrack_gstreamer.track(player, witness.tracker):
        assert witness.until_signal("durationchange").duration == pytest.approx(6.0, abs=0.1)
        witness.until("FIRST_PLAY")
        player.stop()
    assert witness.names[: len(START)] == START


@pytest.mark.parametrize("kind", ["playbin", "gstplay"])
def test_secrets_of_a_url_that_fails_show_nowhere(
    kind: str, site: MediaServer, tmp_path: Path
) -> None:
    headless, raw = needed(gst), tmp_path / "raw.jsonl"
    player = (
        headless.gstplay().Play.new(None)
        if kind == "gstplay"
        else headless.Gst.ElementFactory.make(kind)
    )
    with (
        Witness() as witness,
        playertrack_gstreamer.track(player, witness.tracker, record_raw=raw) as binding,
    ):
        binding.load(site.url("missing.mp4?ks=secret"))
        binding.play()
        assert "secret" not in witness.until("ERROR").message
        binding.stop()
    assert "secret" not in raw.read_text()
