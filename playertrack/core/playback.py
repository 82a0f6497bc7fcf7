"""The base of all rules: the playhead of a player, and the one way by which events are emitted.

The rules (`rules.lifecycle`, `rules.pause`, …) are functions over a `Playback`, `machine` is
the table that calls them and `engine` feeds it. What waits in its grace (a seek that settles,
a pause) is let out by `emit`, before any event that it has to precede.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from math import inf
from types import EllipsisType
from typing import Any

from .. import events
from ..events import Event
from ..policy import Policy
from . import rangeset
from .context import Diagnostic
from .open_intervals import Before, Cadence, SessionTally, Settling
from .playhead import Run, Travel
from .session import checked_id
from .state import ENDED, IDLE, PLAYING, PlayerState

#: VIEWs that one signal can make (R-view); more are no viewing but a rate next to nothing.
_MOST_VIEWS = 100

#: What most events have besides what all have.
_NO_MORE: Mapping[str, Any] = {}

#: So little (s) is a rounding (R-view).
HAIR = 1e-6

#: A PAUSE that waits lets these pass (R-pause).
_BESIDE_A_PAUSE = frozenset({"SEEK", "VIEW", "COMPLETED", *events.REACHED.values()})


class Playback(PlayerState):
    """One player: its state, and what can be done with it."""

    __slots__ = ()

    # ------------------------------------------------------------------ to be provided

    def fire(self, trigger: str, at: float | None = None) -> bool:
        """Take ``trigger`` through the table; whether it meant something in this state."""
        raise NotImplementedError

    def handles(self, trigger: str) -> bool:
        """The table has something for ``trigger`` in this state."""
        raise NotImplementedError

    def settle_due(self, at: float) -> None:
        """Do what is due by ``at``, in order of due time (R-timer)."""
        raise NotImplementedError

    # ------------------------------------------------------------------ shorthands

    @property
    def last_at(self) -> float | None:
        """When the player's last signal came, in the time of its events; None before that."""
        if self.quiet:
            return float(self.moved_at) + 0.0
        return None if self.now == -inf else self.now

    @property
    def policy(self) -> Policy:
        policy: Policy = self.pace._setup.policy
        return policy

    @property
    def started(self) -> bool:
        """True if the session had its PLAY."""
        return self.join_time is not None

    @property
    def seeking(self) -> bool:
        """True if a seek interrupts playback."""
        return self.seek is not None and not self.seek.early

    @property
    def suspended(self) -> bool:
        """True if an interruption is laid over the state."""
        return self.ad is not None or (self.seek is not None and not self.seek.early)

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
        if self.settling is not None and self.settling.before is not None:
            if self.settling.before.run is not None:
                yield self.settling.before.run

    @property
    def counts(self) -> SessionTally:
        if self.tally is None:
            self.tally = SessionTally()
        return self.tally

    def near_end(self, position: float | None) -> bool:
        """True if ``position`` is within ``end_window`` of the end."""
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
        more: Mapping[str, Any] = _NO_MORE,
        at: float | None = None,
        position: float | EllipsisType | None = ...,
        cause: str | None = None,
    ) -> Event:
        """Make an event: number it, give it its session, and let out what waits for it.

        ``more`` has what this event has besides. ``at`` and ``position`` are of now unless given;
        ``at`` never goes back (R-order).
        """
        if self.settling is not None and not self.seeking and name != "SEEK":
            self.settle_seek()
        if self.waiting is not None and name not in _BESIDE_A_PAUSE:
            self.fire("pause_stands")
        if self.state is IDLE and name not in ("WIDGET_LOADED", "ERROR"):
            self.fire("ready")
        return self.make(name, rule, more, at, position, cause)

    def make(
        self,
        name: str,
        rule: str,
        more: Mapping[str, Any],
        at: float | None = None,
        position: float | EllipsisType | None = ...,
        cause: str | None = None,
    ) -> Event:
        """As `emit`, where nothing waits that could have to come before."""
        if at is None:
            at = self.now
        if at < self.event_at:
            at = self.event_at
        if self.session is None:
            ordinal = self.sessions_left + 1
            self.session = checked_id(self.setup.ids(self.player, ordinal, at))
        media = self.media
        duration = None if media is None else media.duration
        where = self.position if position is ... else position
        if where is not None and duration is not None and where > duration:
            where = duration
        self.index += 1
        self.event_at = at
        event = events.MAKERS[name](
            at,
            self.player,
            self.session,
            self.index,
            None if media is None else media.entry_id,
            where,
            duration,
            rule,
            self.cause if cause is None else cause,
            more,
        )
        if self.out is None:
            self.out = []
        self.out.append(event)
        return event

    def note(self, kind: str, rule: str, message: str) -> None:
        """Report a diagnostic to whoever listens."""
        if self.setup.diagnose is not None:
            diagnostic = Diagnostic(kind, self.now, self.player, rule, self.cause, message)
            self.setup.diagnose(diagnostic)

    def settle_seek(self) -> None:
        """The seek is over: report it, once for all of its parts (R-seek)."""
        seek, self.settling = self.settling, None
        if seek is None or seek.own:
            return
        self.counts.seeks += 1
        self.emit(
            "SEEK",
            seek.rule,
            {
                "origin": seek.origin,
                "target": seek.target,
                "inferred": not seek.reported,
                "by": seek.by,
            },
            at=seek.at,
            position=seek.target,
            cause=seek.cause,
        )

    def as_it_is(self) -> Before:
        """Where everything stands, to go back to if a jump was none (R-glitch)."""
        assert self.position is not None
        return Before(
            self.position,
            self.moved_at,
            self.slack,
            *deepcopy((self.elapsed, self.stay, self.waiting, self.run, self.cadence)),
            self.landing,
            self.still_since,
        )

    def as_before(self, seek: Settling, before: Before) -> None:
        """One position was wrong: all is as if it had not been."""
        self.settling = None
        self.close_span()
        self.position, self.moved_at = before.position, before.moved_at
        self.slack, self.elapsed = before.slack, before.elapsed
        self.run, self.cadence = before.run, before.cadence
        self.landing, self.still_since = before.landing, before.still_since
        self.span_from = before.position
        self.stay = before.stay
        if self.waiting is not None:
            # A pause that came before the jump was moved by it.
            was = before.waiting
            self.waiting.at = was.at if was and self.waiting.at == seek.at else self.waiting.at
            self.waiting.position = before.position if was is None else was.position

    # ------------------------------------------------------------------ the playhead moves

    def begin_stretch(self) -> None:
        """A stretch of PLAYING begins now, with all its slack."""
        if self.still_since is None:
            self.still_since = self.moved_at
        self.moved_at = self.now
        self.elapsed = None
        self.slack = self.pace.cap
        self.let_go("run", "stay", "restart", "deaf")
        self.seen_moving()

    def seen_moving(self, learn: bool = False) -> None:
        """For R-frozen the playhead counts as moved now, and updates are awaited anew.

        ``learn``: the interval to the next update is as good to learn from as any.
        """
        if self.pace.frozen_after < inf:
            known = self.cadence or Cadence(self.now)
            self.cadence = Cadence(self.now, known.update if learn else None, known.gaps)

    def place(self, position: float) -> None:
        """Set the playhead: what lies between joins nothing."""
        self.close_span()
        self.span_from = position
        self.arrive(position, self.now)
        if self.stay is not None:
            # What was played before the pause cannot lead on from here.
            self.stay.travel = self.travel(self.now)

    def rest(self, position: float) -> None:
        """Set the playhead for good: what comes is measured from here, paused or ended."""
        self.place(position)
        if self.stay is not None:
            self.stay.anchor, self.stay.fresh = position, False
        if self.state is ENDED:
            self.restart = position

    def arrive(self, position: float | None, at: float) -> None:
        super().arrive(position, at)
        if self.still_since is not None:
            self.still_since = None

    def close_span(self) -> None:
        """Put the stretch that is being played into the watched set."""
        if self.position is not None and self.position > self.span_from:
            self.played += (self.position - self.span_from) / self.pace.rate
            if self.lacking:
                self.lacking -= self.position - self.span_from
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
        if self.lacking:
            self.lacking -= end - start
        self._join(start, end)
        self.arrive(end, self.now)
        self.span_from = end
        self.reach(start, end)

    def _join(self, start: float, end: float) -> None:
        if self.watched is None:
            self.watched = []
        rangeset.join(self.watched, start, end)
        most, heap = 2 * self.policy.max_intervals, self.by_length
        if heap is not None and len(heap) < 2 * most:
            rangeset.note_length(self.watched, heap, start)
        elif heap is not None:
            heap = self.by_length = None
        if len(self.watched) > most:
            if heap is None:
                heap = self.by_length = rangeset.by_length(self.watched)
            lost = rangeset.forget_shortest(self.watched, heap)
            self.note("limit", "I-total", f"forgot the watched interval {lost}")

    @property
    def play_time(self) -> float:
        """Seconds played in this session (R-watch-time)."""
        if self.position is None:
            return self.played
        return self.played + (self.position - self.span_from) / self.pace.rate

    # ------------------------------------------------------------------ quartiles and views

    def reach(self, start: float, end: float) -> None:
        """Fire what ``(start, end]`` reached: milestones, completion, then views."""
        policy: Policy = self.pace._setup.policy
        assert self.media is not None
        for bit, (milestone, point) in enumerate(self.media.points):
            if point > end:
                break
            if point > start:
                self.reached(bit, milestone)
        if policy.completion is not None:
            self.complete(policy.completion)
        if policy.view_interval is not None:
            self.view(policy.view_interval)

    def reached(self, bit: int, milestone: int) -> None:
        """A milestone fires when it first becomes true, once per session (R-quartile)."""
        if not self.fired & 1 << bit:
            self.fired |= 1 << bit
            rule = "R-hundred" if milestone == 100 else "R-quartile"
            self.emit(events.REACHED[milestone], rule)

    def complete(self, share: float) -> None:
        """COMPLETED, once that share of the duration was watched."""
        end, bit = self.end, 1 << len(self.policy.milestones)
        if end is None or self.fired & bit:
            return
        assert self.position is not None
        going = self.position - self.span_from
        if going < self.lacking - HAIR:
            return
        watched = rangeset.length(self.watched_until(end))
        if watched / end >= share:
            self.fired |= bit
            self.emit("COMPLETED", "R-milestones", {"watched": watched / end})
        else:
            self.lacking = going + share * end - watched

    def watched_until(self, end: float = inf) -> list[float]:
        """The watched set as far as it lies before ``end``."""
        watched = list(self.watched or ())
        if self.position is not None and self.position > self.span_from:
            rangeset.join(watched, self.span_from, self.position)
        return rangeset.cut(watched, end)

    def view(self, interval: float) -> None:
        """A VIEW for each full interval (s) by which play time has grown (R-view)."""
        if self.state is not PLAYING or self.suspended:
            return
        play_time, most = self.play_time, self.viewed + _MOST_VIEWS
        while play_time >= (self.viewed + 1) * interval - HAIR:
            if self.viewed == most:  # at a rate next to nothing a step may be worth any number
                self.viewed = max(most, int(min(play_time / interval, 2.0**53)))
                return
            self.viewed += 1
            waited = 0.0
            if self.tally is not None:
                waited, self.tally.view_buffer = self.tally.view_buffer, 0.0
            self.emit("VIEW", "R-view", {"play_time": interval, "buffer_time": waited})
