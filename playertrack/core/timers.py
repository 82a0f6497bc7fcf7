"""The rules that wait for a time (R-timer): when each grace ends, and what happens then.

Every wait is a value in the state with the time since which it runs. Nothing counts down:
the engine asks here what is due by the ``at`` of a signal and does it first. It only asks when
something can be due: who begins a wait says so (`PlayerState.wake_at`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, nextafter
from operator import methodcaller

from ..policy import Policy
from .playback import Playback
from .rules import ads, buffering, fall
from .state import STALLING

#: What is done when a wait is over.
Act = Callable[[Playback], object]

_seek: Act = Playback.settle_seek
_pause: Act = methodcaller("fire", "pause_stands")
_buffer: Act = methodcaller("fire", "buffer")
_NOTHING: Act = bool
_freeze: Act = partial(buffering.freeze, seen=False)


def first_due(pb: Playback) -> tuple[float, Act, float]:
    """When the first of all waits is over, what is then done, and before when no other is over.

    The times are infinite if nothing (else) waits. A grace is over at the first moment at
    which it is in the arithmetic of floats (R-timer).
    """
    first, what, later = inf, _NOTHING, inf
    for since, grace, act in _waits(pb):
        due = since + grace
        while due - since < grace:
            due = nextafter(due, inf)
        if due < first:
            first, what, later = due, act, first
        else:
            later = min(later, due)
    if pb.settling is not None and (pb.seek is not None or pb.waiting is not None):
        later = -inf  # held up by a seek that is open or settles: nobody knows how long
    return first, what, later


def _waits(pb: Playback) -> list[tuple[float, float, Act]]:
    """Since when there is a wait, how long it is (s), and what is done when it is over."""
    waits: list[tuple[float, float, Act]] = []
    policy: Policy = pb.pace._setup.policy  # asked after each signal: a property takes longer
    settling, waiting, stalled = pb.settling, pb.waiting, pb.stall_open
    if pb.fall is not None:
        waits.append((pb.fall.at, policy.settle, fall.loop))
    if settling is not None:
        # A seek that is open may still become a part of it, and a PAUSE waits for it.
        if pb.seek is None or pb.seek.early:
            waits.append((settling.at, policy.settle, _seek))
    elif waiting is not None:
        waits.append((waiting.at, waiting.grace, _pause))
    if stalled is not None and pb.state is STALLING:
        waits.append((stalled.at, policy.stall_grace, _buffer))
    if pb.ad is not None:
        waits.append((pb.ad.last_at, policy.ad_timeout, ads.give_up))
    if pb.cadence is not None:
        silence = buffering.silence(pb)
        if silence is not None:
            waits.append((*silence, _freeze))
    return waits
