"""GstPlay: its messages as signals and events."""

from __future__ import annotations

import pytest
from gstreamer_tapes import (
    SECOND,
    done,
    gst_opened,
    gst_started,
    play_state,
)
from tapes import after_start, derive, names, only


def test_gstplay_seek_before_playback_is_honoured() -> None:
    tape = done(gst_opened().command(0.03, "seek", 6.0), 0.2, 6.0)
    tape.add(0.2, "duration-changed", duration=12 * SECOND)
    events = derive("gstplay", play_state(tape, 0.21, "playing").play(0.21, 6.0, 9.25))
    assert after_start(events) == ["PLAY_REACHED_75"]
    assert only("PLAY", events).position == 6.0


def test_gstplay_change_of_rate_is_no_seek_beside_one() -> None:
    tape = gst_started().play(0.1, 0.0, 1.0).command(1.2, "rate", 2.0)
    tape.command(1.21, "seek", 8.0)
    play_state(tape, 1.22, "buffering")
    done(done(tape, 1.23, 1.1), 1.3, 8.0)
    events = derive("gstplay", play_state(tape, 1.31, "playing"))
    assert after_start(events) == ["SPEED", "SEEK"]
    assert only("SEEK", events).target == 8.0


def test_gstplay_seeks_that_overlap_are_one() -> None:
    tape = gst_started().play(0.1, 0.0, 1.0)
    for n, target in enumerate((8.0, 3.0, 6.0)):
        tape.command(1.2 + n / 10, "seek", target)
    done(done(tape, 1.45, 8.0), 1.5, 6.0)
    events = derive("gstplay", tape.play(1.5, 6.0, 7.0))
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 6.0


def test_gstplay_seek_while_paused() -> None:
    tape = play_state(gst_started().play(0.1, 0.0, 2.0), 2.2, "paused")
    play_state(tape.command(3.0, "seek", 6.0), 3.01, "buffering")
    play_state(done(tape, 3.1, 6.0), 3.1, "paused")
    tape.command(4.0, "resume")
    tape = play_state(tape, 4.1, "playing").play(4.1, 6.0, 7.0)
    assert after_start(derive("gstplay", tape)) == ["PAUSE", "SEEK", "RESUME"]


def test_gstplay_seek_without_playback_is_lost() -> None:
    tape = gst_started().play(0.1, 0.0, 12.0).add(12.2, "end-of-stream")
    tape = play_state(tape, 12.2, "stopped").command(13.0, "seek", 3.0)
    tape.command(14.0, "play")
    events = derive("gstplay", play_state(tape, 14.1, "buffering", "playing").play(14.1, 0, 1))
    assert names(events)[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]
    assert events[-1].position == 0.0


def test_gstplay_change_of_media_and_what_was_late_is_stale() -> None:
    tape = gst_started().play(0.1, 0.0, 2.0).command(2.2, "open", "other.mp4")
    play_state(tape.command(2.21, "play").at(2.22, 2.1), 2.23, "stopped", "buffering")
    play_state(tape.add(2.3, "duration-changed", duration=12 * SECOND), 2.3, "playing")
    events = derive("gstplay", tape.play(2.3, 0.0, 3.5))
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]


def test_gstplay_leap_to_the_length_at_the_end_of_a_cut_file_is_not_believed() -> None:
    tape = gst_started().play(0.1, 0.0, 6.0).at(6.2, 12.0).add(6.21, "end-of-stream")
    assert after_start(derive("gstplay", tape))[-1] == "ERROR"


def test_gstplay_failure_ends_the_run() -> None:
    tape = gst_opened().add(0.1, "error", error="gst-play-error-quark: Not Found")
    events = derive("gstplay", play_state(tape, 0.1, "stopped"))
    assert names(events)[-1] == "ERROR"
    error = only("ERROR", events)
    assert (error.code, error.message) == ("gst-play-error-quark", "Not Found")


def test_gstplay_seek_past_the_adapter_shows_in_where_it_landed() -> None:
    tape = gst_started().play(0.2, 0.0, 2.0).add(2.3, "seek-done", position=8 * SECOND)
    tape.play(2.3, 8.0, 9.5).add(4.0, "seek-done", position=round(9.6 * SECOND))
    events = derive("gstplay", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_75"]
    seek = only("SEEK", events)
    assert (seek.origin, seek.target) == (pytest.approx(2.1), 8.0)


@pytest.mark.parametrize("step", [0.2, -0.2, 0.4, -0.4])
@pytest.mark.parametrize("known", [True, False])
def test_gstplay_small_seek_past_the_adapter_is_one(step: float, known: bool) -> None:
    """No playback ends in `seek-done`; a quartile that it skips is not reached."""
    tape = gst_started().play(0.1, 0.0, 2.75)
    if known:
        play_state(tape, 2.95, "buffering")
    tape.add(2.96, "poll", rate=1.0)
    done(tape, 2.96, 2.86 + step)
    play_state(tape, 2.97, "playing").play(2.96, 2.86 + step, 2.86 + step + 0.05, 0.05)
    events = derive("gstplay", tape)
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).origin == pytest.approx(2.86, abs=0.02)


