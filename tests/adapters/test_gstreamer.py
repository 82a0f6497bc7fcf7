"""The behaviour of playbin and GstPlay as it was seen, where no recording is kept."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tapes import Record, Tape, after_start, derive, names, only, signals_of

from playertrack.events import Error
from playertrack.signals import DurationChange

SECOND = 1_000_000_000
UNKNOWN = 2**64 - 1


# --------------------------------------------------------------------------- playbin


def poll(t: float, position: float) -> Record:
    ns = round(position * SECOND)
    return {"t": t, "kind": "poll", "position_ns": ns, "duration_ns": 12 * SECOND}


def states(tape: Tape, t: float, *row: str) -> Tape:
    """The pipeline goes through a row of states."""
    for old, new in pairwise(row):
        tape.add(t, "state-changed", pipeline=True, old=old, new=new)
    return tape


def opened() -> Tape:
    return Tape(poll).command(0.0, "open", "clip.mp4").command(0.01, "play")


def started() -> Tape:
    return states(opened(), 0.1, "null", "ready", "paused", "playing")


def sought(tape: Tape, t: float, target: float, accepted: bool = True) -> Tape:
    tape.command(t, "seek", target).add(t + 0.001, "ret.seek_simple", r=accepted)
    states(tape, t + 0.002, "paused", "paused")
    return tape.add(t + 0.03, "async-done") if accepted else tape


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


# --------------------------------------------------------------------------- GstPlay


def updated(t: float, position: float) -> Record:
    return {"t": t, "kind": "position-updated", "position": round(position * SECOND)}


def play_state(tape: Tape, t: float, *row: str) -> Tape:
    for state in row:
        tape.append({"t": t, "kind": "state-changed", "play-state": state})
    return tape


def gst_opened() -> Tape:
    tape = Tape(updated).command(0.0, "open", "clip.mp4").command(0.01, "play")
    return play_state(tape, 0.02, "buffering")


def gst_started() -> Tape:
    tape = gst_opened().add(0.09, "duration-changed", duration=UNKNOWN)
    return play_state(tape.add(0.1, "duration-changed", duration=12 * SECOND), 0.1, "playing")


def done(tape: Tape, t: float, position: float) -> Tape:
    return tape.add(t, "seek-done", position=round(position * SECOND))


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


# ------------------------------------------------------------- what nobody commanded here


def state(t: float, old: str, new: str, pending: str = "void-pending") -> Record:
    fields = {"pipeline": True, "old": old, "new": new, "pending": pending}
    return {"t": t, "kind": "state-changed", **fields}


@pytest.mark.parametrize("early", [True, False])
def test_seek_that_the_program_gave_past_the_adapter_shows_in_the_next_position(
    early: bool,
) -> None:
    tape = states(started().play(0.1, 0.0, 2.0), 2.2, "paused", "paused")
    if early:  # the position is there before the pipeline says so
        tape.at(2.22, 8.0)
    states(tape.add(2.25, "async-done"), 2.26, "paused", "playing").play(2.3, 8.0, 9.5)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_75"]
    assert only("SEEK", events).origin == pytest.approx(2.1)  # it played on until then
    assert only("SEEK", events).target == pytest.approx(8.0, abs=0.25)


def test_preroll_where_playback_was_is_no_seek() -> None:
    tape = states(started().play(0.1, 0.0, 2.0), 2.2, "playing", "paused")
    tape.add(2.21, "async-done").at(2.4, 2.1)
    states(tape, 4.0, "paused", "playing").play(4.0, 2.1, 2.6)
    assert after_start(derive("gstreamer", tape)) == ["PAUSE", "RESUME"]


def test_pipeline_that_goes_down_by_itself_was_stopped_and_not_paused() -> None:
    tape = started().play(0.1, 0.0, 1.0)
    tape += [state(1.2, "playing", "paused", "null"), state(1.2, "paused", "ready", "null")]
    states(tape, 2.0, "null", "ready", "paused", "playing").play(2.0, 0.0, 0.5)
    assert after_start(derive("gstreamer", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_way_to_playing_is_a_request() -> None:
    tape = Tape(poll).command(0.0, "open", "clip.mp4")
    tape += [state(0.1, "null", "ready", "playing"), state(1.1, "ready", "paused", "playing")]
    tape.append(state(1.1, "paused", "playing"))
    events = derive("gstreamer", tape.play(1.1, 0.0, 0.5))
    assert only("PLAY_REQUEST", events).at == 0.1
    assert only("PLAY", events).join_time == 1.0


def test_end_of_a_seek_may_come_before_the_call_returns() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "seek", 8.0)
    tape.add(2.21, "async-done").add(2.22, "ret.seek_simple", r=True).play(2.3, 8.0, 9.5)
    assert after_start(derive("gstreamer", tape)) == ["SEEK", "PLAY_REACHED_75"]


@pytest.mark.parametrize("late", [True, False])
def test_replay_is_no_seek_however_late_the_call_returns(late: bool) -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "replay")
    if not late:
        tape.add(2.21, "ret.seek_simple", r=True)
    states(tape, 2.22, "paused", "paused").add(2.23, "async-done")
    states(tape, 2.24, "paused", "playing")
    if late:
        tape.add(2.25, "ret.seek_simple", r=True)
    tape.play(2.3, 0.0, 2.0)
    assert after_start(derive("gstreamer", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_failure_that_goes_through_all_elements_is_one_until_playback_goes_on() -> None:
    failure = {"domain": "gst-resource-error-quark", "message": "lost"}
    tape = started().play(0.1, 0.0, 1.0)
    for n in range(3):
        tape.add(1.2 + n / 100, "error", code=n, **failure)
    tape.play(1.3, 1.0, 2.0).add(2.4, "error", code=9, **failure)
    codes = [e.code for e in derive("gstreamer", tape) if isinstance(e, Error)]
    assert codes == ["gst-resource-error-quark/0", "gst-resource-error-quark/9"]


def test_gstplay_seek_past_the_adapter_shows_in_where_it_landed() -> None:
    tape = gst_started().play(0.2, 0.0, 2.0).add(2.3, "seek-done", position=8 * SECOND)
    tape.play(2.3, 8.0, 9.5).add(4.0, "seek-done", position=round(9.6 * SECOND))
    events = derive("gstplay", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_75"]
    assert (only("SEEK", events).origin, only("SEEK", events).target) == (2.0, 8.0)


def test_gstplay_rate_that_nobody_reported_is_polled() -> None:
    tape = gst_started().play(0.2, 0.0, 1.0).add(1.3, "poll", rate=2.0)
    tape.add(1.5, "poll", rate=2.0).add(1.6, "poll", position_ns=1)
    assert after_start(derive("gstplay", tape)) == ["SPEED"]


def test_transmission_shows_in_a_length_of_minus_one_until_there_is_another() -> None:
    tape = started()
    unknown = {"position_ns": SECOND, "duration_ns": -1}
    tape.add(0.2, "poll", **unknown).add(0.4, "poll", **unknown).at(0.6, 1.4)
    lengths = [s for s in signals_of("gstreamer", tape) if isinstance(s, DurationChange)]
    assert [(s.at, s.duration, s.live) for s in lengths] == [(0.2, None, True), (0.6, 12.0, False)]


# ---------------------------------------- a program that uses its pipeline as tutorials do


def flushed(tape: Tape, t: float) -> Tape:
    """A seek of the program's own while it plays; the pipeline says no more than this."""
    for row in (("paused", "paused", "paused"), ("paused", "paused", "playing")):
        tape.append(state(t, *row))
    tape.add(t + 0.01, "async-done").append(state(t + 0.01, "paused", "playing"))
    return tape


