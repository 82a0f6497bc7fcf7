"""Pausing and resuming: R-pause, R-resume.

A pause counts if it lasts: until `Policy.pause_grace` has passed the state is PAUSING, and
anything that explains the pause cancels it. The last `play`, `playing` or `pause` during a seek
or a linear ad is remembered and takes effect when that is over.
"""

from __future__ import annotations

from ...signals import Pause, Play, Playing
from ..open_intervals import Stay, Waiting
from ..playback import Playback
from ..playhead import Run
from ..state import ENDED, IDLE, LOADED, READY

# ------------------------------------------------------------------ effects of the table


def wait(pb: Playback, at: float) -> None:
    """A pause: see what comes before its grace is over."""
    pb.stay = Stay(pb.position, pb.travel(pb.now))
    if pb.run is not None:
        pb.run = None
    grace = pb.policy.pause_grace
    pb.waiting = Waiting(pb.now, pb.position, grace)
    pb.wake_at(pb.now + grace)


def wait_longer(pb: Playback, at: float) -> None:
    """A stall right after a pause is a seek that the player does not report."""
    assert pb.waiting is not None
    pb.waiting.grace = pb.policy.settle
    pb.wake_at(pb.waiting.at + pb.policy.settle)


def pause(pb: Playback, at: float) -> None:
    """It lasted: PAUSE, as of when it came."""
    waiting, pb.waiting = pb.waiting, None
    assert waiting is not None
    pb.emit("PAUSE", "R-pause", at=waiting.at, position=waiting.position, cause="pause")


def drop_pause(pb: Playback, at: float) -> None:
    """It was the player's own."""
    explained(pb)
    pb.waiting = None


def play_on(pb: Playback, at: float) -> None:
    """It was none: playback goes on as if nothing had been."""
    explained(pb)
    pb.waiting = pb.stay = pb.run = None


def look_ahead(pb: Playback, at: float) -> None:
    """`play`, and no frame yet: a natural move resumes (R-resume).

    It is judged from the last update in the pause, or from here if none came.
    """
    stay = pb.stay
    if pb.run is not None:
        return
    pb.run = Run.begin(pb.position or 0.0, pb.now, pb.pace)
    if stay is not None and stay.fresh:
        pb.run.go_on(stay.travel)


def pause_again(pb: Playback, at: float) -> None:
    """Back to pause before anything played."""
    pb.run = None


def resume(pb: Playback, at: float) -> None:
    """RESUME; what was played before the pause and not reported still counts."""
    stay = pb.stay
    pb.emit("RESUME", "R-resume")
    pb.begin_stretch()
    if stay is not None and stay.fresh:
        pb.go_on(stay.travel)


# ------------------------------------------------------------------ signals


def on_intent(pb: Playback, signal: Play | Playing | Pause) -> None:
    """`play`, `playing`, `pause`: at once, or once what interrupts is over."""
    if pb.state is IDLE and signal.name == "playing":
        pb.fire("ready")
    if pb.suspended:
        remember(pb, signal.name)
    else:
        pb.fire(signal.name)


# ------------------------------------------------------------------ parts of them


def explained(pb: Playback) -> None:
    """Say what explained away the pause that waited."""
    assert pb.waiting is not None
    seconds, by = pb.now - pb.waiting.at, pb.cause or "what followed"
    pb.note("inferred", "R-pause", f"a pause of {seconds:.3f} s is no event: {by} explains it")


def until(pb: Playback) -> float:
    """The content that could have been played and was not reported, up to a pause (s)."""
    return (pb.travel(pb.now) if pb.stay is None else pb.stay.travel).content


def remember(pb: Playback, trigger: str) -> None:
    """Note what is wanted of the state that an interruption returns to (R-seek-quiet, R-ad)."""
    ad = pb.ad
    if ad is not None:
        if pb.state is ENDED and ad.slot in ("postroll", "post_bumper"):
            pb.note("ignored", "R-ad-post", f"{trigger} is the ad's own")
            return
        if pb.state in (IDLE, READY):
            if trigger != "playing":
                pb.fire(trigger)
                return
            pb.fire("loaded")
        if pb.state is LOADED and trigger != "pause":
            pb.fire("play")
    elif pb.seek is not None and trigger == "playing":
        pb.seek.stalled = False
    if not (trigger == "play" and pb.wanted == "playing"):
        pb.wanted = trigger


def return_to_state(pb: Playback) -> None:
    """An interruption is over: do what was wanted meanwhile."""
    if not pb.suspended and pb.state not in (IDLE, READY):
        wanted = pb.wanted
        if wanted is not None:
            pb.wanted = None
            if pb.handles(wanted):
                pb.fire(wanted)
