"""The player on PyAV: real files and a real server, and what it tells of them.

Most of it plays at a speed of `inf`, so that a clip takes as long as it takes to decode.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import pairwise
from math import inf, nan
from pathlib import Path
from time import monotonic

import pytest
from media_server import serving

from playertrack import signals
from playertrack.signals import Signal
from playertrack_av import AvPlayer
from playertrack_av.buffering import End, Frame, FrameBuffer, Pass
from playertrack_av.clips import make_clip
from playertrack_av.source import Source
from playertrack_av.timing import Clock, Playhead

DURATION = 12.0


class Heard:
    """What a player told, to be waited for.

    What ``at_ready`` commands comes before anything the first command brings about.
    """

    def __init__(self, at_ready: Callable[[], None] = lambda: None) -> None:
        self.signals: list[Signal] = []
        self._at_ready = at_ready
        self._changed = threading.Condition()

    def __call__(self, signal: Signal) -> None:
        with self._changed:
            self.signals.append(signal)
            self._changed.notify_all()
        if signal.name == "ready":
            self._at_ready()

    def until(self, name: str, timeout: float = 30.0) -> Signal:
        """The first signal of that name, as soon as there is one."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.has(name), timeout), self.names
            return self[name]

    def has(self, name: str) -> bool:
        return any(signal.name == name for signal in self.signals)

    @property
    def names(self) -> list[str]:
        """All but the updates of the position."""
        return [s.name for s in self.signals if s.name != "timeupdate"]

    @property
    def updates(self) -> list[signals.TimeUpdate]:
        return [s for s in self.signals if isinstance(s, signals.TimeUpdate)]

    def __getitem__(self, name: str) -> Signal:
        return next(s for s in self.signals if s.name == name)

    def between(self, first: Signal, last: Signal) -> list[Signal]:
        return self.signals[self.signals.index(first) + 1 : self.signals.index(last)]


Cue = tuple[float, str] | tuple[float, str, float | bool]


def played(
    media: str | Path, cues: Iterable[Cue] = (), *, loop: bool = False, timeout: float = 10.0
) -> Heard:
    """What was heard of the media from its begin until nothing happened any more."""

    def begin() -> None:
        player.play()

    heard = Heard(begin)
    with AvPlayer(heard, speed=inf, timeout=timeout) as player:
        for cue in cues:
            player.at(*cue)
        player.load(str(media), loop=loop)
        assert player.wait(60), heard.names
    return heard


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return make_clip(path, DURATION, options={"movflags": "faststart"})


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "short.mp4", 2.0)


# --------------------------------------------------------------------- natural playback


def test_plays_a_file_to_its_end(clip: Path) -> None:
    heard = played(clip)
    assert heard.names == ["ready", "play", "loaded", "playing", "ended", "close"]
    assert heard["loaded"] == signals.Loaded(
        at=heard["loaded"].at, entry_id="clip", duration=DURATION
    )
    assert heard["playing"].position == 0.0
    assert heard["ended"].position == DURATION


def test_updates_come_four_times_a_second_and_time_goes_with_the_content(clip: Path) -> None:
    heard = played(clip)
    track = [heard["playing"], *heard.updates, heard["ended"]]
    for before, after in pairwise(track):
        assert before.position is not None
        assert after.position is not None
        moved, passed = after.position - before.position, after.at - before.at
        assert 0.0 <= moved <= 0.3
        assert moved <= passed + 0.001


def test_times_never_go_back_and_are_unix_time(clip: Path) -> None:
    begin = Clock().now()
    heard = played(clip, [(2, "seek", 9.0), (3, "pause"), (4, "play"), (5, "stall", 1.0)])
    times = [signal.at for signal in heard.signals]
    assert times == sorted(times)
    assert begin - 1.0 <= times[0] <= begin + 60.0


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_speed_says_how_many_seconds_pass_for_one_of_the_wall(speed: float, short: Path) -> None:
    heard = Heard()
    begin = monotonic()
    with AvPlayer(heard, speed=speed) as player:
        player.load(str(short))
        player.play()
        assert player.wait(30)
    assert monotonic() - begin >= 2.0 / speed
    assert heard["ended"].at - heard["playing"].at >= 2.0 - 0.001


@pytest.mark.parametrize(
    ("name", "picture", "sound"),
    [("audio.m4a", False, True), ("video.mp4", True, False), ("both.mkv", True, True)],
)
def test_plays_what_has_only_sound_or_only_pictures(
    name: str, picture: bool, sound: bool, tmp_path: Path
) -> None:
    heard = played(make_clip(tmp_path / name, 3.0, picture=picture, sound=sound))
    assert heard.names == ["ready", "play", "loaded", "playing", "ended", "close"]
    assert heard["ended"].position == pytest.approx(3.0, abs=0.1)


