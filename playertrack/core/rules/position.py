"""What a reported position means: the judgement of updates, state by state.

R-position, R-start, R-settle, R-loop (a), R-jitter, R-natural, R-fast, R-silent-seek,
R-implied-playing, R-resume and their like.
"""

from __future__ import annotations

from collections.abc import Callable

from ...signals import DurationChange, Ended, Pause, Playing, Signal, Stall, StallEnd, Stop
from ..open_intervals import Drag
from ..playback import Playback, State
from ..playhead import Move, Run, Travel
from . import ads as advertising
from . import buffering as stalling
from . import lifecycle
from . import pause as pausing
from . import seek as seeking

_AHEAD = (Move.NATURAL, Move.FAST)

#: A run that covers this much (s of content) in PAUSED or ENDED shows that it plays.
_SURELY = 1.0

_ENDS_BUFFER = (Playing, StallEnd)
_LAST_WORDS = (Ended, Stop)

#: Before any media these mean nothing, and so does their position (R-complete).
_NEEDS_MEDIA = (DurationChange, Ended, Pause, Stall, Stop)


def hear(pb: Playback, signal: Signal) -> None:
    """A position on a signal is judged first, as an update of that instant (R-position)."""
    position = signal.position
    assert position is not None
    if pb.media is None and isinstance(signal, _NEEDS_MEDIA):
        return
    if isinstance(signal, _LAST_WORDS):
        stalling.settle(pb)
        last_word(pb, position)
    elif isinstance(signal, _ENDS_BUFFER) and pb.state is State.BUFFERING:
        pb.fire("stall_end")
        follow(pb, position, alone=False)
    else:
        follow(pb, position, alone=False)


def last_word(pb: Playback, position: float) -> None:
    """On `ended` and `stop` a position counts only where natural and ahead."""
    if pb.suspended or pb.rebase:
        return
    stay = pb.stay
    if pb.state is State.PLAYING:
        travel = pb.travel(pb.now)
    elif stay is not None and stay.fresh:
        travel = stay.travel
    else:
        return
    if pb.judge(position, travel) is Move.NATURAL:
        pb.settle_seek()
        advance(pb, position, travel)


def follow(pb: Playback, position: float, alone: bool) -> None:
    """Judge ``position``; ``alone`` if it is an update, which may imply a state."""
    if pb.ad is not None:
        if not alone or not advertising.content(pb, position):
            return
    if pb.seeking or (pb.seek is not None and pb.state is State.PLAYING):
        seeking.content(pb, position, alone)
    elif pb.rebase and pb.state in _JUDGES and pb.stall_open is None:
        # The first content after an ad: nobody knows how it came there (R-ad-end).
        pb.rebase = pb.first = False
        pb.rest(position)
        pb.run = Run.begin(position, pb.now, pb.pace)
    elif pb.state in _JUDGES:
        _JUDGES[pb.state](pb, position, alone)
    elif alone:
        pb.note("ignored", "R-complete", "a timeupdate before any media")
    else:
        pb.place(position)


# ------------------------------------------------------------------ while it plays


def in_playing(pb: Playback, position: float, alone: bool) -> None:
    """The order of judgement is the contract's (R-loop)."""
    if alone:
        stalling.note_update(pb)
    travel = pb.travel(pb.now)
    move = pb.judge(position, travel)
    if pb.first:
        pb.first = False
        if move in (Move.JITTER, Move.JUMP):
            pb.place(position)
            stalling.note_move(pb)
            return
    landing, pb.landing = pb.landing, None
    if move is Move.STILL:
        pb.stand(pb.now)
        if stalling.frozen_now(pb):
            stalling.freeze(pb, seen=True)
        return
    stalling.note_move(pb)
    if landing is not None and settles(pb, position, landing):
        pb.place(position)
    elif alone and loops(pb, position, travel):
        pb.note("inferred", "R-loop", "the position fell from the end to the beginning")
        lifecycle.start_over(pb)
        in_playing(pb, position, alone)
    elif move is Move.JITTER:
        pb.spend(0.0, travel)
        pb.place(position)
    elif move is Move.JUMP:
        jump(pb, position)
    else:
        pb.settle_seek()
        pb.landing = None
        advance(pb, position, travel)


def advance(pb: Playback, position: float, travel: Travel) -> None:
    """A natural amount ahead: it counts, unless nobody watches that fast (R-fast)."""
    assert pb.position is not None
    pb.first = False
    pb.spend(position - pb.position, travel)
    if travel.fast:
        pb.place(position)
    else:
        pb.credit(position, travel)
        if pb.stay is not None:
            pb.stay.anchor, pb.stay.fresh = position, False
            pb.stay.travel = pb.travel(pb.now)


def settles(pb: Playback, position: float, landing: float) -> bool:
    """Players land on keyframes and segments (R-settle)."""
    assert pb.position is not None
    policy = pb.policy
    return (
        pb.drag is None
        and pb.now - landing < policy.settle
        and 0.0 < pb.position - position <= policy.snap
    )


def loops(pb: Playback, position: float, travel: Travel) -> bool:
    """Whether the way from the playhead over the end to here is natural (R-loop a)."""
    end, here, window = pb.end, pb.position, pb.policy.end_window
    assert here is not None
    return (
        end is not None
        and position < here
        and end > 2 * window
        and (end - here) + position <= travel.uncut + window
    )


