"""The behaviour of mpv as it was seen, where no recording is kept."""

from __future__ import annotations

from typing import Any

import pytest
from tapes import Record, Tape, after_start, derive, names, only

EOF = {"reason": "eof"}
REACHED = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]


def time_pos(t: float, position: float) -> Record:
    return {"t": t, "kind": "prop.time-pos", "value": position}


def loaded(tape: Tape, t: float, length: float | None = 12.0) -> Tape:
    tape.add(t, "start-file").add(t + 0.02, "file-loaded")
    tape.add(t + 0.02, "prop.duration", value=length)
    return tape.add(t + 0.03, "playback-restart").at(t + 0.03, 0.0)


def started(length: float | None = 12.0) -> Tape:
    """A file that began to play at 0.1."""
    tape = Tape(time_pos).add(0.0, "prop.pause", value=False).command(0.01, "open", "clip.mp4")
    return loaded(tape.command(0.02, "play"), 0.07, length)


def sought(tape: Tape, t: float, target: float) -> Tape:
    return tape.add(t, "seek").at(t, target).add(t + 0.03, "playback-restart")


def test_seeks_close_to_each_other_are_one() -> None:
    tape = started().play(0.1, 0.0, 2.0)
    for n, target in enumerate((9.0, 3.0, 8.0, 5.0)):
        sought(tape, 2.2 + n / 10, target)
    events = derive("mpv", tape.play(2.6, 5.0, 5.5))
    assert after_start(events) == ["SEEK"]
    assert (only("SEEK", events).origin, only("SEEK", events).target) == (2.0, 5.0)


def test_seeks_apart_are_each_one() -> None:
    tape = sought(started().play(0.1, 0.0, 2.0), 2.2, 9.0).play(2.3, 9.0, 10.5)
    events = derive("mpv", sought(tape, 3.9, 3.0).play(4.0, 3.0, 4.5))
    assert [event.position for event in events if event.event == "SEEK"] == [9.0, 3.0]


def test_rounds_of_an_a_b_loop_are_mpvs_own_seeks() -> None:
    tape = started().add(0.1, "prop.ab-loop-a", value=1.0).add(0.1, "prop.ab-loop-b", value=2.0)
    tape.play(0.1, 0.0, 2.0)
    for n in range(3):
        sought(tape, 2.11 + n, 1.0).play(2.15 + n, 1.0, 1.95, 0.05)
    assert after_start(derive("mpv", tape)) == []
    tape.add(5.2, "prop.ab-loop-b", value="no").play(5.2, 1.95, 2.45)
    assert after_start(derive("mpv", sought(tape, 5.8, 1.0).play(5.9, 1.0, 2.5))) == ["SEEK"]


