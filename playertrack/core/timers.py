"""The rules that wait for their time (R-timer): the ends of graces, and what is then done.

Every wait is a value in the state with the time since which it runs. Nothing counts down:
the engine asks here what is due by the ``at`` of a signal and does it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nextafter

from .playback import Playback
from .rules import ads, buffering, loop
from .state import STALLING


def timers(pb: Playback) -> Iterator[tuple[float, Callable[[], object]]]:
    """When each wait is over, and what is then done."""
    policy = pb.policy
    settling, waiting, stall, ad = pb.settling, pb.waiting, pb.stall_open, pb.ad
    if pb.fall is not None:
        yield _over(pb.fall.at, policy.settle), lambda: loop.loop(pb)
    if settling is not None:
        # A seek that is open may still become a part of it, and a PAUSE waits for it.
        if not pb.seeking:
            yield _over(settling.at, policy.settle), pb.settle_seek
    elif waiting is not None:
        yield _over(waiting.at, waiting.grace), lambda: pb.fire("pause_stands")
    if stall is not None and pb.state is STALLING:
        yield _over(stall.at, policy.stall_grace), lambda: pb.fire("buffer")
    if ad is not None:
        yield _over(ad.last_at, policy.ad_timeout), lambda: ads.give_up(pb)
    silence = buffering.silence(pb)
    if silence is not None:
        yield _over(*silence), lambda: buffering.freeze(pb, seen=False)


def _over(since: float, grace: float) -> float:
    """The first moment at which ``grace`` is over in the arithmetic of floats (R-timer)."""
    due = since + grace
    while due - since < grace:
        due = nextafter(due, inf)
    return due
