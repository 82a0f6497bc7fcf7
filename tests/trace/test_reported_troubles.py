"""Troubles that people reported of other players and trackers, each with what is right.

`tests/reports/NAME.jsonl` is a signal trace. ``events`` of `NAME.expect.json` are its events in
order, of which only the keys given are compared (``tolerance`` by key); ``only``: just
these events are looked at. ``not_counted`` says why a trace alone cannot decide.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playertrack import Fleet, Policy
from playertrack.events import Event, to_record
from playertrack.signals import from_record

REPORTS = Path(__file__).parents[1] / "reports"
EXPECTED: dict[str, Any] = {
    file.name.removesuffix(".expect.json"): report
    for file in sorted(REPORTS.glob("*.expect.json"))
    if "raw" not in (report := json.loads(file.read_text()))
}


def derived(name: str, policy: Policy) -> list[dict[str, Any]]:
    fleet, events = Fleet(policy=policy), list[Event]()
    for line in (REPORTS / f"{name}.jsonl").read_text().splitlines():
        record = json.loads(line)
        events += fleet.feed(record.pop("player", None), from_record(record))
    sessions: dict[str, int] = {}
    records = [to_record(event) for event in [*events, *fleet.close()]]
    for record in records:
        record["session"] = sessions.setdefault(record["session"], len(sessions) + 1)
    return records


def close(expected: Any, got: Any, tolerance: float) -> bool:
    if isinstance(expected, float) and isinstance(got, float):
        return abs(expected - got) <= tolerance
    return bool(expected == got)


@pytest.mark.parametrize(
    "name", [name for name, report in EXPECTED.items() if "not_counted" not in report]
)
def test_report(name: str) -> None:
    report = EXPECTED[name]
    policy = Policy.from_mapping({"view_interval": None, **report.get("policy", {})})
    only, tolerance = report.get("only"), report.get("tolerance", {})
    events = [e for e in derived(name, policy) if only is None or e["event"] in only]
    assert [e["event"] for e in events] == [e["event"] for e in report["events"]]
    for expected, got in zip(report["events"], events, strict=True):
        for key, value in expected.items():
            assert close(value, got[key], tolerance.get(key, 1e-6)), (key, expected, got)


def test_what_is_not_counted_says_why() -> None:
    assert all(report["not_counted"] for report in EXPECTED.values() if "not_counted" in report)
