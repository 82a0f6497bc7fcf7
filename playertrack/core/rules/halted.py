"""Positions while nothing plays: before PLAY, in a pause, after the end, in a failure.

A run of them shows that it plays after all: R-implied-playing, R-resume, R-replay, R-error.
"""

from __future__ import annotations

from ..playback import Playback
from ..playhead import FAST, JUMP, NATURAL, STILL, Move, Run
from ..state import ENDED, PAUSING, RESUMING, STARTING
from . import buffering, doubt
from .moves import advance, judge, jump, near_start

_AHEAD = (NATURAL, FAST)
_ON_THE_WAY = (STILL, NATURAL, FAST)

#: A run that covers this much (s of content) in a pause or after the end shows that it plays.
_SURELY = 1.0


def carry(pb: Playback, position: float, alone: bool) -> Move:
    """Carry the run on; `Move.JUMP` if this position begins it anew."""
    run = pb.run
    if run is not None and alone:
        move = run.follow(position, pb.now)
        if move in _ON_THE_WAY:
            return move
    pb.run = Run.begin(position, pb.now, pb.pace)
    return JUMP


def before_play(pb: Playback, position: float, alone: bool) -> None:
    """Before PLAY a position is where playback will start; a run shows that it did."""
    move = carry(pb, position, alone)
    pb.place(position)
    run = pb.run
    enough = 1 if pb.state is STARTING else 2
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
        if pb.state is RESUMING or run.covered >= _SURELY:
            take_off(pb, run, "R-resume")
        else:
            pb.place(position)
        return
    fresh, first = stay.fresh, pb.first
    lands = doubt.settles(pb, position)
    near = goes_on or abs(position - (stay.anchor or 0.0)) <= pb.policy.jump_tolerance
    late = fresh and judge(pb, position, stay.travel) in _AHEAD
    still = position == pb.position
    first = first or (not (still or late or lands or near) and near_start(pb, position))
    if not (first or lands or near or late or still):
        begun, pb.run = pb.run, followed
        jump(pb, position)
        pb.run = begun
        stay.fresh, pb.landing = False, None
        return
    stay.fresh = False
    pb.let_go("landing", "first")
    if not still:
        buffering.note_move(pb)
    if still:
        if pb.state is PAUSING:
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
    if pb.state is ENDED:
        pb.restart = run.base
    pb.seek = None
    pb.place(here if resumes else run.base)
    pb.fire("playing", at)
    pb.first = False
    if run.fast:
        pb.place(here)
    else:
        pb.credit_run(run.base, here, run.seconds)
