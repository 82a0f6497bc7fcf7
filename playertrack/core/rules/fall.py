"""Interprets a fall from the end to the start: R-loop (a)."""

from __future__ import annotations

from ...signals import Ended, Loaded, Looped, Replay, Signal, Stop, Tick, TimeUpdate
from ..playback import Playback
from . import end, lifecycle, position

#: A player resets itself before these: a fall that waits was the end.
_RESETS = (Ended, Stop, Replay)
#: These say nothing about it.
_WAITS = (TimeUpdate, Tick)


def resolves(pb: Playback, signal: Signal) -> bool:
    """A signal shows what a fall was that waits (R-loop a); returns that it says no more."""
    assert pb.fall is not None
    if isinstance(signal, _WAITS):
        return False
    if isinstance(signal, _RESETS) or (
        isinstance(signal, Loaded) and not lifecycle.refines(pb, signal)
    ):
        now, pb.now = pb.now, pb.fall.at
        pb.fall = None
        end.arrive_at_end(pb)
        pb.fire("ended")
        pb.now = now
    else:
        loop(pb)
    return isinstance(signal, Looped)


def loop(pb: Playback) -> None:
    """A fall was a loop, at its time; then what waited is judged, each at its own."""
    fall, pb.fall = pb.fall, None
    assert fall is not None
    now, cause = pb.now, pb.cause
    pb.now, pb.cause = fall.at, TimeUpdate.name
    pb.note("inferred", "R-loop", "the position fell from the end to the beginning")
    end.arrive_at_end(pb)
    lifecycle.start_over(pb)
    for reached, at in ((fall.position, fall.at), *fall.updates):
        pb.now = at
        pb.settle_due(at)
        position.follow(pb, reached, alone=True)
    pb.now, pb.cause = now, cause
