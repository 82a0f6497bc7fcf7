"""The end of the content, early or not, and its alternatives: loop, stop, failure.

R-end, R-end-early, R-last-stretch, R-loop, R-stop, R-error.
"""

from __future__ import annotations

from math import inf

from ...signals import Ended, Error, Looped, Stop
from ..open_intervals import Stay
from ..playback import Playback
from ..playhead import Travel
from ..state import BUFFERING, ENDED, IDLE, LOADED, PAUSING, PLAYING, READY, STALLING, STARTING
from . import buffering, lifecycle, pause, seek

#: The end may come this share of the media before its duration, at most so many seconds …
_LATE_SHARE = 0.01
_MOST_LATE = 10.0

#: … and what is believed to have been played is no larger share of it than this.
_TAIL_SHARE = 0.15

#: Error codes remembered in a session; the oldest is forgotten first (I-total).
_MOST_CODES = 64

EARLY_CODE = "ended_early"

_LOOPABLE = (PLAYING, STALLING, BUFFERING, PAUSING, ENDED)

# ------------------------------------------------------------------ effects of the table


def early_end(pb: Playback, at: float) -> None:
    """Report an end that natural play could not have reached as an error (R-end-early)."""
    if not pb.policy.report_early_end or pb.seek is not None:
        return
    end, position = pb.end, pb.position
    starting = pb.state is STARTING
    if starting and position is None:
        report(pb, "R-end-early", EARLY_CODE, "", False)
    elif end is not None and position is not None:
        played = 0.0 if starting else up_to_here(pb).uncut
        if end - position - played > tolerance(pb, end):
            pb.note("inferred", "R-end-early", f"ended at {position:.3f} of {end:.3f} s")
            report(pb, "R-end-early", EARLY_CODE, "", False)


def last_stretch(pb: Playback, at: float) -> None:
    """Credit the rest up to the end as played, if time allows (R-last-stretch)."""
    end, position = pb.end, pb.position
    if end is None or position is None or pb.seek is not None:
        return
    travel = up_to_here(pb)
    ahead, late = end - position, min(tolerance(pb, end), _TAIL_SHARE * end)
    if ahead > travel.content + late and travel.long_seconds > travel.seconds:
        travel = travel.whole()
        if abs(ahead - travel.content) > late:
            return
    if 0.0 < ahead <= travel.content + late and not travel.fast:
        pb.credit(end, travel)


def come_to_rest(pb: Playback, at: float) -> None:
    """Nothing plays any more."""
    lifecycle.stop_joining(pb)
    pb.waiting = pb.stay = pb.run = pb.restart = pb.landing = pb.seek = None


def fail(pb: Playback, at: float) -> None:
    """Playback cannot go on; whatever was open is dropped (R-error)."""
    come_to_rest(pb, at)
    pb.rebase = False


# ------------------------------------------------------------------ signals


def on_ended(pb: Playback, signal: Ended) -> None:
    if pb.state in (IDLE, READY, LOADED, ENDED) or not is_contents(pb):
        pb.note("ignored", "R-end", "ended where nothing plays, or the ad's own")
    else:
        arrive_at_end(pb)
        pb.fire("ended")


def on_looped(pb: Playback, signal: Looped) -> None:
    """The end, and at once the beginning (R-loop)."""
    if pb.state not in _LOOPABLE or not is_contents(pb):
        pb.note("ignored", "R-loop", "looped where nothing plays, or the ad's own")
        return
    if pb.state is not ENDED:
        arrive_at_end(pb)
    lifecycle.start_over(pb)


def on_stop(pb: Playback, signal: Stop) -> None:
    """After PLAY a stop ends the playback; before it, it is a pause (R-stop)."""
    if pb.started:
        lifecycle.unload(pb)
        pb.fire("stop")
    elif pb.state is STARTING:
        if pb.suspended:
            pause.remember(pb, "pause")
        else:
            pb.fire("pause")
    else:
        pb.note("ignored", "R-stop", "stop before anything was asked to play")


def on_error(pb: Playback, signal: Error) -> None:
    """Report it, unless it was reported already; a fatal one ends playback (R-error)."""
    if signal.fatal:
        pb.settle_seek()
        if pb.waiting is not None:
            pb.fire("pause_stands")
        buffering.settle(pb)
    report(pb, "R-error", signal.code, signal.message, signal.fatal)
    if signal.fatal:
        pb.ad = pb.seek = None
        pb.overlay = 0
        if pb.state not in (IDLE, READY):
            pb.wanted = None
            if pb.handles("fail"):
                pb.fire("fail")


# ------------------------------------------------------------------ parts of them


def tolerance(pb: Playback, end: float) -> float:
    """How much earlier than its duration ``end`` media may end (s; T of R-last-stretch)."""
    return max(pb.policy.end_tolerance, min(_LATE_SHARE * end, _MOST_LATE))


def up_to_here(pb: Playback) -> Travel:
    """The reach of play that was not reported, up to a pause or ad."""
    return pb.travel(pb.now) if pb.stay is None else pb.stay.travel


def is_contents(pb: Playback) -> bool:
    """True if an end in a linear ad is the content's (R-ad)."""
    ad = pb.ad
    return ad is None or ad.slot in ("postroll", "post_bumper") or pb.near_end(pb.position)


def arrive_at_end(pb: Playback) -> None:
    """Close what the end interrupts: a stall, an open seek, a pause that it explains."""
    buffering.settle(pb)
    if pb.ad is not None and pb.stay is None:
        # The content was suspended when the ad began.
        pb.stay = Stay(pb.position, pb.ad.travel)
    seek.end(pb)
    pb.wanted = None


def report(pb: Playback, rule: str, code: str, message: str, fatal: bool) -> None:
    """ERROR; the same code again only after playback advanced, and not too often (R-error)."""
    counts = pb.errors if pb.errors is not None else {}
    times, at_play_time = counts.pop(code, (0, -inf))
    if pb.play_time > at_play_time and times < pb.policy.error_repeats:
        times += 1
        pb.counts.errors += 1
        cause = "ended" if rule == "R-end-early" else "error"
        pb.emit("ERROR", rule, {"code": code, "message": message, "fatal": fatal}, cause=cause)
        at_play_time = pb.play_time
    else:
        pb.note("ignored", "R-error", f"error {code!r} was reported already")
    counts[code] = (times, at_play_time)
    if len(counts) > _MOST_CODES:
        del counts[next(iter(counts))]
    pb.errors = counts
