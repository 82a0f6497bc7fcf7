"""Loading, starting, starting over, stopping: how a session starts and ends.

R-ready, R-loaded, R-complete, R-request, R-play, R-replay, R-replay-signal, R-stop,
R-close-open. Functions named after a trigger's meaning are effects of the table in
`machine`; those that take a signal are what `engine` calls for it.
"""

from __future__ import annotations

from ...signals import Close, DurationChange, Loaded, Replay
from ..open_intervals import Stale, Start
from ..playback import Playback
from ..playhead import Run
from ..rangeset import cut, holds, intervals, length
from ..session import Media, Summary, known
from ..state import ENDED, IDLE, LOADED, READY, STARTING
from . import buffering

# ------------------------------------------------------------------ effects of the table


def widget_loaded(pb: Playback, at: float) -> None:
    """Once per player; it opens the first session (R-ready)."""
    pb.emit("WIDGET_LOADED", "R-ready", position=None)


def media_loaded(pb: Playback, at: float) -> None:
    """The media is known; nobody named it if there is none yet (R-loaded, R-complete)."""
    if pb.media is None:
        milestones = pb.policy.milestones
        pb.media = known(pb.setup.entry_id, provisional=True, milestones=milestones)
    pb.emit("MEDIA_LOADED", "R-loaded", {"live": pb.media.live}, at=at)


def request(pb: Playback, at: float) -> None:
    """Playback was asked for, once per session; the wait for the first frame starts."""
    pb.asked = False
    if not pb.requested and not pb.started:
        pb.requested = True
        pb.emit("PLAY_REQUEST", "R-request", at=at)
    if pb.joining is None and pb.ad is None:
        pb.joining = at
    pb.run = start_run(pb)


def withdraw(pb: Playback, at: float) -> None:
    """The viewer changed their mind before the first frame (R-pause in STARTING)."""
    stop_joining(pb)
    pb.run = None


def start(pb: Playback, at: float) -> None:
    """The first frame, at ``at``: PLAY once per session, FIRST_PLAY once per player (R-play)."""
    pb.place(pb.position or 0.0)
    if not pb.started:
        at = max(at, pb.event_at)
        stop_joining(pb, at)
        pb.join_time, pb.joined = pb.joined, 0.0
        pb.requested = False
        pb.emit("PLAY", "R-play", {"join_time": pb.join_time}, at=at)
        if not pb.played_before:
            pb.emit("FIRST_PLAY", "R-play", at=at)
        if pb.policy.view_interval is not None:
            pb.emit("VIEW", "R-view", {"play_time": 0.0, "buffer_time": 0.0}, at=at)
    pb.joining = None
    pb.begin_stretch()
    pb.first = True
    if pb.start is not None:
        pb.start.played = at
    if pb.stale is not None:
        pb.stale.played = at


def replay(pb: Playback, at: float) -> None:
    """The first playback after the end is a new session of the same media (R-replay)."""
    position = pb.restart
    if position is None or pb.near_end(position):
        position = 0.0
    previous = pb.session
    if pb.policy.replay_session == "new":
        end_session(pb)
        pb.place(position)
        pb.emit("REPLAY", "R-replay", {"previous_session": previous}, at=at)
        if pb.policy.repeat_loaded:
            media_loaded(pb, at)
    else:
        settle_open(pb)
        pb.place(position)
        pb.watched = pb.by_length = None
        pb.lacking = 0.0
        forget_interruptions(pb)
        pb.emit("REPLAY", "R-replay", {"previous_session": previous}, at=at)


def take_up(pb: Playback, at: float) -> None:
    """Playback goes on after a fatal error, without a word (R-error)."""
    pb.begin_stretch()


def remember_play(pb: Playback, at: float) -> None:
    """Asked to play before there is anything to play: the wait counts from here (R-complete)."""
    if not pb.asked:
        pb.asked = True
        if pb.ad is None:
            pb.joining = pb.now


def deafen(pb: Playback, at: float) -> None:
    """After a stop, what the player reports moves nothing (R-stop)."""
    pb.deaf = True
    pb.restart = None


# ------------------------------------------------------------------ parts of them


