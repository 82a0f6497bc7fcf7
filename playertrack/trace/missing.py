"""Why a milestone did not fire: what the playhead did about its point, in words."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

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
    end = summary.duration
    for milestone in policy.milestones:
        if milestone in summary.quartiles:
            continue
        if nothing is not None or end is None:
            why = () if nothing is None else (nothing,)
            yield Missing(REACHED[milestone], milestone, None, why)
        else:
            point = end * milestone / 100
            why_not = tuple(_why_not(point, session, policy))
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


def _why_not(point: float, session: Evidence, policy: Policy) -> Iterator[Reason]:
    """How the playhead came past ``point`` without playing over it, or that it did not."""
    start, path = session.events[0].at, session.path
    seeks = [event for event in session.events if isinstance(event, Seek)]
    passed = [seek for seek in seeks if _spans(seek.origin, point, seek.target)]
    moves = [move for move in _moves(path) if move.origin < point <= move.target]
    began = [_began(seek, path) for seek in passed]
    moves = [move for move in moves if not any(map(move.belongs_to, passed, began))]
    yield from _against_the_clock(path)
    if passed:
        seek = passed[-1]
        how = "a seek that was not reported" if seek.inferred else "a seek"
        yield Reason(
            "seeked_past",
            f"{how} at {_short(seek.at - start)} skipped the point at {_short(point)}, "
            f"from {_short(seek.origin)} to {_short(seek.target)}",
        )
    if moves:
        yield moves[-1].reason(point, start, policy)
    if not passed and not moves:
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


def _against_the_clock(path: array[float]) -> Iterator[Reason]:
    """Positions that no player can have had at these times."""
    if _in_milliseconds(path):
        yield Reason(
            "milliseconds",
            "positions look like milliseconds: they run 1000 times as fast as the clock, "
            "and seconds are expected",
        )
    elif _ahead_of_the_clock(path):
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


def _in_milliseconds(path: array[float]) -> bool:
    """Most moves of the playhead are about a thousand times too fast."""
    moves = [move for move in _moves(path) if move.at > move.since and move.target > move.origin]
    fast = [m for m in moves if 500.0 < (m.target - m.origin) / (m.at - m.since) < 2000.0]
    return len(fast) >= 3 and 2 * len(fast) > len(moves)


def _ahead_of_the_clock(path: array[float]) -> bool:
    """Most moves of the playhead are small steps forward that took hardly any time.

    A player that a test runs without a clock does so.
    """
    moves = [move for move in _moves(path) if 0.0 < move.target - move.origin <= 5.0]
    fast = [m for m in moves if m.target - m.origin > 4.0 * m.rate * (m.at - m.since)]
    return len(fast) >= 3 and 2 * len(fast) > len(path) // 3


def _short(seconds: float | None) -> str:
    """A time or a position, which may be unknown."""
    return "?" if seconds is None else as_time(seconds)


def _spans(before: float | None, point: float, after: float | None) -> bool:
    return before is not None and after is not None and before < point <= after


@attrs.frozen
class _Move:
    """The playhead went from ``origin`` to ``target`` (s of content) between two signals."""

    since: float
    at: float
    origin: float
    target: float
    rate: float

    def belongs_to(self, seek: Seek, began: float) -> bool:
        """The seek, which ``began`` then, explains the move."""
        within = (seek.origin or 0.0) <= self.origin and self.target <= (seek.target or 0.0)
        return self.at <= seek.at and (within or began <= self.since)

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


def _began(seek: Seek, path: array[float]) -> float:
    """When the playhead left the origin of the seek: a drag may go past both its ends."""
    left = (m.since for m in _moves(path) if m.at <= seek.at and m.origin == seek.origin)
    return max(left, default=seek.at)


def _moves(path: array[float]) -> Iterator[_Move]:
    for index in range(3, len(path), 3):
        since, origin, rate, at, target, rate_after = path[index - 3 : index + 3]
        yield _Move(since, at, origin, target, max(rate, rate_after))
