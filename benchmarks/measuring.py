"""How costs are measured: in turns with a yardstick, by CPU time, as ratios."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable, Mapping
from statistics import median
from time import process_time

import attrs

#: Sets things up, and gives what is then timed.
Work = Callable[[], Callable[[], object]]


@attrs.frozen(kw_only=True)
class Scale:
    """How much is done: the full size, or a quick look."""

    rounds: int = 15
    runs: int = 5
    repeats: int = 20_000
    players: int = 100_000
    lines: int = 1_000_000
    seconds: float = 10.0


FULL = Scale()
QUICK = Scale(rounds=5, runs=3, repeats=5_000, players=20_000, lines=100_000, seconds=3.0)


@attrs.frozen
class Row:
    """A line of the table; ``at_most`` or ``at_least`` is its target, if it has one."""

    measure: str
    value: float
    unit: str = "x"
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g} {self.unit}".rstrip()
        if self.at_least is not None:
            return f">= {self.at_least:g} {self.unit}".rstrip()
        return ""

    @property
    def met(self) -> bool:
        """True if the target is reached; without one it is."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )


@attrs.frozen
class Timings:
    """The seconds that each work took, round by round."""

    seconds: Mapping[str, list[float]]

    def ratio(
        self, of: str, to: str, net_of: str | None = None, to_net_of: str | None = None
    ) -> float:
        """How often ``to`` goes into ``of``, both less what ``net_of`` took in that round.

        ``to_net_of``: what is taken off ``to``, if that is something else.
        """
        nothing = [0.0] * len(self.seconds[of])
        less = nothing if net_of is None else self.seconds[net_of]
        to_less = less if to_net_of is None else self.seconds[to_net_of]
        rounds = zip(self.seconds[of], less, self.seconds[to], to_less, strict=True)
        return median((a - a_less) / (b - b_less) for a, a_less, b, b_less in rounds)


def in_turns(
    rounds: int, works: Mapping[str, Work], clock: Callable[[], float] = process_time
) -> Timings:
    """Time all ``works`` once a round, so that a busy machine slows all of them alike.

    A first round is not counted: caches fill, byte code is written.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            run = work()
            gc.collect()
            gc.disable()
            began = clock()
            run()
            took = clock() - began
            gc.enable()
            if turn:
                seconds[name].append(took)
    return Timings(seconds)


def children_time() -> float:
    """The CPU time of all processes that were started and have ended (s)."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
