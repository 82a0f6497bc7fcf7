"""A made-up trace: many viewers at once, as their players report them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from random import Random
from typing import Any

import attrs

#: How many lines a viewer makes, some four minutes.
_EACH = 1000

_START = 1_700_000_000.0

#: How likely something else than the next update comes next: 1 line in 100 is no update then.
_SOMETHING = 0.0038

_Line = tuple[float, bytes]


@attrs.frozen
class Habit:
    """How a player reports: the defaults are those of a browser that is kind.

    An update comes each ``interval`` s and is ``late`` s late on average, at most ten times
    that. Positions are cut to a ``grid`` of so many seconds. After ``good`` updates its clock is
    set back by ``setback`` s.
    """

    interval: float = 0.25
    late: float = 0.002
    grid: float | None = None
    setback: float = 0.0
    good: int = 20


FRIENDLY = Habit()
#: Positions advance by 0.12 s, as with long audio frames, and callbacks wait for a busy thread.
COARSE = Habit(grid=0.12, late=0.02)
#: The clock is set right near the start.
SET_BACK = Habit(setback=30.0)
#: As VLC reports; its adapter's policy awaits updates.
VLC = Habit(interval=0.26, late=0.01)
#: `Policy` fields that go with it.
VLC_POLICY = {
    "jump_tolerance": 2.0,
    "end_tolerance": 1.5,
    "frozen_after": 1.5,
    "infer_seeks": False,
}


def lines(count: int, habit: Habit = FRIENDLY, each: int = _EACH) -> Iterator[bytes]:
    """``count`` lines of a trace, ``each`` a viewer, in order of time; the same ones each time."""
    names = [f"player-{n:04}" for n in range(max(1, count // each))]
    viewers = [_Viewer(name, Random(n), habit).watch() for n, name in enumerate(names)]
    for _, line in islice(merge(*viewers), count):
        yield line


@attrs.define
class _Viewer:
    """Watches one entry after the other, some to the end, and says what a browser would say."""

    player: str
    lot: Random
    habit: Habit
    at: float = _START
    position: float = 0.0
    rate: float = 1.0
    behind: float = 0.0
    updates: int = 0

    def watch(self) -> Iterator[_Line]:
        lot = self.lot
        self.at += lot.uniform(0.0, 60.0)
        while True:
            entry = lot.randrange(50)
            duration = 180.0 + 37.5 * entry
            self.position = 0.0
            yield self.says("loaded", entry_id=f"1_{entry:08x}", duration=duration)
            self.at += lot.uniform(0.1, 5.0)
            yield self.says("play")
            self.at += lot.uniform(0.1, 1.0)
            yield self.says("playing", position=0.0)
            leaves = lot.uniform(0.0, 2.0) * duration
            while self.position < min(leaves, duration):
                yield self.update()
                if lot.random() < _SOMETHING:
                    yield from self.something(duration)
            if self.position >= duration:
                yield self.says("ended", position=duration)
            self.at += lot.uniform(1.0, 20.0)

    def says(self, signal: str, **fields: Any) -> _Line:
        at = round(self.at - self.behind, 3)
        record = {"signal": signal, "at": at, "player": self.player, **fields}
        return self.at, json.dumps(record).encode() + b"\n"

    def update(self) -> _Line:
        """The clock is looked at a little after the position was."""
        habit = self.habit
        self.updates += 1
        if self.updates == habit.good:
            self.behind = habit.setback
        seconds = habit.interval + self.lot.uniform(-0.005, 0.015)
        delay = min(self.lot.expovariate(1.0 / habit.late), 10.0 * habit.late)
        self.position += self.rate * seconds
        self.at += seconds + delay
        seen = self.position if habit.grid is None else self.position // habit.grid * habit.grid
        line = self.says("timeupdate", position=round(seen, 6))
        self.at -= delay
        return line

    def something(self, duration: float) -> Iterator[_Line]:
        """Something else than an update."""
        lot = self.lot
        here = round(self.position, 6)
        self.at += 0.03
        match lot.choice(("pause", "seek", "stall", "stall", "rate", "volume", "fullscreen")):
            case "pause":
                yield self.says("pause", position=here)
                self.at += lot.expovariate(0.1)
                yield self.says("play")
                self.at += 0.02
                yield self.says("playing", position=here)
            case "seek":
                self.position = lot.uniform(0.0, duration)
                yield self.says("seeking", position=round(self.position, 6))
                self.at += lot.uniform(0.05, 1.0)
                yield self.says("seeked", position=round(self.position, 6))
                yield self.says("playing")
            case "stall":
                yield self.says("stall")
                self.at += lot.expovariate(1.0)
                yield self.says("playing")
            case "rate":
                self.rate = lot.choice((1.0, 1.25, 1.5, 2.0))
                yield self.says("ratechange", rate=self.rate)
            case "volume":
                yield self.says("volume", volume=round(lot.random(), 2))
            case "fullscreen":
                yield self.says("fullscreen", on=lot.random() < 0.5)


if __name__ == "__main__":
    sys.stdout.buffer.writelines(lines(int(sys.argv[1])))
