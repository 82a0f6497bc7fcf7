"""The table of faults names tests that there are, and every promise of the queue has one."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = (Path(__file__).parent / "FAULTS.md").read_text()

_PROMISES = (
    *("total", "order", "durable", "frozen", "once", "bounded"),
    *("one_sender", "close", "corrupt", "secret", "live", "damage"),
    *("isolated", "clock"),
)


def test_each_test_of_the_table_is_there() -> None:
    found = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in (path.name, *re.findall(r"def (test_\w+)\(", path.read_text()))
    }
    named = set(re.findall(r"`(test_[\w.]+)`", TABLE))
    assert len(named) > 60
    assert named <= found, named - found


def test_each_promise_has_a_test_of_its_name() -> None:
    names = [
        name
        for path in (TESTS / "outbox", TESTS / "delivery", TESTS / "sinks")
        for file in path.glob("test_*.py")
        for name in re.findall(r"def (test_\w*)\(", file.read_text())
    ]
    for promise in _PROMISES:
        assert [name for name in names if f"q_{promise}" in name], f"Q-{promise} has no test"
