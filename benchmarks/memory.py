"""How much memory a live player takes: what a fresh process grows by, per player."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from playertrack import Fleet, State, signals

from .measuring import Row, Scale

_START = 1_700_000_000.0
_UPDATES = 25
_GROUP = 1000


def rows(scale: Scale) -> Iterator[Row]:
    players, names = _measured("players", scale.players), _measured("names", scale.players)
    yield Row(
        "memory of a live player in a Fleet",
        players,
        unit="B",
        at_most=600,
        note=f"resident, {scale.players:,} players",
    )
    yield Row("the same without its id and its place in the dict", players - names, unit="B")


def _measured(what: str, count: int) -> float:
    child = [sys.executable, "-m", __name__, what, str(count)]
    done = subprocess.run(child, check=True, stdout=subprocess.PIPE)
    return float(done.stdout)


def _name(number: int) -> str:
    return f"player-{number:06}"


def _live(count: int) -> Fleet:
    """A fleet of players that have all played the same entry for a while, each in its own time.

    They begin in groups: not all players of a day are at their first frame at once.
    """
    fleet = Fleet()
    for group in range(0, count, _GROUP):
        numbers = range(group, min(group + _GROUP, count))
        for number in numbers:
            at, player = _START + number / 1000, _name(number)
            fleet.feed(player, signals.Loaded(at=at, entry_id="1_abc", duration=5400.0))
            fleet.feed(player, signals.Play(at=at))
            fleet.feed(player, signals.Playing(at=at + 0.5))
        for update in range(1, _UPDATES + 1):
            for number in numbers:
                at = _START + number / 1000 + 0.5 + 0.25 * update
                fleet.timeupdate(_name(number), 0.25 * update, at)
    if any(engine.state is not State.PLAYING for engine in fleet.players.values()):
        raise AssertionError("not all players play")
    return fleet


def _names(count: int) -> dict[str, None]:
    return {_name(number): None for number in range(count)}


def _resident() -> int:
    """The resident memory of this process, in bytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def _growth(make: Callable[[int], object], count: int) -> float:
    make(100)  # what is made once, for all players
    gc.collect()
    before = _resident()
    made = make(count)
    gc.collect()
    after = _resident()
    del made
    return (after - before) / count


if __name__ == "__main__":
    print(_growth(_live if sys.argv[1] == "players" else _names, int(sys.argv[2])))
