"""Seeks that the player reports: R-seek, R-seek-quiet, R-seek-lost, R-seek-early and others.

A seek overlays the state until it is complete. Only then is its SEEK emitted, once, and what the
player reported meanwhile takes effect after it.
"""

from __future__ import annotations

from ...signals import Seek, Seeked, Seeking
from ..open_intervals import OpenSeek, Settling, Stay
from ..playback import Playback
from ..playhead import JITTER, JUMP, NATURAL, Run
from ..state import (
    BUFFERING,
    ENDED,
    FAILED,
    IDLE,
    LOADED,
    PAUSING,
    PLAYING,
    READY,
    RESUMING,
    STALLING,
    STARTING,
)
from . import buffering, lifecycle, pause

_UNSTARTED = (LOADED, STARTING)
_MEDIALESS = (IDLE, READY)
_MAY_LOOP = (PLAYING, STALLING, BUFFERING, PAUSING)

#: How far ahead (s of content) the playhead is thought to be when a seek starts.
_MOST_AHEAD = 1.0

# ------------------------------------------------------------------ signals


def on_seeking(pb: Playback, signal: Seeking) -> None:
    """A seek began, or the one that is open goes on to another target."""
    seek = unfinished(pb)
    if seek is not None:
        seek.done, seek.run = False, None
        if signal.position is not None:
            seek.target, seek.named = signal.position, True
        sought_by(seek, signal.by)
    elif silent(pb):
        choose(pb, signal.position)
        if signal.position is None and pb.run is not None:
            pb.run = run_anew(pb)
        if pb.state in _UNSTARTED:
            target = signal.position
            named = target is not None
            pb.seek = OpenSeek(None, target, named, pb.travel(pb.now), early=True)
    elif pb.ad is not None:
        pb.note("ignored", "R-seek-ad", "a seek begun inside a linear ad")
    else:
        begin(pb, signal.origin, signal.position, signal.by)


def on_seeked(pb: Playback, signal: Seeked) -> None:
    """The seek is complete, or nobody said that one began (R-seek-orphan)."""
    seek, position = unfinished(pb), signal.position
    if seek is not None:
        seek.done = True
        if position is not None:
            seek.target, seek.named = position, True
        if seek.target is not None:
            finish(pb)
    elif silent(pb) or (pb.seek is not None and pb.seek.early):
        begun, pb.seek = pb.seek, None
        choose(pb, begun.target if position is None and begun is not None else position)
    elif pb.ad is not None:
        pb.note("ignored", "R-seek-ad", "a seek inside a linear ad")
    elif position is None:
        pb.note("ignored", "R-seek-orphan", "seeked without seeking and without a position")
    elif position != pb.position and (abs(position - whereabouts(pb)) > pb.policy.jump_tolerance):
        begin(pb, None, position, None)
        finish(pb)
    else:
        pb.note("ignored", "R-seek-orphan", "seeked where playback is anyway")


def on_seek(pb: Playback, signal: Seek) -> None:
    """A whole seek; inside an open one it completes that."""
    seek = unfinished(pb)
    if seek is not None:
        seek.target, seek.named, seek.done = signal.position, True, True
        sought_by(seek, signal.by)
        finish(pb)
    elif silent(pb):
        pb.seek = None
        choose(pb, signal.position)
    elif pb.ad is not None:
        pb.note("ignored", "R-seek-ad", "a seek inside a linear ad")
    else:
        begin(pb, signal.origin, signal.position, signal.by)
        finish(pb)


# ------------------------------------------------------------------ parts of them


def silent(pb: Playback) -> bool:
    """Where a seek only puts the playhead somewhere: before PLAY, after the end, in a failure."""
    return pb.ad is None and (pb.state in (*_MEDIALESS, *_UNSTARTED, ENDED, FAILED))


def unfinished(pb: Playback) -> OpenSeek | None:
    """The open seek that a signal may still belong to; in an ad a complete one is out of reach."""
    seek = pb.seek
    if seek is None or seek.early or (seek.done and pb.ad is not None):
        return None
    return seek


def sought_by(seek: OpenSeek, by: str | None) -> None:
    """Another part of the seek, and who sought (R-seek-by)."""
    seek.by = by or seek.by
    seek.own = seek.own and by == "player"


def choose(pb: Playback, position: float | None) -> None:
    """Put the playhead where such a seek goes; no event."""
    buffering.settle(pb)
    if pb.deaf or position is None:
        pb.note("ignored", "R-seek-early", "a seek that leads nowhere")
        return
    pb.rest(position)
    if pb.state is PLAYING:
        # Begun before PLAY and complete after it: this is where playback really starts.
        pb.first = False
        pb.slack = pb.pace.cap
        pb.landing = pb.now
    elif pb.state in (*_MEDIALESS, *_UNSTARTED):
        lifecycle.start_at(pb, position)
    if pb.state is not STARTING and pb.media is not None:
        pb.run = Run.begin(position, pb.now, pb.pace)


def run_anew(pb: Playback) -> Run:
    """A `seeking` starts the run anew, from where the playhead is (section 4)."""
    if pb.state is STARTING:
        return lifecycle.start_run(pb)
    return Run.begin(pb.position or 0.0, pb.now, pb.pace)


def whereabouts(pb: Playback) -> float:
    """Where natural play would be by now (R-seek-orphan)."""
    if pb.stall_open is not None:
        return pb.stall_open.position
    return (pb.position or 0.0) + pause.until(pb)


