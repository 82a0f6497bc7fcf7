"""The playhead, and the budget by which its moves are judged.

A player reports where it is every now and then. Whether the stretch between two reports
was *played* or jumped over is a question of time: in ``dt`` seconds at rate ``r`` natural
playback covers ``r·dt`` of content, give or take a slack that has to be earned
(R-natural). All positions are seconds of content, all times seconds.
"""

from __future__ import annotations

from enum import Enum
from math import inf
from typing import Any, NamedTuple

import attrs

from ..policy import Policy

#: How much faster than its rate a player may be seen to run, for ever: clocks differ.
DRIFT = 1.1

#: While a player plays, its updates usually come sooner after one another than this (s).
PROMPT = 2.0


class Move(Enum):
    """The meaning of a reported position against the one before it."""

    STILL = "still"
    NATURAL = "natural"
    FAST = "fast"  # a natural amount, but at a speed at which nobody watches (R-fast)
    JITTER = "jitter"
    JUMP = "jump"


STILL, NATURAL, FAST, JITTER, JUMP = Move  # as the states in `state`, for speed


@attrs.frozen(eq=False)
class Pace:
    """A playback rate and what it makes of the policy; shared by all players that have it.

    ``offset`` is added to each ``at``: the clock of the player was set back by so much (s).
    ``cap`` is J, the most slack there can be. ``reach`` is the content that a second may
    cover without spending slack, ``patience`` the time (s) for which no more than that
    is certain to be natural too: what stays within both needs no further judgement.
    ``steady``: an update that comes within `PROMPT` and moves by no more than the time that
    passed stays within both, by its own times.
    ``frozen_after`` is that of the policy, infinite where that is off.
    ``_setup`` is the `Setup` of the players, which are so one field smaller.
    """

    rate: float
    cap: float
    fast: bool
    credit: float
    max_gap: float
    back: float
    reach: float
    patience: float
    steady: bool
    offset: float = 0.0
    frozen_after: float = inf
    _setup: Any = None  # by an underscore, so that no snapshot of a `Run` has it

    def __deepcopy__(self, memo: object) -> Pace:
        return self  # it is shared, and never changes

    @classmethod
    def of(cls, policy: Policy, rate: float, setup: object = None, offset: float = 0.0) -> Pace:
        cap = policy.jump_tolerance * max(1.0, rate)
        drift = (DRIFT - 1.0) * rate
        certain = 0.9 * cap / drift if drift > 0.0 else policy.max_gap
        # A hair less, for the rounding of the sum that it stands for.
        reach = DRIFT * rate * (1.0 - 2**-40)
        patience = min(certain, policy.max_gap)
        return cls(
            rate=rate,
            cap=cap,
            fast=rate > policy.max_natural_rate,
            credit=policy.stall_credit,
            max_gap=policy.max_gap,
            back=policy.back_tolerance,
            reach=reach,
            patience=patience,
            steady=offset == 0.0 and reach >= 1.0 and patience >= PROMPT,
            offset=offset,
            frozen_after=inf if policy.frozen_after is None else policy.frozen_after,
            setup=setup,
        )


class Travel(NamedTuple):
    """The reach of natural playback since the playhead last moved.

    ``seconds`` that count, the ``content`` they cover, ``fast`` if one of their rates was
    too fast to watch; the same without the cut of `Policy.max_gap` (``long_…``); and the
    content if everything counted (``uncut``). ``cap`` is J for the fastest rate, ``rate``
    the mean one.
    """

    seconds: float
    content: float
    fast: bool
    long_seconds: float
    long_content: float
    long_fast: bool
    uncut: float
    cap: float
    rate: float

    def whole(self) -> Travel:
        """The same, not cut to `Policy.max_gap`."""
        seconds, content = self.long_seconds, self.long_content
        rate = content / seconds if content > 0.0 else self.rate
        return self._replace(seconds=seconds, content=content, fast=self.long_fast, rate=rate)


_Travelled = tuple[float, float, bool, float, float, bool, float, float, float]

