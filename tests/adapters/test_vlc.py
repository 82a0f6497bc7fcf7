"""The behaviour of libVLC as it was seen, where no recording is kept."""

from __future__ import annotations

import pytest
from tapes import Tape, after_start, derive, names, only
from vlc_tapes import changed, filled, polled, sought, started


def test_commands_close_to_each_other_are_one_seek() -> None:
    tape = started().play(0.2, 0.0, 2.0)
    for n, target in enumerate((9.0, 3.0, 8.0, 5.0, 6.5)):
        sought(tape, 2.3 + n / 10, target)
    polled(tape, 2.9, 3.2).play(3.2, 7.0, 8.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["SEEK"]
    seek = only("SEEK", events)
    assert (seek.origin, seek.target) == (2.0, 6.5)


def test_seeks_apart_are_two() -> None:
    tape = sought(started().play(0.2, 0.0, 1.0), 1.3, 8.0).play(1.5, 8.0, 9.25)
    polled(sought(tape, 2.8, 2.0), 3.0, 3.4)
    assert after_start(derive("vlc", tape)) == ["SEEK", "PLAY_REACHED_75", "SEEK"]


def test_seek_while_paused_is_complete_before_playback_goes_on() -> None:
    tape = started().play(0.2, 0.0, 2.0).add(2.3, "MediaPlayerPaused")
    polled(sought(tape, 3.0, 6.0), 3.2, 5.0)
    tape.command(5.0, "resume").add(5.01, "MediaPlayerPlaying").play(5.01, 6.0, 7.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["PAUSE", "SEEK", "RESUME"]
    assert only("SEEK", events).target == 6.0
    assert only("SEEK", events).at < 3.6


def test_seek_before_the_first_frame_chooses_where_playback_starts() -> None:
    tape = Tape(changed).command(0.0, "open", "clip.mp4").command(0.01, "play")
    tape.command(0.02, "seek", 6.0)
    tape += [record for record in started() if not record["kind"].startswith("app.")]
    tape.at(0.6, 6.334).play(0.6, 6.334, 9.334)
    events = derive("vlc", tape)
    assert after_start(events) == ["PLAY_REACHED_75"]
    assert only("PLAY", events).position == 6.0


def test_seek_after_the_end_is_lost() -> None:
    tape = started(3.0).play(0.2, 0.0, 2.75).add(3.2, "MediaPlayerEndReached")
    tape.add(3.21, "MediaPlayerStopped").command(4.0, "seek", 1.0).command(5.0, "replay")
    tape.add(5.01, "MediaPlayerStopped").add(5.1, "MediaPlayerOpening").play(5.2, 0.0, 1.0)
    events = derive("vlc", tape)
    assert names(events)[-4:] == ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]
    assert [event.position for event in events if event.event == "PLAY"] == [0.0, 0.0]


def test_read_that_hangs_and_steps_back_to_the_segment_is_one_buffer() -> None:
    tape = started(20.0).play(0.2, 0.0, 5.25)
    for n in range(17):
        tape.at(5.7 + n / 4, 5.233)
    filled(tape, 10.016).at(10.27, 4.101).play(10.27, 4.101, 7.101)
    events = derive("vlc", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "BUFFER_START", "BUFFER_END"]
    end = only("BUFFER_END", events)
    assert end.at == pytest.approx(10.27)
    assert end.seconds == pytest.approx(4.8, abs=0.3)


def test_data_that_trickle_are_a_buffer_from_empty_to_full() -> None:
    tape = started(20.0).play(0.2, 0.0, 6.0)
    tape.add(6.31, "MediaPlayerBuffering", new_cache=0.0)
    polled(tape, 6.4, 8.3)
    tape.add(8.38, "MediaPlayerBuffering", new_cache=100.0).at(8.8, 6.5).play(8.8, 6.5, 8.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "BUFFER_START", "BUFFER_END"]
    assert only("BUFFER_START", events).at == 6.31
    assert only("BUFFER_END", events).seconds == pytest.approx(2.07)


def test_short_fill_of_the_cache_is_no_stall() -> None:
    tape = filled(started().play(0.2, 0.0, 2.0), 2.3).play(2.3, 2.0, 2.75)
    assert after_start(derive("vlc", tape)) == []


def test_audio_that_loops_long_before_its_length_is_a_loop() -> None:
    tape = Tape(changed).command(0.0, "setloop")
    tape += started()
    tape.play(0.2, 0.0, 10.25)
    filled(tape, 10.6).play(10.7, 0.0, 1.0)
    events = derive("vlc", tape)
    assert names(events)[-4:] == ["PLAY_REACHED_100", "REPLAY", "PLAY_REQUEST", "PLAY"]


def test_change_of_media_ends_the_session_and_what_was_late_is_stale() -> None:
    tape = started().play(0.2, 0.0, 2.0).command(2.3, "open", "other.mp4")
    tape.command(2.31, "play").at(2.32, 2.25).add(2.33, "MediaPlayerStopped")
    tape.add(2.4, "MediaPlayerOpening").play(2.5, 0.0, 1.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    assert (events[-1].entry_id, events[-1].position) == ("other.mp4", 0.0)


def test_file_that_is_cut_ends_early() -> None:
    tape = started().play(0.2, 0.0, 4.5).add(4.75, "MediaPlayerEndReached")
    events = derive("vlc", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "ERROR"]
    assert only("ERROR", events).code == "ended_early"


def test_noise_that_plays_nothing_is_an_error() -> None:
    events = derive("vlc", started(0.0).add(0.3, "MediaPlayerEndReached"))
    assert "PLAY" not in names(events)
    assert names(events)[-1] == "ERROR"


def test_live_stream_has_no_quartiles() -> None:
    tape = started(0.0).play(0.2, 0.0, 1.0)
    tape.add(1.3, "MediaPlayerLengthChanged", new_length_ms=8000).play(1.3, 1.0, 9.0)
    assert after_start(derive("vlc", tape)) == []


def test_change_of_rate_is_reported_once() -> None:
    tape = started().play(0.2, 0.0, 1.0).command(1.25, "rate", 2.0)
    tape.add(1.26, "ret.set_rate", r=0).add(1.3, "poll", rate=2.0)
    assert after_start(derive("vlc", tape)) == ["SPEED"]


def test_rate_that_is_refused_is_not_reported() -> None:
    tape = started().play(0.2, 0.0, 1.0).command(1.25, "rate", 64.0)
    tape.add(1.26, "ret.set_rate", r=-1).add(1.3, "poll", rate=1.0)
    assert after_start(derive("vlc", tape)) == []


def test_stop_in_the_middle_ends_playback_and_playing_again_is_a_replay() -> None:
    tape = started().play(0.2, 0.0, 1.0).command(1.3, "stop").add(1.31, "MediaPlayerStopped")
    tape.command(2.0, "play").add(2.1, "MediaPlayerOpening").play(2.1, 0.0, 0.5)
    assert after_start(derive("vlc", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_seek_that_never_came_to_its_end_dies_with_the_playback() -> None:
    tape = started().play(0.2, 0.0, 1.0).command(1.3, "seek", 8.0).command(1.4, "stop")
    tape.command(2.0, "play").add(2.1, "MediaPlayerOpening").play(2.1, 0.0, 0.5)
    filled(tape, 2.7).play(2.6, 0.5, 1.0)
    assert "SEEK" not in names(derive("vlc", tape))


def test_stop_without_a_command() -> None:
    tape = started().play(0.2, 0.0, 1.0).add(1.3, "MediaPlayerStopped").at(1.4, 0.0)
    tape.add(2.0, "MediaPlayerOpening").play(2.1, 0.0, 0.5)
    assert after_start(derive("vlc", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_stall_that_a_pause_covers_begins_with_the_resumption() -> None:
    tape = started(20.0).play(0.2, 0.0, 2.0).add(2.3, "MediaPlayerBuffering", new_cache=0.0)
    polled(tape.add(2.4, "MediaPlayerPaused"), 2.5, 5.0).add(5.0, "MediaPlayerPlaying")
    polled(tape, 5.1, 6.0).add(6.5, "MediaPlayerBuffering", new_cache=100.0).play(6.5, 2.0, 3.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["PAUSE", "RESUME", "BUFFER_START", "BUFFER_END"]
    assert only("BUFFER_START", events).at == 5.0


def test_seek_just_before_the_recording_ends_is_not_lost() -> None:
    tape = sought(started().play(0.2, 0.0, 1.0), 1.3, 8.0)
    assert after_start(derive("vlc", tape)) == ["SEEK"]


# ------------------------------------------------------------- what nobody commanded here


def echo(tape: Tape, t: float, target: float) -> Tape:
    tape.append({**changed(t, target), "main": True})
    return tape


def test_seek_that_the_program_gave_past_the_adapter_shows_in_its_echo() -> None:
    tape = filled(echo(started().play(0.2, 0.0, 2.0), 2.3, 8.0), 2.31)
    polled(tape, 2.4, 2.7).play(2.7, 8.0, 9.5)
    seek = only("SEEK", derive("vlc", tape))
    assert (seek.origin, seek.target, seek.inferred) == (2.0, 8.0, False)


def test_echo_of_a_command_that_is_late_is_no_second_seek() -> None:
    tape = filled(started().play(0.2, 0.0, 2.0).command(2.3, "seek", 8.0), 2.31)
    echo(polled(tape, 2.4, 2.9), 2.9, 8.0).add(2.95, "ret.set_time", r=None)
    tape.play(3.0, 8.0, 9.5)
    assert after_start(derive("vlc", tape)) == ["SEEK", "PLAY_REACHED_75"]


def test_unreported_seek_in_a_pause_shows_in_the_answers_of_the_player() -> None:
    tape = started().play(0.2, 0.0, 2.0).add(2.3, "MediaPlayerPaused")
    for n in range(12):
        tape.add(2.4 + n / 4, "poll", rate=1.0, time_ms=2000 if n < 4 else 8500)
    tape.add(6.0, "MediaPlayerPlaying").play(6.0, 8.5, 10.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["PAUSE", "SEEK", "RESUME", "PLAY_REACHED_75"]
    assert (only("SEEK", events).origin, only("SEEK", events).target) == (2.0, 8.5)


def test_unreported_loop_is_one_near_the_end_alone() -> None:
    tape = filled(started(3.0).play(0.2, 0.0, 2.75), 3.2).play(3.2, 0.0, 2.0)
    assert "REPLAY" in names(derive("vlc", tape))
    tape = filled(started(12.0).play(0.2, 0.0, 2.75), 3.2).play(3.2, 0.0, 2.0)
    assert "REPLAY" not in names(derive("vlc", tape))


def test_loop_can_be_switched_off() -> None:
    tape = started(12.0).command(0.15, "setloop", 1.0).command(0.16, "setloop", 0.0)
    filled(tape.play(0.2, 0.0, 2.75), 3.2).play(3.2, 0.0, 2.0)
    assert "REPLAY" not in names(derive("vlc", tape))


# ----------------------------------------- seeks that libVLC has no word for: a burst, a jump


@pytest.mark.parametrize("polled", [True, False])
@pytest.mark.parametrize(("target", "reached"), [(8.0, ["PLAY_REACHED_75"]), (3.6, [])])
def test_seek_without_an_echo_shows_in_a_burst_and_a_jump(
    polled: bool, target: float, reached: list[str]
) -> None:
    """As by `set_position`, by a chapter or by a key; 25 % is at 3.0."""
    tape = filled(started().play(0.2, 0.0, 2.0), 2.3)
    if polled:
        tape.add(2.4, "poll", rate=1.0, time_ms=2000).add(2.4, "poll", rate=1.0, time_ms=2000)
        tape.add(2.45, "poll", rate=1.0, time_ms=round(target * 1000))
    tape.at(2.7, target + 0.4).play(2.7, target + 0.4, target + 1.4)
    events = derive("vlc", tape)
    assert after_start(events) == ["SEEK", *reached]
    seek = only("SEEK", events)
    assert (seek.target, seek.origin) == (pytest.approx(target, abs=0.02), pytest.approx(2.1))


def test_slider_that_says_nothing_is_a_seek_and_no_stall() -> None:
    tape = started(20.0).play(0.2, 0.0, 2.0)
    for n in range(9):
        tape.add(2.3 + n / 10, "MediaPlayerBuffering", new_cache=0.0)
        tape.add(2.35 + n / 10, "poll", rate=1.0, time_ms=3000 + 1000 * n)
    filled(tape, 3.2).at(3.6, 11.4).play(3.6, 11.4, 13.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 11.0


def test_seeks_in_a_pause_are_one_to_the_last_place() -> None:
    tape = started(30.0).play(0.2, 0.0, 2.0).add(2.3, "MediaPlayerPaused")
    tape.add(2.4, "poll", rate=1.0, time_ms=2000)
    for n, target in enumerate((4, 8, 12, 16, 20, 20, 20, 20)):
        filled(tape, 3.0 + n / 4).add(3.01 + n / 4, "poll", rate=1.0, time_ms=1000 * target)
    tape.add(6.0, "MediaPlayerPlaying").play(6.0, 20.0, 21.0)
    events = derive("vlc", tape)
    assert after_start(events) == ["PAUSE", "SEEK", "RESUME"]
    assert only("SEEK", events).target == 20.0


def test_skip_beyond_the_end_is_a_seek_and_no_broken_file() -> None:
    tape = filled(started(12.0).play(0.2, 0.0, 2.0), 2.4).add(2.42, "MediaPlayerEndReached")
    events = derive("vlc", tape.add(2.43, "MediaPlayerStopped"))
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 12.0


def test_transmission_that_goes_on_after_a_pause_begins_no_new_round() -> None:
    tape = started(0.0).add(0.9, "MediaPlayerLengthChanged", new_length_ms=8000)
    tape.play(0.2, 2.0, 7.5).add(5.9, "MediaPlayerPaused").add(9.0, "MediaPlayerPlaying")
    filled(tape, 9.01).at(9.3, 0.0).at(9.6, 0.0).at(9.9, 8.4).play(9.9, 8.4, 10.0)
    assert after_start(derive("vlc", tape)) == ["PAUSE", "RESUME"]


def test_slow_drag_that_goes_hardly_faster_than_playback_ends_where_it_ends() -> None:
    tape = started(20.0).play(0.2, 0.0, 2.0)
    for n, target in enumerate((3.0, 3.7, 4.4)):
        filled(tape, 2.3 + n / 2).add(2.45 + n / 2, "poll", rate=1.0, time_ms=target * 1000)
    tape.at(3.7, 4.8).play(3.7, 4.8, 6.3)
    events = derive("vlc", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_25"]
    assert only("SEEK", events).target == 4.4


@pytest.mark.parametrize(
    ("last", "reached"),
    [
        pytest.param(1.6, [25, 50, 75, 100], id="in time"),
        pytest.param(2.236, [25, 50, 75, 100], id="on a busy machine"),
        pytest.param(2.6, [25, 50], id="after playback stood still"),
    ],
)
def test_position_that_comes_late_is_where_playback_was_before(
    last: float, reached: list[int]
) -> None:
    """The one before the end was seen to come 0.7 s late, and the end at once after it."""
    tape = started(2.0).play(0.2, 0.0, 1.0)
    polled(tape, 1.3, last).at(last, 1.301)
    tape.add(max(2.237, last + 0.001), "MediaPlayerEndReached")
    expected = [f"PLAY_REACHED_{quartile}" for quartile in reached]
    assert after_start(derive("vlc", tape)) == expected


def test_playback_is_measured_from_where_it_was_when_it_was_first_listened_to() -> None:
    """The first position after that comes half a second later, and beyond a quartile."""
    tape = Tape(changed).command(0.0, "open", "clip.mp4").add(0.001, "MediaPlayerOpening")
    tape.add(0.002, "MediaPlayerLengthChanged", new_length_ms=6000).command(0.003, "seek", 2.9)
    tape.add(0.003, "MediaPlayerPlaying").add(0.003, "MediaPlayerBuffering", new_cache=100.0)
    tape.at(0.003, 2.9).at(0.424, 3.401).play(0.424, 3.401, 4.401)
    events = derive("vlc", tape)
    assert after_start(events) == ["PLAY_REACHED_50"]
    assert only("PLAY", events).position == 2.9


def test_cache_that_is_filled_just_before_the_end_is_no_skip() -> None:
    tape = filled(started(6.0).play(0.2, 0.0, 5.5), 6.05)
    tape.add(6.4, "MediaPlayerEndReached")
    expected = [f"PLAY_REACHED_{quartile}" for quartile in (25, 50, 75, 100)]
    assert after_start(derive("vlc", tape)) == expected