@pytest.mark.parametrize(
    "bounds", [{"start": "2", "end": "5"}, {"start": "2", "length": "3"}, {"end": "-7"}]
)
def test_part_that_mpv_was_asked_for_is_the_content(bounds: dict[str, str]) -> None:
    start = float(bounds.get("start", 0))
    tape = Tape(time_pos).command(0.0, "open", "clip.mp4").add(0.01, "start-file")
    tape.add(0.05, "prop.duration", value=12.0)
    for name, value in bounds.items():
        tape.add(0.05, f"prop.{name}", value=value)
    tape.add(0.06, "seek").at(0.06, start).add(0.1, "playback-restart").play(0.1, start, 5.0)
    events = derive("mpv", tape.add(5.3 - start, "end-file", reason="eof"))
    assert after_start(events) == [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
    assert (events[-1].duration, events[-1].position) == (5.0 - start, 5.0 - start)


def test_part_by_chapters_is_the_content() -> None:
    tape = Tape(time_pos).command(0.0, "open", "clip.mp4").add(0.01, "start-file")
    tape.add(0.05, "prop.duration", value=12.0).add(0.05, "chapters", starts=[0.0, 2.0, 6.0])
    tape.add(0.05, "prop.start", value="#1").add(0.05, "prop.end", value="#2")
    tape.add(0.06, "seek").at(0.06, 2.0).add(0.1, "playback-restart").play(0.1, 2.0, 6.0)
    events = derive("mpv", tape.add(4.2, "end-file", reason="eof"))
    assert after_start(events) == REACHED
    assert (events[-1].duration, events[-1].position) == (4.0, 4.0)


def test_end_at_a_chapter_that_is_unknown_is_no_broken_file() -> None:
    tape = Tape(time_pos).command(0.0, "open", "clip.mp4").add(0.01, "start-file")
    tape.add(0.05, "prop.duration", value=12.0).add(0.05, "prop.end", value="#2")
    tape.add(0.1, "playback-restart").play(0.1, 0.0, 4.0)
    events = derive("mpv", tape.add(4.2, "end-file", reason="eof"))
    assert after_start(events) == ["PLAY_REACHED_25"]


def test_end_that_is_set_while_it_plays_is_that_of_the_content() -> None:
    tape = started().add(0.1, "prop.end", value="none").play(0.1, 0.0, 1.0)
    tape.add(1.2, "prop.end", value="4").play(1.2, 1.0, 4.0).add(4.4, "end-file", reason="eof")
    events = derive("mpv", tape)
    assert after_start(events) == REACHED
    assert events[-1].duration == 4.0


def test_end_that_is_taken_away_while_it_plays_leaves_the_start() -> None:
    tape = Tape(time_pos).command(0.0, "open", "clip.mp4").add(0.01, "start-file")
    tape.add(0.05, "prop.duration", value=12.0).add(0.05, "prop.start", value="4")
    tape.add(0.05, "prop.end", value="6").add(0.06, "seek").at(0.06, 4.0)
    tape.add(0.1, "playback-restart").play(0.1, 4.0, 5.0).add(1.2, "prop.end", value="none")
    events = derive("mpv", tape.play(1.2, 5.0, 12.0).add(8.4, "end-file", reason="eof"))
    assert after_start(events) == REACHED
    assert events[-1].duration == 8.0


def test_command_that_mpv_refused_is_no_seek() -> None:
    tape = started().command(0.11, "seek", 6.0).play(0.11, 0.0, 1.0)
    assert after_start(derive("mpv", tape)) == []


def test_seek_while_paused() -> None:
    tape = started().play(0.1, 0.0, 2.0).add(2.2, "prop.pause", value=True)
    sought(tape, 3.0, 6.0).add(4.0, "prop.pause", value=False).play(4.0, 6.0, 7.0)
    assert after_start(derive("mpv", tape)) == ["PAUSE", "SEEK", "RESUME"]


def test_file_loaded_paused_plays_when_it_is_let_go() -> None:
    tape = Tape(time_pos).add(0.0, "prop.pause", value=True).command(0.01, "open", "clip.mp4")
    loaded(tape, 0.07).add(3.0, "prop.pause", value=False).play(3.0, 0.0, 1.0)
    events = derive("mpv", tape)
    assert after_start(events) == []
    assert only("PLAY_REQUEST", events).at == 3.0


def test_playing_begins_when_the_cache_is_filled() -> None:
    tape = Tape(time_pos).command(0.0, "open", "clip.mp4").command(0.01, "play")
    tape.add(0.02, "start-file").add(0.1, "prop.duration", value=12.0)
    tape.add(0.2, "prop.paused-for-cache", value=True).add(0.3, "playback-restart")
    tape.add(2.0, "prop.paused-for-cache", value=False).play(2.0, 0.0, 1.0)
    events = derive("mpv", tape)
    assert after_start(events) == []
    assert only("PLAY", events).at == 2.0


def test_body_that_is_cut_is_a_buffer_and_no_whole_playback() -> None:
    tape = started().play(0.1, 0.0, 5.5).add(5.66, "prop.paused-for-cache", value=True)
    tape.add(11.07, "prop.paused-for-cache", value=False)
    events = after_start(derive("mpv", tape.add(11.08, "end-file", reason="eof")))
    assert events[:3] == ["PLAY_REACHED_25", "BUFFER_START", "BUFFER_END"]
    assert not {"PLAY_REACHED_50", "PLAY_REACHED_100"} & set(events)


def test_file_that_is_cut_ends_early() -> None:
    tape = started().play(0.1, 0.0, 5.5).add(5.66, "end-file", reason="eof")
    events = derive("mpv", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "ERROR"]
    assert only("ERROR", events).code == "ended_early"


@pytest.mark.parametrize(
    "reports",
    [
        [("prop.duration", 5.98), ("prop.duration", 7.98)],
        [("prop.file-format", "hls"), ("prop.partially-seekable", True)],
        [("prop.file-format", "hls"), ("prop.seekable", False)],
    ],
)
def test_live_stream_has_no_quartiles(reports: list[tuple[str, object]]) -> None:
    tape = started(5.98)
    for kind, value in reports:
        tape.add(0.2, kind, value=value)
    assert after_start(derive("mpv", tape.play(0.2, 0.0, 7.0))) == []


def test_change_of_media_ends_the_session_and_what_was_late_is_stale() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "open", "other.mp4")
    tape.command(2.21, "play").at(2.22, 2.1).add(2.23, "end-file", reason="stop")
    tape.add(2.24, "start-file").at(2.25, 2.1).add(2.3, "playback-restart")
    tape.add(2.35, "poll", duration=12.0).play(2.3, 0.0, 3.5)
    events = derive("mpv", tape)
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]
    assert (events[-1].entry_id, events[-1].duration) == ("other.mp4", 12.0)


