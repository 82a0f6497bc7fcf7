"""A player's state as bytes, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playertrack import Engine

from .measuring import Row, Scale, in_turns
from .updates import started, steps


def rows(scale: Scale) -> Iterator[Row]:
    updates = steps(scale.repeats)
    trips = range(max(1, scale.repeats // 20))
    each = len(updates) / len(trips)

    def update() -> Callable[[], None]:
        timeupdate = started().timeupdate

        def run() -> None:
            for position, at in updates:
                timeupdate(position, at)

        return run

    def trip() -> Callable[[], None]:
        engine = started()
        engine.timeupdate(*updates[0])

        def run() -> None:
            for _ in trips:
                Engine.restore(engine.snapshot())

        return run

    timings = in_turns(scale.rounds, {"update": update, "trip": trip})
    size = len(started().snapshot())
    yield Row(
        "snapshot and restore / Engine.timeupdate, nothing changes",
        timings.ratio("trip", "update") * each,
        at_most=20,
        note=f"a snapshot of {size} bytes",
    )
