"""Updates of the position: nearly all signals are, and nearly all of them change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast
from unittest.mock import patch

from transitions import Machine

import playertrack.core.engine
from playertrack import Engine, Fleet, Policy, State, signals
from playertrack.core.machine import RULES, Effect, FastEvent, Rule, build

from .measuring import Row, Scale, Work, in_turns
from .stock import StockMachine

_START = 1_700_000_000.0
_STEP = 0.25

#: With neither views nor a quartile within reach, no update has anything to decide.
_POLICY = Policy(view_interval=None)
_LONG = 1e6


def rows(scale: Scale) -> Iterator[Row]:
    yield Row("machine triggers for updates that change nothing", _triggers(), unit="", at_most=0)
    yield _engine(scale)
    yield _fleet(scale)


def begin(feed: Callable[[signals.Signal], object]) -> None:
    """Let a player play, with its first update behind it."""
    feed(signals.Loaded(at=_START, entry_id="1_abc", duration=_LONG))
    feed(signals.Playing(at=_START))
    feed(signals.TimeUpdate(at=_START + _STEP, position=_STEP))


def steps(count: int) -> list[tuple[float, float]]:
    """The positions and times of the updates after `begin`, 4 a second."""
    return [(_STEP * n, _START + _STEP * n) for n in range(2, count + 2)]


def started() -> Engine:
    """An engine in PLAYING, whose next updates are `steps`."""
    engine = Engine(policy=_POLICY)
    begin(engine.feed)
    return engine


# ------------------------------------------------------------------ how often the machine runs


class _CountedEvent(FastEvent):
    count = 0

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        _CountedEvent.count += 1
        return super().trigger(model, *args, **kwargs)


class _CountedMachine(Machine):
    event_cls = _CountedEvent


def _triggers() -> int:
    """Counted while it plays, stands, plays fast, after its clock was set back, and in a pause."""
    counted = 0
    with patch.object(playertrack.core.engine, "TRIGGERS", build(machine=_CountedMachine).events):
        engine = started()
        if not _CountedEvent.count:
            raise AssertionError("the triggers are not counted")
        position, at = engine.position or 0.0, _START + _STEP
        for signal, pace in (
            (signals.Ready(at=at), 1.0),
            (signals.Ready(at=at + 250), 0.0),
            (signals.RateChange(at=at + 500, rate=2.0), 2.0),
            (signals.Ready(at=at + 740), 2.0),
            (signals.Pause(at=at + 990), 0.0),
        ):
            engine.feed(signal)
            at = signal.at
            for _ in range(1000):
                position, at = position + pace * _STEP, at + _STEP
                before = _CountedEvent.count
                if not engine.timeupdate(position, at):
                    counted += _CountedEvent.count - before
    return counted


# ------------------------------------------------------------------ what one costs


def _bare(position: float, at: float) -> tuple[()]:
    return ()


def _engine(scale: Scale) -> Row:
    """A thousand updates, again and again.

    A long list does not fit into the cache. The empty loop would then wait for memory, which
    the calls do beside their work, so that too much would be taken off.
    """
    updates = steps(1000)
    turns = range(max(1, scale.repeats // len(updates)))

    def calls(make: Callable[[], Callable[[float, float], object]]) -> Work:
        def work() -> Callable[[], None]:
            made = [make() for _ in turns]

            def run() -> None:
                for call in made:
                    for position, at in updates:
                        call(position, at)

            return run

        return work

    def loop() -> None:
        for _turn in turns:
            for _position, _at in updates:
                pass

    timings = in_turns(
        scale.rounds,
        {
            "loop": lambda: loop,
            "bare": calls(lambda: _bare),
            "update": calls(lambda: started().timeupdate),
        },
    )
    return Row(
        "Engine.timeupdate, nothing changes / a bare function call",
        timings.ratio("update", "bare", net_of="loop"),
        at_most=4.3,
        note="net of the loop",
    )


def _effect(engine: Any, position: float, at: float) -> None:
    engine.timeupdate(position, at)


def _fleet(scale: Scale) -> Row:
    """The yardstick: a table of stock `transitions` with a row for the update too."""
    names = [f"player-{n:06}" for n in range(100)]
    turns = max(1, scale.repeats // len(names))
    updates = [(name, position, at) for position, at in steps(turns) for name in names]
    inner = Rule(State.PLAYING, "timeupdate", None, (cast(Effect, _effect),))
    stock = build([*RULES, inner], machine=StockMachine).events["timeupdate"]

    def made() -> Fleet:
        fleet = Fleet(policy=_POLICY)
        for name in names:
            begin(fleet.engine(name).feed)
        return fleet

    def ours() -> Callable[[], None]:
        fleet = made()

        def run() -> None:
            for name, position, at in updates:
                fleet.timeupdate(name, position, at)

        return run

    def theirs() -> Callable[[], None]:
        players = made().players

        def run() -> None:
            for name, position, at in updates:
                stock.trigger(players[name], position, at)

        return run

    timings = in_turns(scale.rounds, {"ours": ours, "theirs": theirs})
    return Row(
        "the same as an internal transition / Fleet.timeupdate",
        timings.ratio("theirs", "ours"),
        at_least=25,
        note="stock transitions, by player id",
    )