def answer(t: float, position: float, duration: float = 12.0, rate: float = 1.0) -> Record:
    fields = {"position_ns": round(position * SECOND), "duration_ns": round(duration * SECOND)}
    return {"t": t, "kind": "poll", "rate": rate, **fields}


@pytest.mark.parametrize("skip", [0.4, -0.4, 1.5])
def test_small_skip_is_a_seek_and_what_it_skipped_was_not_played(skip: float) -> None:
    tape = flushed(started().play(0.1, 0.0, 2.75), 2.9)  # 25 % is at 3.0
    events = derive("gstreamer", tape.play(2.91, 2.8 + skip, 3.8 + skip))
    reached = [] if skip > 0 else ["PLAY_REACHED_25"]
    assert after_start(events) == ["SEEK", *reached]
    assert only("SEEK", events).target == pytest.approx(2.8 + skip, abs=0.02)


def test_rate_that_the_program_set_by_a_seek_is_no_seek() -> None:
    tape = flushed(started().play(0.1, 0.0, 2.0), 2.2)
    for n in range(1, 20):
        tape.append(answer(2.21 + n / 4, 2.1 + n / 2, rate=2.0))
    events = derive("gstreamer", tape)
    reached = ["PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75"]
    assert after_start(events) == ["SPEED", *reached]
    assert only("SPEED", events).rate == 2.0


def test_seek_to_the_start_at_the_end_is_a_replay_and_no_seek() -> None:
    tape = flushed(started().play(0.1, 0.0, 12.0).add(12.12, "eos"), 12.13)
    events = derive("gstreamer", tape.play(12.14, 0.0, 1.0))
    assert names(events)[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]
    assert only("REPLAY", events).position == 0.0
    assert "SEEK" not in names(events)


def test_seek_back_after_the_end_is_a_replay_from_there() -> None:
    tape = flushed(started().play(0.1, 0.0, 12.0).add(12.12, "eos"), 14.0)
    events = derive("gstreamer", tape.play(14.01, 5.0, 6.5))
    assert names(events)[-4:] == ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_50"]
    assert events[-2].position == pytest.approx(5.0, abs=0.02)


def test_seek_to_the_end_is_a_seek_and_no_broken_file() -> None:
    tape = flushed(started().play(0.1, 0.0, 2.0), 2.2).add(2.211, "eos").at(2.5, 12.0)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 12.0


@pytest.mark.parametrize("early", [0.0, 0.8])
@pytest.mark.parametrize("second", [12.0, 8.0])
def test_media_that_follows_without_a_gap_is_other_media(early: float, second: float) -> None:
    tape = started().play(0.1, 0.0, 11.0).command(11.2, "open", "second.mp4")
    for n in range(1, 4):
        length = second if 11.1 + n / 4 > 12.1 - early else 12.0
        tape.append(answer(11.1 + n / 4, 11.0 + n / 4, length))
    tape.add(12.1, "stream-start", pipeline=True)
    for n in range(1, 14):
        tape.append(answer(12.1 + n / 4, n / 4, second))
    events = derive("gstreamer", tape)
    reached = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
    assert after_start(events) == [
        *(*reached, "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]
    over = next(event for event in events if event.event == "PLAY_REACHED_100")
    assert (over.entry_id, over.duration) == ("clip.mp4", 12.0)
    assert (events[-1].entry_id, events[-1].duration) == ("second.mp4", second)


def test_media_that_follows_itself_without_a_gap_is_played_again() -> None:
    tape = started().play(0.1, 0.0, 11.75).command(11.5, "open", "clip.mp4")
    tape.add(12.1, "stream-start", pipeline=True).play(12.1, 0.0, 1.0)
    assert names(derive("gstreamer", tape))[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]
