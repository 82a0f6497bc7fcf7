"""The cost of a signal that is no update, and of an event; and how many updates are quick."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec import Struct
from msgspec.json import Decoder

from playertrack import Engine, signals
from playertrack.cli.reading import translator_of
from playertrack.core.playhead import Move
from playertrack.core.state import State
from playertrack.events import MAKERS
from playertrack.signals import Signal, TimeUpdate
from playertrack.trace.codec import encode_event, parse_record

from .measuring import Row, Scale, Work, in_turns
from .updates import started

_START = 1_700_000_000.0
_RECORDINGS = Path(__file__).parents[1] / "tests" / "traces"
LINE = b'{"signal": "timeupdate", "at": 1700000012.345, "player": "player-0001", "position": 12.25}'
#: A VIEW, as the engine makes it.
_VIEW: tuple[Any, ...] = (
    1700000012.345,
    "player-0001",
    "666cf48a-ad9a-573c-ad1a-73fed9b967d7",
    7,
    "1_abcdefgh",
    12.25,
    596.5,
    "R-view",
    "timeupdate",
    {"play_time": 10.0, "buffer_time": 0.0},
)


class Line(Struct, gc=False):
    """The fields of a line that are decoded."""

    signal: str
    at: float
    position: float | None = None
    player: str | None = None


def rows(scale: Scale) -> Iterator[Row]:
    yield from _costs(scale)
    left, updates = _left()
    yield Row(
        "natural updates that need the rules, on the recordings of players",
        100.0 * left / updates,
        unit="%",
        at_most=5,
        note=f"{left} of {updates}, each under its player's policy",
    )


# ------------------------------------------------------------------ signals and events


def _viewing(rounds: int) -> list[tuple[type[Signal], dict[str, Any]]]:
    """Pauses, seeks, stalls and updates between them, as what signals are made of."""
    made: list[tuple[type[Signal], dict[str, Any]]] = []
    at, position = _START + 1.0, 0.25
    for _ in range(rounds):
        made += [
            (signals.Pause, {"at": at, "position": position}),
            (signals.Play, {"at": at + 5.0}),
            (signals.Playing, {"at": at + 5.02, "position": position}),
            (signals.Seeking, {"at": at + 9.0, "position": position + 40.0}),
            (signals.Seeked, {"at": at + 9.2, "position": position + 40.0}),
            (signals.Stall, {"at": at + 11.0}),
            (signals.Playing, {"at": at + 12.0}),
            (signals.Volume, {"at": at + 13.0, "volume": 0.5}),
        ]
        at, position = at + 15.0, position + 40.0
    return made


def _costs(scale: Scale) -> Iterator[Row]:
    fields = _viewing(scale.repeats // 8)
    decode = Decoder(Line).decode

    def each(make: Callable[[], Callable[[type[Signal], dict[str, Any]], object]]) -> Work:
        def work() -> Callable[[], None]:
            call = make()

            def run() -> None:
                for kind, given in fields:
                    call(kind, given)

            return run

        return work

    def feeding() -> Callable[[type[Signal], dict[str, Any]], object]:
        feed = started().feed
        return lambda kind, given: feed(kind(**given))

    works = {
        "loop": each(lambda: lambda kind, given: None),
        "decode": each(lambda: lambda kind, given: decode(LINE)),
        "feed": each(feeding),
        "write": each(lambda: lambda kind, given: encode_event(MAKERS["VIEW"](*_VIEW))),
    }
    timings = in_turns(scale.rounds, works)
    yield Row(
        "a signal that is no update, made and fed / msgspec decoding a line",
        timings.ratio("feed", "decode", net_of="loop"),
        at_most=50,
        note="pauses, seeks, stalls",
    )
    yield Row(
        "an event, made and written / msgspec decoding a line",
        timings.ratio("write", "decode", net_of="loop"),
        at_most=10,
    )


# ------------------------------------------------------------------ recordings


def _left() -> tuple[int, int]:
    """How many natural updates of playback in the recordings needed the rules, and of how many."""
    taken = [0]
    take = Engine.take

    def counting(engine: Engine, signal: Signal) -> Any:
        taken[0] += type(signal) is TimeUpdate
        return take(engine, signal)

    left = natural = 0
    with patch.object(Engine, "take", counting):
        for player, path in _recordings():
            translator = translator_of(player)
            assert translator is not None
            engine = Engine(policy=translator.policy)
            made = [
                s
                for line in path.read_bytes().splitlines()
                for s in translator.translate(parse_record(line))
            ]
            for signal in [*made, *translator.finish()]:
                expected = type(signal) is TimeUpdate and _is_natural(engine, signal)
                before = taken[0]
                engine.feed(signal)
                if expected and engine.state is State.PLAYING:
                    natural += 1
                    left += taken[0] > before
    return left, natural


@cache
def _recordings() -> list[tuple[str, Path]]:
    expected = json.loads((_RECORDINGS / "expect.json").read_bytes())["traces"]
    return [(each["player"], _RECORDINGS / each["trace"]) for each in expected.values()]


def _is_natural(engine: Engine, update: Signal) -> bool:
    if engine.state is not State.PLAYING or engine.position is None or engine.suspended:
        return False
    assert update.position is not None
    travel = engine.travel(max(update.at + engine.offset, engine.now))
    return engine.judge(update.position, travel) in (Move.NATURAL, Move.STILL)