def stop_joining(pb: Playback, at: float | None = None) -> None:
    """The wait for the first frame is over, or interrupted."""
    if pb.joining is not None:
        pb.joined += max(0.0, (pb.now if at is None else at) - pb.joining)
        pb.joining = None


def start_run(pb: Playback) -> Run:
    """The run from the start position shows that playback started; its slack is small."""
    run = Run.begin(pb.position or 0.0, pb.now, pb.pace)
    run.slack = min(run.slack, start_slack(pb))
    return run


def start_slack(pb: Playback) -> float:
    """The most slack of the way from the start position (R-start)."""
    return 0.5 * max(1.0, pb.pace.rate)


def settle_open(pb: Playback, leaving: bool = False) -> None:
    """Settle what is open before a session ends, in the contract's order (R-close-open).

    ``leaving``: the player goes away, so a pause that waits is one.
    """
    pb.settle_seek()
    if pb.waiting is not None:
        pb.fire("pause_stands" if leaving else "pause_excused")
    buffering.settle(pb)
    pb.forget("signal")


def unload(pb: Playback, leaving: bool = False) -> None:
    """`settle_open` for a signal before which players reset themselves (R-glitch).

    A single jump to the start that still settles was such a reset, not a seek.
    """
    seek = pb.settling
    if seek is not None and seek.before is not None and seek.single:
        if seek.target <= pb.policy.end_window:
            pb.note("repaired", "R-glitch", "a position of 0 before the end is no seek")
            pb.as_before(seek, seek.before)
    settle_open(pb, leaving)


def forget_interruptions(pb: Playback) -> None:
    """Drop what was meant for the playhead left behind; it says nothing of the next."""
    pb.slack = pb.pace.cap
    pb.forget("playback")


def end_session(pb: Playback) -> None:
    """Leave the session; the next event opens another."""
    settle_open(pb)
    pb.close_span()
    sum_up(pb)
    pb.sessions_left = pb.ordinal
    pb.session = None
    pb.index = 0
    pb.played_before = pb.played_before or pb.started
    pb.join_time = None
    pb.arrive(None, pb.now)
    pb.span_from = pb.played = pb.lacking = 0.0
    pb.viewed = pb.fired = 0
    pb.forget("session")
    forget_interruptions(pb)


def sum_up(pb: Playback) -> None:
    """The session is over: keep its totals, and hand them out; one signal may end two."""
    pb.last_summary = summary = summarize(pb)
    if pb.setup.on_summary is not None:
        pb.setup.on_summary(summary)


def summarize(pb: Playback) -> Summary:
    """The running session's totals so far."""
    watched = pb.watched_until()
    tally = pb.tally
    end = pb.end
    media = pb.media or Media()
    milestones = pb.policy.milestones
    return Summary(
        player=pb.player,
        session=pb.session,
        ordinal=pb.ordinal,
        entry_id=media.entry_id,
        duration=media.duration,
        live=media.live,
        join_time=pb.join_time,
        play_time=pb.play_time,
        stall_count=0 if tally is None else tally.stalls,
        stall_time=0.0 if tally is None else tally.stall_time,
        seek_count=0 if tally is None else tally.seeks,
        error_count=0 if tally is None else tally.errors,
        watched=intervals(watched),
        unique_time=length(watched),
        completion=None if end is None else length(cut(watched, end)) / end,
        quartiles=tuple(n for bit, n in enumerate(milestones) if pb.fired & 1 << bit),
        completed=bool(pb.fired & 1 << len(milestones)),
        position=pb.position,
    )


def start_over(pb: Playback) -> None:
    """The player started again by itself: as `ended`, `play`, `playing` at 0 (R-loop)."""
    if pb.state is not ENDED:
        pb.fire("ended")
    pb.restart = 0.0
    pb.fire("play")
    pb.fire("playing")


# ------------------------------------------------------------------ signals


