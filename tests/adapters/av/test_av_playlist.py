"""One player on PyAV that plays video after video, as a kiosk does."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from playertrack import Engine
from playertrack.events import Event
from playertrack.signals import Signal
from playertrack.testing import assert_quartiles, assert_session_valid
from playertrack.testing.clips import make_clip
from playertrack_av import AvPlayer

VIDEOS = ("one", "two")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    home = tmp_path_factory.mktemp("videos")
    return [str(make_clip(home / f"{name}.mp4", 1.0, sound=False)) for name in VIDEOS]


def names(log: list[Signal]) -> list[str]:
    return [signal.name for signal in log if signal.name != "timeupdate"]


def events_of(log: list[Signal]) -> list[Event]:
    engine = Engine()
    return [event for signal in log for event in engine.feed(signal)]


def test_each_video_of_a_playlist_is_one_session(videos: list[str]) -> None:
    received: list[Signal] = []
    with AvPlayer(received.append, speed=inf) as player:
        for video in videos * 2:
            player.load(video)
            player.play()
            assert player.wait(60)
    later = ["loaded", "play", "playing", "ended"]
    reported = names(received)
    # The first video may be there before it is asked for, or after.
    assert reported[0] == "ready" and set(reported[1:3]) == {"play", "loaded"}
    assert reported[3:] == ["playing", "ended", *later * 3, "close"]
    events = events_of(received)
    assert_session_valid(events)
    assert [e.entry_id for e in events if e.event == "PLAY"] == [*VIDEOS, *VIDEOS]
    assert len({event.session for event in events}) == 4
    for session in range(1, 5):
        assert_quartiles(events, 25, 50, 75, 100, session=session)


def test_a_video_may_take_the_place_of_one_that_plays(videos: list[str]) -> None:
    received: list[Signal] = []
    with AvPlayer(received.append) as player:
        player.load(videos[0])
        player.at(0.3, "pause")
        player.play()
        assert player.wait(60)
        player.play()
        player.load(videos[1])
        player.play()
        assert player.wait(60)
    after = names(received)[names(received).index("pause") :]
    assert after[:2] == ["pause", "play"]
    assert after[-5:] == ["loaded", "play", "playing", "ended", "close"]
    events = events_of(received)
    assert_session_valid(events)
    assert [e.entry_id for e in events if e.event == "PLAY"] == list(VIDEOS)
    assert_quartiles(events, 25, 50, 75, 100, session=2)


def test_a_pause_before_the_next_video_is_there_withdraws_the_request(videos: list[str]) -> None:
    received: list[Signal] = []

    def on_signal(signal: Signal) -> None:
        received.append(signal)
        if signal.name == "ended":  # on the player's thread: all of it comes before the video does
            player.load(videos[1])
            player.play()
            player.pause()

    with AvPlayer(on_signal, speed=inf) as player:
        player.load(videos[0])
        player.play()
        assert player.wait(60)
    assert names(received)[3:] == ["playing", "ended", "loaded", "close"]
    assert "PLAY_REQUEST" not in [e.event for e in events_of(received) if e.entry_id == "two"]


def test_a_broken_video_is_reported_by_its_own_name(videos: list[str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    received: list[Signal] = []
    with AvPlayer(received.append, speed=inf) as player:
        for video in (videos[0], str(broken), videos[1]):
            player.load(video)
            player.play()
            assert player.wait(60)
    assert names(received)[3:] == [
        *("playing", "ended", "loaded", "play", "error", "loaded", "play", "playing", "ended"),
        "close",
    ]
    events = events_of(received)
    assert_session_valid(events)
    assert [e.entry_id for e in events if e.event == "PLAY_REQUEST"] == ["one", "broken", "two"]
    assert [e.entry_id for e in events if e.event == "ERROR"] == ["broken"]
    assert "REPLAY" not in {event.event for event in events}