def test_positions_count_from_the_begin_of_the_media_whatever_its_time_stamps(
    tmp_path: Path,
) -> None:
    heard = played(make_clip(tmp_path / "late.ts", 4.0, start=100.0), [(1, "seek", 3.0)])
    assert heard.updates[0].position < 0.5
    assert heard["seeked"].position == pytest.approx(3.0, abs=0.1)
    assert heard["ended"].position == pytest.approx(4.0, abs=0.1)


def test_a_file_without_a_duration_gets_one_at_its_end(tmp_path: Path) -> None:
    heard = played(make_clip(tmp_path / "recording.mkv", 4.0, options={"live": "1"}))
    loaded, changed = heard["loaded"], heard["durationchange"]
    assert isinstance(loaded, signals.Loaded)
    assert isinstance(changed, signals.DurationChange)
    assert (loaded.duration, loaded.live) == (None, False)
    assert changed.duration == heard["ended"].position == pytest.approx(4.0, abs=0.1)
    assert heard.names[4:] == ["durationchange", "ended", "close"]


def test_a_seek_beyond_an_unknown_end_ends_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "recording.mkv", 4.0, options={"live": "1"})
    heard = played(clip, [(1, "seek", 1000.0)])
    assert heard.names[4:] == ["seeking", "seeked", "durationchange", "ended", "close"]
    assert heard["ended"].position == pytest.approx(4.0, abs=0.1)


def test_a_bare_stream_without_times_can_be_seeked(tmp_path: Path) -> None:
    heard = played(make_clip(tmp_path / "tone.aac", 4.0, picture=False), [(1, "seek", 3.0)])
    assert heard["seeked"].position == 3.0
    assert heard["ended"].at - heard["seeked"].at >= 1.0 - 0.001


# ---------------------------------------------------------------------------- commands


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


# ------------------------------------------------------------------------- what goes wrong


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
    heard = played(wrong(name), [(1, "pause"), (2, "play")])
    assert heard.names == ["ready", "play", "error", "close"]
    error = heard["error"]
    assert isinstance(error, signals.Error)
    assert (error.code, error.message, error.fatal) == (code, message, True)


def test_media_of_which_nothing_can_be_decoded_is_no_media(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 2.0, sound=False, options={"movflags": "faststart"})
    content = clip.read_bytes()
    begin = content.index(b"mdat") + 4
    clip.write_bytes(content[:begin] + b"\xff" * (len(content) - begin))
    heard = played(clip)
    assert heard.names[:3] == ["ready", "play", "loaded"]
    error = heard.signals[-2]
    assert isinstance(error, signals.Error)
    assert (error.code, error.fatal) == ("not_media", True)
    assert error.message == "nothing in it can be decoded"


def test_damaged_packets_are_warnings_and_counted(clip: Path, tmp_path: Path) -> None:
    damaged = bytearray(clip.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 3000] = bytes(range(250)) * 12
    (tmp_path / "damaged.mp4").write_bytes(damaged)
    heard = Heard()
    with AvPlayer(heard, speed=inf) as player:
        player.load(str(tmp_path / "damaged.mp4"))
        player.play()
        assert player.wait(30)
        count = player.bad_packets
    errors = [s for s in heard.signals if isinstance(s, signals.Error)]
    assert count > 0
    assert {(e.code, e.fatal) for e in errors} == {("corrupt_packets", False)}
    assert errors[-1].message == f"{count} packets could not be decoded so far"
    assert heard["ended"].position == DURATION


