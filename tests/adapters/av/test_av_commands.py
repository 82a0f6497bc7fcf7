"""Commands of a program to the player on PyAV."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf, nan
from pathlib import Path

import pytest
from av_listener import DURATION, Cue, Received, played

from playertrack import signals
from playertrack.signals import Signal
from playertrack_av import AvPlayer


def test_pause_and_play(clip: Path) -> None:
    received = played(clip, [(2, "pause"), (5, "play")])
    assert received.names == [
        *("ready", "play", "loaded", "playing"),
        *("pause", "play", "playing", "ended", "close"),
    ]
    pause = received["pause"]
    again = received.signals[received.signals.index(pause) + 1 :]
    assert [s.name for s in again[:2]] == ["play", "playing"]
    assert again[0].at - received["play"].at == pytest.approx(5.0, abs=0.001)
    assert again[1].position == pause.position
    assert pause.position == pytest.approx(2.0, abs=0.5)


def test_what_has_no_effect_makes_no_signal(clip: Path) -> None:
    cues: list[Cue] = [(1, "play"), (1, "rate", 1.0), (1, "loop", False)]
    cues += [(2, "pause"), (2, "pause"), (3, "stop"), (3, "stop"), (3, "pause")]
    names = played(clip, cues).names
    assert names == ["ready", "play", "loaded", "playing", "pause", "stop", "close"]


def test_wait_returns_when_nothing_is_left_that_could_happen(clip: Path) -> None:
    received = played(clip, [(2, "pause")])
    assert received.names[-2:] == ["pause", "close"]


def test_seek_lands_on_its_target_between_keyframes(clip: Path) -> None:
    received = played(clip, [(2, "seek", 7.13)])
    seeking, seeked = received["seeking"], received["seeked"]
    assert isinstance(seeking, signals.Seeking)
    assert seeking.origin == pytest.approx(2.0, abs=0.5)
    assert (seeking.position, seeked.position) == (7.13, 7.13)
    assert received.between(seeking, seeked) == []
    after = [u for u in received.updates if u.at > seeked.at]
    assert 7.13 < after[0].position < 7.5


def test_seek_backwards(clip: Path) -> None:
    received = played(clip, [(5, "seek", 1.0)])
    assert received["seeked"].position == 1.0
    assert received["ended"].at - received["seeked"].at >= 11.0 - 0.001


def test_seeks_in_a_row_complete_once_at_the_last_target(clip: Path) -> None:
    received = played(clip, [(2, "seek", 9.0), (2, "seek", 3.0), (2, "seek", 6.0)])
    assert received.names.count("seeking") == 3
    assert received.names.count("seeked") == 1
    assert received["seeked"].position == 6.0


def test_seek_while_paused_stays_paused(clip: Path) -> None:
    received = played(clip, [(2, "pause"), (3, "seek", 8.0), (5, "play")])
    assert received.names[4:] == ["pause", "seeking", "seeked", "play", "playing", "ended", "close"]
    assert [s.position for s in received.signals if s.name == "playing"] == [0.0, 8.0]


def test_pause_in_a_seek_makes_it_end_paused(clip: Path) -> None:
    received = played(clip, [(2, "seek", 8.0), (2, "pause")])
    assert received.names[4:] == ["seeking", "pause", "seeked", "close"]
    assert received["pause"].position is None


def test_seek_before_the_media_is_open_is_where_it_starts(clip: Path) -> None:
    def start() -> None:
        player.seek(6.0)
        player.play()

    received = Received(start)
    with AvPlayer(received, speed=inf) as player:
        player.load(str(clip))
        assert player.wait(30)
    assert received.names[:6] == ["ready", "play", "loaded", "seeking", "seeked", "playing"]
    assert received["playing"].position == 6.0


@pytest.mark.parametrize("command", ["pause", "stop"])
def test_what_was_wanted_before_the_media_is_open_may_be_taken_back(
    command: str, short: Path
) -> None:
    def start() -> None:
        player.play()
        player.play()
        getattr(player, command)()

    received = Received(start)
    with AvPlayer(received, speed=inf) as player:
        player.load(str(short))
        assert player.wait(30)
    assert received.names == ["ready", "play", "pause", "loaded", "close"]


def test_a_command_without_media_does_nothing() -> None:
    received = Received()
    with AvPlayer(received) as player:
        player.play()
        player.stall(1.0)
        assert player.wait(30)
    assert received.names == ["ready", "close"]


def test_seek_beyond_the_end_ends_it(clip: Path) -> None:
    received = played(clip, [(2, "seek", 99.0)])
    assert received.names[4:] == ["seeking", "seeked", "ended", "close"]
    assert received["seeked"].position == DURATION


def test_seek_after_the_end_is_where_the_next_play_starts(short: Path) -> None:
    received = played(short, [(3, "seek", 1.0), (4, "play")])
    names = [*("seeking", "seeked"), *("play", "playing", "ended", "close")]
    assert received.names[5:] == names
    assert [s.position for s in received.signals if s.name == "playing"] == [0.0, 1.0]


def test_play_after_the_end_begins_anew(short: Path) -> None:
    received = played(short, [(3, "play")])
    assert received.names[5:] == ["play", "playing", "ended", "close"]
    assert [s.position for s in received.signals if s.name == "playing"] == [0.0, 0.0]


def test_replay_begins_anew_in_the_middle(short: Path) -> None:
    received = played(short, [(1, "replay")])
    assert received.names[4:] == ["replay", "playing", "ended", "close"]
    assert received["ended"].at - received["replay"].at >= 2.0 - 0.001


def test_stop_and_play(short: Path) -> None:
    received = played(short, [(1, "stop"), (2, "play")])
    assert received.names[4:] == ["stop", "play", "playing", "ended", "close"]
    assert received["stop"].position == pytest.approx(1.0, abs=0.5)


def test_rate_makes_content_go_faster_than_time(clip: Path) -> None:
    received = played(clip, [(2, "rate", 2.0)])
    change = received["ratechange"]
    assert isinstance(change, signals.RateChange)
    assert change.rate == 2.0
    assert change.position is not None
    after = [u for u in received.updates if u.at > change.at]
    assert all(0.0 <= b.position - a.position <= 0.6 for a, b in pairwise(after))
    assert received["ended"].at - change.at >= (DURATION - change.position) / 2 - 0.001


def test_loop_begins_again_by_itself_until_it_is_turned_off(short: Path) -> None:
    received = played(short, [(5, "loop", False)], loop=True)
    loaded = received["loaded"]
    assert isinstance(loaded, signals.Loaded)
    assert loaded.loop
    names = ["looped", "looped", "durationchange", "ended", "close"]
    assert received.names[4:] == names
    assert received["ended"].at - received["playing"].at >= 6.0 - 0.001


def test_stall_withholds_frames_for_so_long(clip: Path) -> None:
    received = played(clip, [(4, "stall", 3.0)])
    assert received.names[4:] == ["stall", "stall_end", "ended", "close"]
    stall, end = received["stall"], received["stall_end"]
    assert 2.5 <= end.at - stall.at <= 3.0
    assert stall.position == end.position
    assert received.between(stall, end) == []


def test_pause_in_a_stall_ends_it_without_a_word(clip: Path) -> None:
    received = played(clip, [(4, "stall", 3.0), (5, "pause"), (9, "play")])
    assert received.names[4:] == ["stall", "pause", "play", "playing", "ended", "close"]


def test_next_media_takes_the_place_of_the_first(clip: Path, short: Path) -> None:
    received = Received()
    with AvPlayer(received, speed=inf) as player:
        player.load(str(clip), entry_id="first")
        player.at(3.0, "pause")
        player.play()
        assert player.wait(30)
        player.load(str(short))
        player.play()
        assert player.wait(30)
    assert [s.entry_id for s in received.signals if isinstance(s, signals.Loaded)] == [
        *("first", "short")
    ]
    assert sorted(received.names[5:7]) == ["loaded", "play"]
    assert received.names[7:] == ["playing", "ended", "close"]


def test_commands_may_come_from_the_receiver_of_signals(clip: Path) -> None:
    received = Received()

    def answer(signal: Signal) -> None:
        received(signal)
        if isinstance(signal, signals.TimeUpdate) and 3.0 <= signal.position < 4.0:
            player.seek(11.0)

    player = AvPlayer(answer, speed=inf)
    player.load(str(clip))
    player.play()
    assert player.wait(30)
    player.close()
    assert received["seeked"].position == 11.0


def test_what_the_listener_raises_is_logged_and_playback_goes_on(
    short: Path, caplog: pytest.LogCaptureFixture
) -> None:
    received = Received()

    def fail(signal: Signal) -> None:
        received(signal)
        raise RuntimeError("no ears")

    with AvPlayer(fail, speed=inf) as player:
        player.load(str(short))
        player.play()
        assert player.wait(30)
    assert received.names[-2:] == ["ended", "close"]
    assert "no ears" in caplog.text
    assert caplog.text.count("Traceback") == 1


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (lambda p: p.seek(-1.0), "seek: -1.0 is not allowed; expected seconds, 0 or more"),
        (lambda p: p.seek(nan), "seek: nan"),
        (lambda p: p.seek("5"), "seek: '5'"),
        (lambda p: p.rate(0.0), "rate: 0.0 is not allowed; expected a speed from 0.01 to 100"),
        (lambda p: p.loop(1), "loop: 1 is not allowed; expected True or False"),
        (lambda p: p.at(1.0, "seek"), "seek: None"),
        (lambda p: p.at(1.0, "pause", 3.0), "pause: 3.0 is not allowed; expected nothing"),
        (lambda p: p.at(1.0, "close"), "there is no command 'close'; known are play, pause"),
        (lambda p: p.at(-1.0, "pause"), "at: -1.0 is not allowed"),
        (lambda p: AvPlayer(print, speed=0.5), "speed: 0.5 is not allowed; expected 1 or more"),
        (lambda p: AvPlayer(print, speed=nan), "speed: nan"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_is_given(
    command: Callable[[AvPlayer], object], problem: str
) -> None:
    with AvPlayer(Received()) as player, pytest.raises(ValueError, match=r"is|no") as error:
        command(player)
    assert str(error.value).startswith(problem)
