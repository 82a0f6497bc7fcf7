"""The meaning of a reported position: the judgement of updates, state by state.

R-position, R-start, R-settle, R-loop (a), R-jitter, R-natural, R-fast, R-silent-seek,
R-implied-playing, R-resume and their like.
"""

from __future__ import annotations

from collections.abc import Callable

from ...signals import DurationChange, Ended, Pause, Playing, Signal, Stall, StallEnd, Stop
from ..playback import Playback
from ..playhead import FAST, JITTER, JUMP, NATURAL, STILL, Run
from ..state import (
    BUFFERING,
    ENDED,
    FAILED,
    LOADED,
    PAUSED,
    PAUSING,
    PLAYING,
    RESUMING,
    STALLING,
    STARTING,
    State,
)
from . import ads, buffering, doubt, seek
from .halted import after_end, before_play, in_failure, in_pause
from .moves import advance, goes_on, is_start, judge, jump

_AHEAD = (NATURAL, FAST)

#: Where the first content after an ad sets the playhead; in a stall it ends that first.
_REBASED = (
    LOADED,
    STARTING,
    PLAYING,
    PAUSING,
    PAUSED,
    RESUMING,
    FAILED,
)

_ENDS_BUFFER = (Playing, StallEnd)
_LAST_WORDS = (Ended, Stop)

#: Before any media these mean nothing, and so does their position (R-complete).
_NEEDS_MEDIA = (DurationChange, Ended, Pause, Stall, Stop)


def receive(pb: Playback, signal: Signal) -> None:
    """A position on a signal is judged first, as an update of that instant (R-position)."""
    position = signal.position
    assert position is not None
    kind = type(signal)
    if pb.media is None and kind in _NEEDS_MEDIA:
        return
    if kind in _LAST_WORDS:
        buffering.settle(pb)
        last_word(pb, position)
    elif pb.state is BUFFERING and kind in _ENDS_BUFFER:
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
    if pb.state is PLAYING:
        travel = pb.travel(pb.now)
    elif stay is not None and stay.fresh:
        travel = stay.travel
    else:
        return
    if judge(pb, position, travel) in _AHEAD:
        goes_on(pb)
        advance(pb, position, travel)


def follow(pb: Playback, position: float, alone: bool) -> None:
    """Judge ``position``; ``alone`` if it is an update, which may imply a state."""
    if doubt.is_stale(pb, position):
        pb.note("ignored", "R-stale", f"{position} is a position of the session before")
        return
    if pb.ad is not None and (not alone or not ads.content(pb, position)):
        return
    doubt.forget_glitch(pb, position)
    if pb.seeking or (pb.seek is not None and pb.state is PLAYING):
        seek.content(pb, position, alone)
    elif pb.rebase and pb.state in _REBASED:
        # The first content after an ad: nobody knows how it came there (R-ad-end).
        pb.rebase = pb.first = False
        if alone and pb.state is PLAYING:
            seen(pb, alone, moved=True)
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
    if alone and pb.fall is not None and doubt.still_falls(pb, position):
        return
    travel = pb.travel(pb.now)
    move = judge(pb, position, travel)
    if is_start(pb, position, move):
        pb.first = False
        seen(pb, alone, moved=True)
        pb.place(position)
        return
    if pb.first:
        pb.first = False
        move = pb.judge(position, travel)
    lands = doubt.settles(pb, position)
    if alone and not lands and doubt.falls(pb, position, travel):
        return
    if move is JUMP and not lands:
        jump(pb, position)
        pb.landing = None
        seen(pb, alone, moved=True)
        return
    pb.landing = None
    seen(pb, alone, moved=move is not STILL)
    if move is STILL:
        pb.stand(pb.now)
        if alone and buffering.frozen_now(pb):
            buffering.freeze(pb, seen=True)
    elif lands:
        pb.place(position)
    elif move is JITTER:
        pb.spend(0.0, travel)
        pb.place(position)
    else:
        goes_on(pb)
        advance(pb, position, travel)


def seen(pb: Playback, alone: bool, moved: bool) -> None:
    """For R-frozen: an update came, and the playhead moved."""
    if pb.cadence is not None:
        if alone:
            buffering.note_update(pb, pb.cadence)
        if moved:
            buffering.note_move(pb)


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


_JUDGES: dict[State, Callable[[Playback, float, bool], None]] = {
    LOADED: before_play,
    STARTING: before_play,
    PLAYING: in_playing,
    STALLING: in_stall,
    BUFFERING: in_buffer,
    PAUSING: in_pause,
    PAUSED: in_pause,
    RESUMING: in_pause,
    ENDED: after_end,
    FAILED: in_failure,
}
