"""Positions that may not be what they seem: R-stale, R-glitch, R-settle, R-loop (a)."""

from __future__ import annotations

from ..open_intervals import Fall
from ..playback import Playback
from ..playhead import NATURAL, STILL, Playhead, Travel
from ..state import ENDED, FAILED, PLAYING

_AS_IF_NOTHING = (STILL, NATURAL)


def is_stale(pb: Playback, position: float) -> bool:
    """Just after a session opened, a position may still be of the one before (R-stale)."""
    stale = pb.stale
    if stale is None or pb.state in (ENDED, FAILED):
        return False
    now, rate, cap = pb.now, pb.pace.rate, pb.pace.cap
    lately = (
        stale.opened
        if stale.played is None or now - stale.opened < pb.policy.settle
        else (stale.played)
    )
    if now - lately >= pb.policy.settle:
        if stale.played is not None:
            pb.stale = None
        return False
    by_now = stale.position + rate * min(now - stale.moved_at, pb.policy.max_gap)
    if not stale.position - cap <= position <= by_now + cap:
        return False
    here = pb.position or 0.0
    if pb.state is PLAYING:
        here += pb.travel(now).content
    return abs(position - here) > cap


def forget_glitch(pb: Playback, position: float) -> None:
    """If ``position`` is where playback would be but for a jump, that was none (R-glitch)."""
    seek = pb.settling
    if seek is None or seek.before is None or seek.state != pb.state.value or pb.seek is not None:
        return
    before = seek.before
    then = Playhead(before.position, before.moved_at, before.slack, pb.pace, before.elapsed)
    stay = before.stay
    if stay is None:
        as_before = then.judge(position, then.travel(pb.now)) in _AS_IF_NOTHING
    else:
        as_before = (stay.fresh and then.judge(position, stay.travel) in _AS_IF_NOTHING) or abs(
            position - (stay.anchor or 0.0)
        ) <= pb.policy.jump_tolerance
    if as_before:
        pb.note("repaired", "R-glitch", f"one wrong position, {seek.target}, is no seek")
        pb.as_before(seek, before)


def settles(pb: Playback, position: float) -> bool:
    """The first position after a seek or stall, if it is a little behind (R-settle).

    Players land on keyframes and segments.
    """
    assert pb.position is not None
    landing = pb.landing
    return (
        landing is not None
        and pb.now - landing < pb.policy.settle
        and 0.0 < pb.position - position <= pb.policy.snap
    )


# ------------------------------------------------------------------ a fall that may be a loop


def falls(pb: Playback, position: float, travel: Travel) -> bool:
    """A fall from the end to the start waits for what shows whether it is a loop (R-loop a)."""
    end, here, window, seek = pb.end, pb.position, pb.policy.end_window, pb.settling
    assert here is not None
    if (
        end is None
        or position >= here
        or end <= 2 * window
        or (seek is not None and not seek.moved_on)
        or (end - here) + position > travel.content + window
    ):
        return False
    pb.fall = Fall(pb.now, position, [])
    pb.wake_at(pb.now + pb.policy.settle)
    return True


def still_falls(pb: Playback, position: float) -> bool:
    """An update while a fall waits: the first that is elsewhere may show that it was none."""
    fall = pb.fall
    assert fall is not None
    decided = any(where != fall.position for where, _ in fall.updates)
    if not decided and position != fall.position:
        if pb.judge(position, pb.travel(pb.now)) in _AS_IF_NOTHING:
            pb.note("repaired", "R-loop", f"one wrong position, {fall.position}, is no loop")
            pb.fall = None
            return False
    fall.updates.append((position, pb.now))
    return True
