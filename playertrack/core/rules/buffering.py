"""Waiting for data: stalls, their grace, and pictures that stand still.

R-stall, R-stall-end, R-pair, R-frozen.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...signals import Stall, StallEnd
from ..open_intervals import Cadence, OpenStall
from ..playback import Playback
from ..state import BUFFERING, PLAYING, STALLING

STALLED = (STALLING, BUFFERING)

# ------------------------------------------------------------------ effects of the table


def begin_stall(pb: Playback, at: float) -> None:
    """The player waits since ``at``; whether it is felt shows when the grace is over."""
    pb.stall_open = OpenStall(at, (pb.position or 0.0) + pb.travel(at).content)
    pb.wake_at(at + pb.policy.stall_grace)
    pb.stall(at)
    if pb.settling is not None:
        pb.settling.before = None


def drop_stall(pb: Playback, at: float) -> None:
    """It was over before anybody noticed."""
    pb.stall_open = None
    pb.unstall(pb.now)


def begin_buffer(pb: Playback, at: float) -> None:
    """The grace is over: BUFFER_START, of when the stall began (R-stall)."""
    stall = pb.stall_open
    assert stall is not None
    started = pb.emit(
        "BUFFER_START",
        "R-frozen" if stall.frozen else "R-stall",
        at=stall.at,
        cause="timeupdate" if stall.frozen else "stall",
    )
    stall.at = started.at
    pb.counts.stalls += 1


def end_buffer(pb: Playback, at: float) -> None:
    """BUFFER_END; the playhead has all its slack again, and may settle (R-settle)."""
    stall, pb.stall_open = pb.stall_open, None
    assert stall is not None
    pb.unstall(pb.now)
    seconds = max(0.0, pb.now - stall.at)
    if stall.frozen:
        seconds = max(0.0, seconds - played_meanwhile(pb, stall))
    counts = pb.counts
    counts.stall_time += seconds
    counts.view_buffer += seconds
    where = pb.position if stall.landed is None else stall.landed
    pb.emit("BUFFER_END", "R-stall-end", {"seconds": seconds}, position=where)
    pb.slack = pb.pace.cap
    pb.landing = pb.now
    pb.seen_moving(learn=stall.frozen)


# ------------------------------------------------------------------ parts of them


def played_meanwhile(pb: Playback, stall: OpenStall) -> float:
    """Seconds of a freeze in which it played after all, unseen (R-frozen)."""
    if stall.landed is None or pb.position is None:
        return 0.0
    ahead, rate = stall.landed - pb.position, pb.pace.rate
    if not 0.0 < ahead <= rate * (pb.now - stall.at) + pb.pace.cap:
        return 0.0
    return min(ahead / rate, pb.policy.stall_credit)


def settle(pb: Playback) -> None:
    """End a stall before the event that interrupts it (R-pair)."""
    if pb.state in STALLED:
        pb.fire("stall_end")


# ------------------------------------------------------------------ signals


def on_stall(pb: Playback, signal: Stall) -> None:
    if pb.ad is not None:
        pb.note("ignored", "R-ad", "stall in a linear ad")
    elif pb.seek is not None and pb.seeking:
        pb.seek.stalled = True
    elif pb.fire("stall") and pb.stall_open is not None and signal.position == pb.position:
        pb.stall_open.position, pb.stall_open.fresh = pb.position or 0.0, False


def on_stall_end(pb: Playback, signal: StallEnd) -> None:
    if pb.seek is not None and pb.seeking:
        pb.seek.stalled = False
    else:
        pb.fire("stall_end")


# ------------------------------------------------------------------ playheads that stand still


def note_update(pb: Playback, cadence: Cadence) -> None:
    """Learn how often updates come while it plays (R-frozen)."""
    cadence.updated(pb.now)


def _median(values: Sequence[float]) -> float:
    """As that of `statistics`, which takes far longer for a few numbers."""
    ordered, count = sorted(values), len(values)
    half = count // 2
    return ordered[half] if count % 2 else (ordered[half - 1] + ordered[half]) / 2


def note_move(pb: Playback) -> None:
    """The playhead moved."""
    if pb.cadence is not None:
        pb.cadence.since = pb.now


def freeze(pb: Playback, seen: bool) -> None:
    """The playhead has stood still for too long: a stall since its last move.

    ``seen``: an update showed it, and said where it is; else none came.
    """
    assert pb.cadence is not None and pb.position is not None
    since = pb.cadence.since
    pb.note("inferred", "R-frozen", f"the playhead stands still since {since}")
    pb.fire("stall", since)
    assert pb.stall_open is not None
    # A frozen playhead is where it is, whatever time has passed.
    pb.stall_open.position = pb.position
    pb.stall_open.frozen = True
    pb.stall_open.fresh = not seen


def frozen_now(pb: Playback) -> bool:
    """True if an update that did not move shows a playhead frozen for long enough."""
    grace = pb.policy.frozen_after
    cadence = pb.cadence
    return grace is not None and cadence is not None and pb.now - cadence.since >= grace


def silence(pb: Playback) -> tuple[float, float] | None:
    """Since when, and how long, no update may come before it is a stall; None if it may."""
    grace = pb.policy.frozen_after
    cadence = pb.cadence
    if grace is None or cadence is None or pb.state is not PLAYING or pb.suspended or pb.fall:
        return None
    since = cadence.since if cadence.update is None else max(cadence.since, cadence.update)
    return since, max(4 * _median(cadence.gaps), grace) if cadence.gaps else 4 * grace
