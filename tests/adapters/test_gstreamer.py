"""A playbin: its messages as signals and events."""

from __future__ import annotations

import pytest
from gstreamer_tapes import (
    opened,
    sought,
    started,
    states,
)
from tapes import after_start, derive, names, only


def test_state_of_an_element_is_not_that_of_the_pipeline() -> None:
    tape = started().play(0.1, 0.0, 1.0)
    tape.add(1.2, "state-changed", pipeline=False, old="playing", new="paused")
    assert after_start(derive("gstreamer", tape)) == []


def test_seek_is_complete_when_the_pipeline_says_so() -> None:
    tape = sought(started().play(0.1, 0.0, 1.0), 1.2, 8.0)
    states(tape, 1.24, "paused", "playing").play(1.24, 8.0, 9.25)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_75"]
    assert only("SEEK", events).at == pytest.approx(1.23)


def test_seek_that_is_refused_is_lost() -> None:
    tape = sought(opened(), 0.02, 6.0, accepted=False)
    states(tape, 0.1, "null", "ready", "paused").add(0.1, "async-done")
    states(tape, 0.2, "paused", "playing").play(0.2, 0.0, 1.0)
    events = derive("gstreamer", tape)
    assert after_start(events) == []
    assert only("PLAY", events).position == 0.0


def test_seek_while_paused() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "pause")
    states(tape, 2.21, "playing", "paused").add(2.21, "async-done")
    sought(tape, 3.0, 6.0).at(3.2, 6.0).command(4.0, "resume")
    states(tape, 4.01, "paused", "playing").play(4.01, 6.0, 7.0)
    assert after_start(derive("gstreamer", tape)) == ["PAUSE", "SEEK", "RESUME"]


def test_seek_whose_call_returns_late_begins_where_playback_was() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "pause")
    states(tape, 2.21, "playing", "paused").at(2.4, 2.1)
    tape.command(3.0, "seek", 6.0).at(3.1, 6.0).add(3.2, "ret.seek_simple", r=True)
    tape.add(3.21, "async-done").at(3.4, 6.0)
    seek = only("SEEK", derive("gstreamer", tape))
    assert (seek.origin, seek.target) == (2.1, 6.0)


def test_pause_without_a_command() -> None:
    tape = states(started().play(0.1, 0.0, 1.0), 1.2, "playing", "paused").at(1.5, 1.1)
    states(tape, 4.0, "paused", "playing").play(4.0, 1.1, 2.1)
    assert after_start(derive("gstreamer", tape)) == ["PAUSE", "RESUME"]


@pytest.mark.parametrize("reported", [True, False])
def test_pause_to_let_a_queue_fill_is_a_buffer(reported: bool) -> None:
    tape = started().play(0.1, 0.0, 1.0).add(1.2, "buffering", percent=10)
    if reported:
        tape.command(1.2, "pause_for_buffering")
    states(tape, 1.21, "playing", "paused").at(2.0, 1.1).add(3.0, "buffering", percent=100)
    if reported:
        tape.command(3.0, "resume_after_buffering")
    states(tape, 3.01, "paused", "playing").play(3.01, 1.1, 2.1)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["BUFFER_START", "BUFFER_END"]
    assert only("BUFFER_END", events).seconds == pytest.approx(1.8, abs=0.02)


def test_hold_that_comes_while_the_pipeline_begins_to_play_is_no_pause() -> None:
    tape = started().play(0.1, 0.0, 1.0).add(1.2, "buffering", percent=10)
    states(tape.command(1.2, "pause_for_buffering"), 1.21, "paused", "playing")
    states(tape.add(1.25, "buffering", percent=100), 1.3, "playing", "paused").at(2.0, 1.1)
    states(tape.command(3.0, "resume_after_buffering"), 3.01, "paused", "playing")
    events = derive("gstreamer", tape.play(3.01, 1.1, 2.1))
    assert set(after_start(events)) == {"BUFFER_START", "BUFFER_END"}


def test_flap_whose_states_come_late_is_neither_a_buffer_nor_a_pause() -> None:
    tape = started().play(0.1, 0.0, 1.0).add(1.2, "buffering", percent=95)
    tape.command(1.2, "pause_for_buffering").add(1.201, "buffering", percent=100)
    tape.command(1.201, "resume_after_buffering")
    states(tape, 1.203, "playing", "paused", "playing").play(1.2, 1.0, 2.0)
    assert after_start(derive("gstreamer", tape)) == []


def test_content_that_is_skipped_while_nobody_cares_for_the_queue_was_not_watched() -> None:
    tape = started().play(0.1, 0.0, 2.0).add(2.18, "buffering", percent=0).play(2.1, 2.0, 4.5)
    for n in range(16):
        tape.at(5.0 + n / 4, 4.5)
    tape.add(9.065, "buffering", percent=100).at(9.2, 8.615).play(9.2, 8.615, 10.115)
    events = derive("gstreamer", tape)
    assert after_start(events) == [
        *("PLAY_REACHED_25", "BUFFER_START", "BUFFER_END", "PLAY_REACHED_75"),
    ]
    assert only("BUFFER_START", events).at == pytest.approx(4.6)


def test_change_of_media_whose_old_states_come_late() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "open", "other.mp4")
    paused = {"old": "playing", "new": "paused", "pending": "ready"}
    tape.command(2.21, "play").add(2.22, "state-changed", pipeline=True, **paused)
    states(tape, 2.22, "paused", "ready", "paused", "playing")
    events = derive("gstreamer", tape.play(2.25, 0.0, 3.5))
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]


def test_live_stream_has_no_quartiles() -> None:
    tape = opened().add(0.02, "ret.set_state", target="playing", r="no-preroll")
    states(tape, 0.1, "null", "ready", "paused", "playing").add(1.0, "buffering", percent=50)
    assert after_start(derive("gstreamer", tape.play(0.1, 0.0, 7.0))) == []


def test_leap_to_the_length_at_the_end_of_a_cut_file_is_not_believed() -> None:
    tape = started().play(0.1, 0.0, 6.0).at(6.2, 12.0).add(6.21, "eos").at(6.5, 12.0)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "PLAY_REACHED_50", "ERROR"]
    assert only("ERROR", events).code == "ended_early"


def test_stop_says_nothing_and_playing_again_is_a_replay() -> None:
    tape = started().play(0.1, 0.0, 1.0).command(1.2, "stop").command(2.0, "play")
    states(tape, 2.1, "null", "ready", "paused", "playing").play(2.1, 0.0, 1.0)
    assert after_start(derive("gstreamer", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_position_and_length_that_are_unknown_are_none() -> None:
    tape = started().play(0.1, 0.0, 1.0)
    tape.add(1.2, "poll", position_ns=-1, duration_ns=-1)
    tape.add(1.3, "poll", position_ns=None, duration_ns=None).play(1.1, 1.0, 3.25)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["PLAY_REACHED_25"]
    assert events[-1].duration == 12.0


def test_seek_back_from_the_end_plays_anew_there() -> None:
    tape = sought(started().play(0.1, 0.0, 12.0).add(12.2, "eos"), 13.0, 8.0)
    states(tape, 13.1, "paused", "playing").play(13.1, 8.0, 9.25)
    events = derive("gstreamer", tape)
    assert names(events)[-4:] == ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_75"]
    assert events[-2].position == 8.0


def test_failure_names_its_domain_and_code() -> None:
    tape = opened().add(0.1, "error", domain="gst-resource-error-quark", code=3, message="No")
    error = only("ERROR", derive("gstreamer", tape))
    assert (error.code, error.message) == ("gst-resource-error-quark/3", "No")
