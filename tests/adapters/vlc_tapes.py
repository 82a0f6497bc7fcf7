"""Tapes of libVLC, as far as its tests share them."""

from __future__ import annotations

from tapes import Record, Tape


def changed(t: float, position: float) -> Record:
    return {"t": t, "kind": "MediaPlayerTimeChanged", "new_time_ms": round(position * 1000)}


def started(length: float = 12.0, media: str = "clip.mp4") -> Tape:
    """A player that opened its input at 0.1 and has filled its cache."""
    tape = Tape(changed).command(0.0, "open", media).command(0.01, "play")
    tape.add(0.1, "MediaPlayerOpening")
    tape.add(0.11, "MediaPlayerLengthChanged", new_length_ms=length * 1000)
    return filled(tape.add(0.12, "MediaPlayerPlaying"), 0.13)


def filled(tape: Tape, t: float, seconds: float = 0.002) -> Tape:
    tape.add(t, "MediaPlayerBuffering", new_cache=0.0)
    return tape.add(t + seconds, "MediaPlayerBuffering", new_cache=100.0)


def polled(tape: Tape, t: float, until: float) -> Tape:
    while t < until:
        tape.add(t, "poll", rate=1.0)
        t += 0.25
    return tape


def sought(tape: Tape, t: float, target: float) -> Tape:
    """A seek as the program commands it, with the echo on its own thread."""
    tape.command(t, "seek", target)
    echo = {**changed(t, target), "main": True}
    tape.append(echo)
    return filled(tape, t + 0.003)
