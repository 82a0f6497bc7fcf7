"""Troubles that people reported of their players, as raw recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tapes import derive

from playertrack.events import to_record
from playertrack.trace.codec import parse_record

FOLDER = Path(__file__).parents[1] / "reports"
REPORTS = [p for p in sorted(FOLDER.glob("*.expect.json")) if "raw" in json.loads(p.read_text())]


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.name.partition(".")[0])
def test_trouble_that_was_reported_is_none_any_more(report: Path) -> None:
    right = json.loads(report.read_text("utf-8"))
    recording = report.with_name(report.name.replace(".expect.json", ".jsonl"))
    records = [parse_record(line) for line in recording.read_bytes().splitlines()]
    events = [to_record(event) for event in derive(right["raw"], records)]
    looked_at = [e for e in events if e["event"] in right.get("only", [e["event"]])]
    assert [e["event"] for e in looked_at] == [e["event"] for e in right["events"]]
    sessions = list(dict.fromkeys(e["session"] for e in events))
    for got, expected in zip(looked_at, right["events"], strict=True):
        got["session"] = sessions.index(got["session"]) + 1
        for name, value in expected.items():
            assert same(got[name], value, right.get("tolerance", {}).get(name, 1e-6)), (name, got)


def same(got: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, float) and isinstance(got, float):
        return abs(got - expected) <= tolerance
    return bool(got == expected)


def test_there_are_reports() -> None:
    assert REPORTS