def on_loaded(pb: Playback, signal: Loaded) -> None:
    """Refine the media at hand, or start with the new one (R-loaded)."""
    media = pb.media
    if media is not None:
        if refines(pb, signal):
            refine(pb, signal, media)
            return
        unload(pb)
        stale = leave_behind(pb)
        end_session(pb)
        pb.stale = stale
    elif pb.state is IDLE:
        pb.fire("ready")
    pb.media = known(
        signal.entry_id,
        signal.duration,
        signal.live,
        signal.dvr,
        signal.loop,
        milestones=pb.policy.milestones,
    )
    if signal.position is not None:
        start_at(pb, signal.position)
    pb.fire("loaded")
    if pb.asked:
        pb.asked = False
        pb.fire("play")


def refines(pb: Playback, signal: Loaded) -> bool:
    """The media of ``signal`` is the one at hand, of which more is known now."""
    media = pb.media
    assert media is not None
    same = media.entry_id == signal.entry_id
    keep = same and pb.policy.reload_same_entry == "keep"
    return media.provisional or (same and not pb.started) or keep


def leave_behind(pb: Playback) -> Stale | None:
    """The part of the session left now that may still be reported (R-stale)."""
    if pb.position is None or not pb.started:
        return None
    moved_at = pb.moved_at if pb.still_since is None else pb.still_since
    return Stale(pb.position, moved_at, pb.now)


def start_at(pb: Playback, position: float) -> None:
    """The player says where playback will start (R-start)."""
    pb.place(position)
    pb.start = Start(position)
    if pb.state is STARTING:
        pb.run = start_run(pb)


def refine(pb: Playback, signal: Loaded, media: Media) -> None:
    """More is known of the media that is there; emits nothing of its own."""
    duration = media.duration if signal.duration is None else signal.duration
    pb.media = known(
        signal.entry_id,
        duration,
        signal.live,
        signal.dvr,
        signal.loop,
        milestones=media.milestones,
    )
    if signal.position is not None and not pb.started:
        start_at(pb, signal.position)
    judge_again(pb)


def on_durationchange(pb: Playback, signal: DurationChange) -> None:
    """A duration that becomes known may show that milestones were reached (R-duration)."""
    media = pb.media
    if media is None:
        pb.note("ignored", "R-complete", "durationchange before any media")
        return
    ad, duration = pb.ad, signal.duration
    if ad is not None and not _contents(media.duration, ad.duration, duration):
        pb.note("ignored", "R-duration", "a durationchange in a linear ad is the ad's")
        return
    live = media.live if signal.live is None else signal.live
    if duration is None and media.duration is not None and not live:
        pb.note("ignored", "R-duration", "a duration that is known is not forgotten")
        duration = media.duration
    pb.media = known(
        media.entry_id,
        duration,
        live,
        media.dvr if signal.dvr is None else signal.dvr,
        media.loop if signal.loop is None else signal.loop,
        media.provisional,
        media.milestones,
    )
    judge_again(pb)


def _contents(known: float | None, ads: float | None, new: float | None) -> bool:
    """A duration that comes in a linear ad is the content's: only if that was unknown."""
    return known is None and (ads is None or new is None or abs(new - ads) > 1.0)


def judge_again(pb: Playback) -> None:
    """Milestones not yet fired may have been reached already; fired ones never fire again."""
    assert pb.media is not None
    if pb.started:
        pb.close_span()
        pb.lacking = 0.0
        for bit, (milestone, point) in enumerate(pb.media.points):
            if holds(pb.watched or (), point):
                pb.reached(bit, milestone)
        if pb.policy.completion is not None:
            pb.complete(pb.policy.completion)


def on_replay(pb: Playback, signal: Replay) -> None:
    """The user asked to start over: at 0, whatever the player still reports (R-replay-signal)."""
    if pb.state in (IDLE, READY, LOADED):
        pb.note("ignored", "R-replay-signal", "replay before anything was asked to play")
        return
    unload(pb)
    stale = leave_behind(pb)
    pb.fire("replay")
    pb.stale = stale


def leave_for_replay(pb: Playback, at: float) -> None:
    """Start over from the beginning."""
    pb.restart = None
    replay(pb, at)


def on_close(pb: Playback, signal: Close) -> None:
    """The player goes away: settle what is open, and say no more (R-close)."""
    unload(pb, leaving=True)
    if pb.session is not None:
        pb.close_span()
        sum_up(pb)
    pb.fire("close")
