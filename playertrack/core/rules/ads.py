"""Ads: R-ad, R-ad-quartile, R-ad-click, R-ad-end, R-ad-lost, R-ad-post.

All but overlays are linear: until they end the content is suspended, as in a seek.
"""

from __future__ import annotations

from ...events import AD_CLICKED, AD_STARTED, QUARTILES
from ...signals import AdClick, AdEnd, AdProgress, AdStart
from ..open_intervals import OpenAd
from ..playback import Playback
from ..playhead import FAST, NATURAL, STILL, Run
from ..state import IDLE, PLAYING, READY, STARTING
from . import buffering, lifecycle, pause, seek

#: Content that goes on this long (s) after the ad's duration shows that the ad is over.
_OVERDUE = 1.0

#: A position this far (s) beyond the ad's duration is not the ad's.
_NOT_THE_ADS = 1.0

#: An overlay is open: begun before the linear ad that is open, or the last ad to begin.
_UNDER, _ON_TOP = 1, 2

_WITH_QUARTILES = ("preroll", "midroll", "postroll")

# ------------------------------------------------------------------ signals


def on_ad_start(pb: Playback, signal: AdStart) -> None:
    """An ad begins; a linear one is laid over the state and ends the one before it."""
    if signal.slot == "overlay":
        pb.overlay = _ON_TOP
        pb.emit(AD_STARTED["overlay"], "R-ad")
        return
    if pb.waiting is not None:
        pb.fire("pause_excused")
    buffering.settle(pb)
    lifecycle.stop_joining(pb)
    travel = pb.travel(pb.now) if pb.stay is None else pb.stay.travel
    if pb.ad is not None:
        travel = pb.ad.travel
    pb.emit(AD_STARTED[signal.slot], "R-ad")
    pb.ad = OpenAd(signal.slot, signal.duration, pb.now, pb.now, travel)
    pb.wake_at(pb.now + pb.policy.ad_timeout)
    pb.overlay = min(pb.overlay, _UNDER)


def on_ad_progress(pb: Playback, signal: AdProgress) -> None:
    """The linear ad reached so much of itself (R-ad-quartile)."""
    ad = pb.ad
    if ad is None:
        pb.note("ignored", "R-ad-quartile", "ad_progress outside a linear ad")
        return
    known = ad.duration if ad.duration is not None else signal.duration
    if known is not None and signal.position > known + _NOT_THE_ADS:
        pb.note("ignored", "R-ad-quartile", f"{signal.position} s is not in an ad that short")
        return
    ad.last_at = pb.now
    ad.duration = signal.duration or ad.duration
    if ad.duration is None or ad.slot not in _WITH_QUARTILES:
        return
    for bit, quartile in enumerate(QUARTILES[:3]):
        if signal.position >= ad.duration * quartile / 100 and not ad.fired & 1 << bit:
            ad.fired |= 1 << bit
            pb.emit(f"{ad.slot.upper()}_{quartile}", "R-ad-quartile")


def on_ad_click(pb: Playback, signal: AdClick) -> None:
    """A click on the ad that began last and has not ended (R-ad-click)."""
    ad = pb.ad
    if ad is not None:
        ad.last_at = pb.now
    if pb.overlay == _ON_TOP or (ad is None and pb.overlay):
        pb.emit(AD_CLICKED["overlay"], "R-ad-click")
    elif ad is not None:
        pb.emit(AD_CLICKED[ad.slot], "R-ad-click")
    else:
        pb.note("ignored", "R-ad-click", "ad_click outside an ad")


def on_ad_end(pb: Playback, signal: AdEnd) -> None:
    """The linear ad is over, else the overlay (R-ad)."""
    if pb.ad is not None:
        end(pb)
    elif pb.overlay:
        pb.overlay = 0
    else:
        pb.note("ignored", "R-ad", "ad_end outside an ad")


# ------------------------------------------------------------------ parts of them


def end(pb: Playback) -> None:
    """Back to the content, where it was left; what was held back comes now (R-ad-end)."""
    pb.ad = pb.run = None
    before_media = pb.state in (IDLE, READY)
    if pb.state is STARTING or (before_media and pb.asked):
        pb.joining = pb.now
    if pb.state is PLAYING:
        pb.begin_stretch()
    if pb.seek is not None and pb.seek.done and pb.seek.target is not None:
        seek.finish(pb)
    else:
        pause.return_to_state(pb)
    pb.rebase = True


def give_up(pb: Playback) -> None:
    """The ad sent nothing for too long (R-ad-lost)."""
    pb.note("inferred", "R-ad-lost", "an ad that sent nothing any more")
    end(pb)


def content(pb: Playback, position: float) -> bool:
    """A content update in a linear ad; whether it shows that the ad is over (R-ad-lost)."""
    ad = pb.ad
    assert ad is not None
    if ad.duration is None or pb.now - ad.began <= ad.duration + _OVERDUE:
        return False
    probe = ad.probe
    if probe is not None:
        first, first_at = probe.position, probe.moved_at
        move = probe.follow(position, pb.now)
        if move in (NATURAL, FAST):
            assert first is not None
            pb.note("inferred", "R-ad-lost", "the content goes on after the ad's time")
            end(pb)
            pb.rebase = False
            pb.place(first)
            pb.moved_at = first_at
            pb.run = Run.begin(probe.base, first_at, pb.pace)
            return True
        if move is STILL:
            return False
    near = abs(position - whereabouts(pb)) <= pb.policy.jump_tolerance
    ad.probe = Run.begin(position, pb.now, pb.pace) if near else None
    return False


def whereabouts(pb: Playback) -> float:
    """Where the content will go on after the ad."""
    sought = pb.seek
    if sought is not None and sought.done and sought.target is not None:
        return sought.target
    return pb.position or 0.0