def begin(pb: Playback, origin: float | None, target: float | None, by: str | None) -> None:
    """Lay the seek over the state; what played up to its origin counts first (R-seek)."""
    at_end = from_end(pb)
    if at_end:
        pb.settle_seek()
    buffering.settle(pb)
    seek = pb.settling
    if seek is not None:
        seek.before = None
    if origin is not None and (seek is None or seek.moved_on):
        leave_from(pb, origin)
    travel = pb.travel(pb.now) if pb.stay is None else pb.stay.travel
    if pb.waiting is not None:
        # A pause around a seek is part of it.
        pb.fire("pause_excused")
        pb.wanted = "pause"
    pb.seek = OpenSeek(
        pb.position if origin is None else origin,
        target,
        target is not None,
        travel,
        by=by,
        own=by == "player",
        at_end=at_end,
    )
    if pb.run is not None:
        pb.run = None


def from_end(pb: Playback) -> bool:
    """A seek that starts now, in looping media at its end, may be the loop (R-loop b)."""
    seek, media = pb.settling, pb.media
    if media is None or not media.loop or (seek is not None and not seek.moved_on):
        return False
    return pb.state in _MAY_LOOP and pb.near_end(pb.expected(pb.travel(pb.now), _MOST_AHEAD))


def leave_from(pb: Playback, origin: float) -> None:
    """Credit the way to ``origin`` where it is natural."""
    travel = pb.travel(pb.now)
    if pb.stay is not None:
        if not pb.stay.fresh:
            return
        travel = pb.stay.travel
    elif pb.state is not PLAYING or pb.rebase:
        return
    if pb.judge(origin, travel) is NATURAL:
        assert pb.position is not None
        ahead = origin - pb.position
        travel = pb.counted(ahead, travel) or travel
        pb.spend(ahead, travel)
        pb.first = False
        pb.credit(origin, travel)


def content(pb: Playback, position: float, alone: bool) -> None:
    """A position while a seek is open: it moves a target that nobody named (R-seek-quiet).

    A run of updates shows that the seek is over and nobody said so (R-seek-lost).
    """
    seek = pb.seek
    assert seek is not None
    if not seek.named:
        seek.target = position
    if seek.done:
        finish(pb)
        return
    run = seek.run
    if run is None or not alone:
        seek.run = Run.begin(position, pb.now, pb.pace)
        return
    move = run.follow(position, pb.now)
    if move in (JITTER, JUMP):
        seek.run = Run.begin(position, pb.now, pb.pace)
    elif run.moves >= 2 and run.covered >= pb.policy.resume_advance:
        pb.note("inferred", "R-seek-lost", "the end of a seek was never reported")
        seek.target = run.base
        finish(pb, run)


def finish(pb: Playback, run: Run | None = None) -> None:
    """The seek is complete, and what was wanted meanwhile counts; in an ad it waits."""
    seek = pb.seek
    assert seek is not None and seek.target is not None
    if pb.ad is not None:
        return
    if seek.early:
        pb.seek = None
        choose(pb, seek.target)
    elif seek.at_end and seek.target <= pb.policy.end_window:
        pb.seek = None
        loop(pb, seek)
    else:
        land(pb, seek, "R-seek" if run is None else "R-seek-lost")
    if run is not None:
        assert run.position is not None
        pb.settle_seek()
        if not run.fast and pb.position == run.base:
            pb.credit_run(run.base, run.position, run.seconds)
        pb.rest(run.position)
        if pb.stay is not None:
            pb.run = Run.begin(run.position, pb.now, pb.pace)
    pause.return_to_state(pb)
    if seek.stalled:
        pb.fire("stall")


def land(pb: Playback, seek: OpenSeek, rule: str) -> None:
    """The playhead is at the target; the SEEK waits for what may still be part of it."""
    target, media, settling = seek.target, pb.media, pb.settling
    assert target is not None and media is not None
    if not media.seekable:
        pb.note("ignored", "R-seek-live", f"a seek to {target} in live media")
    elif settling is None:
        pb.settling = Settling(
            pb.now,
            seek.origin,
            target,
            rule,
            pb.cause,
            True,
            pb.state.value,
            seek.by,
            seek.own,
        )
        pb.wake_at(pb.now + pb.policy.settle)
    else:
        settling.at, settling.target = pb.now, target
        settling.rule, settling.cause = rule, pb.cause
        settling.reported, settling.single, settling.moved_on = True, False, False
        settling.before = None
        settling.by = seek.by or settling.by
        settling.own = settling.own and seek.own
    pb.rest(target)
    pb.slack = pb.pace.cap
    pb.landing = pb.now
    pb.let_go("seek", "first", "rebase", "run")
    if pb.state is RESUMING:
        # `play` was seen: the next natural move from here resumes.
        pb.run = Run.begin(target, pb.now, pb.pace)
    pb.seen_moving()


def loop(pb: Playback, seek: OpenSeek) -> None:
    """From the end to the beginning in media that loops is no seek (R-loop b)."""
    pb.note("inferred", "R-loop", "a seek from the end to the beginning of looping media")
    pb.stay = Stay(pb.position, seek.travel)
    wanted = pb.wanted
    lifecycle.start_over(pb)
    pb.wanted = wanted
    pause.return_to_state(pb)


def end(pb: Playback) -> None:
    """`ended` completes an open seek: at its last target, else at the end (R-last-stretch)."""
    seek = pb.seek
    if seek is None or seek.early:
        pb.seek = None
        return
    if seek.target is None:
        seek.target = pb.end if pb.end is not None else pb.position or 0.0
    land(pb, seek, "R-last-stretch")
    # It stays known until the end has been reported: nothing is credited in a seek.
    pb.seek = seek
