"""The player on PyAV left to itself, from the start to the end: real files."""

from __future__ import annotations

import threading
from itertools import pairwise
from math import inf
from pathlib import Path
from time import monotonic

import pytest
from av_listener import DURATION, Received, played

from playertrack import signals
from playertrack.signals import Signal
from playertrack.testing.clips import make_clip
from playertrack_av import AvPlayer
from playertrack_av.timing import Clock


def test_plays_a_file_to_its_end(clip: Path) -> None:
    received = played(clip)
    assert received.names == ["ready", "play", "loaded", "playing", "ended", "close"]
    assert received["loaded"] == signals.Loaded(
        at=received["loaded"].at, entry_id="clip", duration=DURATION
    )
    assert received["playing"].position == 0.0
    assert received["ended"].position == DURATION


def test_updates_come_four_times_a_second_and_time_goes_with_the_content(clip: Path) -> None:
    received = played(clip)
    track = [received["playing"], *received.updates, received["ended"]]
    for before, after in pairwise(track):
        assert before.position is not None
        assert after.position is not None
        moved, passed = after.position - before.position, after.at - before.at
        assert 0.0 <= moved <= 0.3
        assert moved <= passed + 0.001


def test_times_never_go_back_and_are_unix_time(clip: Path) -> None:
    began = Clock().now()
    received = played(clip, [(2, "seek", 9.0), (3, "pause"), (4, "play"), (5, "stall", 1.0)])
    times = [signal.at for signal in received.signals]
    assert times == sorted(times)
    assert began - 1.0 <= times[0] <= began + 60.0


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_speed_says_how_many_seconds_pass_for_one_of_the_wall(speed: float, short: Path) -> None:
    received = Received()
    began = monotonic()
    with AvPlayer(received, speed=speed) as player:
        player.load(str(short))
        player.play()
        assert player.wait(30)
    assert monotonic() - began >= 2.0 / speed
    assert received["ended"].at - received["playing"].at >= 2.0 - 0.001


@pytest.mark.parametrize(
    ("name", "picture", "sound"),
    [("audio.m4a", False, True), ("video.mp4", True, False), ("both.mkv", True, True)],
)
def test_plays_what_has_only_sound_or_only_pictures(
    name: str, picture: bool, sound: bool, tmp_path: Path
) -> None:
    received = played(make_clip(tmp_path / name, 3.0, picture=picture, sound=sound))
    assert received.names == ["ready", "play", "loaded", "playing", "ended", "close"]
    assert received["ended"].position == pytest.approx(3.0, abs=0.1)


def test_positions_count_from_the_start_of_the_media_whatever_its_time_stamps(
    tmp_path: Path,
) -> None:
    received = played(make_clip(tmp_path / "late.ts", 4.0, start=100.0), [(1, "seek", 3.0)])
    assert received.updates[0].position < 0.5
    assert received["seeked"].position == pytest.approx(3.0, abs=0.1)
    assert received["ended"].position == pytest.approx(4.0, abs=0.1)


def test_a_file_without_a_duration_gets_one_at_its_end(tmp_path: Path) -> None:
    received = played(make_clip(tmp_path / "recording.mkv", 4.0, options={"live": "1"}))
    loaded, changed = received["loaded"], received["durationchange"]
    assert isinstance(loaded, signals.Loaded)
    assert isinstance(changed, signals.DurationChange)
    assert (loaded.duration, loaded.live) == (None, False)
    assert changed.duration == received["ended"].position == pytest.approx(4.0, abs=0.1)
    assert received.names[4:] == ["durationchange", "ended", "close"]


def test_a_seek_beyond_an_unknown_end_ends_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "recording.mkv", 4.0, options={"live": "1"})
    received = played(clip, [(1, "seek", 1000.0)])
    assert received.names[4:] == ["seeking", "seeked", "durationchange", "ended", "close"]
    assert received["ended"].position == pytest.approx(4.0, abs=0.1)


def test_a_bare_stream_without_times_can_be_seeked(tmp_path: Path) -> None:
    received = played(make_clip(tmp_path / "tone.aac", 4.0, picture=False), [(1, "seek", 3.0)])
    assert received["seeked"].position == 3.0
    assert received["ended"].at - received["seeked"].at >= 1.0 - 0.001


def test_close_reports_how_far_playback_got(clip: Path) -> None:
    received = Received()
    player = AvPlayer(received)
    player.load(str(clip))
    player.play()
    received.until("timeupdate")
    player.close()
    last, close = received.signals[-2:]
    assert (last.name, close.name) == ("timeupdate", "close")
    assert close.at - last.at < 0.25


def test_nothing_comes_after_close(short: Path) -> None:
    received = Received()
    player = AvPlayer(received, speed=inf)
    player.load(str(short))
    player.close()
    player.load(str(short))
    player.play()
    player.close()
    assert player.wait(0)
    assert received.names[-1] == "close"
    assert "play" not in received.names
    assert repr(player) == "<AvPlayer closed>"


def test_a_player_that_was_never_used_says_nothing() -> None:
    received = Received()
    with AvPlayer(received) as player:
        player.at(1.0, "pause")
        assert player.wait(0)
    assert received.names == []


def test_close_from_within_a_signal(short: Path) -> None:
    received = Received()

    def leave(signal: Signal) -> None:
        received(signal)
        if signal.name == "ready":
            player.play()
        if signal.name == "playing":
            player.close()

    player = AvPlayer(leave, speed=inf)
    player.load(str(short))
    assert player.wait(30)
    player.close()
    assert received.names == ["ready", "play", "loaded", "playing", "close"]


def test_close_leaves_no_threads(short: Path) -> None:
    before = set(threading.enumerate())
    played(short)
    assert set(threading.enumerate()) <= before


def test_wait_gives_up_after_its_timeout(short: Path) -> None:
    with AvPlayer(Received()) as player:
        player.load(str(short), loop=True)
        player.play()
        assert not player.wait(0.01)
        assert repr(player).startswith("<AvPlayer ")


def test_position_and_duration_may_be_asked_for(short: Path) -> None:
    with AvPlayer(Received(), speed=inf) as player:
        assert (player.position, player.duration, player.bad_packets) == (0.0, None, 0)
        assert repr(player) == "<AvPlayer empty>"
        player.load(str(short))
        player.play()
        assert player.wait(30)
        assert (player.position, player.duration, player.bad_packets) == (2.0, 2.0, 0)
        assert repr(player) == "<AvPlayer over>"
