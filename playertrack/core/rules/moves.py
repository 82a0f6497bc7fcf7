"""The effect of a move of the playhead: it is credited, or a jump, or the true start.

R-natural, R-fast, R-silent-seek, R-start.
"""

from __future__ import annotations

from ..open_intervals import Settling
from ..playback import Playback
from ..playhead import FAST, NATURAL, STILL, Move, Travel
from ..state import PLAYING
from . import lifecycle

_ON_THE_WAY = (STILL, NATURAL, FAST)


def is_start(pb: Playback, position: float, move: Move) -> bool:
    """Playback started at ``position``, wherever it was thought to (R-start)."""
    forget_start(pb)
    return move not in _ON_THE_WAY and (pb.first or near_start(pb, position))


def forget_start(pb: Playback) -> None:
    """The start that was reported says nothing any more a while after PLAY."""
    played = None if pb.start is None else pb.start.played
    if played is not None and pb.now - played >= pb.policy.settle:
        pb.start = None


def judge(pb: Playback, position: float, travel: Travel) -> Move:
    """`Playhead.judge`, with the little slack that the first position after PLAY has."""
    slack = pb.slack
    if pb.first:
        pb.slack = min(slack, lifecycle.start_slack(pb))
    move = pb.judge(position, travel)
    pb.slack = slack
    return move


def near_start(pb: Playback, position: float) -> bool:
    """Soon after PLAY, where playback from the start that was reported would be; once."""
    start = pb.start
    if start is None or start.played is None:
        return False
    since = pb.now - start.played
    ahead, cap = position - start.position, pb.pace.cap
    if since < pb.policy.settle and -cap <= ahead <= pb.pace.rate * since + cap:
        pb.start = None
        return True
    return False


def advance(pb: Playback, position: float, travel: Travel) -> None:
    """A natural amount ahead: it counts, unless nobody watches that fast (R-fast)."""
    assert pb.position is not None
    if pb.first:
        pb.first = False
    ahead = position - pb.position
    travel = pb.counted(ahead, travel) or travel
    pb.spend(ahead, travel)
    if travel.fast:
        pb.place(position)
    else:
        pb.credit(position, travel)
        if pb.stay is not None:
            pb.stay.anchor, pb.stay.fresh = position, False
            pb.stay.travel = pb.travel(pb.now)


def goes_on(pb: Playback) -> None:
    """Playback moves on from where a seek that settles put it (R-seek)."""
    seek = pb.settling
    if seek is not None and pb.state is PLAYING:
        if seek.reported:
            seek.moved_on = True
        else:
            pb.settle_seek()


def jump(pb: Playback, position: float) -> None:
    """A seek that the player did not report; more of it may follow (R-silent-seek)."""
    policy, here, end = pb.policy, pb.position, pb.end
    if end is not None and end <= 2 * policy.end_window:
        pb.note("inferred", "R-loop", f"in media that short {position} is neither loop nor seek")
        pb.place(position)
        return
    if not policy.infer_seeks:
        pb.note("inferred", "R-silent-seek", f"a jump from {here} to {position} is taken as none")
    elif pb.media is not None and not pb.media.seekable:
        pb.note("inferred", "R-seek-live", f"a jump from {here} to {position}")
    else:
        unreported_seek(pb, position)
    pb.place(position)
    if pb.stay is not None:
        pb.stay.anchor = position
    if policy.infer_seeks:
        # Half the slack, from here on: the next step of a slider is not natural either.
        pb.slack = min(pb.slack, pb.pace.cap / 2)


def unreported_seek(pb: Playback, position: float) -> None:
    """A part of the seek that settles, or a seek of its own; a pause that waits is moved."""
    seek = pb.settling
    if seek is not None and seek.moved_on:
        pb.settle_seek()
        seek = None
    if seek is None:
        state = pb.state.value
        pb.settling = Settling(
            pb.now,
            pb.position,
            position,
            "R-silent-seek",
            pb.cause,
            False,
            state,
            before=pb.as_it_is(),
        )
        pb.wake_at(pb.now + pb.policy.settle)
    else:
        seek.at, seek.target, seek.cause = pb.now, position, pb.cause
        seek.single = seek.own = False
    if pb.waiting is not None:
        pb.waiting.at, pb.waiting.position = pb.now, position
