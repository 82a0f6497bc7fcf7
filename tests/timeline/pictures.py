"""Traces to draw: every case, every scenario of the rules, every recording of a player."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import scenarios

from playertrack import Policy
from playertrack.cli.reading import numbered_signals, translator_of
from playertrack.signals import Signal, from_record
from playertrack.timeline import Timeline, observe
from playertrack.trace.conformance import load_cases

TESTS = Path(__file__).parents[1]

Numbered = list[tuple[int, tuple[str | None, Signal]]]


@attrs.frozen
class Trace:
    """A trace with the policy that it is derived with."""

    id: str
    signals: Numbered
    policy: Policy


def _cases() -> Iterator[Trace]:
    for case in load_cases(TESTS / "cases"):
        yield Trace(case.id, list(enumerate(case.signals, 1)), case.policy)


def _rules() -> Iterator[Trace]:
    for each in scenarios.load():
        numbered = [(line, (None, signal)) for line, signal in enumerate(each.signals, 1)]
        yield Trace(each.id, [*numbered], each.policy)


def _recordings() -> Iterator[Trace]:
    truths: dict[str, Any] = json.loads((TESTS / "traces" / "expect.json").read_text())["traces"]
    for name, truth in truths.items():
        translator = translator_of(truth["player"])
        assert translator is not None
        with (TESTS / "traces" / truth["trace"]).open("rb") as stream:
            signals = list(numbered_signals(stream, translator, name, None))
        yield Trace(name, signals, translator.policy)


#: All there is to draw, by where it is from.
SETS: dict[str, Callable[[], Iterator[Trace]]] = {
    "cases": _cases,
    "rules": _rules,
    "recordings": _recordings,
}


@cache
def observed(name: str) -> list[tuple[Trace, Timeline]]:
    """The traces of one of the `SETS`, and what is to be seen of each."""
    return [(each, observe(each.signals, each.policy)) for each in SETS[name]()]


def trace(*records: dict[str, Any]) -> Numbered:
    """Signals of records, on lines from 1."""
    signals = ((record.get("player"), from_record(record)) for record in records)
    return list(enumerate(signals, 1))


def playing(duration: float | None = 100.0) -> list[dict[str, Any]]:
    """A player that plays from time 0 on."""
    return [
        {"signal": "loaded", "at": 0, "entry_id": "A", "duration": duration},
        {"signal": "playing", "at": 0},
    ]


def updates(
    since: float, position: float, seconds: float, step: float = 0.5
) -> list[dict[str, Any]]:
    """Updates of natural playback after ``since``, from ``position`` on."""
    return [
        {"signal": "timeupdate", "at": since + i * step, "position": position + i * step}
        for i in range(1, int(seconds / step) + 1)
    ]