def test_gstplay_seek_loses_nothing_of_what_was_played_since_the_last_update() -> None:
    tape = gst_started().play(0.1, 0.0, 2.75)
    done(play_state(tape, 3.15, "buffering").add(3.16, "poll", rate=1.0), 3.16, 8.0)
    events = derive("gstplay", play_state(tape, 3.17, "playing"))
    assert after_start(events) == ["PLAY_REACHED_25", "SEEK"]


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("rate", [2.0, -1.0, -2.0])
def test_gstplay_change_of_rate_past_the_adapter_is_no_seek(rate: float, early: bool) -> None:
    """It ends in `seek-done`, too; a poll may show it before that."""
    tape = gst_started().play(0.1, 0.0, 2.0)
    tape.add(2.2 if early else 2.3, "poll", rate=rate)
    done(play_state(tape, 2.21, "buffering"), 2.3, 2.3)
    play_state(tape, 2.31, "playing")
    for n in range(1, 3):
        tape.at(2.3 + n / 4, 2.3 + rate * n / 4)
    assert names(derive("gstplay", tape)).count("SPEED") == (rate > 0.0)
    turned = 2.3 + rate * 0.6
    done(play_state(tape.add(2.9, "poll", rate=1.0), 2.9, "buffering"), 2.91, turned)
    play_state(tape, 2.92, "playing").play(2.92, turned, turned + 0.5)
    assert "SEEK" not in names(derive("gstplay", tape))


@pytest.mark.parametrize("held", ["paused", "buffering"])
def test_gstplay_time_in_which_playback_stood_makes_no_seek_of_a_change_of_rate(held: str) -> None:
    tape = play_state(gst_started().play(0.1, 0.0, 1.0), 1.2, held)
    if held == "buffering":
        tape.add(1.2001, "buffering")
    play_state(tape, 4.0, "playing").add(4.05, "poll", rate=2.0)
    done(play_state(tape, 4.05, "buffering"), 4.06, 1.1)
    play_state(tape, 4.07, "playing").play(4.07, 1.1, 2.1)
    assert "SEEK" not in names(derive("gstplay", tape))


def test_gstplay_end_of_playback_backwards_is_no_broken_file() -> None:
    tape = gst_started().play(0.1, 0.0, 2.0).add(2.2, "poll", rate=-1.0)
    done(tape, 2.2, 2.1)
    for n in range(8):
        tape.at(2.4 + n / 4, 1.9 - n / 4)
    assert after_start(derive("gstplay", tape.add(4.3, "end-of-stream"))) == []


def test_gstplay_rate_that_nobody_reported_is_polled() -> None:
    tape = gst_started().play(0.2, 0.0, 1.0).add(1.3, "poll", rate=2.0)
    tape.add(1.5, "poll", rate=2.0).add(1.6, "poll", position_ns=1)
    assert after_start(derive("gstplay", tape)) == ["SPEED"]


def test_gstplay_update_that_comes_late_does_not_take_a_quartile_away() -> None:
    """One came a second late, the next in time, and in between was 75 %."""
    tape = gst_started().play(0.1, 0.0, 8.5).at(9.7, 8.7).at(10.0, 9.9).play(10.0, 9.9, 11.0)
    assert after_start(derive("gstplay", tape))[-1] == "PLAY_REACHED_75"


@pytest.mark.parametrize("for_data", [True, False])
def test_gstplay_is_held_for_data_or_for_a_seek(for_data: bool) -> None:
    """On a busy machine a seek takes half a second; only for data a queue is filled."""
    tape = play_state(gst_started().play(0.1, 0.0, 1.0), 1.2, "buffering")
    if for_data:
        tape.add(1.2001, "buffering")
    else:
        done(tape, 1.7, 6.0)
    play_state(tape, 1.71, "playing")
    events = derive("gstplay", tape.play(1.71, 1.1 if for_data else 6.0, 7.0))
    expected = ["BUFFER_START", "BUFFER_END"] if for_data else ["SEEK"]
    assert after_start(events)[: len(expected)] == expected
    assert len({"SEEK", "BUFFER_START"} & set(names(events))) == 1
