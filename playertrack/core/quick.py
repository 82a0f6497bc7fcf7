"""The fast path of the engine: updates that can change nothing but the playhead.

Nearly all signals are updates of a player that plays. What such an update does is decided
by the rules like anything else, but while nothing is open or waiting the decision is a
little arithmetic, written here once more so that no signal, state lookup or timer is
needed for it. Tests hold both ways against each other, byte by byte.

- While it is *calm* (``calm``) any slack will do, a playhead that stands, a player whose
  updates are awaited (R-frozen) and, for a moment (``until``), what a start or a seek leaves
  behind.
- While it is *quiet*, too (``now`` is left behind), the slack is full and stays so, and an
  update that is no faster than `Pace.reach` moves the playhead. That is all.
- While it is also *steady* (``steady``), the pace is such that it is enough if an update moves
  it by no more than the time that passed.

``calm`` and ``steady`` are the positions up to which this holds: the next milestone or view is
reached there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import inf, nextafter

from ..events import MAKERS, Event
from ..policy import Policy
from ..signals import Signal, TimeUpdate
from .open_intervals import Cadence
from .playback import HAIR, Playback
from .playhead import DRIFT, PROMPT
from .rules import lifecycle, moves
from .state import PLAYING, QUIET

NOTHING: tuple[Event, ...] = ()
_make_view = MAKERS["VIEW"]

#: By a name of its own: Python 3.11 is slow to find what a class has.
_UPDATE = TimeUpdate.name

#: Where no update is quiet or calm, and the ``now`` of what is quiet. By a name, as a minus is
#: calculated each time.
NOWHERE = -inf

_CALM = QUIET | {"cadence"}
#: What is over with the next move.
_ONCE = frozenset({"first", "landing", "still_since"})
#: What a player has for a moment only, in which it does not matter to updates beyond doubt.
_BRIEF = _CALM | _ONCE | {"settling", "stale", "start"}

#: As ``calm`` after each signal: the next update sees to it, if one is next.
UNKNOWN = nextafter(inf, 0.0)

#: A time that never comes, in which only a move ends what there is for a moment.
_NEVER = nextafter(inf, 0.0)

#: How much of a slack or a while leaves no doubt, whatever is rounded.
_SURELY = 0.9


class Quick(Playback):
    """The part of an engine that takes updates."""

    __slots__ = ()

    def take(self, signal: Signal, at: float | None = None) -> Sequence[Event]:
        """Take a signal by the rules."""
        raise NotImplementedError

    def timeupdate(self, position: float, at: float) -> Sequence[Event]:
        """The playhead is at ``position`` (s of content), seen at ``at`` (Unix time, s).

        The same as feeding a `TimeUpdate`, without making one where the playhead just went
        on as it should and nothing is due. Raises `SignalError` for what cannot be valid.
        """
        try:
            if (
                0.0
                < position - self.position  # type: ignore[operator] # None: TypeError
                <= at - self.moved_at
                < PROMPT
                and position < self.steady
            ):
                self.position = position
                self.moved_at = at
                return NOTHING
        except (TypeError, ValueError, OverflowError):
            pass  # it is nowhere yet, or these are no numbers, of which no signal can be made
        else:
            if self.calm == UNKNOWN:
                self._arm()
            if self.calm > NOWHERE and type(position) is float and type(at) is float:
                events = self.take_calmly(position, at)
                if events is not None:
                    return events
        return self.take(TimeUpdate(at=at, position=position))

    def advance(
        self,
        positions: Sequence[float],
        times: Sequence[float],
        start: int,
        stop: int,
        indices: list[int],
        events: list[Event],
    ) -> int:
        """Take updates ``start`` to ``stop`` at once.

        What they make is added to ``events``, and to ``indices`` for each which update it was.

        The caller knows that each is natural from the one before by the ``pace``, as
        `timeupdate` judges it while all is quiet, so that positions ascend, and ``start`` is at
        least 1. Returns the first index that was not taken: ``start`` if the playhead is not
        where the one before it says, or if more disturbs the quiet than what is brief (`_BRIEF`).
        """
        offset = self.pace.offset
        if (
            self.calm == NOWHERE
            or self.position != positions[start - 1]
            or self.moved_at != times[start - 1] + offset
        ):
            return start
        if self.now != NOWHERE:
            end = self._briefly(positions, times, start, stop)
            if end > start:
                self.position = positions[end - 1]
                self.now = self.moved_at = times[end - 1] + offset
            return end
        policy: Policy = self.pace._setup.policy
        milestone: float | None = None
        while True:  # what is reached leaves all as quiet as it was
            end = bisect_left(positions, self.calm, start, stop)
            if end == stop:
                self.position = positions[end - 1]
                self.moved_at = times[end - 1] + offset
                return stop
            if milestone is None:
                milestone = NOWHERE
                if policy.completion is None:
                    milestone = self._next_milestone(positions[end - 1])
            self.position = position = positions[end]
            self.moved_at = times[end] + offset
            if position < milestone:
                made = self._view(position, milestone, policy.view_interval)
            else:
                milestone = None
                made = self._reach_all(positions[end - 1], position)
            indices += [end] * len(made)
            events += made
            start = end + 1

    def _briefly(
        self, positions: Sequence[float], times: Sequence[float], start: int, stop: int
    ) -> int:
        """The end of the updates, as of `advance`, that find a start or a seek still settling.

        Nothing else disturbs the quiet. Those that reach something are left to `take_calmly`.
        """
        pace, until, calm, end = self.pace, self.until, self.calm, start
        if calm == UNKNOWN or until == inf or self.slack != pace.cap or pace.frozen_after < inf:
            return start
        near = _SURELY * pace.cap / (DRIFT * pace.rate)
        while (
            end < stop
            and times[end] + pace.offset < until
            and times[end] - times[end - 1] <= near
            and positions[end] < calm
        ):
            end += 1
        return end

    def take_calmly(self, position: float, at: float) -> Sequence[Event] | None:
        """Take an update where it is calm; None if this one needs the rules."""
        pace, cadence, start = self.pace, None, self.position
        assert start is not None
        now = at + pace.offset
        elapsed, ahead = now - self.moved_at, position - start
        if (
            self.now == NOWHERE  # it is quiet, too
            and position < self.calm
            and ahead > 0.0
            and ahead <= elapsed * pace.reach
            and elapsed < pace.patience
        ):
            self.position = position
            self.moved_at = now
            return NOTHING
        # While it is quiet, ``now`` says nothing: the last signal was the last move.
        if not 0.0 <= elapsed < pace.max_gap or now < self.now:
            return None
        if pace.frozen_after < inf:
            cadence = self.cadence
            # No playhead that moved so lately is frozen, however long no update came.
            if cadence is None or now - cadence.since >= pace.frozen_after:
                return None
        content, slack = pace.rate * elapsed, self.slack
        if self.until < inf and (ends := self._ends_something(now, content, ahead)) is not False:
            return self._moved_on(position, now, ahead, cadence) if ends and ahead > 0.0 else None
        if ahead > 0.0 and ahead <= content + slack:
            slack += DRIFT * content - ahead
            self.position = position
            self.moved_at = now
            # Updates before may have had numbers of numpy.
            self.slack = float(slack) if slack < pace.cap else pace.cap
            if cadence is not None:  # it is never quiet
                cadence.since = now
                cadence.updated(now)
                self.now = now
            else:
                quiet = slack >= pace.cap and self.until == inf
                self.now = NOWHERE if quiet else now
                self.steady = self.calm if quiet and pace.steady else NOWHERE
            return NOTHING if position < self.calm else self.reach_quickly(start, position)
        if ahead == 0.0 and elapsed <= pace.credit:
            if cadence is not None:
                cadence.updated(now)
            self.catch_up()
            self.now = now
            return NOTHING
        return None

    def _ends_something(self, now: float, content: float, ahead: float) -> bool | None:
        """True if what there is for a moment is over with the next move; None if it may matter."""
        if self.elapsed is not None or not _ONCE.isdisjoint(self.__dict__):
            return True
        return False if self._still_brief(now, content, ahead) else None

    def _still_brief(self, now: float, content: float, ahead: float) -> bool:
        """Nothing of what there is for a moment matters yet to such a move."""
        return now < self.until and max(content, ahead) <= _SURELY * self.pace.cap

    def _moved_on(
        self, position: float, now: float, ahead: float, cadence: Cadence | None
    ) -> Sequence[Event] | None:
        """A move ahead that is the first, or the first after what took its time, if natural."""
        pace, slack, travel = self.pace, self.slack, None
        content = pace.rate * (now - self.moved_at)
        if self.elapsed is not None:
            travel = self.travel(now)
            content = travel.content
        if self.first:
            slack = min(slack, lifecycle.start_slack(self))
        if ahead > content + slack or (travel is not None and travel.fast):
            return None
        if self.until < _NEVER and not self._still_brief(now, content, ahead):
            return None
        self.now, self.cause = now, _UPDATE
        if cadence is not None:
            cadence.since = now
            cadence.updated(now)
        self.let_go(*_ONCE)
        moves.goes_on(self)
        if travel is not None:
            moves.advance(self, position, travel)
            self.tidy()
        else:
            start, self.position, self.moved_at = self.position, position, now
            self.slack = min(pace.cap, self.slack + (DRIFT * content - ahead))
            if position >= self.calm and start is not None:
                self.reach(start, position)
        self.cause = ""
        self._arm()
        out, self.out = self.out, None
        return NOTHING if out is None else out

    def reach_quickly(self, start: float, position: float) -> Sequence[Event]:
        """A milestone or a view is reached on the way to ``position``."""
        policy: Policy = self.pace._setup.policy
        if policy.completion is None and self.until == inf:
            milestone = self._next_milestone(start)
            if position < milestone:
                return self._view(position, milestone, policy.view_interval)
        return self._reach_all(start, position)

    def _reach_all(self, start: float, position: float) -> Sequence[Event]:
        """As `reach_quickly`, whatever is reached."""
        self.now, self.cause = self.moved_at, _UPDATE
        self.reach(start, position)
        self.cause = ""
        self._aim()
        out, self.out = self.out, None
        return NOTHING if out is None else out

    def _view(self, position: float, milestone: float, interval: float | None) -> Sequence[Event]:
        """A view is reached on the way to ``position``, and no ``milestone``; nothing else waits.

        As `_reach_all`, in one step: of all events most are these.
        """
        media, session, pace = self.media, self.session, self.pace
        assert media is not None and session is not None and interval is not None
        span, played, viewed = self.span_from, self.played, self.viewed + 1
        play_time = played + (position - span) / pace.rate
        made: Sequence[Event] = NOTHING
        if play_time >= viewed * interval - HAIR:
            if play_time >= (viewed + 1) * interval - HAIR:
                return self._reach_all(position, position)  # several at once
            waited, duration = 0.0, media.duration
            if self.tally is not None:
                waited, self.tally.view_buffer = self.tally.view_buffer, 0.0
            if duration is not None and position > duration:
                position = duration
            # No event is later than the last signal, so this one is later than any.
            self.event_at = at = self.moved_at
            self.viewed = viewed
            self.index = index = self.index + 1
            more = {"play_time": interval, "buffer_time": waited}
            entry, player = media.entry_id, self.player
            made = [
                _make_view(
                    at, player, session, index, entry, position, duration, "R-view", _UPDATE, more
                )
            ]
            viewed += 1
        view = span + (viewed * interval - 1e-5 - played) * pace.rate
        self.calm = calm = view if view < milestone else milestone
        if self.now == NOWHERE and pace.steady:
            self.steady = calm
        return made

    def _arm(self) -> None:
        """See whether it is calm or quiet, and how far updates may then go."""
        seldom = self.__dict__
        if not seldom:
            del self.__dict__  # asked for, it is there
        self.calm = self.steady = NOWHERE
        if self.state is PLAYING and not self.pace.fast:
            if _CALM.issuperset(seldom):
                self.until = inf if self.elapsed is None else _NEVER
            elif _BRIEF.issuperset(seldom) and (until := self._brief_until()) > NOWHERE:
                self.until = until
            else:
                return
            self._aim()

    def _brief_until(self) -> float:
        """Until when what is there for a moment does not matter; -inf if it does.

        A settling seek waits to be reported while playback goes on (R-seek). Positions of the
        session before (R-stale) and of the start (R-start) are elsewhere than an update that
        is natural and near, as long as nothing of them is due to be forgotten; who failed before
        playback began again takes up without a PLAY, and keeps them. All else is there until
        the next move.
        """
        since: list[float] = []
        seek, stale, start = self.settling, self.stale, self.start
        if seek is not None:
            if not (seek.reported and (seek.moved_on or self.landing is not None)):
                return NOWHERE
            since.append(seek.at)
        if stale is not None:
            since.append(-inf if stale.played is None else max(stale.opened, stale.played))
        if start is not None:
            since.append(-inf if start.played is None else start.played)
        return min(since) + _SURELY * self.policy.settle if since else _NEVER

    def _next_milestone(self, here: float) -> float:
        """The position of the next milestone that has not fired, infinite without one."""
        media, bit = self.media, 1
        assert media is not None
        for _, point in media.points:
            if point > here and not self.fired & bit:
                return point
            bit <<= 1
        return inf

    def _aim(self) -> None:
        """It is calm up to the next milestone or view: a little less at most.

        Up to there it is quiet, too, if the slack is full and the playhead does not stand.
        """
        pace = self.pace
        policy: Policy = pace._setup.policy
        assert self.position is not None
        point = self._next_milestone(self.position)
        if policy.completion is not None:
            assert self.media is not None
            bit = 1 << len(policy.milestones)
            if self.media.end is not None and not self.fired & bit:
                point = min(point, self.span_from + self.lacking - 2e-6)
        interval = policy.view_interval
        if interval is not None:
            due = (self.viewed + 1) * interval - 1e-5 - self.played
            view = self.span_from + due * pace.rate
            if view < point:
                point = view
        self.calm = point
        self.steady = NOWHERE
        if (
            self.slack == pace.cap
            and self.now == self.moved_at
            and pace.frozen_after == inf
            and self.until == inf
        ):
            self.now = NOWHERE
            if pace.steady:
                self.steady = point
