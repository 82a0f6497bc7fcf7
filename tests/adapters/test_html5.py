"""What media elements were seen to do where no recording is kept."""

from __future__ import annotations

from typing import Any

from tapes import Record, Tape, after_start, derive, names, only


def event(t: float, kind: str, position: float = 0.0, **state: Any) -> Record:
    """An event of the element; ``t`` in seconds, as the positions."""
    known = {"duration": 12.0, "readyState": 4, "src": "/clip.mp4", **state}
    return {"t": t * 1000, "source": "html5", "kind": kind, "currentTime": position, **known}


def timeupdate(t: float, position: float) -> Record:
    return event(t, "timeupdate", position)


def chosen(tape: Tape, t: float, entry_id: str | None, url: str = "/clip.mp4") -> Tape:
    media = {"url": url} if entry_id is None else {"url": url, "entryId": entry_id}
    tape.append({"t": t * 1000, "source": "cmd", "kind": "setMedia", **media})
    return tape


def heard(tape: Tape, t: float, *kinds: str, position: float = 0.0, **state: Any) -> Tape:
    tape += [event(t, kind, position, **state) for kind in kinds]
    return tape


def loading(tape: Tape, t: float, **state: Any) -> Tape:
    heard(tape, t, "emptied", "loadstart", **{"duration": None, "readyState": 0, **state})
    return heard(tape, t + 0.1, "durationchange", "loadedmetadata", **state)


def started(**state: Any) -> Tape:
    tape = loading(chosen(Tape(timeupdate), 0.0, "0_a"), 0.1, **state)
    return heard(tape, 0.5, "play", "playing", **state)


def test_entry_is_that_of_the_page_or_else_the_source() -> None:
    for entry_id, told in (("0_a", "0_a"), (None, "/clip.mp4")):
        events = derive("html5", chosen(Tape(timeupdate), 0.0, entry_id))
        assert only("MEDIA_LOADED", events).entry_id == told


def test_new_source_is_new_media_where_the_page_says_nothing() -> None:
    tape = heard(loading(Tape(timeupdate), 0.1), 0.5, "play", "playing").play(0.5, 0.0, 1.0)
    heard(loading(tape, 2.0, src="/other.mp4"), 2.5, "play", "playing")
    events = derive("html5", tape)
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    assert events[-1].entry_id == "/other.mp4"


def test_same_source_loaded_anew_after_a_failure_goes_on() -> None:
    tape = heard(loading(Tape(timeupdate), 0.1), 0.5, "play", "playing").play(0.5, 0.0, 4.5)
    tape.append(event(5.1, "error", 4.5, errorCode=3, errorMessage="decode"))
    loading(tape, 5.2)
    heard(tape, 5.4, "seeking", "seeked", "playing", position=4.5).play(5.4, 4.5, 6.5)
    events = derive("html5", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "ERROR", "PLAY_REACHED_50"]
    assert only("ERROR", events).code == "3"


def test_change_of_media_drops_what_the_element_still_says_of_the_old() -> None:
    tape = chosen(started().play(0.5, 0.0, 4.0), 4.6, "0_b", "/other.mp4").at(4.7, 4.1)
    heard(tape, 4.7, "seeking", "pause", "timeupdate")
    heard(loading(tape, 4.8), 5.0, "play", "playing").play(5.0, 0.0, 3.5)
    events = derive("html5", tape)
    assert after_start(events)[1:] == [
        *("MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]
    assert events[-1].entry_id == "0_b"


def test_seek_before_playback_chooses_where_it_starts() -> None:
    tape = loading(chosen(Tape(timeupdate), 0.0, "0_a"), 0.1)
    heard(tape, 0.4, "seeking", "seeked", position=6.5)
    heard(tape, 0.5, "play", "playing", position=6.5).play(0.5, 6.5, 9.5)
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
    heard(tape, 12.5, "seeking", "seeked", "playing", loop=True)
    assert names(derive("html5", tape))[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_rate_is_told_when_it_changes() -> None:
    tape = heard(started().play(0.5, 0.0, 1.0), 1.6, "ratechange", position=1.1)
    heard(tape, 1.7, "ratechange", "ratechange", position=1.2, playbackRate=2.0)
    assert after_start(derive("html5", tape)) == ["SPEED"]


def test_other_sources_of_a_recording_say_nothing_of_the_element() -> None:
    tape = started().play(0.5, 0.0, 1.0)
    tape.append({"t": 1600, "source": "kava", "kind": "PAUSE"})
    tape.append({"t": 1700, "source": "cmd", "kind": "pause"})
    assert after_start(derive("html5", tape)) == []