def jump(pb: Playback, position: float) -> None:
    """A seek that the player did not report; it stays open, for it may be a drag."""
    policy = pb.policy
    origin = pb.position
    if pb.stay is not None:
        pb.stay.anchor = position
    pb.place(position)
    if not policy.infer_seeks:
        pb.note("inferred", "R-silent-seek", f"a jump from {origin} to {position} is taken as none")
        return
    # Half the slack, from here on: the next step of a slider is not natural either.
    pb.slack = min(pb.slack, pb.pace.cap / 2)
    if pb.media is not None and not pb.media.seekable:
        pb.note("inferred", "R-seek-live", f"a jump from {origin} to {position}")
    elif pb.drag is None:
        pb.drag = Drag(pb.now, origin, position)
    else:
        pb.drag.at, pb.drag.target = pb.now, position


def in_stall(pb: Playback, position: float, alone: bool) -> None:
    """In the grace an advance ends the stall; its first position may define where it is."""
    stall = pb.stall_open
    assert stall is not None
    if position - stall.position >= pb.policy.resume_advance:
        pb.fire("stall_end")
        follow(pb, position, alone)
    elif stall.fresh:
        stall.position, stall.fresh = position, False


def in_buffer(pb: Playback, position: float, alone: bool) -> None:
    """An update away from where it stalled shows that it plays again (R-stall-end)."""
    stall = pb.stall_open
    assert stall is not None
    if not alone:
        return
    if abs(position - stall.position) > pb.policy.resume_advance:
        stall.landed = position
        pb.fire("stall_end")
        follow(pb, position, alone)
    elif stall.fresh:
        stall.position, stall.fresh = position, False


# ------------------------------------------------------------------ while it does not


def carry(pb: Playback, position: float, alone: bool) -> Move:
    """Carry the run on; `Move.JUMP` if this position begins it anew."""
    run = pb.run
    if run is not None and alone:
        move = run.follow(position, pb.now)
        if move in _AHEAD or move is Move.STILL:
            return move
    pb.run = Run.begin(position, pb.now, pb.pace)
    return Move.JUMP


def before_play(pb: Playback, position: float, alone: bool) -> None:
    """Before PLAY a position is where playback will start; a run shows that it did."""
    if pb.stale:
        if position > pb.policy.end_window:
            pb.note("ignored", "R-replay-signal", "a position of before the replay")
            return
        pb.stale = False
    move = carry(pb, position, alone)
    pb.place(position)
    run = pb.run
    enough = 1 if pb.state is State.STARTING else 2
    if (
        move in _AHEAD
        and run is not None
        and run.moves >= enough
        and run.covered >= pb.policy.resume_advance
    ):
        take_off(pb, run, "R-implied-playing")


def in_pause(pb: Playback, position: float, alone: bool) -> None:
    """Paused, or about to resume: late news, small moves, silent seeks, or a run that resumes."""
    stay = pb.stay
    assert stay is not None and pb.position is not None
    goes_on = pb.run is not None and pb.run.judge(position, pb.run.travel(pb.now)) in _AHEAD
    move = carry(pb, position, alone)
    run = pb.run
    if move in _AHEAD and run is not None:
        pb.settle_seek()
        stay.fresh = False
        if pb.state is State.RESUMING or run.covered >= _SURELY:
            take_off(pb, run, "R-resume")
        else:
            pb.place(position)
        return
    fresh, stay.fresh = stay.fresh, False
    first, pb.first = pb.first, False
    landing, pb.landing = pb.landing, None
    if position == pb.position:
        return
    if fresh and pb.judge(position, stay.travel) in _AHEAD:
        advance(pb, position, stay.travel)
    elif first or (landing is not None and settles(pb, position, landing)):
        pb.rest(position)
    elif goes_on or abs(position - (stay.anchor or 0.0)) <= pb.policy.jump_tolerance:
        pb.place(position)
    else:
        jump(pb, position)


def after_end(pb: Playback, position: float, alone: bool) -> None:
    """After the end moves are no seeks, but a run is a replay (R-replay)."""
    if pb.deaf:
        pb.note("ignored", "R-stop", "a position after the stop")
        return
    move = carry(pb, position, alone)
    run = pb.run
    if move in _AHEAD and run is not None and run.covered >= _SURELY:
        take_off(pb, run, "R-replay")
    elif position != pb.position:
        pb.rest(position)


def in_failure(pb: Playback, position: float, alone: bool) -> None:
    """A run of two moves shows that the player has recovered (R-error)."""
    move = carry(pb, position, alone)
    run = pb.run
    if move in _AHEAD and run is not None and run.moves >= 2:
        take_off(pb, run, "R-error")
    else:
        pb.place(position)


def take_off(pb: Playback, run: Run, rule: str) -> None:
    """A run shows that it plays: as `playing` at its base, and what it covers was played."""
    pb.note("inferred", rule, f"playback runs since {run.base}")
    here = run.position
    assert here is not None
    resumes = pb.stay is not None
    if pb.state is State.ENDED:
        pb.restart = run.base
    pb.place(here if resumes else run.base)
    pausing.release(pb)
    pb.fire("playing", pb.now - run.seconds)
    pb.first = False
    if run.fast:
        pb.place(here)
    else:
        pb.credit_run(run.base, here, run.seconds)


_JUDGES: dict[State, Callable[[Playback, float, bool], None]] = {
    State.LOADED: before_play,
    State.STARTING: before_play,
    State.PLAYING: in_playing,
    State.STALLING: in_stall,
    State.BUFFERING: in_buffer,
    State.ENDING: in_pause,
    State.PAUSED: in_pause,
    State.RESUMING: in_pause,
    State.ENDED: after_end,
    State.FAILED: in_failure,
}
