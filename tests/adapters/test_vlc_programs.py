"""A libVLC whose program seeks in a pause, or plays a part of a file."""

from __future__ import annotations

import pytest
from tapes import Record, after_start, derive, only
from vlc_tapes import filled, started


@pytest.mark.parametrize(
    ("burst", "goes_on", "answer"),
    [
        pytest.param(2.3, 2.3, {}, id="with no time between"),
        pytest.param(2.45, 2.6, {}, id="shown by a position"),
        pytest.param(2.45, 2.6, {"time_ms": 8000}, id="shown by an answer"),
        pytest.param(2.451, 2.452, {"time_ms": 8000}, id="whose cache is filled when it plays"),
        pytest.param(4.0, 4.15, {}, id="after a while"),
    ],
)
def test_unreported_seek_in_a_pause_is_found_when_it_is_over(
    burst: float, goes_on: float, answer: Record
) -> None:
    """It was before playback went on, and so it is reported."""
    tape = started().play(0.2, 0.0, 2.0).add(2.29, "MediaPlayerPaused")
    filled(tape, burst).add(goes_on, "MediaPlayerPlaying")
    tape.sort(key=lambda record: record["t"])
    if answer:
        tape.add(goes_on + 0.05, "poll", rate=1.0, **answer)
    events = derive("vlc", tape.at(goes_on + 0.1, 8.1).play(goes_on + 0.1, 8.1, 9.1))
    in_pause = ["PAUSE", "SEEK", "RESUME"] if burst - 2.29 >= 0.3 else ["SEEK"]
    assert after_start(events) == [*in_pause, "PLAY_REACHED_75"]
    seek = only("SEEK", events)
    assert (seek.origin, seek.target) == pytest.approx((2.0, 8.0), abs=0.01)


def test_cache_that_is_filled_in_a_pause_is_no_seek_if_playback_goes_on_from_there() -> None:
    tape = filled(started().play(0.2, 0.0, 2.0).add(2.29, "MediaPlayerPaused"), 3.0)
    tape.add(4.0, "MediaPlayerPlaying").add(4.1, "poll", rate=1.0, time_ms=2000)
    assert after_start(derive("vlc", tape.play(4.0, 2.0, 2.75))) == ["PAUSE", "RESUME"]


@pytest.mark.parametrize("pause", [2.4, 2.9])
def test_lack_of_data_that_ends_in_a_pause_is_no_seek(pause: float) -> None:
    """Then positions step back to the start of the segment."""
    tape = started().play(0.2, 0.0, 2.0).add(2.25, "MediaPlayerBuffering", new_cache=20.0)
    tape.add(pause, "MediaPlayerPaused").add(4.0, "MediaPlayerBuffering", new_cache=100.0)
    tape.add(5.0, "MediaPlayerPlaying").play(5.0, 1.5, 2.75)
    assert "SEEK" not in after_start(derive("vlc", tape))


def test_part_of_a_file_that_was_played_is_no_broken_file() -> None:
    """As with `start-time` and `stop-time`: of 12 s, 4 to 6."""
    tape = started(12.0).at(0.63, 4.5).play(0.63, 4.5, 5.75).add(2.1, "MediaPlayerEndReached")
    assert after_start(derive("vlc", tape)) == []


def test_part_that_the_program_named_is_the_content() -> None:
    tape = started(12.0)
    tape[0]["part"] = [4.0, 8.0]
    tape.at(0.63, 4.5).play(0.63, 4.5, 7.5).add(4.2, "MediaPlayerEndReached")
    events = derive("vlc", tape)
    assert after_start(events) == [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
    assert (events[-1].duration, events[-1].position) == (4.0, 4.0)


@pytest.mark.parametrize("start", [0.0, 0.8])
def test_part_has_to_be_announced_or_its_end_is_that_of_a_broken_file(start: float) -> None:
    """Of `stop-time` libVLC says nothing, nor of a `start-time` that could be a late position."""
    tape = started(12.0).play(0.2, start, 4.0).add(4.5, "MediaPlayerEndReached")
    error = only("ERROR", derive("vlc", tape))
    assert error.code == "ended_early"
    tape[0]["part"] = [start, 4.0]
    assert after_start(derive("vlc", tape)) == [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
