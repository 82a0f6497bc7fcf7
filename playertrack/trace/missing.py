"""Says in words why a milestone did not fire: what the playhead did around its point."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from math import inf
from operator import attrgetter

import attrs

from .._times import as_time
from ..core.session import Summary
from ..events import REACHED, Event, Seek
from ..policy import Policy


@attrs.frozen
class Reason:
    """Why a milestone was not reached; ``kind`` is for programs, ``text`` for people."""

    kind: str
    text: str


@attrs.frozen
class Missing:
    """An event that did not fire: PLAY_REACHED_n of a ``milestone``, or COMPLETED (None).

    ``point`` is the milestone's position (s), None without a duration.
    """

    event: str
    milestone: int | None
    point: float | None
    reasons: tuple[Reason, ...]


@attrs.frozen
class Evidence:
    """The evidence that a session left.

    ``path``: at, position, rate whenever the playhead moved; ``stale``: how many positions
    were still of the session before.
    """

    events: Sequence[Event]
    path: array[float]
    stale: int


def missing_of(summary: Summary, session: Evidence, policy: Policy) -> Iterator[Missing]:
    """The milestones of the policy, and COMPLETED, that a session has not."""
    nothing = _nothing(summary)
    moves = [] if nothing is not None else list(_moves(session.path))
    end = summary.duration
    for milestone in policy.milestones:
        if milestone in summary.quartiles:
            continue
        if nothing is not None or end is None:
            why = () if nothing is None else (nothing,)
            yield Missing(REACHED[milestone], milestone, None, why)
        else:
            point = end * milestone / 100
            why_not = tuple(_why_not(point, session, moves, policy))
            yield Missing(REACHED[milestone], milestone, point, why_not)
    if policy.completion is not None and not summary.completed:
        reason = nothing or Reason(
            "not_completed",
            f"{summary.completion or 0.0:.1%} of the media was watched, "
            f"{policy.completion:.1%} is asked for",
        )
        yield Missing("COMPLETED", None, None, (reason,))


def _nothing(summary: Summary) -> Reason | None:
    """Why a session can have no milestones at all."""
    if summary.join_time is None:
        return Reason("not_played", "playback did not start in this session")
    if summary.live:
        return Reason("live", "live media have no end to measure by")
    if summary.duration is None:
        return Reason("no_duration", "the duration never became known")
    return None


def _why_not(
    point: float, session: Evidence, moves: Sequence[_Move], policy: Policy
) -> Iterator[Reason]:
    """How the playhead came past ``point`` without playing over it, or that it did not."""
    start, path = session.events[0].at, session.path
    skips = [skip for event in session.events for skip in _skips(event) if skip.has(point)]
    unexplained = _unexplained(point, moves, skips)
    yield from _against_the_clock(path, moves)
    if skips:
        skip = skips[-1]
        how = "a seek that was not reported" if skip.inferred else "a seek"
        yield Reason(
            "seeked_past",
            f"{how} at {_short(skip.at - start)} skipped the point at {_short(point)}, "
            f"from {_short(skip.origin)} to {_short(skip.target)}",
        )
    if unexplained is not None:
        yield unexplained.reason(point, start, policy)
    if not skips and unexplained is None:
        yield _short_of(point, path)
    for event in session.events:
        if event.rule == "R-end-early":
            where, end = event.position or 0.0, event.duration
            late = max(policy.end_tolerance, min(0.01 * (end or 0.0), 10.0))
            yield Reason(
                "ended_early",
                f"the player reported `ended` at {_short(where)}; only the last {late:g} s "
                "count as played when it does (end_tolerance)",
            )
    if session.stale:
        yield Reason(
            "stale", f"{session.stale} positions were still of the session before and ignored"
        )


def _against_the_clock(path: array[float], moves: Sequence[_Move]) -> Iterator[Reason]:
    """Positions that no player can have had at these times."""
    if _in_milliseconds(moves):
        yield Reason(
            "milliseconds",
            "positions look like milliseconds: they run 1000 times as fast as the clock, "
            "and seconds are expected",
        )
    elif _ahead_of_the_clock(moves):
        yield Reason(
            "ahead_of_clock",
            f"positions run ahead of the clock: {_short(path[-2] - path[1])} of media in "
            f"{_short(path[-3] - path[0])}; in a test, advance the clock between two positions",
        )


def _short_of(point: float, path: array[float]) -> Reason:
    """The playhead never came past ``point``."""
    furthest = max(path[1::3], default=0.0)
    if furthest >= point:
        where = f"{_short(path[1])}, beyond {_short(point)}"
        return Reason("began_beyond", f"playback started at {where}")
    where = f"{_short(furthest)}, the point is {_short(point)}"
    if len(path) <= 3:
        cure = "report positions while it plays (timeupdate)"
        return Reason("no_position", f"no position came after {where}: {cure}")
    return Reason("not_reached", f"playback came to {where}")


def _in_milliseconds(all_: Sequence[_Move]) -> bool:
    """Most moves of the playhead are about a thousand times too fast."""
    moves = [move for move in all_ if move.at > move.since and move.target > move.origin]
    fast = [m for m in moves if 500.0 < (m.target - m.origin) / (m.at - m.since) < 2000.0]
    return len(fast) >= 3 and 2 * len(fast) > len(moves)


def _ahead_of_the_clock(all_: Sequence[_Move]) -> bool:
    """Most moves of the playhead are small steps forward that took hardly any time.

    A player that a test runs without a clock does so.
    """
    moves = [move for move in all_ if 0.0 < move.target - move.origin <= 5.0]
    fast = [m for m in moves if m.target - m.origin > 4.0 * m.rate * (m.at - m.since)]
    return len(fast) >= 3 and 2 * len(fast) > len(all_) + 1


def _short(seconds: float | None) -> str:
    """A time or a position, which may be unknown."""
    return "?" if seconds is None else as_time(seconds)


@attrs.frozen
class _Move:
    """The playhead went from ``origin`` to ``target`` (s of content) between two signals."""

    since: float
    at: float
    origin: float
    target: float
    rate: float

    def reason(self, point: float, start: float, policy: Policy) -> Reason:
        """Why going past ``point`` was not playing over it."""
        where = f"from {_short(self.origin)} to {_short(self.target)}"
        where += f" at {_short(self.at - start)}"
        if self.rate > policy.max_natural_rate:
            return Reason(
                "too_fast",
                f"{_short(point)} was passed at {self.rate:g} times the speed, {where}; above "
                f"{policy.max_natural_rate:g} content is seen but not watched",
            )
        silent = self.at - self.since
        if silent > policy.max_gap:
            return Reason(
                "max_gap",
                f"{_short(point)} was passed in a silence of {_short(silent)}, {where}; one longer "
                f"than {policy.max_gap:g} s counts only if it ends where playback would be "
                "(max_gap)",
            )
        return Reason(
            "not_natural",
            f"the position went past {_short(point)}, {where}, in {_short(silent)}: "
            "playback cannot have done that",
        )


@attrs.frozen
class _Skip:
    """A seek forward, complete ``at``, from ``origin`` to ``target`` (s of content)."""

    at: float
    origin: float
    target: float
    inferred: bool

    def has(self, point: float) -> bool:
        """It left the point out."""
        return self.origin < point <= self.target


def _skips(event: Event) -> Iterator[_Skip]:
    if isinstance(event, Seek) and event.origin is not None and event.target is not None:
        yield _Skip(event.at, event.origin, event.target, event.inferred)


def _unexplained(point: float, moves: Sequence[_Move], skips: Sequence[_Skip]) -> _Move | None:
    """The last move past ``point`` that belongs to no skip.

    A move that came before a skip was complete belongs to it if it lies within, or came since
    the skip began. A session may have very many of both: each is looked at once.
    """
    began = _began(moves, skips)
    last = -1
    widest = _Widest()
    earliest = inf
    later = sorted(range(len(skips)), key=lambda index: skips[index].at)
    passing = [index for index, move in enumerate(moves) if move.origin < point <= move.target]
    for index in sorted(passing, key=lambda index: moves[index].at, reverse=True):
        move = moves[index]
        while later and skips[later[-1]].at >= move.at:
            skip = later.pop()
            earliest = min(earliest, began[skip])
            widest.add(skips[skip].origin, skips[skip].target)
        if not (earliest <= move.since or widest.holds(move.origin, move.target)):
            last = max(last, index)
    return None if last < 0 else moves[last]


def _began(moves: Sequence[_Move], skips: Sequence[_Skip]) -> list[float]:
    """When the playhead left the origin of each skip: a drag may go past both its ends."""
    began = [skip.at for skip in skips]
    left: dict[float, float] = {}
    earlier = deque(sorted(moves, key=attrgetter("at")))
    for index in sorted(range(len(skips)), key=lambda index: skips[index].at):
        skip = skips[index]
        while earlier and earlier[0].at <= skip.at:
            move = earlier.popleft()
            left[move.origin] = max(left.get(move.origin, -inf), move.since)
        began[index] = left.get(skip.origin, skip.at)
    return began


class _Widest:
    """Stretches of content, without those that lie within another: both lists rise."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []

    def add(self, start: float, end: float) -> None:
        if self.holds(start, end):
            return
        first, last = bisect_left(self._starts, start), bisect_right(self._ends, end)
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def holds(self, start: float, end: float) -> bool:
        """It lies within one of the stretches."""
        index = bisect_right(self._starts, start)
        return index > 0 and end <= self._ends[index - 1]


def _moves(path: array[float]) -> Iterator[_Move]:
    for index in range(3, len(path), 3):
        since, origin, rate, at, target, rate_after = path[index - 3 : index + 3]
        yield _Move(since, at, origin, target, max(rate, rate_after))
