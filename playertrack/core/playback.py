"""The state of one player, and the one door through which its events leave.

Everything the engine knows is here, as plain values: the rules (`lifecycle`, `pausing`,
`seeking`, …) are functions over it, `machine` is the table that calls them and `engine`
feeds it. What waits for its time (a PAUSE that may be the end, a seek that nobody
reported) waits here too, because any other event lets it out first.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, unique
from math import inf
from types import EllipsisType
from typing import Any

import attrs

from .. import events
from ..events import Event
from ..policy import Policy
from . import rangeset as progress
from .context import Diagnostic, Setup
from .open_intervals import Cadence, Drag, OpenAd, OpenSeek, OpenStall, Stay, Tally, Waiting
from .playhead import Playhead, Run, Travel
from .session import Media, Summary, checked_id


@unique
class State(Enum):
    """Where a player is (contract, section 4)."""

    IDLE = "IDLE"
    READY = "READY"
    LOADED = "LOADED"
    STARTING = "STARTING"
    PLAYING = "PLAYING"
    STALLING = "STALLING"  # a stall in its grace
    BUFFERING = "BUFFERING"
    ENDING = "ENDING"  # a pause that may be the end, or an ad's
    PAUSED = "PAUSED"
    RESUMING = "RESUMING"  # `play` seen in PAUSED
    ENDED = "ENDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"

    # By identity: an Enum hashes its name each time, and the table is looked up often.
    __hash__ = object.__hash__


#: VIEWs that one signal can make (R-view); more are no viewing but a rate next to nothing.
_MOST_VIEWS = 100


@attrs.define(eq=False, weakref_slot=False)
class Essentials(Playhead):
    """What every player has all the time: the playhead it inherits, and its session.

    ``limit`` is there while all is quiet: up to this position an update changes nothing but
    the playhead (see `Engine.timeupdate`). ``span_from`` is where
    the stretch began that is being played. ``fired`` has a bit for each quartile.
    """

    setup: Setup
    player: str | None
    state: State = State.IDLE
    limit: float = -inf
    event_at: float = -inf
    session: str | None = None
    ordinal: int = 0
    index: int = 0
    media: Media | None = None
    join_time: float | None = None
    span_from: float = 0.0
    played: float = 0.0
    viewed: int = 0
    fired: int = 0
    # the signal at hand, or the last one
    now: float = -inf
    cause: str = ""
    out: list[Event] | None = None


class Playback(Essentials):
    """One player: what it always has, and what it has only now and then.

    The latter are defaults of the class, and in the instance only while they differ
    (`tidy`): of a hundred thousand players few are in the midst of something.
    """

    __slots__ = ("__dict__",)

    # time, the way to the first frame, and whether there was one in an earlier session
    offset: float = 0.0
    requested: bool = False
    played_before: bool = False
    joining: float | None = None
    joined: float = 0.0
    # what was watched before the stretch that is being played
    watched: list[float] | None = None
    tally: Tally | None = None
    # what the next position means
    first: bool = False
    rebase: bool = False
    stale: bool = False
    deaf: bool = False
    landing: float | None = None
    restart: float | None = None
    run: Run | None = None
    # what is open, and what is wanted once it is over: by `play` before any media or in a
    # pause that waits, and by `play`, `playing` or `pause` in an interruption
    waiting: Waiting | None = None
    drag: Drag | None = None
    stay: Stay | None = None
    stall_open: OpenStall | None = None
    seek: OpenSeek | None = None
    ad: OpenAd | None = None
    overlay: int = 0
    wanted: str | None = None
    cadence: Cadence | None = None
    # what was said
    passed: dict[str, Any] | None = None
    errors: dict[str, tuple[int, float]] | None = None
    last_summary: Summary | None = None

    def tidy(self) -> dict[str, Any]:
        """Let go of what is as always; what is left is open or unusual."""
        seldom = self.__dict__
        if seldom:
            for name in [name for name, value in seldom.items() if value == DEFAULTS[name]]:
                del seldom[name]
        if not seldom:
            del self.__dict__
        return seldom

    # ------------------------------------------------------------------ to be provided

    def fire(self, trigger: str, at: float | None = None) -> bool:
        """Take ``trigger`` through the table; whether it meant something in this state."""
        raise NotImplementedError

    def handles(self, trigger: str) -> bool:
        """Whether the table has something for ``trigger`` in this state."""
        raise NotImplementedError

    # ------------------------------------------------------------------ shorthands

    @property
    def last_at(self) -> float | None:
        """When the player was last heard of, in the time of its events; None before that."""
        return None if self.now == -inf else self.now

    @property
    def policy(self) -> Policy:
        return self.setup.policy

    @property
    def started(self) -> bool:
        """Whether the session had its PLAY."""
        return self.join_time is not None

    @property
    def seeking(self) -> bool:
        """Whether a seek interrupts playback."""
        return self.seek is not None and not self.seek.early

    @property
    def suspended(self) -> bool:
        """Whether an interruption is laid over the state."""
        return self.ad is not None or self.seeking

    @property
    def end(self) -> float | None:
        """The duration, where there is one to measure by."""
        return None if self.media is None else self.media.end

    def runs(self) -> Iterator[Run]:
        """The runs that are being followed."""
        if self.run is not None:
            yield self.run
        if self.seek is not None and self.seek.run is not None:
            yield self.seek.run
        if self.ad is not None and self.ad.probe is not None:
            yield self.ad.probe

    @property
    def counts(self) -> Tally:
        if self.tally is None:
            self.tally = Tally()
        return self.tally

    def near_end(self, position: float | None) -> bool:
        """Whether ``position`` is within ``end_window`` of the end."""
        end = self.end
        return end is not None and position is not None and end - position <= self.policy.end_window

    def expected(self, travel: Travel, most: float = inf) -> float:
        """Where natural playback would be by now, at most ``most`` ahead."""
        return (self.position or 0.0) + min(travel.uncut, most)

    # ------------------------------------------------------------------ events out

    def emit(
        self,
        name: str,
        rule: str,
        *,
        at: float | None = None,
        position: float | EllipsisType | None = ...,
        cause: str | None = None,
        **fields: Any,
    ) -> Event:
        """Make an event: number it, give it its session, and let out what waits for it.

        ``at`` and ``position`` are of now unless given; ``at`` never goes back (R-order).
        """
        if self.waiting is not None and not name.startswith(("PLAY_REACHED", "VIEW")):
            self.fire("pause_stands")
        if self.drag is not None:
            self.settle_seek()
        if self.state is State.IDLE and name not in ("WIDGET_LOADED", "ERROR"):
            self.fire("ready")
        at = max(self.now if at is None else at, self.event_at)
        if self.session is None:
            self.ordinal += 1
            self.session = checked_id(self.setup.ids(self.player, self.ordinal, at))
        media = self.media
        duration = None if media is None else media.duration
        where = self.position if position is ... else position
        if where is not None and duration is not None and where > duration:
            where = duration
        self.index += 1
        self.event_at = at
        event = events.EVENTS[name](
            name,
            at=at,
            player=self.player,
            session=self.session,
            index=self.index,
            entry_id=None if media is None else media.entry_id,
            position=where,
            duration=duration,
            rule=rule,
            cause=self.cause if cause is None else cause,
            **fields,
        )
        if self.out is None:
            self.out = []
        self.out.append(event)
        return event

    def note(self, kind: str, rule: str, message: str) -> None:
        """Report a diagnostic to whoever wants to hear it."""
        if self.setup.diagnose is not None:
            told = Diagnostic(kind, self.now, self.player, rule, self.cause, message)
            self.setup.diagnose(told)

    def settle_seek(self) -> None:
        """The seek that nobody reported is over: tell it (R-silent-seek)."""
        drag, self.drag = self.drag, None
        if drag is None:
            return
        self.counts.seeks += 1
        self.landing = drag.at
        self.emit(
            "SEEK",
            "R-silent-seek",
            at=drag.at,
            position=drag.target,
            cause="timeupdate",
            origin=drag.origin,
            target=drag.target,
            inferred=True,
        )

    # ------------------------------------------------------------------ the playhead moves

    def begin_stretch(self) -> None:
        """A stretch of PLAYING begins now, with all its slack."""
        self.moved_at = self.now
        self.elapsed = None
        self.slack = self.pace.cap
        self.run = self.stay = self.restart = None
        self.deaf = self.stale = False
        self.seen_moving()

    def seen_moving(self) -> None:
        """For R-frozen the playhead counts as moved now, and updates are awaited anew."""
        if self.policy.frozen_after is not None:
            self.cadence = Cadence(self.now, gaps=() if self.cadence is None else self.cadence.gaps)

    def place(self, position: float | None) -> None:
        """Set the playhead: what lies between joins nothing."""
        self.close_span()
        self.span_from = 0.0 if position is None else position
        self.arrive(position, self.now)
        if self.stay is not None:
            # What was played before the pause cannot lead on from here.
            self.stay.travel = self.travel(self.now)

    def rest(self, position: float) -> None:
        """Set the playhead for good: what comes is measured from here, paused or ended."""
        self.place(position)
        if self.stay is not None:
            self.stay.anchor, self.stay.fresh = position, False
        if self.state is State.ENDED:
            self.restart = position

    def close_span(self) -> None:
        """Put the stretch that is being played into the watched set."""
        if self.position is not None and self.position > self.span_from:
            self.played += (self.position - self.span_from) / self.pace.rate
            self._join(self.span_from, self.position)
            self.span_from = self.position

    def credit(self, position: float, travel: Travel) -> None:
        """``(playhead, position]`` was played in the time of ``travel`` (R-natural)."""
        assert self.position is not None
        if travel.rate != self.pace.rate:
            self.credit_run(self.position, position, (position - self.position) / travel.rate)
        else:
            start = self.position
            self.arrive(position, self.now)
            self.reach(start, position)

    def credit_run(self, start: float, end: float, seconds: float) -> None:
        """``(start, end]`` was played, in ``seconds`` of play time."""
        self.close_span()
        self.played += seconds
        self._join(start, end)
        self.arrive(end, self.now)
        self.span_from = end
        self.reach(start, end)

    def _join(self, start: float, end: float) -> None:
        if self.watched is None:
            self.watched = []
        progress.join(self.watched, start, end)
        if len(self.watched) > 2 * self.policy.max_intervals:
            lost = progress.forget_shortest(self.watched)
            self.note("limit", "I-total", f"forgot the watched interval {lost}")

    @property
    def play_time(self) -> float:
        """Seconds played in this session (R-watch-time)."""
        if self.position is None:
            return self.played
        return self.played + (self.position - self.span_from) / self.pace.rate

    # ------------------------------------------------------------------ quartiles and views

    def reach(self, start: float, end: float) -> None:
        """Fire what ``(start, end]`` reached: quartiles, then views."""
        assert self.media is not None
        for bit, (quartile, point) in enumerate(self.media.points):
            if start < point <= end:
                self.reached(bit, quartile)
        self.view()

    def reached(self, bit: int, quartile: int) -> None:
        """A quartile fires when it first becomes true, once per session (R-quartile)."""
        if not self.fired & 1 << bit:
            self.fired |= 1 << bit
            self.emit(f"PLAY_REACHED_{quartile}", "R-hundred" if quartile == 100 else "R-quartile")

    def view(self) -> None:
        """A VIEW for each full interval by which play time has grown (R-view)."""
        interval = self.policy.view_interval
        if interval is None or self.state is not State.PLAYING or self.suspended:
            return
        play_time = self.play_time
        for _ in range(_MOST_VIEWS):
            if play_time < (self.viewed + 1) * interval - 1e-6:
                return
            self.viewed += 1
            waited = 0.0
            if self.tally is not None:
                waited, self.tally.view_buffer = self.tally.view_buffer, 0.0
            self.emit("VIEW", "R-view", play_time=interval, buffer_time=waited)
        # At a rate next to nothing a step may be worth any number of them.
        self.viewed = max(self.viewed, int(min(play_time / interval, 2.0**53)))


#: What a player has only now and then, and what it is while it has not.
DEFAULTS: dict[str, Any] = {name: getattr(Playback, name) for name in Playback.__annotations__}