def test_next_of_a_playlist_is_played_without_a_command() -> None:
    tape = started(3.0).play(0.1, 0.0, 3.0).add(3.15, "end-file", reason="eof")
    loaded(tape, 3.2, 3.0).play(3.25, 0.0, 0.5)
    assert names(derive("mpv", tape))[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def kept_open() -> Tape:
    """A file played to its end, which mpv then holds paused."""
    tape = started(3.0).play(0.1, 0.0, 3.0).add(3.15, "prop.eof-reached", value=True)
    return tape.add(3.25, "prop.pause", value=True)


def test_pause_at_the_end_of_a_file_kept_open_is_none() -> None:
    tape = kept_open().add(4.0, "prop.pause", value=False).add(5.0, "end-file", reason="quit")
    assert names(derive("mpv", tape))[-1] == "PLAY_REACHED_100"


def test_seek_back_in_a_file_kept_open_starts_anew_there() -> None:
    tape = sought(kept_open(), 5.0, 1.0).add(6.0, "prop.pause", value=False)
    tape.play(6.0, 1.0, 2.0).add(7.0, "shutdown")
    events = derive("mpv", tape)
    assert names(events)[-4:] == ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_50"]
    assert events[-2].position == 1.0


def test_starting_over_in_the_middle_is_a_replay() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "replay")
    tape.add(2.21, "end-file", reason="stop")
    loaded(tape, 2.22).play(2.3, 0.0, 1.0)
    assert after_start(derive("mpv", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


@pytest.mark.parametrize("loop", ["inf", "yes", 3, True])
def test_loop_switched_on_while_it_plays(loop: object) -> None:
    tape = started(3.0).play(0.1, 0.0, 1.0).add(1.1, "prop.loop-file", value=loop)
    sought(tape.play(1.1, 1.0, 3.0), 3.2, 0.0).play(3.23, 0.0, 1.0)
    assert "REPLAY" in names(derive("mpv", tape))
    assert "SEEK" not in names(derive("mpv", tape))


def test_seek_before_the_first_position_is_no_new_round() -> None:
    tape = started()
    del tape[-1]
    sought(tape, 0.15, 0.05).play(0.2, 0.05, 1.05)
    events = derive("mpv", [{**record, "t": 1000.0 + record["t"]} for record in tape])
    assert after_start(events) == ["SEEK"]


def test_failure_is_reported_with_its_cause() -> None:
    tape = Tape(time_pos).command(0.0, "open", "noise.mp4").command(0.01, "play")
    tape.add(0.02, "start-file")
    tape.add(0.1, "end-file", reason="error", file_error="unrecognized file format")
    error = only("ERROR", derive("mpv", tape))
    assert (error.code, error.fatal) == ("unrecognized file format", True)


def test_command_to_stop_is_the_end_of_it() -> None:
    tape = started().play(0.2, 0.0, 1.0).command(1.3, "stop").add(1.31, "prop.pause", value=True)
    tape.at(1.32, 1.1).add(1.4, "end-file", reason="stop")
    assert after_start(derive("mpv", tape)) == []


def test_end_that_a_stall_came_to_was_not_played_to() -> None:
    tape = started(6.0).play(0.2, 0.0, 2.75).add(3.0, "prop.paused-for-cache", value=True)
    tape.add(11.0, "prop.paused-for-cache", value=False).add(11.01, "end-file", reason="eof")
    assert after_start(derive("mpv", tape)) == ["PLAY_REACHED_25", "BUFFER_START", "BUFFER_END"]


# ------------------------------------------------------------------ lengths that only seem so


def growing(step: float, until: float, *, seekable: bool = False) -> Tape:
    """A stream that is played as it comes; half a second of it is read ahead."""
    tape = Tape(time_pos).command(0.0, "open", "stream").add(0.01, "start-file")
    tape.add(0.05, "prop.seekable", value=seekable)
    tape.add(0.1, "prop.duration", value=0.5).add(0.1, "playback-restart")
    for n in range(1, round(until / step) + 1):
        tape.add(0.1 + n * step, "prop.duration", value=0.5 + n * step)
        tape.at(0.1 + n * step, n * step)
    return tape


@pytest.mark.parametrize("step", [0.03, 0.3])
def test_length_of_what_was_read_so_far_is_none(step: float) -> None:
    tape = growing(step, 6.0).add(6.7, "end-file", reason="eof")
    assert after_start(derive("mpv", tape)) == []


@pytest.mark.parametrize("step", [0.03, 0.1, 0.3])
def test_length_of_what_was_read_so_far_is_none_even_if_it_can_be_sought_in(step: float) -> None:
    tape = growing(step, 9.0, seekable=True).add(9.7, "end-file", reason="eof")
    assert after_start(derive("mpv", tape)) == []


def test_length_that_grows_once_it_plays_is_none_any_more() -> None:
    """More than a second of it was read before it played."""
    tape = started(4.0).play(0.1, 0.0, 0.5, 0.1)
    for n in range(1, 60):
        tape.add(0.6 + n / 10, "prop.duration", value=4.0 + n / 10).at(0.6 + n / 10, 0.5 + n / 10)
    assert after_start(derive("mpv", tape.add(6.7, "end-file", reason="eof"))) == []


def test_length_of_a_file_whose_size_is_unknown_is_believed_once_it_stands() -> None:
    tape = started(9.0)
    tape[4:4] = [{"t": 0.08, "kind": "prop.file-size", "value": None}]
    events = derive("mpv", tape.play(0.1, 0.0, 9.0).add(9.2, "end-file", reason="eof"))
    assert after_start(events) == REACHED
    assert only("PLAY", events).duration is None


def test_length_of_a_short_file_whose_size_is_known_is_believed_at_once() -> None:
    tape = started(0.8)
    tape[4:4] = [{"t": 0.08, "kind": "prop.file-size", "value": 90_000.0}]
    events = derive("mpv", tape.play(0.1, 0.0, 0.8, 0.1).add(1.0, "end-file", reason="eof"))
    assert after_start(events) == REACHED
    assert only("PLAY", events).duration == 0.8


@pytest.mark.parametrize("end", [("prop.eof-reached", {"value": True}), ("end-file", EOF)])
def test_length_of_a_short_file_is_believed_at_its_end(end: tuple[str, dict[str, Any]]) -> None:
    tape = started(0.8).play(0.1, 0.0, 0.8, 0.1).add(1.0, end[0], **end[1])
    assert after_start(derive("mpv", tape)) == REACHED


@pytest.mark.parametrize("length", [2.0, 12.0])
def test_length_that_is_corrected_at_the_end_is_one(length: float) -> None:
    """The last packet ends a little after what the file says."""
    tape = started(length).play(0.1, 0.0, length - 1.0)
    tape.add(length - 0.9, "prop.duration", value=length + 0.04)
    tape.play(length - 0.9, length - 1.0, length).add(length + 0.2, "end-file", reason="eof")
    assert after_start(derive("mpv", tape)) == REACHED


def test_length_that_stays_is_believed_though_it_cannot_be_sought_in() -> None:
    tape = Tape(time_pos).command(0.0, "open", "pipe").add(0.01, "start-file")
    tape.add(0.05, "prop.seekable", value=False).add(0.1, "prop.duration", value=4.0)
    tape.add(0.1, "playback-restart").play(0.1, 0.0, 4.0).add(4.2, "end-file", reason="eof")
    reached = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
    assert after_start(derive("mpv", tape)) == reached


def test_rounds_of_a_loop_that_is_counted_down_are_replays() -> None:
    tape = Tape(time_pos).add(0.0, "prop.loop-file", value=1).command(0.01, "open", "clip.mp4")
    loaded(tape.command(0.02, "play"), 0.07, 3.0).play(0.1, 0.0, 3.0)
    tape.add(3.1, "seek").add(3.1001, "prop.loop-file", value=False).at(3.1002, 0.0)
    tape.add(3.15, "playback-restart").play(3.2, 0.0, 3.0).add(6.3, "end-file", reason="eof")
    found = names(derive("mpv", tape))
    assert found.count("REPLAY") == 1
    assert found.count("PLAY_REACHED_100") == 2
    assert "SEEK" not in found


def test_part_of_a_file_that_was_played_is_no_broken_file() -> None:
    """As with `start` and `end`: of 12 s, 4 to 5.75."""
    tape = Tape(time_pos).command(0.0, "open", "clip.mp4").add(0.01, "start-file")
    tape.add(0.05, "prop.duration", value=12.0).add(0.05, "seek").at(0.06, 4.0)
    tape.add(0.1, "playback-restart")
    tape.play(0.1, 4.0, 5.75).add(2.2, "end-file", reason="eof")
    assert after_start(derive("mpv", tape)) == []


def test_choices_are_events_and_what_mpv_chose_at_the_start_is_none() -> None:
    tape = started().play(0.1, 0.0, 1.0)
    tape[3:3] = [
        {"t": 0.05, "kind": "prop.aid", "value": 1, "lang": "eng"},
        {"t": 0.05, "kind": "prop.sid", "value": False},
        {"t": 0.05, "kind": "prop.fullscreen", "value": False},
    ]
    tape.add(1.2, "prop.aid", value=2, lang="fra").add(1.3, "prop.sid", value=1)
    tape.add(1.4, "prop.sid", value=False).add(1.5, "prop.fullscreen", value=True)
    events = derive("mpv", tape)
    assert after_start(events) == [
        *("AUDIO_SELECTED", "CAPTIONS", "CAPTIONS", "OPEN_FULL_SCREEN"),
    ]
    assert [e.language for e in events if hasattr(e, "language")] == ["fra", "und", None]


def test_program_that_seeks_to_the_start_before_mpv_says_that_it_is_over_plays_again() -> None:
    tape = sought(started(4.0).play(0.1, 0.0, 3.9, 0.1), 4.08, 0.0).play(4.2, 0.0, 1.0)
    found = after_start(derive("mpv", tape))
    reached = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
    assert found == [*reached, "REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]


def test_seek_from_the_end_to_elsewhere_is_a_seek() -> None:
    tape = sought(started(4.0).play(0.1, 0.0, 3.9, 0.1), 4.08, 2.5).play(4.2, 2.5, 2.8, 0.1)
    events = derive("mpv", tape)
    assert after_start(events)[-1] == "SEEK"
    assert only("SEEK", events).target == 2.5


def test_answer_that_comes_late_does_not_take_a_quartile_away() -> None:
    """One came a second late, the next in time, and in between was 75 %."""
    tape = started().play(0.1, 0.0, 8.5).at(9.7, 8.7).at(10.0, 9.9).play(10.0, 9.9, 11.0)
    assert after_start(derive("mpv", tape))[-1] == "PLAY_REACHED_75"


@pytest.mark.parametrize("late", [1.0, 2.0])
def test_seek_that_is_reported_late_was_before(late: float) -> None:
    """The program was frozen after its command, and mpv as another process played on."""
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "seek", 5.5)
    sought(tape, 2.2 + late, 5.5 + late).play(2.25 + late, 5.53 + late, 6.03 + late)
    events = derive("mpv", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_50"]
    assert only("SEEK", events).target == 5.5


@pytest.mark.parametrize("late", [0.7, 1.6])
@pytest.mark.parametrize("own", [True, False])
def test_round_of_a_loop_that_is_reported_late_is_no_seek(own: bool, late: float) -> None:
    tape = started().add(0.1, "prop.loop-file", value="inf" if own else "no")
    tape.play(0.1, 0.0, 11.5)
    sought(tape, 12.1 + late, late).play(12.15 + late, late + 0.03, 3.53 + late)
    again = ["REPLAY", "PLAY_REQUEST", "PLAY"]
    assert after_start(derive("mpv", tape)) == [*REACHED, *again, "PLAY_REACHED_25"]
