"""Events of a new name are added to cases, and nothing else is."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playertrack.trace.conformance import load_cases, run

main = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "add_events.py"))["main"]


def case(captions: bool, change: Callable[[dict[str, Any]], object] = lambda case: None) -> str:
    """A case as a line; without ``captions`` it is as if the engine had no event for them."""
    names = ("WIDGET_LOADED", "MEDIA_LOADED", *(("CAPTIONS",) if captions else ()), "SPEED")
    made = {
        "id": "one",
        "title": "random",
        "rules": [],
        "policy": {},
        "signals": [
            {"signal": "loaded", "at": 0, "entry_id": "A"},
            {"signal": "captions", "at": 1, "language": None},
            {"signal": "ratechange", "at": 2.5, "rate": 2},
        ],
        "events": [
            {"event": name, "at": at, "session": 1, "index": index}
            for index, name in enumerate(names, 1)
            for at in [{"CAPTIONS": 1.0, "SPEED": 2.5}.get(name, 0.0)]
        ],
    }
    change(made)
    return json.dumps(made, separators=(",", ":")) + "\n"


def test_the_events_are_added_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(case(captions=False) + case(captions=True).replace('"one"', '"two"'))
    before = path.read_text().splitlines()
    assert main(["CAPTIONS"], tmp_path) == 0
    assert capsys.readouterr().out == "1 case changed\n"
    after = path.read_text().splitlines()
    assert after[1] == before[1]
    [changed, _] = load_cases(path)
    assert run(changed).passed
    others = [event for event in json.loads(after[0])["events"] if event["event"] != "CAPTIONS"]
    for event, old in zip(others, json.loads(before[0])["events"], strict=True):
        assert event | {"index": old["index"]} == old


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case["events"].pop(),
        lambda case: case["events"].append(dict(case["events"][-1], index=4)),
        lambda case: case["events"][-1].update(at=2.0),
        lambda case: case["events"][-1].update(event="PAUSE"),
    ],
)
def test_a_case_in_which_more_differs_is_left(
    change: Callable[[dict[str, Any]], object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(case(captions=False, change=change))
    before = path.read_text()
    assert main(["CAPTIONS"], tmp_path) == 1
    assert capsys.readouterr().out == "no cases changed\none: more than the new events differs\n"
    assert path.read_text() == before


def test_a_name_that_is_no_event_is_refused(tmp_path: Path) -> None:
    assert main(["CAPTION"], tmp_path) == 2