#: Makes a `Travel` of a tuple; the class itself does it in Python.
_travel = tuple.__new__


@attrs.define
class Elapsed:
    """Time since the playhead last moved, of which not all counts (R-natural).

    It exists only when there is something to cut or to add up: a stall, a playhead that
    was seen to stand still, a change of rate, a pause of which nothing was reported.
    ``budget`` is what `Policy.max_gap` leaves, ``head`` the content of the first
    `Policy.stall_credit` seconds, ``until`` the end of what counts of an open stall.
    """

    since: float
    budget: float
    seconds: float = 0.0
    content: float = 0.0
    fast: bool = False
    long_seconds: float = 0.0
    long_content: float = 0.0
    long_fast: bool = False
    uncut: float = 0.0
    cap: float = 0.0
    head: float = 0.0
    until: float | None = None

    def until_now(self, at: float, pace: Pace) -> _Travelled:
        """The fields of the `Travel` to ``at``."""
        since, until, rate, cap = self.since, self.until, pace.rate, pace.cap
        end = at if until is None or at < until else until
        passed = end - since if end > since else 0.0
        counted = passed if passed < self.budget else self.budget
        seconds = self.seconds + counted
        content = self.content + rate * counted
        return (
            seconds,
            content,
            self.fast or (pace.fast and counted > 0.0),
            self.long_seconds + passed,
            self.long_content + rate * passed,
            self.long_fast or (pace.fast and passed > 0.0),
            self.uncut + rate * (at - since),
            self.cap if self.cap > cap else cap,
            content / seconds if content > 0.0 else rate,
        )

    def pass_to(self, at: float, pace: Pace) -> None:
        """Count the time up to ``at``."""
        before, long_before = self.seconds, self.long_seconds
        (
            self.seconds,
            self.content,
            self.fast,
            self.long_seconds,
            self.long_content,
            self.long_fast,
            self.uncut,
            cap,
            _,
        ) = self.until_now(at, pace)
        if self.long_seconds > long_before:
            if long_before < pace.credit:
                counts = self.long_seconds if self.long_seconds < pace.credit else pace.credit
                self.head += pace.rate * (counts - long_before)
            self.cap = cap
        self.budget -= self.seconds - before
        self.since = at

    def stand(self, pace: Pace) -> None:
        """The playhead stood all the time until now: only the first seconds count."""
        if self.seconds > pace.credit:
            self.budget += self.seconds - pace.credit
            self.seconds, self.content = pace.credit, self.head
        if self.long_seconds > pace.credit:
            self.long_seconds, self.long_content = pace.credit, self.head


