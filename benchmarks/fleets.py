"""Many players at once: what it takes to see who wants a tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from playertrack import Fleet, signals

from .measuring import Row, Scale, Work, in_turns

_START = 1_700_000_000.0
_CALLS = 100


def rows(scale: Scale) -> Iterator[Row]:
    fleet = _paused(scale.players)
    names = list(fleet.known)

    def each(call: Callable[[int], object]) -> Work:
        def run() -> None:
            for number in range(_CALLS):
                call(number)

        return lambda: run

    def signal(number: int) -> None:
        """Something happens to one of them, so that there is something to look at."""
        fleet.feed(names[number], signals.Volume(at=_START + 2e6, volume=number / _CALLS))

    def ask(number: int) -> None:
        signal(number)
        fleet.next_timer()

    def tick(number: int) -> None:
        signal(number)
        fleet.tick(_START + 2e6 + number)

    timings = in_turns(scale.rounds, {"next_timer": each(ask), "tick": each(tick)})
    for name, seconds in timings.seconds.items():
        yield Row(
            f"Fleet.feed of one player and Fleet.{name}",
            1000.0 * median(seconds) / _CALLS,
            unit="ms",
            at_most=1.0,
            note=f"{scale.players:,} idle players",
        )


def _paused(count: int) -> Fleet:
    """Players that were paused long ago."""
    fleet = Fleet()
    for number in range(count):
        at, player = _START + number, f"player-{number}"
        fleet.feed(player, signals.Loaded(at=at, entry_id="1_abc", duration=5400.0))
        fleet.feed(player, signals.Playing(at=at))
        fleet.feed(player, signals.Pause(at=at + 1.0, position=1.0))
        fleet.feed(player, signals.Tick(at=at + 5.0))
    fleet.next_timer()
    return fleet
