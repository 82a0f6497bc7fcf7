"""How an element is found, and a source that changes without a name."""

from __future__ import annotations

from html5_tapes import chosen, event, loading, noted, started, timeupdate
from tapes import Tape, after_start, derive, names, only


def test_recording_that_begins_in_the_middle() -> None:
    tape = Tape(timeupdate)
    tape += [event(9.0 + n / 4, "timeupdate", 5.0 + n / 4, paused=False) for n in range(8)]
    events = derive("html5", tape)
    assert after_start(events) == ["PLAY_REACHED_50"]
    assert only("MEDIA_LOADED", events).entry_id == "/clip.mp4"
    assert only("PLAY", events).position == 5.0


def test_element_is_found_in_each_of_its_states() -> None:
    for state, reported in (
        ({"readyState": 0, "duration": None}, []),
        ({"paused": True}, []),
        ({"paused": True, "ended": True, "currentTime": 12.0}, []),
        ({"paused": False, "readyState": 2}, ["PLAY_REQUEST"]),
        ({"paused": False, "currentTime": 4.0}, ["PLAY_REQUEST", "PLAY", "FIRST_PLAY"]),
        ({"paused": False, "seeking": True}, ["PLAY_REQUEST"]),
    ):
        tape = Tape(timeupdate)
        tape.append({**event(1.0, "attach"), **state})
        assert names(derive("html5", tape)) == ["WIDGET_LOADED", "MEDIA_LOADED", *reported], state


def test_page_that_goes_away_is_the_end_of_its_player() -> None:
    tape = noted(started().play(0.5, 0.0, 2.0), 2.6, "waiting", position=2.0)
    tape.append({"t": 4000, "source": "page", "kind": "close"})
    noted(tape, 5.0, "playing", position=2.0)
    events = derive("html5", tape)
    assert after_start(events) == ["BUFFER_START", "BUFFER_END"]
    assert events[-1].at == 4.0


def test_unnamed_source_of_another_length_is_other_media() -> None:
    tape = started().play(0.5, 0.0, 4.0)
    loading(tape, 5.0, src="/three.mp4", duration=3.0)
    noted(tape, 5.2, "play", "playing", duration=3.0)
    tape += [event(5.2 + n / 4, "timeupdate", n / 4, duration=3.0) for n in range(1, 13)]
    events = derive("html5", tape)
    assert after_start(events) == [
        *("PLAY_REACHED_25", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY"),
        *("PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75", "PLAY_REACHED_100"),
    ]
    assert [event.entry_id for event in events if event.event == "MEDIA_LOADED"] == [
        "0_a",
        "/three.mp4",
    ]


def test_unnamed_source_of_the_same_length_is_other_media_where_it_plays_from_the_start() -> None:
    tape = started().play(0.5, 0.0, 4.0)
    noted(loading(tape, 5.0, src="/other.mp4"), 5.3, "play", "playing").play(5.3, 0.0, 3.5)
    assert after_start(derive("html5", tape)) == [
        *("PLAY_REACHED_25", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]


def test_another_source_at_the_same_place_is_the_same_media() -> None:
    """A choice of quality, quick or slow, and a recovery from an error of the decoder."""
    for src, wait, expected in (
        ("/high.mp4", 0.05, []),
        ("/high.mp4", 1.5, ["BUFFER_START", "BUFFER_END"]),
        ("blob:2", 1.5, ["BUFFER_START", "BUFFER_END"]),
        ("/clip.mp4", 1.5, ["BUFFER_START", "BUFFER_END"]),
    ):
        tape = started(paused=False).play(0.5, 0.0, 4.0)
        loading(tape, 4.6, src=src, paused=False)
        noted(tape, 4.72, "seeking", position=4.05, seeking=True, paused=False)
        noted(tape, 4.72 + wait, "timeupdate", "seeked", "playing", position=4.05, paused=False)
        tape.play(4.72 + wait, 4.05, 6.5)
        assert after_start(derive("html5", tape)) == [
            *("PLAY_REACHED_25", *expected, "PLAY_REACHED_50"),
        ], (src, wait)


def test_source_exchanged_in_a_pause_stays_paused() -> None:
    tape = noted(started(paused=False).play(0.5, 0.0, 4.0), 4.6, "pause", position=4.1, paused=True)
    loading(tape, 6.0, src="/high.mp4", paused=True)
    noted(tape, 6.2, "seeking", "seeked", position=4.1, paused=True)
    noted(tape, 9.0, "play", "playing", position=4.1, paused=False).play(9.0, 4.1, 4.6)
    assert after_start(derive("html5", tape)) == ["PLAY_REACHED_25", "PAUSE", "RESUME"]


def test_exchanged_source_that_nobody_plays_is_paused() -> None:
    tape = started(paused=False).play(0.5, 0.0, 4.0)
    loading(tape, 4.6, src="/high.mp4", paused=True)
    noted(tape, 4.72, "seeking", position=4.1, seeking=True, paused=True)
    noted(tape, 4.75, "seeked", position=4.1, paused=True)
    noted(tape, 9.0, "play", "playing", position=4.1, paused=False).play(9.0, 4.1, 4.6)
    assert after_start(derive("html5", tape)) == ["PLAY_REACHED_25", "PAUSE", "RESUME"]


def test_second_source_before_anything_played_is_another_try_of_named_media() -> None:
    tape = loading(chosen(Tape(timeupdate), 0.0, "0_a"), 0.1)
    noted(loading(tape, 0.3, src="/other.mp4"), 0.5, "play", "playing").play(0.5, 0.0, 3.5)
    assert after_start(derive("html5", tape)) == ["PLAY_REACHED_25"]


def test_sources_of_a_live_stream_are_one_media() -> None:
    tape = started(duration=None, src="blob:1", paused=False)
    tape += [event(0.5 + n / 4, "timeupdate", n / 4, duration=None) for n in range(1, 20)]
    loading(tape, 6.0, src="blob:2", duration=None, paused=False)
    noted(tape, 6.2, "playing", position=8.0, duration=None, paused=False)
    assert "MEDIA_LOADED" not in after_start(derive("html5", tape))
