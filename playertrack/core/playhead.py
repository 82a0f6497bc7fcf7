"""The playhead, and the budget by which its moves are judged.

A player reports where it is every now and then. Whether the stretch between two reports
was *played* or jumped over is a question of time: in ``dt`` seconds at rate ``r`` natural
playback covers ``r·dt`` of content, give or take a slack that has to be earned
(R-natural). All positions are seconds of content, all times seconds.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import attrs

from ..policy import Policy

#: How much faster than its rate a player may be seen to run, for ever: clocks differ.
DRIFT = 1.1


class Move(Enum):
    """What a reported position means against the one before it."""

    STILL = "still"
    NATURAL = "natural"
    FAST = "fast"  # a natural amount, but at a speed at which nobody watches (R-fast)
    JITTER = "jitter"
    JUMP = "jump"


@attrs.frozen(eq=False)
class Pace:
    """A playback rate and what it makes of the policy; shared by all players that have it.

    ``cap`` is J, the most slack there can be. ``reach`` is the content that a second may
    cover without spending slack, ``patience`` the time (s) for which no more than that
    is certain to be natural too: what stays within both needs no further judgement.
    """

    rate: float
    cap: float
    fast: bool
    credit: float
    max_gap: float
    back: float
    reach: float
    patience: float

    @classmethod
    def of(cls, policy: Policy, rate: float) -> Pace:
        cap = policy.jump_tolerance * max(1.0, rate)
        drift = (DRIFT - 1.0) * rate
        certain = 0.9 * cap / drift if drift > 0.0 else policy.max_gap
        return cls(
            rate=rate,
            cap=cap,
            fast=rate > policy.max_natural_rate,
            credit=policy.stall_credit,
            max_gap=policy.max_gap,
            back=policy.back_tolerance,
            # A hair less, for the rounding of the sum that it stands for.
            reach=DRIFT * rate * (1.0 - 2**-40),
            patience=min(certain, policy.max_gap),
        )


class Travel(NamedTuple):
    """What natural playback could have done since the playhead last moved.

    ``seconds`` that count and the ``content`` they cover; ``uncut``, the content if
    everything counted; ``cap`` is J for the fastest rate, ``fast`` whether one of the
    rates was too fast to watch, ``rate`` the mean one.
    """

    seconds: float
    content: float
    uncut: float
    cap: float
    fast: bool
    rate: float


@attrs.define
class Elapsed:
    """Time since the playhead last moved, of which not all counts (R-natural).

    It exists only when there is something to cut or to add up: a stall, a playhead that
    was seen to stand still, a change of rate.
    """

    since: float
    seconds: float = 0.0
    content: float = 0.0
    uncut: float = 0.0
    head: float = 0.0
    until: float | None = None
    cap: float = 0.0
    fast: bool = False

    def travel(self, at: float, pace: Pace) -> Travel:
        end = at if self.until is None or at < self.until else self.until
        seconds = max(0.0, min(end - self.since, pace.max_gap - self.seconds))
        total = self.seconds + seconds
        content = self.content + pace.rate * seconds
        return Travel(
            total,
            content,
            self.uncut + pace.rate * (at - self.since),
            max(self.cap, pace.cap),
            self.fast or (seconds > 0.0 and pace.fast),
            content / total if total > 0.0 and content > 0.0 else pace.rate,
        )

    def pass_to(self, at: float, pace: Pace) -> None:
        """Count the time up to ``at``."""
        travel = self.travel(at, pace)
        if travel.seconds > self.seconds:
            self.head += pace.rate * max(0.0, min(travel.seconds, pace.credit) - self.seconds)
            self.cap = max(self.cap, pace.cap)
        self.seconds, self.content, self.uncut = travel.seconds, travel.content, travel.uncut
        self.fast = travel.fast
        self.since = at

    def stand(self, pace: Pace) -> None:
        """The playhead stood all the time until now: only the first seconds count."""
        if self.seconds > pace.credit:
            self.seconds, self.content = pace.credit, self.head


@attrs.define(weakref_slot=False)
class Playhead:
    """Where a player is, since when, and how much slack its next move has."""

    position: float | None
    moved_at: float
    slack: float
    pace: Pace
    elapsed: Elapsed | None

    def travel(self, at: float) -> Travel:
        """What natural playback could have done from the last move to ``at``.

        Where nothing was anywhere yet there is nothing to go on from.
        """
        pace = self.pace
        if self.elapsed is not None:
            return self.elapsed.travel(at, pace)
        uncut = 0.0 if self.position is None else at - self.moved_at
        seconds = uncut if uncut < pace.max_gap else pace.max_gap
        rate = pace.rate
        return Travel(seconds, rate * seconds, rate * uncut, pace.cap, pace.fast, rate)

    def judge(self, position: float, travel: Travel) -> Move:
        """What a report of ``position`` means after ``travel``; changes nothing."""
        assert self.position is not None
        ahead = position - self.position
        if ahead == 0.0:
            return Move.STILL
        if 0.0 < ahead <= travel.content + self.slack:
            return Move.FAST if travel.fast else Move.NATURAL
        return Move.JITTER if -self.pace.back <= ahead < 0.0 else Move.JUMP

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
            self.elapsed = Elapsed(self.moved_at)
        self.elapsed.pass_to(at, self.pace)
        self.elapsed.stand(self.pace)

    def stall(self, at: float) -> None:
        """From ``at`` the player waits for data; only the first seconds of that count."""
        if self.elapsed is None:
            self.elapsed = Elapsed(self.moved_at)
        if at > self.elapsed.since:
            self.elapsed.pass_to(at, self.pace)
        self.elapsed.until = at + self.pace.credit

    def unstall(self, at: float) -> None:
        """The wait is over."""
        assert self.elapsed is not None
        self.elapsed.pass_to(at, self.pace)
        self.elapsed.until = None

    def run_at(self, pace: Pace, at: float) -> None:
        """Run at another pace from ``at`` on; what passed before counts at the old one."""
        if self.elapsed is None and self.position is not None and at > self.moved_at:
            self.elapsed = Elapsed(self.moved_at)
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
        if move is Move.STILL:
            self.stand(at)
        elif move is Move.NATURAL or move is Move.FAST:
            assert self.position is not None
            ahead = position - self.position
            self.spend(ahead, travel)
            self.seconds += ahead / travel.rate
            self.fast = self.fast or travel.fast
            self.moves += 1
            self.arrive(position, at)
        return move
