"""What a program commands the player on PyAV to do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf, nan
from pathlib import Path

import pytest
from av_listener import DURATION, Cue, Heard, played

from playertrack import signals
from playertrack.signals import Signal
from playertrack_av import AvPlayer


def test_pause_and_play(clip: Path) -> None:
    heard = played(clip, [(2, "pause"), (5, "play")])
    assert heard.names == [
        *("ready", "play", "loaded", "playing"),
        *("pause", "play", "playing", "ended", "close"),
    ]
    pause = heard["pause"]
    again = heard.signals[heard.signals.index(pause) + 1 :]
    assert [s.name for s in again[:2]] == ["play", "playing"]
    assert again[0].at - heard["play"].at == pytest.approx(5.0, abs=0.001)
    assert again[1].position == pause.position
    assert pause.position == pytest.approx(2.0, abs=0.5)


def test_what_has_no_effect_makes_no_signal(clip: Path) -> None:
    cues: list[Cue] = [(1, "play"), (1, "rate", 1.0), (1, "loop", False)]
    cues += [(2, "pause"), (2, "pause"), (3, "stop"), (3, "stop"), (3, "pause")]
    names = played(clip, cues).names
    assert names == ["ready", "play", "loaded", "playing", "pause", "stop", "close"]


def test_wait_returns_when_nothing_is_left_that_could_happen(clip: Path) -> None:
    heard = played(clip, [(2, "pause")])
    assert heard.names[-2:] == ["pause", "close"]


def test_seek_lands_on_its_target_between_keyframes(clip: Path) -> None:
    heard = played(clip, [(2, "seek", 7.13)])
    seeking, seeked = heard["seeking"], heard["seeked"]
    assert isinstance(seeking, signals.Seeking)
    assert seeking.origin == pytest.approx(2.0, abs=0.5)
    assert (seeking.position, seeked.position) == (7.13, 7.13)
    assert heard.between(seeking, seeked) == []
    after = [u for u in heard.updates if u.at > seeked.at]
    assert 7.13 < after[0].position < 7.5


def test_seek_backwards(clip: Path) -> None:
    heard = played(clip, [(5, "seek", 1.0)])
    assert heard["seeked"].position == 1.0
    assert heard["ended"].at - heard["seeked"].at >= 11.0 - 0.001


def test_seeks_in_a_row_complete_once_at_the_last_target(clip: Path) -> None:
    heard = played(clip, [(2, "seek", 9.0), (2, "seek", 3.0), (2, "seek", 6.0)])
    assert heard.names.count("seeking") == 3
    assert heard.names.count("seeked") == 1
    assert heard["seeked"].position == 6.0


def test_seek_while_paused_stays_paused(clip: Path) -> None:
    heard = played(clip, [(2, "pause"), (3, "seek", 8.0), (5, "play")])
    assert heard.names[4:] == ["pause", "seeking", "seeked", "play", "playing", "ended", "close"]
    assert [s.position for s in heard.signals if s.name == "playing"] == [0.0, 8.0]


def test_pause_in_a_seek_makes_it_end_paused(clip: Path) -> None:
    heard = played(clip, [(2, "seek", 8.0), (2, "pause")])
    assert heard.names[4:] == ["seeking", "pause", "seeked", "close"]
    assert heard["pause"].position is None


def test_seek_before_the_media_is_open_is_where_it_starts(clip: Path) -> None:
    def begin() -> None:
        player.seek(6.0)
        player.play()

    heard = Heard(begin)
    with AvPlayer(heard, speed=inf) as player:
        player.load(str(clip))
        assert player.wait(30)
    assert heard.names[:6] == ["ready", "play", "loaded", "seeking", "seeked", "playing"]
    assert heard["playing"].position == 6.0


@pytest.mark.parametrize("command", ["pause", "stop"])
def test_what_was_wanted_before_the_media_is_open_may_be_taken_back(
    command: str, short: Path
) -> None:
    def begin() -> None:
        player.play()
        player.play()
        getattr(player, command)()

    heard = Heard(begin)
    with AvPlayer(heard, speed=inf) as player:
        player.load(str(short))
        assert player.wait(30)
    assert heard.names == ["ready", "play", "pause", "loaded", "close"]


def test_a_command_without_media_does_nothing() -> None:
    heard = Heard()
    with AvPlayer(heard) as player:
        player.play()
        player.stall(1.0)
        assert player.wait(30)
    assert heard.names == ["ready", "close"]


def test_seek_beyond_the_end_ends_it(clip: Path) -> None:
    heard = played(clip, [(2, "seek", 99.0)])
    assert heard.names[4:] == ["seeking", "seeked", "ended", "close"]
    assert heard["seeked"].position == DURATION


def test_seek_after_the_end_is_where_the_next_play_starts(short: Path) -> None:
    heard = played(short, [(3, "seek", 1.0), (4, "play")])
    names = [*("seeking", "seeked"), *("play", "playing", "ended", "close")]
    assert heard.names[5:] == names
    assert [s.position for s in heard.signals if s.name == "playing"] == [0.0, 1.0]


def test_play_after_the_end_begins_anew(short: Path) -> None:
    heard = played(short, [(3, "play")])
    assert heard.names[5:] == ["play", "playing", "ended", "close"]
    assert [s.position for s in heard.signals if s.name == "playing"] == [0.0, 0.0]


def test_replay_begins_anew_in_the_middle(short: Path) -> None:
    heard = played(short, [(1, "replay")])
    assert heard.names[4:] == ["replay", "playing", "ended", "close"]
    assert heard["ended"].at - heard["replay"].at >= 2.0 - 0.001


def test_stop_and_play(short: Path) -> None:
    heard = played(short, [(1, "stop"), (2, "play")])
    assert heard.names[4:] == ["stop", "play", "playing", "ended", "close"]
    assert heard["stop"].position == pytest.approx(1.0, abs=0.5)


def test_rate_makes_content_go_faster_than_time(clip: Path) -> None:
    heard = played(clip, [(2, "rate", 2.0)])
    change = heard["ratechange"]
    assert isinstance(change, signals.RateChange)
    assert change.rate == 2.0
    assert change.position is not None
    after = [u for u in heard.updates if u.at > change.at]
    assert all(0.0 <= b.position - a.position <= 0.6 for a, b in pairwise(after))
    assert heard["ended"].at - change.at >= (DURATION - change.position) / 2 - 0.001


def test_loop_begins_again_by_itself_until_it_is_turned_off(short: Path) -> None:
    heard = played(short, [(5, "loop", False)], loop=True)
    loaded = heard["loaded"]
    assert isinstance(loaded, signals.Loaded)
    assert loaded.loop
    names = ["looped", "looped", "durationchange", "ended", "close"]
    assert heard.names[4:] == names
    assert heard["ended"].at - heard["playing"].at >= 6.0 - 0.001


def test_stall_withholds_frames_for_so_long(clip: Path) -> None:
    heard = played(clip, [(4, "stall", 3.0)])
    assert heard.names[4:] == ["stall", "stall_end", "ended", "close"]
    stall, end = heard["stall"], heard["stall_end"]
    assert 2.5 <= end.at - stall.at <= 3.0
    assert stall.position == end.position
    assert heard.between(stall, end) == []


def test_pause_in_a_stall_ends_it_without_a_word(clip: Path) -> None:
    heard = played(clip, [(4, "stall", 3.0), (5, "pause"), (9, "play")])
    assert heard.names[4:] == ["stall", "pause", "play", "playing", "ended", "close"]


def test_next_media_takes_the_place_of_the_first(clip: Path, short: Path) -> None:
    heard = Heard()
    with AvPlayer(heard, speed=inf) as player:
        player.load(str(clip), entry_id="first")
        player.at(3.0, "pause")
        player.play()
        assert player.wait(30)
        player.load(str(short))
        player.play()
        assert player.wait(30)
    assert [s.entry_id for s in heard.signals if isinstance(s, signals.Loaded)] == [
        *("first", "short")
    ]
    assert sorted(heard.names[5:7]) == ["loaded", "play"]
    assert heard.names[7:] == ["playing", "ended", "close"]


def test_commands_may_come_from_what_hears_the_signals(clip: Path) -> None:
    heard = Heard()

    def answer(signal: Signal) -> None:
        heard(signal)
        if isinstance(signal, signals.TimeUpdate) and 3.0 <= signal.position < 4.0:
            player.seek(11.0)

    player = AvPlayer(answer, speed=inf)
    player.load(str(clip))
    player.play()
    assert player.wait(30)
    player.close()
    assert heard["seeked"].position == 11.0


def test_what_the_listener_raises_is_logged_and_playback_goes_on(
    short: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard()

    def fail(signal: Signal) -> None:
        heard(signal)
        raise RuntimeError("no ears")

    with AvPlayer(fail, speed=inf) as player:
        player.load(str(short))
        player.play()
        assert player.wait(30)
    assert heard.names[-2:] == ["ended", "close"]
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
    with AvPlayer(Heard()) as player, pytest.raises(ValueError, match=r"is|no") as error:
        command(player)
    assert str(error.value).startswith(problem)
