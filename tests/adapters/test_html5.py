"""A media element: its events as signals and events."""

from __future__ import annotations

from typing import Any

import pytest
from html5_tapes import chosen, event, loading, noted, says, started, timeupdate
from tapes import Record, Tape, after_start, derive, names, only

from playertrack.events import to_record


def test_entry_is_that_of_the_page_or_else_the_source() -> None:
    for entry_id, reported in (("0_a", "0_a"), (None, "/clip.mp4")):
        events = derive("html5", chosen(Tape(timeupdate), 0.0, entry_id))
        assert only("MEDIA_LOADED", events).entry_id == reported


def test_new_source_is_new_media_where_the_page_says_nothing() -> None:
    tape = noted(loading(Tape(timeupdate), 0.1), 0.5, "play", "playing").play(0.5, 0.0, 1.0)
    noted(loading(tape, 2.0, src="/other.mp4"), 2.5, "play", "playing")
    events = derive("html5", tape)
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    assert events[-1].entry_id == "/other.mp4"


def test_same_source_loaded_anew_after_a_failure_goes_on() -> None:
    tape = noted(loading(Tape(timeupdate), 0.1), 0.5, "play", "playing").play(0.5, 0.0, 4.5)
    tape.append(event(5.1, "error", 4.5, errorCode=3, errorMessage="decode"))
    loading(tape, 5.2)
    noted(tape, 5.4, "seeking", "seeked", "playing", position=4.5).play(5.4, 4.5, 6.5)
    events = derive("html5", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "ERROR", "PLAY_REACHED_50"]
    assert only("ERROR", events).code == "3"