# Without methods for copies: those of attrs would leave out what `PlayerState` adds.
@attrs.define(weakref_slot=False, getstate_setstate=False)
class Playhead:
    """Where a player is, since when, and how much slack its next move has."""

    #: Where it is in the content (s); None before the first position.
    position: float | None
    #: When it last moved (Unix time).
    moved_at: float
    #: How much content (s) the next move may be ahead of natural playback.
    slack: float
    #: How fast natural playback is now.
    pace: Pace
    #: The time since the last move that counts, if not all of it does; None: all.
    elapsed: Elapsed | None

    def travel(self, at: float) -> Travel:
        """The reach of natural playback from the last move to ``at``.

        Where nothing was anywhere yet there is nothing to go on from.
        """
        pace = self.pace
        if self.elapsed is not None:
            return _travel(Travel, self.elapsed.until_now(at, pace))
        passed = 0.0 if self.position is None else at - self.moved_at
        seconds = passed if passed < pace.max_gap else pace.max_gap
        rate = pace.rate
        uncut = rate * passed
        fast = pace.fast
        return _travel(
            Travel, (seconds, rate * seconds, fast, passed, uncut, fast, uncut, pace.cap, rate)
        )

    def judge(self, position: float, travel: Travel) -> Move:
        """Judge a report of ``position`` after ``travel``; changes nothing."""
        assert self.position is not None
        ahead = position - self.position
        if ahead > 0.0:
            counted = self.counted(ahead, travel)
            if counted is None:
                return JUMP
            return FAST if counted.fast else NATURAL
        if ahead == 0.0:
            return STILL
        return JITTER if ahead >= -self.pace.back else JUMP

    def counted(self, ahead: float, travel: Travel) -> Travel | None:
        """``travel`` as it counts if a move of ``ahead`` is natural; None if it is not.

        After a silence longer than `Policy.max_gap` that is also what ends where playback
        would be if it had gone on all the time: players that report seldom.
        """
        if ahead <= travel.content + self.slack:
            return travel
        silent = travel.long_seconds > travel.seconds
        if silent and abs(ahead - travel.long_content) <= travel.cap:
            return travel.whole()
        return None

    def spend(self, ahead: float, travel: Travel) -> None:
        """Pay a move of ``ahead`` from the budget, which grows with the time that passed."""
        self.slack = min(travel.cap, self.slack + (DRIFT * travel.content - ahead))

    def arrive(self, position: float | None, at: float) -> None:
        """Be at ``position``, since ``at``."""
        self.position = position
        self.moved_at = at
        self.elapsed = None

    def stand(self, at: float) -> None:
        """An update showed that the playhead has not moved up to ``at``."""
        if self.elapsed is None:
            if at - self.moved_at <= self.pace.credit:
                return
            self.elapsed = Elapsed(self.moved_at, self.pace.max_gap)
        self.elapsed.pass_to(at, self.pace)
        self.elapsed.stand(self.pace)

    def stall(self, at: float) -> None:
        """From ``at`` the player waits for data; only the first seconds of that count."""
        if self.elapsed is None:
            self.elapsed = Elapsed(self.moved_at, self.pace.max_gap)
        if at > self.elapsed.since:
            self.elapsed.pass_to(at, self.pace)
        self.elapsed.until = at + self.pace.credit

    def unstall(self, at: float) -> None:
        """The wait is over."""
        assert self.elapsed is not None
        self.elapsed.pass_to(at, self.pace)
        self.elapsed.until = None

    def go_on(self, travel: Travel) -> None:
        """Carry over what was played before a pause and not reported (R-resume)."""
        if travel.seconds > 0.0 and self.position is not None:
            head = travel.rate * min(travel.long_seconds, self.pace.credit)
            self.elapsed = Elapsed(self.moved_at, self.pace.max_gap, *travel[:8], head)

    def run_at(self, pace: Pace, at: float) -> None:
        """Run at another pace from ``at`` on; what passed before counts at the old one."""
        if self.elapsed is None and self.position is not None and at > self.moved_at:
            self.elapsed = Elapsed(self.moved_at, self.pace.max_gap)
        if self.elapsed is not None:
            self.elapsed.pass_to(at, self.pace)
        self.pace = pace


@attrs.define(weakref_slot=False)
class Run(Playhead):
    """A row of updates, each ahead of the one before by a natural amount (section 4).

    It shows that playback runs although no signal said so. ``base`` is where it began,
    ``moves`` how many updates carried it on, ``seconds`` the play time they make.
    """

    base: float
    moves: int = 0
    seconds: float = 0.0
    fast: bool = False

    @classmethod
    def begin(cls, position: float, at: float, pace: Pace) -> Run:
        return cls(position, at, pace.cap, pace, None, position)

    @property
    def covered(self) -> float:
        """The content it covers (s)."""
        assert self.position is not None
        return self.position - self.base

    def follow(self, position: float, at: float) -> Move:
        """Take the next update; `Move.NATURAL` or `Move.FAST` if it carried the run on."""
        travel = self.travel(at)
        move = self.judge(position, travel)
        if move is STILL:
            self.stand(at)
        elif move is NATURAL or move is FAST:
            assert self.position is not None
            ahead = position - self.position
            travel = self.counted(ahead, travel) or travel
            self.spend(ahead, travel)
            self.seconds += ahead / travel.rate
            self.fast = self.fast or travel.fast
            self.moves += 1
            self.arrive(position, at)
        return move
