"""The player on PyAV with files that are damaged, and a network that fails."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path

import pytest
from av_listener import DURATION, Received, played
from media_server import serving

from playertrack import signals
from playertrack.testing.clips import make_clip
from playertrack_av import AvPlayer


@pytest.fixture
def wrong(tmp_path: Path) -> Callable[[str], str]:
    """Makes what is no media, by its name."""
    content = {
        "text.txt": b"once upon a time\n" * 50,
        "empty.mp4": b"",
        "noise.mp4": bytes(range(256)) * 800,
        "subtitles.srt": b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n",
    }

    def make(name: str) -> str:
        if name in content:
            (tmp_path / name).write_bytes(content[name])
        return name if "://" in name else str(tmp_path / name)

    return make


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("missing.mp4", "not_found", "cannot open it: no such file or directory"),
        ("", "not_media", "cannot open it: is a directory"),
        ("text.txt", "not_media", "cannot open it: it is a text"),
        ("empty.mp4", "not_media", "cannot open it: invalid data found when processing input"),
        ("noise.mp4", "not_media", "cannot open it: invalid data found when processing input"),
        ("subtitles.srt", "not_media", "cannot open it: there is neither sound nor picture in it"),
        ("gopherus://host/x.mp4", "unsupported", "cannot open it: protocol not found"),
        ("http://127.0.0.1:1/x.mp4", "network", "cannot open it: connection refused"),
    ],
)
def test_what_cannot_be_opened_is_a_fatal_error(
    name: str, code: str, message: str, wrong: Callable[[str], str]
) -> None:
    received = played(wrong(name), [(1, "pause"), (2, "play")])
    assert received.names == ["ready", "play", "error", "close"]
    error = received["error"]
    assert isinstance(error, signals.Error)
    assert (error.code, error.message, error.fatal) == (code, message, True)


def test_media_of_which_nothing_can_be_decoded_is_no_media(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 2.0, sound=False, options={"movflags": "faststart"})
    content = clip.read_bytes()
    start = content.index(b"mdat") + 4
    clip.write_bytes(content[:start] + b"\xff" * (len(content) - start))
    received = played(clip)
    assert received.names[:3] == ["ready", "play", "loaded"]
    error = received.signals[-2]
    assert isinstance(error, signals.Error)
    assert (error.code, error.fatal) == ("not_media", True)
    assert error.message == "nothing in it can be decoded"


def test_damaged_packets_are_warnings_and_counted(clip: Path, tmp_path: Path) -> None:
    damaged = bytearray(clip.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 3000] = bytes(range(250)) * 12
    (tmp_path / "damaged.mp4").write_bytes(damaged)
    received = Received()
    with AvPlayer(received, speed=inf) as player:
        player.load(str(tmp_path / "damaged.mp4"))
        player.play()
        assert player.wait(30)
        count = player.bad_packets
    errors = [s for s in received.signals if isinstance(s, signals.Error)]
    assert count > 0
    assert {(e.code, e.fatal) for e in errors} == {("corrupt_packets", False)}
    assert errors[-1].message == f"{count} packets could not be decoded so far"
    assert received["ended"].position == DURATION


def test_a_file_that_was_cut_ends_where_its_data_does(clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    received = played(tmp_path / "cut.mp4")
    loaded, ended = received["loaded"], received["ended"]
    assert isinstance(loaded, signals.Loaded)
    assert loaded.duration == DURATION
    assert ended.position is not None
    assert 3.0 < ended.position < 9.0


def test_plays_from_a_web_server_and_seeks_there(clip: Path) -> None:
    with serving(clip) as server:
        received = played(server.url("good", "big%20clip.mp4"), [(2, "seek", 9.0)])
    loaded = received["loaded"]
    assert isinstance(loaded, signals.Loaded)
    assert (loaded.entry_id, loaded.duration, loaded.live) == ("big clip", DURATION, False)
    assert received["ended"].position == DURATION


@pytest.mark.parametrize(
    ("name", "options"),
    [("clip.mp4", {"movflags": "faststart"}), ("clip.mkv", {}), ("clip.ts", {})],
)
def test_seeks_where_a_server_gives_everything_from_the_start(
    name: str, options: dict[str, str], tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / name, DURATION, options=options)
    with serving(clip) as server:
        received = played(server.url("plain", name), [(1, "seek", 10.0), (2, "seek", 3.0)])
    first, second = (s for s in received.signals if s.name == "seeked")
    assert (first.position, second.position) == (10.0, 3.0)
    assert 3.0 < next(u.position for u in received.updates if u.at > second.at) < 3.5
    assert received["ended"].position == pytest.approx(DURATION, abs=0.2)


def test_a_network_that_stops_is_a_stall_until_it_goes_on(clip: Path) -> None:
    received = Received()
    with serving(clip) as server, AvPlayer(received, speed=inf) as player:
        player.load(server.url("held"))
        player.play()
        stall = received.until("stall")
        server.release()
        assert player.wait(30)
    assert received.names[4:] == ["stall", "stall_end", "ended", "close"]
    assert stall.position is not None
    assert 5.0 < stall.position < 9.0
    assert received["stall_end"].position == stall.position


def test_a_connection_that_breaks_is_fatal_once_what_came_was_played(clip: Path) -> None:
    with serving(clip) as server:
        received = played(server.url("cut"))
    error = next(s for s in received.signals if isinstance(s, signals.Error) and s.fatal)
    assert error.code == "network"
    assert error.position is not None
    assert 5.0 < error.position < 9.0
    assert received.names[-2:] == ["error", "close"]


def test_a_network_that_never_goes_on_is_a_time_out(clip: Path) -> None:
    with serving(clip) as server:
        received = played(server.url("held"), timeout=0.5)
    error = next(s for s in received.signals if isinstance(s, signals.Error) and s.fatal)
    assert (error.code, error.message) == ("timeout", "cannot play on: no data came in time")
    assert received.has("stall")


def test_what_a_server_does_not_have_is_not_found(clip: Path) -> None:
    with serving(clip) as server:
        received = played(server.url("nowhere"))
    error = received["error"]
    assert isinstance(error, signals.Error)
    assert error.code == "not_found"


def test_a_stream_without_an_end_is_live_and_not_seekable(tmp_path: Path) -> None:
    with serving(make_clip(tmp_path / "clip.ts", 4.0)) as server:
        received = played(
            server.url("live", "tv.ts"), [(1, "seek", 3.0), (2, "replay"), (6, "play")]
        )
    loaded = received["loaded"]
    assert isinstance(loaded, signals.Loaded)
    assert (loaded.duration, loaded.live) == (None, True)
    assert received.names[4:] == ["error", "error", "ended", "play", "playing", "ended", "close"]
    assert [(s.code, s.message) for s in received.signals if isinstance(s, signals.Error)] == [
        ("not_seekable", "cannot seek in a live stream"),
        ("not_seekable", "cannot replay in a live stream"),
    ]


def test_close_does_not_wait_for_a_dead_network(clip: Path) -> None:
    received = Received()
    with serving(clip) as server:
        player = AvPlayer(received, speed=inf, timeout=60.0)
        player.load(server.url("held"))
        player.play()
        received.until("stall")
        player.close(timeout=0.1)
        assert received.names[-1] == "close"