def test_same_source_loaded_anew_without_a_failure_is_a_session_of_its_own() -> None:
    tape = noted(loading(Tape(timeupdate), 0.1), 0.5, "play", "playing").play(0.5, 0.0, 4.0)
    noted(loading(tape, 5.0), 5.3, "play", "playing").play(5.3, 0.0, 3.5)
    events = derive("html5", tape)
    assert after_start(events) == [
        *("PLAY_REACHED_25", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]


def test_play_that_comes_before_the_source_is_chosen_is_for_the_new_media() -> None:
    tape = noted(loading(Tape(timeupdate), 0.1), 0.5, "suspend")
    noted(tape, 1.0, "emptied", "play", "waiting", duration=None, readyState=0, paused=False)
    noted(tape, 1.1, "loadstart", src="/other.mp4", duration=None, readyState=0, paused=False)
    noted(tape, 1.3, "durationchange", "loadedmetadata", "playing", src="/other.mp4")
    events = derive("html5", tape)
    assert names(events) == [
        *("WIDGET_LOADED", "MEDIA_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"),
    ]
    assert only("PLAY", events).entry_id == "/other.mp4"
    assert only("PLAY", events).join_time > 0.1


def test_change_of_media_drops_what_the_element_still_says_of_the_old() -> None:
    tape = chosen(started().play(0.5, 0.0, 4.0), 4.6, "0_b", "/other.mp4").at(4.7, 4.1)
    noted(tape, 4.7, "seeking", "pause", "timeupdate")
    noted(loading(tape, 4.8), 5.0, "play", "playing").play(5.0, 0.0, 3.5)
    events = derive("html5", tape)
    assert after_start(events)[1:] == [
        *("MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]
    assert events[-1].entry_id == "0_b"


def test_seek_before_playback_chooses_where_it_starts() -> None:
    tape = loading(chosen(Tape(timeupdate), 0.0, "0_a"), 0.1)
    noted(tape, 0.4, "seeking", "seeked", position=6.5)
    noted(tape, 0.5, "play", "playing", position=6.5).play(0.5, 6.5, 9.5)
    events = derive("html5", tape)
    assert after_start(events) == ["PLAY_REACHED_75"]
    assert only("PLAY", events).position == 6.5


def test_endless_duration_is_live() -> None:
    tape = started(duration=None)
    tape += [event(0.5 + n / 4, "timeupdate", n / 4, duration=None) for n in range(1, 60)]
    assert after_start(derive("html5", tape)) == []


def test_loop_switched_on_while_it_plays() -> None:
    tape = started().play(0.5, 0.0, 1.0)
    tape += [event(1.5 + n / 4, "timeupdate", 1.0 + n / 4, loop=True) for n in range(1, 45)]
    noted(tape, 12.5, "seeking", "seeked", "playing", loop=True)
    assert names(derive("html5", tape))[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_rate_is_reported_when_it_changes() -> None:
    tape = noted(started().play(0.5, 0.0, 1.0), 1.6, "ratechange", position=1.1)
    noted(tape, 1.7, "ratechange", "ratechange", position=1.2, playbackRate=2.0)
    assert after_start(derive("html5", tape)) == ["SPEED"]


def test_other_sources_of_a_recording_say_nothing_of_the_element() -> None:
    tape = started().play(0.5, 0.0, 1.0)
    tape.append({"t": 1600, "source": "kava", "kind": "PAUSE"})
    tape.append({"t": 1700, "source": "cmd", "kind": "pause"})
    assert after_start(derive("html5", tape)) == []


def test_event_that_comes_when_a_seek_has_already_moved_the_playhead() -> None:
    tape = started().play(0.5, 0.0, 2.0)
    noted(tape, 2.6, "timeupdate", "pause", "seeking", position=8.0, seeking=True)
    noted(tape, 2.7, "seeked", position=8.0)
    events = derive("html5", tape)
    assert after_start(events) == ["SEEK", "PAUSE"]
    seek = only("SEEK", events)
    assert (seek.origin, seek.target) == (2.0, 8.0)


def test_seeked_that_comes_when_the_next_seek_has_begun_is_no_seek_of_its_own() -> None:
    tape = started().play(0.5, 0.0, 2.0)
    noted(tape, 2.6, "seeking", position=8.0, seeking=True)
    noted(tape, 2.7, "seeked", "seeking", position=4.0, seeking=True)
    noted(tape, 2.8, "seeked", position=4.0).play(2.8, 4.0, 4.5)
    seek = only("SEEK", derive("html5", tape))
    assert (seek.origin, seek.target) == (2.0, 4.0)


def test_page_says_who_makes_the_next_seek() -> None:
    for by, expected in (("viewer", ["SEEK"]), ("page", ["SEEK"]), ("player", [])):
        tape = says(started().play(0.5, 0.0, 2.0), 2.6, "seekBy", by=by)
        noted(tape, 2.7, "seeking", position=8.0, seeking=True, paused=False)
        noted(tape, 2.8, "seeked", position=8.0, paused=False).play(2.8, 8.0, 8.5)
        events = derive("html5", tape)
        assert after_start(events) == expected, by
        assert [to_record(event)["by"] for event in events if event.event == "SEEK"] == [by] * len(
            expected
        )


def test_waiting_before_seeking_is_part_of_the_seek() -> None:
    tape = started().play(0.5, 0.0, 2.0)
    noted(tape, 2.6, "waiting", position=8.0, seeking=True)
    noted(tape, 2.61, "seeking", position=8.0, seeking=True)
    noted(tape, 5.0, "seeked", "playing", position=8.0).play(5.0, 8.0, 8.5)
    assert after_start(derive("html5", tape)) == ["SEEK"]


def test_pause_before_ended_is_no_pause() -> None:
    tape = started().play(0.5, 0.0, 12.0)
    noted(tape, 12.6, "pause", "ended", position=12.0, paused=True, ended=True)
    assert after_start(derive("html5", tape))[-1] == "PLAY_REACHED_100"


def test_page_that_plays_again_at_the_ended_event() -> None:
    tape = started().play(0.5, 0.0, 12.0).add(12600, "pause", **paused_at_the_end())
    noted(tape, 12.61, "ended", "seeking", "play", "waiting", seeking=True)
    noted(tape, 12.7, "seeked", "playing").play(12.7, 0.0, 3.5)
    assert after_start(derive("html5", tape))[4:] == [
        *("REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]


def paused_at_the_end() -> Record:
    state = event(12.6, "pause", 12.0, paused=True, ended=True)
    return {name: state[name] for name in state.keys() - {"t", "kind"}}


def test_wait_in_a_pause_is_no_buffer() -> None:
    tape = started().play(0.5, 0.0, 2.0)
    noted(tape, 2.6, "pause", "waiting", position=2.0, paused=True)
    noted(tape, 9.0, "play", "waiting", position=2.0).at(9.5, 2.0)
    noted(tape, 10.0, "playing", position=2.0).play(10.0, 2.0, 2.5)
    assert after_start(derive("html5", tape)) == ["PAUSE", "RESUME"]


def test_page_that_helps_the_element_over_a_hole_is_nobodys_seek() -> None:
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "waiting", position=2.0, paused=False)
    noted(tape, 5.6, "seeking", position=2.2, seeking=True, paused=False)
    noted(tape, 5.7, "seeked", "playing", position=2.2, paused=False).play(5.7, 2.2, 2.95)
    assert after_start(derive("html5", tape)) == ["BUFFER_START", "BUFFER_END"]


@pytest.mark.parametrize(("stood", "expected"), [(1.1, []), (0.3, ["SEEK"])])
def test_library_that_helps_an_element_which_is_stuck_is_nobodys_seek(
    stood: float, expected: list[str]
) -> None:
    """It moves no more, and says nothing: as when the output of sound hangs."""
    tape = started().play(0.5, 0.0, 2.0)
    at = 2.5 + stood
    noted(tape, at, "seeking", "waiting", position=2.1, seeking=True, paused=False)
    noted(tape, at, "seeked", "playing", position=2.1, paused=False).play(at, 2.1, 2.85)
    assert after_start(derive("html5", tape)) == expected


def test_library_that_goes_to_where_its_buffer_begins_is_nobodys_seek() -> None:
    """It does so before it plays, unless the machine is busy."""
    tape = noted(started(), 0.51, "seeking", position=0.08, seeking=True, paused=False)
    noted(tape, 0.55, "seeked", "playing", position=0.08, paused=False).play(0.55, 0.08, 1.0)
    assert after_start(derive("html5", tape)) == []


def test_short_seek_after_a_wait_that_is_over_is_a_seek() -> None:
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "waiting", position=2.0, paused=False)
    tape.play(3.0, 2.0, 2.25)
    noted(tape, 3.5, "seeking", position=2.4, seeking=True, paused=False)
    noted(tape, 3.6, "seeked", "playing", position=2.4, paused=False).play(3.6, 2.4, 2.9)
    assert after_start(derive("html5", tape)) == ["BUFFER_START", "BUFFER_END", "SEEK"]


def test_seek_ahead_out_of_a_wait_is_a_seek() -> None:
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "waiting", position=2.0, paused=False)
    noted(tape, 5.6, "seeking", position=4.0, seeking=True, paused=False)
    noted(tape, 5.7, "seeked", "playing", position=4.0, paused=False).play(5.7, 4.0, 5.0)
    assert after_start(derive("html5", tape)) == ["BUFFER_START", "BUFFER_END", "SEEK"]


def test_duration_that_grows_and_grows_is_a_live_stream() -> None:
    tape = started(duration=20.0)
    for n in range(1, 40):
        duration = 20.0 + 4 * (n // 8)
        if n % 8 == 0:
            noted(tape, 0.5 + n / 4, "durationchange", position=n / 4, duration=duration)
        noted(tape, 0.5 + n / 4, "timeupdate", position=n / 4, duration=duration)
    assert after_start(derive("html5", tape)) == []


def test_duration_that_is_found_out_more_exactly_is_none() -> None:
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "durationchange", position=2, duration=12.01)
    noted(tape, 2.7, "durationchange", position=2.1, duration=12.02).play(2.5, 2.0, 3.25)
    assert after_start(derive("html5", tape)) == ["PLAY_REACHED_25"]


def test_duration_of_a_stream_that_is_over_is_one_to_measure_by() -> None:
    tape = started(duration=None)
    tape += [event(0.5 + n / 4, "timeupdate", n / 4, duration=None) for n in range(1, 20)]
    noted(tape, 5.5, "durationchange", position=5.0, duration=8.0)
    assert after_start(derive("html5", tape)) == ["PLAY_REACHED_25", "PLAY_REACHED_50"]


def test_rate_of_zero_while_it_should_play_is_a_wait() -> None:
    still: dict[str, Any] = {"playbackRate": 0, "paused": False}
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "ratechange", position=2.1, **still)
    tape += [event(3.0 + n, "timeupdate", 2.1, **still) for n in range(4)]
    noted(tape, 7.6, "ratechange", position=2.1, paused=False).play(7.6, 2.1, 2.9)
    events = derive("html5", tape)
    assert after_start(events) == ["BUFFER_START", "BUFFER_END"]
    assert only("BUFFER_END", events).seconds == pytest.approx(5.0)


def test_rate_of_zero_in_a_pause_is_nothing() -> None:
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "pause", position=2.1, paused=True)
    noted(tape, 3.0, "ratechange", position=2.1, playbackRate=0, paused=True)
    noted(tape, 5.0, "ratechange", position=2.1, playbackRate=1, paused=True)
    noted(tape, 6.0, "play", "playing", position=2.1).play(6.0, 2.1, 2.6)
    assert after_start(derive("html5", tape)) == ["PAUSE", "RESUME"]


def test_window_of_a_live_stream_gives_no_quartile_when_it_first_grows() -> None:
    tape = started(duration=8.0).play(0.5, 2.2, 3.7)
    noted(tape, 2.6, "durationchange", position=3.75, duration=10.0)
    tape += [event(2.6 + n / 4, "timeupdate", 3.75 + n / 4, duration=10.0) for n in range(1, 7)]
    assert after_start(derive("html5", tape)) == []


def test_duration_that_grew_once_is_one_to_measure_by_in_the_end() -> None:
    """A file whose length was estimated: 60 s at first, 62 in truth."""
    tape = started(duration=60.0)
    for n in range(1, 248):
        duration = 60.0 if n < 10 else 62.0
        if n == 10:
            noted(tape, 0.5 + n / 4, "durationchange", position=n / 4, duration=duration)
        noted(tape, 0.5 + n / 4, "timeupdate", position=n / 4, duration=duration)
    noted(tape, 62.5, "ended", position=62.0, duration=62.0, ended=True)
    assert after_start(derive("html5", tape)) == [
        *("PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75", "PLAY_REACHED_100"),
    ]
