"""Long sessions are explained and drawn at so much work a signal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playertrack.signals import from_record
from playertrack.timeline import observe
from playertrack.trace.explain import explain


def _seeks(count: int) -> Iterator[dict[str, Any]]:
    for i in range(count):
        position = 990 if i % 2 else 10
        yield {"signal": "seeking", "at": 10 + 3 * i, "position": position}
        yield {"signal": "seeked", "at": 10.2 + 3 * i, "position": position}


def _jumps(count: int) -> Iterator[dict[str, Any]]:
    for i in range(2 * count):
        yield {"signal": "timeupdate", "at": 10 + i, "position": 990 if i % 2 else 10}


def _stalls(count: int) -> Iterator[dict[str, Any]]:
    for i in range(count):
        yield {"signal": "stall", "at": 10 + 3 * i}
        yield {"signal": "stall_end", "at": 11.5 + 3 * i}


def _pauses(count: int) -> Iterator[dict[str, Any]]:
    for i in range(count):
        yield {"signal": "pause", "at": 10 + 3 * i}
        yield {"signal": "playing", "at": 11.5 + 3 * i}


def _calls(lines: list[dict[str, Any]], make: Callable[[Any], object]) -> int:
    """How many calls it takes to ``make`` something of a session with these signals."""
    start = [
        {"signal": "loaded", "at": 0, "entry_id": "1_a", "duration": 1000},
        {"signal": "playing", "at": 1, "position": 0},
    ]
    signals = [(n, (None, from_record(dict(each)))) for n, each in enumerate([*start, *lines], 1)]
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        make(signals)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("make", [explain, observe])
@pytest.mark.parametrize("lines", [_seeks, _jumps, _stalls, _pauses])
def test_the_work_for_a_signal_does_not_grow_with_the_session(
    lines: Callable[[int], Iterator[dict[str, Any]]], make: Callable[[Any], object]
) -> None:
    few, many = (_calls(list(lines(count)), make) for count in (200, 800))
    assert many < 4.5 * few
