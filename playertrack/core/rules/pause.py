"""Pausing and resuming, and the pause that may be something else.

R-pause, R-resume, R-pause-at-end, R-ad-pause. What `play`, `playing` and `pause` mean
while a seek or a linear ad is laid over the state is remembered until that is over.
"""

from __future__ import annotations

from ...signals import Pause, Play, Playing
from ..open_intervals import Stay, Waiting
from ..playback import Playback, State
from ..playhead import Run

#: How far ahead (s of content) the playhead is thought to be when a pause comes.
_MOST_AHEAD = 1.0

# ------------------------------------------------------------------ guards


def at_end(pb: Playback, at: float) -> bool:
    """Whether the content is about to end: players pause themselves before `ended`."""
    return pb.near_end(pb.expected(pb.travel(at), _MOST_AHEAD))


def ad_may_follow(pb: Playback, at: float) -> bool:
    """Some players pause before a midroll (R-ad-pause)."""
    return pb.policy.ad_pause_grace > 0.0


def plays_on(pb: Playback, at: float) -> bool:
    """`play` came while the pause was waiting."""
    return pb.wanted == "play"


# ------------------------------------------------------------------ effects of the table


def pause(pb: Playback, at: float) -> None:
    """The viewer paused."""
    stay_here(pb)
    pb.emit("PAUSE", "R-pause")


def wait_for_end(pb: Playback, at: float) -> None:
    """Wait for the `ended` that shows that the viewer did not pause (R-pause-at-end)."""
    wait(pb, pb.policy.end_grace)


def wait_for_ad(pb: Playback, at: float) -> None:
    """Wait for the ad that shows that the viewer did not pause (R-ad-pause)."""
    wait(pb, None)


def pause_stands(pb: Playback, at: float) -> None:
    """Nothing came: it was a pause, and of its own time."""
    waiting, pb.waiting = pb.waiting, None
    assert waiting is not None
    drag, pb.drag = pb.drag, None
    rule = "R-ad-pause" if waiting.end_grace is None else "R-pause-at-end"
    pb.emit("PAUSE", rule, at=waiting.at, position=waiting.position, cause="pause")
    # A seek that nobody reported came after the pause, and is told after it.
    pb.drag = drag
    pb.settle_seek()


def pause_excused(pb: Playback, at: float) -> None:
    """It was no pause: playback goes on, under an ad."""
    pb.waiting = pb.stay = pb.run = pb.wanted = None


def want_play(pb: Playback, at: float) -> None:
    """`play`, but the pause may still be the end: it counts once the pause stands."""
    pb.wanted = "play"


def want_pause(pb: Playback, at: float) -> None:
    """Paused after all."""
    pb.wanted = None


def look_ahead(pb: Playback, at: float) -> None:
    """`play`, and no frame yet: a natural move from here resumes (R-resume)."""
    pb.wanted = None
    pb.run = Run.begin(pb.position or 0.0, pb.now, pb.pace)


def pause_again(pb: Playback, at: float) -> None:
    """Back to pause before anything played."""
    pb.run = None


def resume(pb: Playback, at: float) -> None:
    pb.emit("RESUME", "R-resume")
    pb.begin_stretch()


# ------------------------------------------------------------------ parts of them


def wait(pb: Playback, end_grace: float | None) -> None:
    stay_here(pb)
    pb.waiting = Waiting(pb.now, pb.position, end_grace, pb.policy.ad_pause_grace)


def stay_here(pb: Playback) -> None:
    """The playhead rests; the first update may still tell of play before this."""
    pb.stay = Stay(pb.position, pb.travel(pb.now))
    pb.run = None


# ------------------------------------------------------------------ signals


def on_intent(pb: Playback, signal: Play | Playing | Pause) -> None:
    """`play`, `playing`, `pause`: at once, or once what interrupts is over."""
    trigger = signal.name
    if pb.suspended:
        remember(pb, trigger)
        return
    if trigger == "playing":
        release(pb)
    pb.fire(trigger)


def release(pb: Playback) -> None:
    """A PAUSE that waits is one after all, since something else came."""
    if pb.waiting is not None:
        pb.fire("pause_stands")


def remember(pb: Playback, trigger: str) -> None:
    """What is wanted of the state that an interruption returns to (R-seek-quiet, R-ad)."""
    ad = pb.ad
    if ad is not None:
        if pb.state is State.ENDED and ad.slot in ("postroll", "post_bumper"):
            pb.note("ignored", "R-ad-post", f"{trigger} is the ad's own")
            return
        if pb.state in (State.IDLE, State.READY):
            if trigger != "playing":
                pb.fire(trigger)
                return
            pb.fire("loaded")
        if pb.state is State.LOADED and trigger != "pause":
            pb.fire("play")
    elif pb.seek is not None and trigger == "playing":
        pb.seek.stalled = False
    if not (trigger == "play" and pb.wanted == "playing"):
        pb.wanted = trigger


def return_to_state(pb: Playback) -> None:
    """An interruption is over: do what was wanted meanwhile."""
    if not pb.suspended and pb.state not in (State.IDLE, State.READY):
        wanted, pb.wanted = pb.wanted, None
        if wanted is not None:
            if wanted != "pause":
                release(pb)
            if pb.handles(wanted):
                pb.fire(wanted)