def test_a_file_that_was_cut_ends_where_its_data_does(clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    heard = played(tmp_path / "cut.mp4")
    loaded, ended = heard["loaded"], heard["ended"]
    assert isinstance(loaded, signals.Loaded)
    assert loaded.duration == DURATION
    assert ended.position is not None
    assert 3.0 < ended.position < 9.0


# ------------------------------------------------------------------------- over a network


def test_plays_from_a_web_server_and_seeks_there(clip: Path) -> None:
    with serving(clip) as server:
        heard = played(server.url("good", "big%20film.mp4"), [(2, "seek", 9.0)])
    loaded = heard["loaded"]
    assert isinstance(loaded, signals.Loaded)
    assert (loaded.entry_id, loaded.duration, loaded.live) == ("big film", DURATION, False)
    assert heard["ended"].position == DURATION


@pytest.mark.parametrize(
    ("name", "options"),
    [("clip.mp4", {"movflags": "faststart"}), ("clip.mkv", {}), ("clip.ts", {})],
)
def test_seeks_where_a_server_gives_everything_from_the_begin(
    name: str, options: dict[str, str], tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / name, DURATION, options=options)
    with serving(clip) as server:
        heard = played(server.url("plain", name), [(1, "seek", 10.0), (2, "seek", 3.0)])
    first, second = (s for s in heard.signals if s.name == "seeked")
    assert (first.position, second.position) == (10.0, 3.0)
    assert 3.0 < next(u.position for u in heard.updates if u.at > second.at) < 3.5
    assert heard["ended"].position == pytest.approx(DURATION, abs=0.2)


def test_a_network_that_stops_is_a_stall_until_it_goes_on(clip: Path) -> None:
    heard = Heard()
    with serving(clip) as server, AvPlayer(heard, speed=inf) as player:
        player.load(server.url("held"))
        player.play()
        stall = heard.until("stall")
        server.release()
        assert player.wait(30)
    assert heard.names[4:] == ["stall", "stall_end", "ended", "close"]
    assert stall.position is not None
    assert 5.0 < stall.position < 9.0
    assert heard["stall_end"].position == stall.position


def test_a_connection_that_breaks_is_fatal_once_what_came_was_played(clip: Path) -> None:
    with serving(clip) as server:
        heard = played(server.url("cut"))
    error = next(s for s in heard.signals if isinstance(s, signals.Error) and s.fatal)
    assert error.code == "network"
    assert error.position is not None
    assert 5.0 < error.position < 9.0
    assert heard.names[-2:] == ["error", "close"]


def test_a_network_that_never_goes_on_is_a_time_out(clip: Path) -> None:
    with serving(clip) as server:
        heard = played(server.url("held"), timeout=0.5)
    error = next(s for s in heard.signals if isinstance(s, signals.Error) and s.fatal)
    assert (error.code, error.message) == ("timeout", "cannot play on: no data came in time")
    assert "stall" in heard.names


def test_what_a_server_does_not_have_is_not_found(clip: Path) -> None:
    with serving(clip) as server:
        heard = played(server.url("nowhere"))
    error = heard["error"]
    assert isinstance(error, signals.Error)
    assert error.code == "not_found"


def test_a_stream_without_an_end_is_live_and_not_seekable(tmp_path: Path) -> None:
    with serving(make_clip(tmp_path / "clip.ts", 4.0)) as server:
        heard = played(server.url("live", "tv.ts"), [(1, "seek", 3.0), (2, "replay"), (6, "play")])
    loaded = heard["loaded"]
    assert isinstance(loaded, signals.Loaded)
    assert (loaded.duration, loaded.live) == (None, True)
    assert heard.names[4:] == ["error", "error", "ended", "play", "playing", "ended", "close"]
    assert [(s.code, s.message) for s in heard.signals if isinstance(s, signals.Error)] == [
        ("not_seekable", "cannot seek in a live stream"),
        ("not_seekable", "cannot replay in a live stream"),
    ]


def test_close_does_not_wait_for_a_dead_network(clip: Path) -> None:
    heard = Heard()
    with serving(clip) as server:
        player = AvPlayer(heard, speed=inf, timeout=60.0)
        player.load(server.url("held"))
        player.play()
        heard.until("stall")
        player.close(timeout=0.1)
        assert heard.names[-1] == "close"


# ------------------------------------------------------------------------------- the end


def test_close_tells_how_far_playback_got(clip: Path) -> None:
    heard = Heard()
    player = AvPlayer(heard)
    player.load(str(clip))
    player.play()
    heard.until("timeupdate")
    player.close()
    last, close = heard.signals[-2:]
    assert (last.name, close.name) == ("timeupdate", "close")
    assert close.at - last.at < 0.25


def test_nothing_comes_after_close(short: Path) -> None:
    heard = Heard()
    player = AvPlayer(heard, speed=inf)
    player.load(str(short))
    player.close()
    player.load(str(short))
    player.play()
    player.close()
    assert player.wait(0)
    assert heard.names[-1] == "close"
    assert "play" not in heard.names
    assert repr(player) == "<AvPlayer closed>"


def test_a_player_that_was_never_used_says_nothing() -> None:
    heard = Heard()
    with AvPlayer(heard) as player:
        player.at(1.0, "pause")
        assert player.wait(0)
    assert heard.names == []


def test_close_from_within_a_signal(short: Path) -> None:
    heard = Heard()

    def leave(signal: Signal) -> None:
        heard(signal)
        if signal.name == "ready":
            player.play()
        if signal.name == "playing":
            player.close()

    player = AvPlayer(leave, speed=inf)
    player.load(str(short))
    assert player.wait(30)
    player.close()
    assert heard.names == ["ready", "play", "loaded", "playing", "close"]


def test_close_leaves_no_threads(short: Path) -> None:
    before = set(threading.enumerate())
    played(short)
    assert set(threading.enumerate()) <= before


def test_wait_gives_up_after_its_timeout(short: Path) -> None:
    with AvPlayer(Heard()) as player:
        player.load(str(short), loop=True)
        player.play()
        assert not player.wait(0.01)
        assert repr(player).startswith("<AvPlayer ")


def test_position_and_duration_may_be_asked_for(short: Path) -> None:
    with AvPlayer(Heard(), speed=inf) as player:
        assert (player.position, player.duration, player.bad_packets) == (0.0, None, 0)
        assert repr(player) == "<AvPlayer empty>"
        player.load(str(short))
        player.play()
        assert player.wait(30)
        assert (player.position, player.duration, player.bad_packets) == (2.0, 2.0, 0)
        assert repr(player) == "<AvPlayer over>"


# --------------------------------------------------------------------------- its parts


def test_a_clock_at_infinite_speed_jumps_over_what_is_paced_but_not_over_data() -> None:
    clock, woken = Clock(inf), threading.Event()
    begin = clock.now()
    clock.wait(woken, begin + 1000.0, paced=True)
    assert begin + 1000.0 <= clock.now() < begin + 1001.0
    woken.set()
    clock.wait(woken, clock.now() + 1000.0, paced=False)
    clock.wait(woken, clock.now() + 1000.0, paced=True)
    clock.wait(woken, None, paced=True)
    assert clock.now() < begin + 1100.0


def test_a_clock_never_runs_ahead_of_what_is_awaited() -> None:
    clock = Clock(1000.0)
    begin = clock.now()
    clock.wait(threading.Event(), begin + 10.0, paced=True)
    assert begin + 10.0 <= clock.now() < begin + 11.0


def test_a_playhead_counts_each_stretch_at_its_own_rate() -> None:
    head = Playhead()
    head.run(100.0)
    head.change_rate(2.0, 104.0)
    assert head.position(105.0) == 6.0
    assert head.due(10.0, 105.0) == 107.0
    head.hold(6.0)
    head.change_rate(1.0, 200.0)
    assert head.position(300.0) == 6.0


@pytest.mark.parametrize(
    ("media", "entry_id", "url", "remote"),
    [
        ("talks/a b.mp4", "a b", "file:talks/a b.mp4", False),
        ("lesson:1.mp4", "lesson:1", "file:lesson:1.mp4", False),
        (".hidden", ".hidden", "file:.hidden", False),
        ("", "media", "file:", False),
        ("odd\udcff.mp4", "odd?", "file:odd\udcff.mp4", False),
        ("-", "stdin", "pipe:0", True),
        ("https://cdn.example/x/film.m3u8?t=1#a", "film", None, True),
        ("https://cdn.example", "cdn.example", None, True),
        ("file:///srv/film.mp4", "film", None, False),
    ],
)
def test_media_is_called_by_its_name(
    media: str, entry_id: str, url: str | None, remote: bool
) -> None:
    assert Source.of(media) == Source(url or media, entry_id, remote)
    assert Source.of(media, "1_abc").entry_id == "1_abc"


def test_a_buffer_holds_so_much_content_and_no_more() -> None:
    woken = threading.Event()
    buffer = FrameBuffer(woken, 2.0)

    def decode() -> None:
        for n in range(100):
            buffer.put(Frame(float(n), n + 1.0), 1)
        buffer.put(End(100.0), 1)

    thread = threading.Thread(target=decode)
    thread.start()
    taken = 0
    while taken < 100:
        while not buffer.holds(2.0):
            assert woken.wait(30)
            woken.clear()
        assert taken >= 98 or not buffer.holds(2.5)
        assert buffer.first() == Frame(taken, taken + 1.0)
        buffer.take()
        taken += 1
    thread.join()
    assert buffer.first() == End(100.0)


def test_a_buffer_that_begins_anew_wants_nothing_of_the_pass_before() -> None:
    buffer = FrameBuffer(threading.Event(), 2.0)
    assert buffer.put(Frame(0.0, 1.0), 1)
    buffer.restart(50.0)
    assert buffer.first() is None
    assert not buffer.put(Frame(1.0, 2.0), 1)
    assert buffer.next_pass(1) == Pass(2, 50.0)
    buffer.close()
    assert buffer.next_pass(2) is None
