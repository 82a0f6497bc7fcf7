"""The behaviour of Qt's player as it was seen, where no recording is kept."""

from __future__ import annotations

import pytest
from tapes import Record, Tape, after_start, derive, only


def changed(t: float, position: float) -> Record:
    return {"t": t, "kind": "positionChanged", "args": [round(position * 1000)]}


def stalled(at: float = 3.4, *, until: float) -> Tape:
    """A video of 6 s that plays from 0 on, and has no more data at ``at``."""
    tape = Tape(changed).command(0.0, "open", "clip.mp4").command(0.001, "play")
    tape.add(0.002, "durationChanged", args=[6000])
    tape.add(0.003, "mediaStatusChanged", args=["LoadedMedia"])
    tape.add(0.004, "playbackStateChanged", args=["PlayingState"])
    tape.play(0.0, 0.0, at, step=0.05)
    t = at
    while (t := t + 0.25) < until:
        poll = {"position_ms": at * 1000, "duration_ms": 6000, "status": "BufferingMedia"}
        tape.add(t, "poll", **poll)
    return tape


def playing(until: float) -> Tape:
    """The same video, played from 0 to ``until``; its length is known."""
    return stalled(until, until=0.0).add(until, "poll", duration_ms=6000, status="BufferedMedia")


STALL = ["PLAY_REACHED_25", "PLAY_REACHED_50", "BUFFER_START", "BUFFER_END"]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([(1.349, 1.36)], id="at once"),
        pytest.param([(1.192, 0.32), (1.252, 1.28)], id="by a step"),
        pytest.param([(1.343, 0.76), (1.399, 1.4)], id="by a long step"),
        pytest.param([(1.204, 0.24), (1.268, 0.6), (1.308, 1.28)], id="by two steps"),
        pytest.param([(1.404, 0.04), (1.448, 1.48)], id="by a picture"),
    ],
)
def test_clock_that_ran_on_in_a_stall_is_caught_up_with(steps: list[tuple[float, float]]) -> None:
    """As was seen on a busy machine: so long after the stall began, so far ahead of there."""
    tape = stalled(until=4.5)
    for seconds, content in steps:
        tape.at(3.4 + seconds, 3.4 + content)
    t, position = 3.4 + steps[-1][0], 3.4 + steps[-1][1]
    tape.play(t, position, position + 0.5, step=0.05)
    assert after_start(derive("qt", tape)) == STALL


def test_playback_that_goes_on_where_it_was() -> None:
    tape = stalled(until=4.5).play(4.6, 3.4, 5.0, step=0.05)
    assert after_start(derive("qt", tape)) == [*STALL, "PLAY_REACHED_75"]


@pytest.mark.parametrize("goes_on", [True, False])
def test_seek_by_the_program_in_a_stall_stays_behind_the_clock(goes_on: bool) -> None:
    tape = stalled(until=5.9).at(5.95, 4.6)
    if goes_on:
        tape.play(5.95, 4.6, 5.8, step=0.05)
    seek = only("SEEK", derive("qt", tape))
    assert (seek.origin, seek.target) == (3.4, 4.6)


@pytest.mark.parametrize("apart", [0.001, 0.05])
@pytest.mark.parametrize("begun", [0.0, 0.2])
def test_positions_that_the_event_loop_held_up_are_no_seek(apart: float, begun: float) -> None:
    """The first that comes is of before the loop was blocked, the next of now."""
    tape = stalled(begun, until=0.3).at(0.617, 0.24).at(0.617 + apart, 0.56)
    tape.play(0.617 + apart, 0.56, 1.0, step=0.05)
    assert after_start(derive("qt", tape)) == []


@pytest.mark.parametrize("between", [0.001, 0.052])
@pytest.mark.parametrize("others", [0, 1, 2])
@pytest.mark.parametrize("blocked", [0.4, 0.65, 1.3, 2.0])
@pytest.mark.parametrize("start", [0.0, 0.04, 1.0, 2.9])
def test_what_was_played_while_the_event_loop_was_blocked_is_watched(
    start: float, blocked: float, others: int, between: float
) -> None:
    """Positions that were held up come first, and in no time; some of what plays lies between."""
    tape, t = playing(start), start + blocked
    for n in range(1, others + 1):
        tape.at(t, start + 0.04 * n).add(t + 0.0001, "poll", duration_ms=6000)
        t += between
    events = derive("qt", tape.at(t, t).play(t, t, t + 0.5, step=0.05).at(5.6, 5.6))
    assert after_start(events) == [f"PLAY_REACHED_{n}" for n in (25, 50, 75)]
    assert only("PLAY", events).at < 0.1


@pytest.mark.parametrize("blocked", [0.65, 1.3, 2.5])
def test_what_was_played_in_a_freeze_after_a_seek_is_watched(blocked: float) -> None:
    """The seek has settled before the first position arrives that is of before that."""
    tape, t, now = playing(0.3).at(0.36, 1.4), 0.36 + blocked, 1.4 + blocked
    tape.at(t, 1.44).at(t + 0.05, now + 0.05).play(t + 0.05, now + 0.05, 5.2, step=0.05)
    assert after_start(derive("qt", tape, timers=True)) == [
        *("SEEK", "PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75"),
    ]


def test_position_that_is_late_without_a_successor_is_not_lost() -> None:
    tape = playing(1.4).at(1.9, 1.6)
    assert after_start(derive("qt", tape)) == ["PLAY_REACHED_25"]


def test_round_of_a_loop_that_the_event_loop_held_up_is_no_seek() -> None:
    tape = stalled(5.6, until=5.9).add(5.9, "loopsChanged", args=[-1])
    tape.at(6.25, 6.0).at(6.251, 0.0).at(6.3, 0.4).play(6.3, 0.4, 1.0, step=0.05)
    assert after_start(derive("qt", tape))[3:] == [
        *("PLAY_REACHED_100", "REPLAY", "PLAY_REQUEST", "PLAY"),
    ]


def test_seek_further_than_the_event_loop_was_held_up_is_one() -> None:
    tape = stalled(0.2, until=0.3).at(0.617, 0.24).at(0.618, 1.2)
    tape.play(0.618, 1.2, 1.7, step=0.05)
    assert after_start(derive("qt", tape)) == ["SEEK"]
