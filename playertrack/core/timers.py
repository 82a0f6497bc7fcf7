"""The rules that wait for their time (R-timer): the ends of graces, and what is then done.

Every wait is a value in the state with the time since which it runs. Nothing counts down:
the engine asks here what is due by the ``at`` of a signal and does it first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, nextafter
from operator import methodcaller

from .playback import Playback
from .rules import ads, buffering, fall
from .state import STALLING

#: What is done when a wait is over.
Act = Callable[[Playback], object]

#: The fields of a player that can hold a wait.
WAITS = frozenset({"fall", "settling", "waiting", "stall_open", "ad", "cadence"})

_pause: Act = methodcaller("fire", "pause_stands")
_buffer: Act = methodcaller("fire", "buffer")
_freeze: Act = partial(buffering.freeze, seen=False)


def timers(pb: Playback) -> list[tuple[float, Act]]:
    """When each wait is over, and what is then done."""
    return [(_over(since, grace), act) for since, grace, act in _waits(pb)]


def first_over(pb: Playback, at: float) -> tuple[float, Act] | None:
    """Of the waits that are over by ``at`` the one that was over first; None if none is."""
    first = None
    for since, grace, act in _waits(pb):
        if since + grace <= at:
            due = _over(since, grace)
            if due <= at and (first is None or due < first[0]):
                first = due, act
    return first


def _waits(pb: Playback) -> list[tuple[float, float, Act]]:
    """Since when there is a wait, how long it is (s), and what is done when it is over."""
    found: list[tuple[float, float, Act]] = []
    settling, waiting = pb.settling, pb.waiting
    if pb.fall is not None:
        found.append((pb.fall.at, pb.policy.settle, fall.loop))
    if settling is not None:
        # A seek that is open may still become a part of it, and a PAUSE waits for it.
        if pb.seek is None or pb.seek.early:
            found.append((settling.at, pb.policy.settle, Playback.settle_seek))
    elif waiting is not None:
        found.append((waiting.at, waiting.grace, _pause))
    if pb.stall_open is not None and pb.state is STALLING:
        found.append((pb.stall_open.at, pb.policy.stall_grace, _buffer))
    if pb.ad is not None:
        found.append((pb.ad.last_at, pb.policy.ad_timeout, ads.give_up))
    if pb.cadence is not None:
        silence = buffering.silence(pb)
        if silence is not None:
            found.append((*silence, _freeze))
    return found


def _over(since: float, grace: float) -> float:
    """The first moment at which ``grace`` is over in the arithmetic of floats (R-timer)."""
    due = since + grace
    while due - since < grace:
        due = nextafter(due, inf)
    return due
