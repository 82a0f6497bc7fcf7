"""What a reported position means: the judgement of updates, state by state.

R-position, R-start, R-settle, R-loop (a), R-jitter, R-natural, R-fast, R-silent-seek,
R-implied-playing, R-resume and their like.
"""

from __future__ import annotations

from collections.abc import Callable

from ...signals import DurationChange, Ended, Pause, Playing, Signal, Stall, StallEnd, Stop
from ..open_intervals import Settling
from ..playback import Playback
from ..playhead import Move, Run, Travel
from ..state import State
from . import ads as advertising
from . import buffering as stalling
from . import doubt, lifecycle
from . import seek as seeking

_AHEAD = (Move.NATURAL, Move.FAST)
_ON_THE_WAY = (Move.STILL, Move.NATURAL, Move.FAST)

#: A run that covers this much (s of content) in a pause or after the end shows that it plays.
_SURELY = 1.0

#: Where the first content after an ad sets the playhead; in a stall it ends that first.
_REBASED = (
    State.LOADED,
    State.STARTING,
    State.PLAYING,
    State.PAUSING,
    State.PAUSED,
    State.RESUMING,
    State.FAILED,
)

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
    if pb.suspended or pb.rebase or doubt.is_stale(pb, position):
        return
    doubt.forget_glitch(pb, position)
    stay = pb.stay
    if pb.state is State.PLAYING:
        travel = pb.travel(pb.now)
    elif stay is not None and stay.fresh:
        travel = stay.travel
    else:
        return
    if pb.judge(position, travel) in _AHEAD:
        goes_on(pb)
        advance(pb, position, travel)


def follow(pb: Playback, position: float, alone: bool) -> None:
    """Judge ``position``; ``alone`` if it is an update, which may imply a state."""
    if doubt.is_stale(pb, position):
        pb.note("ignored", "R-stale", f"{position} is a position of the session before")
        return
    if pb.ad is not None and (not alone or not advertising.content(pb, position)):
        return
    doubt.forget_glitch(pb, position)
    if pb.seeking or (pb.seek is not None and pb.state is State.PLAYING):
        seeking.content(pb, position, alone)
    elif pb.rebase and pb.state in _REBASED:
        # The first content after an ad: nobody knows how it came there (R-ad-end).
        pb.rebase = pb.first = False
        if alone and pb.state is State.PLAYING:
            stalling.note_update(pb)
            stalling.note_move(pb)
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
    if alone and doubt.falls(pb, position):
        return
    if alone:
        stalling.note_update(pb)
    travel = pb.travel(pb.now)
    if is_start(pb, position, travel):
        pb.first = False
        pb.place(position)
        stalling.note_move(pb)
        return
    pb.first = False
    move = pb.judge(position, travel)
    lands = doubt.settles(pb, position)
    if move is Move.JUMP and not lands:
        jump(pb, position)
        pb.landing = None
        stalling.note_move(pb)
        return
    pb.landing = None
    if move is Move.STILL:
        pb.stand(pb.now)
        if alone and stalling.frozen_now(pb):
            stalling.freeze(pb, seen=True)
        return
    stalling.note_move(pb)
    if lands:
        pb.place(position)
    elif move is Move.JITTER:
        pb.spend(0.0, travel)
        pb.place(position)
    else:
        goes_on(pb)
        advance(pb, position, travel)


def is_start(pb: Playback, position: float, travel: Travel) -> bool:
    """Playback started at ``position``, wherever it was thought to (R-start)."""
    assert pb.position is not None
    slack = pb.slack
    if pb.first:
        pb.slack = min(slack, lifecycle.start_slack(pb))
    natural = pb.judge(position, travel) in _ON_THE_WAY
    pb.slack = slack
    if natural:
        return False
    if pb.first:
        return True
    start = pb.start
    if start is not None and start.played is not None:
        since = pb.now - start.played
        ahead, cap = position - start.position, pb.pace.cap
        if since < pb.policy.settle and -cap <= ahead <= pb.pace.rate * since + cap:
            pb.start = None
            return True
    return False


def advance(pb: Playback, position: float, travel: Travel) -> None:
    """A natural amount ahead: it counts, unless nobody watches that fast (R-fast)."""
    assert pb.position is not None
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
    if seek is not None and pb.state is State.PLAYING:
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
    else:
        seek.at, seek.target, seek.cause = pb.now, position, pb.cause
        seek.single = seek.own = False
    if pb.waiting is not None:
        pb.waiting.at, pb.waiting.position = pb.now, position


# ------------------------------------------------------------------ while it waits


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
        if move in _ON_THE_WAY:
            return move
    pb.run = Run.begin(position, pb.now, pb.pace)
    return Move.JUMP


def before_play(pb: Playback, position: float, alone: bool) -> None:
    """Before PLAY a position is where playback will start; a run shows that it did."""
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
    """In a pause: late news, small moves, silent seeks, or a run that plays."""
    stay = pb.stay
    assert stay is not None and pb.position is not None
    followed = pb.run
    goes_on = followed is not None and followed.judge(position, followed.travel(pb.now)) in _AHEAD
    move = carry(pb, position, alone)
    run = pb.run
    if move in _AHEAD and run is not None:
        stay.fresh = False
        if pb.state is State.RESUMING or run.covered >= _SURELY:
            take_off(pb, run, "R-resume")
        else:
            pb.place(position)
        return
    fresh, first = stay.fresh, pb.first
    lands = doubt.settles(pb, position)
    near = goes_on or abs(position - (stay.anchor or 0.0)) <= pb.policy.jump_tolerance
    late = fresh and pb.judge(position, stay.travel) in _AHEAD
    if not (first or lands or near or late or position == pb.position):
        begun, pb.run = pb.run, followed
        jump(pb, position)
        pb.run = begun
        stay.fresh, pb.landing = False, None
        return
    stay.fresh, pb.landing, pb.first = False, None, False
    if position == pb.position:
        if pb.state is State.PAUSING:
            pb.stand(pb.now)
    elif late:
        advance(pb, position, stay.travel)
    elif first or lands:
        pb.rest(position)
    else:
        pb.place(position)


def after_end(pb: Playback, position: float, alone: bool) -> None:
    """After the end moves are no seeks, but a run is a replay (R-replay)."""
    if pb.deaf:
        pb.note("ignored", "R-stop", "a position after the stop")
        return
    if pb.end is not None and position >= pb.end - pb.policy.end_window:
        pb.note("ignored", "R-end", "players go on counting after the end")
        return
    move = carry(pb, position, alone)
    run = pb.run
    if move in _AHEAD and run is not None and run.covered >= _SURELY:
        take_off(pb, run, "R-replay")
    elif position != pb.position:
        pb.rest(position)


def in_failure(pb: Playback, position: float, alone: bool) -> None:
    """A run of two moves shows that the player has recovered (R-error)."""
    pb.first = False
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
    at = max(pb.now - run.seconds, pb.event_at)
    if pb.state is State.ENDED:
        pb.restart = run.base
    pb.seek = None
    pb.place(here if resumes else run.base)
    if pb.state in (State.LOADED, State.ENDED):
        pb.fire("play", at)
    pb.fire("playing", at)
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
    State.PAUSING: in_pause,
    State.PAUSED: in_pause,
    State.RESUMING: in_pause,
    State.ENDED: after_end,
    State.FAILED: in_failure,
}
