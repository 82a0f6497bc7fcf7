"""A player's state as bytes, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.json import Decoder

from playertrack import Engine

from .measuring import Row, Scale, in_turns
from .signal_costs import LINE, Line
from .updates import started, steps


def rows(scale: Scale) -> Iterator[Row]:
    times = range(scale.repeats // 20)
    decode = Decoder(Line).decode

    def loop() -> None:
        for _ in times:
            pass

    def line() -> None:
        for _ in times:
            decode(LINE)

    def trip() -> Callable[[], None]:
        engine = started()
        engine.timeupdate(*steps(1)[0])

        def run() -> None:
            for _ in times:
                Engine.restore(engine.snapshot())

        return run

    timings = in_turns(scale.rounds, {"loop": lambda: loop, "line": lambda: line, "trip": trip})
    size = len(started().snapshot())
    yield Row(
        "snapshot and restore / msgspec decoding a line",
        timings.ratio("trip", "line", net_of="loop"),
        at_most=16,
        note=f"a snapshot of {size} bytes",
    )
