"""The common part of all bindings: commands, names of media, recordings, failures."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_binding import TIMEOUT, SignalLog, Toy

from playertrack import Event, Policy, Tracker, signals
from playertrack.errors import FieldError, PlayertrackError
from playertrack.live.adapter import entry_name
from playertrack.live.clock import ManualClock
from playertrack.signals import Signal

KALTURA = "https://cdnapisec.kaltura.example/p/123/sp/12300"


@pytest.mark.parametrize(
    ("media", "name"),
    [
        ("clips/talk.part1.mp4", "talk.part1"),
        ("https://user:secret@cdn.example/a/big%20bunny.m3u8?ks=secret#x", "big bunny"),
        ("rtsp://cam.example", "cam.example"),
        ("file:///tmp/%FF.mp4", "�"),
        ("file:clips/big%20bunny.mp4", "big bunny"),
        ("file:talk.mp4", "talk"),
        ("", "media"),
        ("/", "/"),
        ("://", "media"),
        # What media servers call every stream alike is no name.
        ("https://cdn.example/hls/lobby/master.m3u8", "lobby"),
        ("https://cdn.example/vod/_definst_/mp4:bunny.mp4/playlist.m3u8", "bunny"),
        ("https://cdn.example/bunny.ism/Manifest", "bunny"),
        ("http://tv.example:8096/Videos/0f3a/stream.mp4?api_key=secret", "0f3a"),
        ("http://radio.example:8000/stream", "radio.example"),
        # Nothing says which it is: the host, and what it offers.
        ("http://cam.example/live/index.m3u8", "cam.example/live"),
        ("http://h.example/live/stream.m3u8", "h.example/live"),
        ("http://h.example/hls/index.m3u8", "h.example"),
        ("http://u:secret@h.example:81/vod/_definst_/1080p/index.m3u8", "h.example/vod"),
        # Kaltura's have the entry in the middle.
        (f"{KALTURA}/playManifest/entryId/1_abc/format/applehttp/a.m3u8", "1_abc"),
        (f"{KALTURA}/playManifest/entryId/1_abc/flavorId/1_x/format/url/a.mp4?ks=1", "1_abc"),
        (f"{KALTURA}/hls/serveFlavor/entryid/1_abc/v/2/name/a.mp4/index-v1.m3u8", "1_abc"),
        (f"{KALTURA}/playManifest/entryId", "entryId"),
        # Renditions are called alike, too.
        ("https://cdn.example/lobby/1080p/index.m3u8", "lobby"),
        ("https://cdn.example/lobby/720p60.m3u8", "lobby"),
        ("https://cdn.example/lobby/1920x1080/800k/playlist.m3u8", "lobby"),
        ("https://cdn.example/live/lobby/chunklist_b2000.m3u8", "lobby"),
        ("https://cdn.example/live/lobby/chunklist_w83_b1128000.m3u8", "lobby"),
        ("https://cdn.example/vod/bunny.mp4/index-f1-v1-a1.m3u8", "bunny"),
        ("https://cdn.example/bunny/index_0_av.m3u8", "bunny"),
        ("https://cdn.example/bunny.ism/manifest(format=m3u8-aapl)", "bunny"),
        ("https://cdn.example/talks/4711.mp4", "4711"),
        ("https://cdn.example/talks/index-2-of-the-year.mp4", "index-2-of-the-year"),
        ("https://cdn.example/talks/playlist-summer.m3u8", "playlist-summer"),
        ("file:///videos/1080p.mp4", "1080p"),
        ("master.mp4", "master"),
        ("file:///videos/index.mp4", "index"),
    ],
)
def test_media_is_called_after_its_file_without_secrets(media: str, name: str) -> None:
    assert entry_name(media) == name


def test_commands_reach_the_player() -> None:
    with Tracker() as tracker, Toy(tracker) as toy:
        toy.play()
        toy.pause()
        toy.seek(3.0)
        toy.rate(2.0)
        toy.loop(True)
        toy.replay()
        toy.stop()
    assert toy.calls == [
        *("subscribe", "play", "pause", "seek 3.0", "rate 2.0", "loop True", "replay", "stop"),
        "unsubscribe",
    ]


def test_tracker_gets_the_policy_of_the_player_if_it_has_none() -> None:
    events: list[Event] = []

    def jump(tracker: Tracker) -> list[str]:
        events.clear()
        with tracker, Toy(tracker) as toy:
            toy.load("clip.mp4")
            toy.say("playing")
            toy.say("at", position=0.0)
            toy.say("at", position=60.0)
        return [event.event for event in events]

    assert "SEEK" not in jump(Tracker(on_event=events.append))
    assert "SEEK" in jump(Tracker(on_event=events.append, policy=Policy()))
    used = Tracker(on_event=events.append)
    used.ready()
    assert "SEEK" in jump(used)


def test_step_of_the_wall_clock_shows_with_the_next_session() -> None:
    clock, events, seen = ManualClock(0.0), list[Event](), SignalLog()
    with (
        Tracker(clock=clock, on_event=events.append, on_signal=seen) as tracker,
        Toy(tracker) as toy,
    ):
        toy.load("one.mp4")
        seen.until("loaded")
        clock.step(1_700_000_000.0)
        clock.advance(5.0)
        toy.say("at", position=0.5)
        assert seen.until("timeupdate").at == 5.0
        toy.load("two.mp4")
    loaded = [event for event in events if event.event == "MEDIA_LOADED"]
    assert [event.at for event in loaded] == [0.0, 1_700_000_005.0]


def test_names_of_media() -> None:
    for entry_id, expected in (
        (None, ["a", "b", "1_c", "d"]),
        ("1_a", ["1_a", "b", "1_c", "d"]),
        (str.upper, ["A.MP4", "B.MP4", "1_c", "D.MP4"]),
    ):
        seen = SignalLog()
        with Tracker(on_signal=seen) as tracker, Toy(tracker, entry_id=entry_id) as toy:
            toy.load("a.mp4")
            toy.load("b.mp4")
            toy.load("c.mp4", entry_id="1_c")
            toy.load("d.mp4")
        assert [s.entry_id for s in seen if isinstance(s, signals.Loaded)] == expected


def test_player_that_goes_away_is_an_end_and_is_asked_nothing_more() -> None:
    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker) as toy:
        assert repr(toy) == "<Toy attached>"
        toy.load("clip.mp4")
        toy.say("playing")
        toy.die()
        toy.die()
        seen.until("stop")
        with pytest.raises(PlayertrackError, match="play: the player is gone"):
            toy.play()
        assert repr(toy) == "<Toy gone>"
    assert [signal.name for signal in seen] == ["loaded", "playing", "stop", "close"]
    assert toy.calls == ["subscribe"]


def test_next_media_is_called_as_was_said() -> None:
    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker, entry_id=str.upper) as toy:
        toy.expect("1_next")
        toy.say("changed", media="a.mp4")
        toy.say("changed", media="b.mp4")
        seen.until("loaded")
    assert [s.entry_id for s in seen if isinstance(s, signals.Loaded)] == ["1_next", "B.MP4"]


@pytest.mark.parametrize("part", [(-1.0, 2.0), (3.0, 3.0), (5.0, 2.0)])
def test_part_that_cannot_be_is_refused(part: tuple[float, float]) -> None:
    with Tracker() as tracker, Toy(tracker) as toy, pytest.raises(ValueError, match="part"):
        toy.expect(part=part)


def test_who_seeks_is_one_of_three() -> None:
    with Tracker() as tracker, Toy(tracker) as toy:
        with pytest.raises(ValueError, match="expected one of viewer, page, player"):
            toy.seek(1.0, by="me")
        with pytest.raises(ValueError, match="expected one of"), toy.seeking(1.0, by="me"):
            pass
    assert toy.calls == ["subscribe", "unsubscribe"]


def test_detached_twice_and_then_commanded() -> None:
    with Tracker() as tracker:
        toy = Toy(tracker)
        toy.detach()
        toy.detach()
        assert toy.calls == ["subscribe", "unsubscribe"]
        assert repr(toy) == "<Toy detached>"
        with pytest.raises(PlayertrackError, match="stop: the player is gone, or detached"):
            toy.stop()


def test_answer_that_is_long_in_coming_keeps_nobody_waiting() -> None:
    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker, asks=True, interval=0.01) as toy:
        toy.answers.clear()
        toy.asked.clear()
        assert toy.asked.wait(TIMEOUT)
        toy.load("clip.mp4")
        seen.until("loaded")
        toy.answers.set()
        seen.until("timeupdate")
        toy.position = 7.0
    last = [signal for signal in seen if signal.name == "timeupdate"][-1]
    assert last.position == 7.0, "where it is in the end is asked too"


def test_record_that_cannot_be_and_a_bug_are_logged_and_the_next_is_taken(
    logged: Callable[[], list[logging.LogRecord]],
) -> None:
    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker) as toy:
        toy.say("bad")
        toy.say("bug")
        toy.load("clip.mp4")
        seen.until("loaded")
    warning, error = logged()
    assert (warning.levelname, error.levelname) == ("WARNING", "ERROR")
    assert "toy: translating failed" in error.getMessage()


def test_recording_holds_all_that_the_player_sent(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    with Tracker() as tracker, Toy(tracker, record_raw=raw, interval=60.0) as toy:
        toy.load("https://cdn.example/a.mp4")
    records = [json.loads(line) for line in raw.read_text().splitlines()]
    assert [(record["source"], record["kind"]) for record in records] == [
        ("toy", "app.open"),
        ("toy", "changed"),
        ("toy", "app.close"),
    ]
    assert all(0.0 <= record["t"] < TIMEOUT for record in records)


def test_recording_that_cannot_go_on_costs_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker, record_raw="/dev/full") as toy:
        toy.load("clip.mp4")
        seen.until("loaded")
        toy.say("at", position=1.0)
        seen.until("timeupdate")
    assert caplog.text.count("the recording ends here") == 1


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan"), float("inf"), "1", None, True])
def test_interval_that_cannot_be_is_refused(interval: Any) -> None:
    refused_option("interval", "seconds above 0", interval=interval)


@pytest.mark.parametrize("entry_id", ["", 5, b"1_abc", ["1_abc"]])
def test_name_that_cannot_be_is_refused(entry_id: Any) -> None:
    refused_option("entry_id", "a name that is not empty, or a function", entry_id=entry_id)
    refused_command("entry_id", "a name that is not empty$", lambda toy: toy.expect(entry_id))
    refused_command("entry_id", "a name that is n", lambda toy: toy.load("a.mp4", entry_id))


@pytest.mark.parametrize("media", [None, 5, Path("clip.mp4")])
def test_media_that_cannot_be_is_refused(media: Any) -> None:
    refused_command("media", "a file name or URL, as a string", lambda toy: toy.load(media))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "12", None, True, 10**400])
def test_number_that_cannot_be_is_refused(number: Any) -> None:
    refused_command("position", "seconds of content", lambda toy: toy.seek(number, by="page"))
    refused_command("rate", "a finite number", lambda toy: toy.rate(number))
    refused_command("target", "seconds of content", lambda toy: toy.seeking(number).__enter__())


@pytest.mark.parametrize("tracker", [None, object(), "tracker", Policy()])
def test_what_is_no_tracker_is_refused(tracker: Any) -> None:
    with pytest.raises(TypeError, match="tracker: expected a Tracker, not "):
        Toy(tracker)


def refused_option(name: str, expected: str, **option: Any) -> None:
    """The option is named with what it should be, and the tracker remains free."""
    with Tracker() as tracker:
        with pytest.raises(FieldError, match=f"{name}: .* is not allowed; expected {expected}"):
            Toy(tracker, **option)
        tracker.take_player(object())


def refused_command(name: str, expected: str, command: Callable[[Toy], None]) -> None:
    """The same of a command, which does nothing."""
    signals: list[Signal] = []
    with Tracker(on_signal=signals.append) as tracker, Toy(tracker) as toy:
        with pytest.raises(FieldError, match=f"{name}: .* is not allowed; expected {expected}"):
            command(toy)
        assert toy.calls == ["subscribe"]
    assert [signal.name for signal in signals] in ([], ["close"], ["stop", "close"])


def test_recording_that_cannot_start_fails_where_it_is_asked_for(tmp_path: Path) -> None:
    with Tracker() as tracker, pytest.raises(FileNotFoundError):
        Toy(tracker, record_raw=tmp_path / "missing" / "raw.jsonl")


def test_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    with Tracker() as tracker, Toy(tracker, asks=True):
        pass
    assert set(threading.enumerate()) <= before


def test_media_whose_name_cannot_be_made_is_called_after_its_file() -> None:
    def fails(media: str) -> str:
        raise KeyError(media)

    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker, entry_id=fails) as toy:
        toy.load("a.mp4")
        toy.load("b.mp4", entry_id="1_b")
    assert [s.entry_id for s in seen if isinstance(s, signals.Loaded)] == ["a", "1_b"]
