"""The end of the content, early or not, and what comes instead: loop, stop, failure.

R-end, R-end-early, R-last-stretch, R-loop, R-stop, R-error.
"""

from __future__ import annotations

from ...signals import Ended, Error, Looped, Stop
from ..open_intervals import Stay
from ..playback import Playback, State
from . import buffering as stalling
from . import lifecycle
from . import pause as pausing
from . import seek as seeking

#: How much earlier than natural an end is early: so many seconds, or this share of the media.
_EARLY_SECONDS = 2.0
_EARLY_SHARE = 0.1

#: The tail that is believed to have been played is no larger share of the media than this.
_TAIL_SHARE = 0.15

#: Error codes remembered in a session; the oldest is forgotten first (I-total).
_MOST_CODES = 64

EARLY_CODE = "ended_early"

_LOOPABLE = (State.PLAYING, State.STALLING, State.BUFFERING, State.ENDING, State.ENDED)

# ------------------------------------------------------------------ effects of the table


def early_end(pb: Playback, at: float) -> None:
    """An end that natural play could not have reached is told as an error (R-end-early)."""
    if not pb.policy.report_early_end or pb.seek is not None:
        return
    end, position = pb.end, pb.position
    if pb.state is State.STARTING and position is None:
        early = True
    elif end is None or position is None:
        return
    else:
        travel = pb.travel(pb.now) if pb.stay is None else pb.stay.travel
        early = end - position - travel.uncut > max(_EARLY_SECONDS, _EARLY_SHARE * end)
    if early:
        where = "before anything played" if position is None else f"at {position:.3f} s"
        report(pb, "R-end-early", EARLY_CODE, f"ended {where}", False)


def last_stretch(pb: Playback, at: float) -> None:
    """What is left to the end was played, if time allows (R-last-stretch)."""
    stay, pb.stay = pb.stay, None
    end, position = pb.end, pb.position
    if end is None or position is None or pb.seek is not None:
        return
    travel = pb.travel(pb.now) if stay is None else stay.travel
    tail = min(pb.policy.end_tolerance, _TAIL_SHARE * end)
    if 0.0 < end - position <= travel.content + tail and not travel.fast:
        pb.credit(end, travel)


def come_to_rest(pb: Playback, at: float) -> None:
    """Nothing plays any more."""
    lifecycle.stop_joining(pb)
    pb.waiting = pb.stay = pb.run = pb.restart = pb.landing = pb.seek = None
    pb.first = pb.rebase = False


def fail(pb: Playback, at: float) -> None:
    """Playback cannot go on; whatever was open is dropped (R-error)."""
    come_to_rest(pb, at)


# ------------------------------------------------------------------ signals


def on_ended(pb: Playback, signal: Ended) -> None:
    if pb.state in (State.IDLE, State.READY, State.LOADED, State.ENDED) or not is_contents(pb):
        pb.note("ignored", "R-end", "ended where nothing plays, or the ad's own")
    else:
        arrive_at_end(pb)
        pb.fire("ended")


def on_looped(pb: Playback, signal: Looped) -> None:
    """The end, and at once the beginning (R-loop)."""
    if pb.state not in _LOOPABLE or not is_contents(pb):
        pb.note("ignored", "R-loop", "looped where nothing plays, or the ad's own")
        return
    if pb.state is not State.ENDED:
        arrive_at_end(pb)
    lifecycle.start_over(pb)


def on_stop(pb: Playback, signal: Stop) -> None:
    """After PLAY a stop ends the playback; before it, it is a pause (R-stop)."""
    if pb.started:
        lifecycle.settle_open(pb)
        pb.fire("stop")
    elif pb.state is State.STARTING:
        if pb.suspended:
            pausing.remember(pb, "pause")
        else:
            pb.fire("pause")
    else:
        pb.note("ignored", "R-stop", "stop before anything was asked to play")


def on_error(pb: Playback, signal: Error) -> None:
    """Tell it, unless it was told already; a fatal one ends playback (R-error)."""
    if signal.fatal:
        stalling.settle(pb)
        pausing.release(pb)
        pb.settle_seek()
    report(pb, "R-error", signal.code, signal.message, signal.fatal)
    if signal.fatal:
        pb.ad = pb.seek = None
        pb.overlay = 0
        if pb.state not in (State.IDLE, State.READY):
            pb.wanted = None
            if pb.handles("fail"):
                pb.fire("fail")


# ------------------------------------------------------------------ parts of them


def is_contents(pb: Playback) -> bool:
    """Whether an end in a linear ad is the content's (R-ad)."""
    ad = pb.ad
    return ad is None or ad.slot in ("postroll", "post_bumper") or pb.near_end(pb.position)


def arrive_at_end(pb: Playback) -> None:
    """What the end interrupts: a stall, an open seek, a pause that it explains."""
    stalling.settle(pb)
    if pb.ad is not None and pb.stay is None:
        # The content was suspended when the ad began.
        pb.stay = Stay(pb.position, pb.ad.travel)
    waiting = pb.waiting
    if waiting is not None:
        grace = waiting.end_grace
        if grace is not None and pb.now - waiting.at < grace:
            pb.waiting = None
        else:
            pausing.release(pb)
    pb.settle_seek()
    seeking.end(pb)
    pb.wanted = None


def report(pb: Playback, rule: str, code: str, message: str, fatal: bool) -> None:
    """ERROR; the same code again only after playback advanced, and not too often (R-error)."""
    told = pb.errors if pb.errors is not None else {}
    times, at_play_time = told.pop(code, (0, -1.0))
    if pb.play_time > at_play_time and times < pb.policy.error_repeats:
        times += 1
        pb.counts.errors += 1
        cause = "ended" if code == EARLY_CODE and rule == "R-end-early" else "error"
        pb.emit("ERROR", rule, cause=cause, code=code, message=message, fatal=fatal)
        at_play_time = pb.play_time
    else:
        pb.note("ignored", "R-error", f"error {code!r} was told already")
    told[code] = (times, at_play_time)
    if len(told) > _MOST_CODES:
        del told[next(iter(told))]
    pb.errors = told
