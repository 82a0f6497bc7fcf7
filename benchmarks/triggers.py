"""Signals that do something: the table, run by `FastEvent` and by the stock class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any
from unittest.mock import patch

import attrs
from transitions import Event, MachineError

import playertrack.core.engine
from playertrack import Engine, Policy, State, signals
from playertrack.core.machine import RULES, Guard, Rule, build

from .measuring import Row, Scale, Work, in_turns
from .stock import StockMachine

_SEQUENCES = 100
_LENGTH = 100

#: A viewer who pauses and goes on, a player that stalls: seven states, back where it began.
_CYCLE = ("pause", "play", "playing", "stall", "stall_end", "stall", "buffer", "playing")


def rows(scale: Scale) -> Iterator[Row]:
    rng = Random(1)
    differences = sum(_differences(Random(rng.random())) for _ in range(_SEQUENCES))
    yield Row(
        "differences between Event and FastEvent",
        differences,
        unit="",
        at_most=0,
        note=f"{_SEQUENCES * _LENGTH:,} random triggers",
    )
    yield _alone(scale)
    yield _whole(scale)


# ------------------------------------------------------------------ the same results


@attrs.define
class _Probe:
    """Stands for a playback: has a state, decides guards by lot, and remembers its calls."""

    lot: Random
    state: State = State.IDLE
    calls: list[tuple[str, int, float]] = attrs.Factory(list)


def _seen(row: int, rule: Rule) -> Rule:
    """The rule, with effects and guards that only remember that they were called."""

    def effect(number: int) -> Callable[[Any, float], None]:
        return lambda probe, at: probe.calls.append(("effect", 10 * row + number, at))

    def guard(number: int) -> Callable[[Any, float], bool]:
        def decide(probe: Any, at: float) -> bool:
            probe.calls.append(("guard", 10 * row + number, at))
            return bool(probe.lot.random() < 0.5)

        return decide

    return attrs.evolve(
        rule,
        effects=tuple(map(effect, range(len(rule.effects)))),
        guards=tuple(map(guard, range(len(rule.guards)))),
    )


_SEEN = [_seen(row, rule) for row, rule in enumerate(RULES)]
_FAST_SEEN = build(_SEEN).events
_STOCK_SEEN = build(_SEEN, machine=StockMachine).events


def _differences(rng: Random) -> int:
    seed = rng.random()
    fast, stock = _Probe(Random(seed)), _Probe(Random(seed))
    # Nothing comes after `close`, so it would make for short sequences.
    triggers = sorted({rule.trigger for rule in RULES} - {"close"})
    count = 0
    for step in range(_LENGTH):
        trigger = "close" if step == _LENGTH - 1 else rng.choice(triggers)
        results = (
            _result(_FAST_SEEN[trigger], fast, float(step)),
            _result(_STOCK_SEEN[trigger], stock, float(step)),
        )
        count += results[0] != results[1] or (fast.state, fast.calls) != (stock.state, stock.calls)
    return count


def _result(event: Event, probe: _Probe, at: float) -> bool | None:
    try:
        return event.trigger(probe, at)
    except MachineError:
        return None


# ------------------------------------------------------------------ what a trigger costs


def _nothing(probe: object, at: float) -> None:
    pass


def _always(probe: object, at: float) -> bool:
    return True


def _never(probe: object, at: float) -> bool:
    return False


def _idle(rule: Rule) -> Rule:
    """The rule with effects that do nothing; guards say what they usually say."""

    def usual(guard: Guard) -> Guard:
        return _always if guard.__name__ == "has_started" else _never

    return attrs.evolve(
        rule,
        effects=(_nothing,) * len(rule.effects),
        guards=tuple(map(usual, rule.guards)),
    )


def _alone(scale: Scale) -> Row:
    rules = [_idle(rule) for rule in RULES]
    turns = max(1, scale.repeats // (2 * len(_CYCLE)))

    def cycles(events: Mapping[str, Event]) -> Work:
        def work() -> Callable[[], None]:
            probe = _Probe(Random(1), State.PLAYING)
            cycle = [events[name].trigger for name in _CYCLE]

            def run() -> None:
                for _ in range(turns):
                    for trigger in cycle:
                        trigger(probe, 1.0)
                if probe.state is not State.PLAYING:
                    raise AssertionError(f"the cycle ended in {probe.state}")

            return run

        return work

    timings = in_turns(
        scale.rounds,
        {
            "fast": cycles(build(rules).events),
            "stock": cycles(build(rules, machine=StockMachine).events),
        },
    )
    return Row(
        "Event.trigger / FastEvent.trigger, same table",
        timings.ratio("stock", "fast"),
        at_least=10,
        note="effects that do nothing",
    )


def _whole(scale: Scale) -> Row:
    turns = max(1, scale.repeats // 10)
    flips = [
        signal
        for turn in range(turns)
        for signal in (signals.Pause(at=2.0 * turn + 1.0), signals.Playing(at=2.0 * turn + 2.0))
    ]

    def flipping(events: Mapping[str, Event]) -> Work:
        def work() -> Callable[[], None]:
            engine = Engine(policy=Policy(view_interval=None))
            engine.feed(signals.Playing(at=0.0))

            def run() -> None:
                with patch.object(playertrack.core.engine, "TRIGGERS", events):
                    for signal in flips:
                        engine.feed(signal)

            return run

        return work

    timings = in_turns(
        scale.rounds,
        {"fast": flipping(build().events), "stock": flipping(build(machine=StockMachine).events)},
    )
    return Row(
        "Engine.feed of pause and playing, stock Event / FastEvent",
        timings.ratio("stock", "fast"),
        note="the whole signal, with its event",
    )
