"""Tapes of playbin and GstPlay, as far as their tests share them."""

from __future__ import annotations

from itertools import pairwise

from tapes import Record, Tape

SECOND = 1_000_000_000


UNKNOWN = 2**64 - 1


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


def state(t: float, old: str, new: str, pending: str = "void-pending") -> Record:
    fields = {"pipeline": True, "old": old, "new": new, "pending": pending}
    return {"t": t, "kind": "state-changed", **fields}


def flushed(tape: Tape, t: float) -> Tape:
    """A seek of the program's own while it plays; the pipeline says no more than this."""
    for row in (("paused", "paused", "paused"), ("paused", "paused", "playing")):
        tape.append(state(t, *row))
    tape.add(t + 0.01, "async-done").append(state(t + 0.01, "paused", "playing"))
    return tape


def answer(t: float, position: float, duration: float = 12.0, rate: float = 1.0) -> Record:
    fields = {"position_ns": round(position * SECOND), "duration_ns": round(duration * SECOND)}
    return {"t": t, "kind": "poll", "rate": rate, **fields}
