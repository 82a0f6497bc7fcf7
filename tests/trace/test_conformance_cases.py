"""Conformance cases: the engine passes them, and the runner is able to fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playertrack.trace.conformance import Case, CaseError, load_cases, parse, run

TESTS = Path(__file__).parents[1]
CASES = {case.id: case for case in load_cases(TESTS / "cases")}
#: What an independent implementation of the contract derives from random signals.
RANDOM = sorted((TESTS / "random").glob("*.jsonl"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_engine_makes_what_the_case_says(case: Case) -> None:
    result = run(case)

    assert result.passed, result.difference()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_saved_and_restored_after_any_signal_it_makes_the_same(case: Case) -> None:
    whole = run(case).events

    for split_at in range(len(case.signals) + 1):
        parts = Case(case.id, "", (), case.policy, case.signals, case.events, split_at)
        assert run(parts).events == whole, f"split after {split_at} signals"


@pytest.mark.parametrize("path", RANDOM, ids=lambda path: path.stem)
def test_the_engine_agrees_with_another_implementation(path: Path) -> None:
    results = [run(case) for case in load_cases(path)]

    assert results
    assert not [result.difference() for result in results if not result.passed]


# ------------------------------------------------------------------ a case to break

SIMPLE: dict[str, Any] = {
    "id": "simple",
    "title": "Two players, one of them twice",
    "rules": ["R-replay"],
    "policy": {"view_interval": None},
    "signals": [
        {"signal": "loaded", "at": 0, "entry_id": "A", "duration": 10, "player": "a"},
        {"signal": "playing", "at": 0, "player": "a"},
        {"signal": "playing", "at": 1, "player": "b"},
        {"signal": "ended", "at": 10, "player": "a", "position": 10},
        {"signal": "playing", "at": 11, "player": "a"},
        {"signal": "stall", "at": 12, "player": "b"},
        {"signal": "captions", "at": 13, "language": None, "player": "b"},
    ],
    "events": [
        *(
            {"event": event, "at": 0.0, "session": 1, "index": index, "player": "a"}
            for index, event in enumerate(
                ("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"), 1
            )
        ),
        *(
            {"event": event, "at": 1, "session": 1, "player": "b"}
            for event in ("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY")
        ),
        *({"event": f"PLAY_REACHED_{quartile}", "at": 10} for quartile in (25, 50, 75, 100)),
        {"event": "REPLAY", "session": 2, "previous_session": 1, "position": 0},
        {"event": "PLAY_REQUEST", "session": 2},
        {"event": "PLAY", "session": 2, "join_time": 0},
        {"event": "BUFFER_START", "player": "b", "at": 12},
        {"event": "CAPTIONS", "language": None},
        {"event": "BUFFER_END", "seconds": 1},
    ],
}


def case_of(record: dict[str, Any]) -> Case:
    [case] = parse(json.dumps(record).encode())
    return case


def copy() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(json.dumps(SIMPLE))
    return record


def test_the_simple_case_passes() -> None:
    result = run(case_of(SIMPLE))

    assert result.passed
    assert result.difference() == ""
    assert len(result.events) == len(SIMPLE["events"])


@pytest.mark.parametrize(
    ("index", "change", "said"),
    [
        (0, {"event": "READY"}, "event is 'WIDGET_LOADED' instead of 'READY'"),
        (3, {"at": 0.000002}, "at is 0.0 instead of 2e-06"),
        (3, {"at": None}, "at is 0.0 instead of None"),
        (3, {"index": 5}, "index is 4 instead of 5"),
        (3, {"index": True}, "index is 4 instead of True"),
        (3, {"player": "b"}, "player is 'a' instead of 'b'"),
        (3, {"entry_id": "B"}, "entry_id is 'A' instead of 'B'"),
        (3, {"join_time": "0"}, "join_time is 0.0 instead of '0'"),
        (3, {"seconds": None}, "seconds is missing instead of None"),
        (1, {"live": 0}, "live is False instead of 0"),
        (5, {"session": 2}, "session is 1 instead of 2"),
        (14, {"previous_session": 2}, "previous_session is 1 instead of 2"),
        (18, {"language": "en", "index": 1}, "language is None instead of 'en', index is"),
        (19, {"at": 12}, "at is 13.0 instead of 12"),
    ],
)
def test_a_value_that_differs_fails_the_case(index: int, change: dict[str, Any], said: str) -> None:
    record = copy()
    record["events"][index].update(change)

    result = run(case_of(record))

    assert not result.passed
    assert result.mismatch is not None
    assert result.mismatch.index == index
    assert set(result.mismatch.keys) <= set(change)
    assert f"event {index + 1} of simple: {said}" in result.difference()


def test_numbers_are_the_same_to_a_millionth() -> None:
    record = copy()
    record["events"][3]["at"] = 0.0000009

    assert run(case_of(record)).passed


def test_an_event_that_is_missing_fails_the_case() -> None:
    record = copy()
    record["events"].append({"event": "PAUSE"})

    result = run(case_of(record))

    assert not result.passed
    assert result.difference().splitlines()[0] == "event 21 of simple: missing"


def test_an_event_too_many_fails_the_case() -> None:
    record = copy()
    record["events"].pop()

    result = run(case_of(record))

    assert not result.passed
    assert result.difference().splitlines()[0] == "event 20 of simple: one too many"


def test_an_empty_output_is_no_excuse() -> None:
    assert not run(case_of({**SIMPLE, "events": []})).passed
    assert not run(case_of({**SIMPLE, "signals": []})).passed
    assert run(case_of({**SIMPLE, "signals": [], "events": []})).passed


def test_the_order_of_events_matters() -> None:
    record = copy()
    events = record["events"]
    events[10], events[11] = events[11], events[10]

    assert not run(case_of(record)).passed


def test_the_policy_of_the_case_is_used() -> None:
    assert not run(case_of({**SIMPLE, "policy": {}})).passed


def test_a_difference_shows_both_sides_and_what_stands_around() -> None:
    record = copy()
    record["events"][3]["join_time"] = 5
    lines = run(case_of(record)).difference().splitlines()

    assert [line.split()[:3] for line in lines[1:]] == [
        ["2", "MEDIA_LOADED", "at=0.0"],
        ["3", "PLAY_REQUEST", "at=0.0"],
        ["expected", "4", "PLAY"],
        ["got", "4", "PLAY"],
        ["expected", "5", "FIRST_PLAY"],
        ["got", "5", "FIRST_PLAY"],
        ["expected", "6", "WIDGET_LOADED"],
        ["got", "6", "WIDGET_LOADED"],
    ]
    assert "join_time=5" in lines[3]
    assert "join_time=0.0" in lines[4]


# ------------------------------------------------------------------ loading


def test_a_file_holds_a_case_or_a_list_and_a_directory_files(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(SIMPLE))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "two.json").write_text(json.dumps([SIMPLE, {**SIMPLE, "id": "other"}]))
    (tmp_path / "notes.txt").write_text("no case")

    assert [case.id for case in load_cases(tmp_path)] == ["simple", "other", "simple"]
    assert [case.id for case in load_cases(tmp_path / "one.json")] == ["simple"]


def test_missing_parts_of_a_case_have_defaults() -> None:
    case = case_of({"id": "least", "signals": [], "events": []})

    assert (case.title, case.rules, case.split_at) == ("", (), None)
    assert case.policy.changes() == {}


def changed(**change: Any) -> Callable[[], bytes]:
    return lambda: json.dumps({**copy(), **change}).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: b"{", "cases.json: not JSON"),
        (lambda: b"\xff", "cases.json: not UTF-8"),
        (lambda: b"7", "cases.json: a case is an object, not 7"),
        (lambda: b'{"id": 1}', "cases.json: id: 1 is not allowed; expected str"),
        (lambda: b'{"id": "x", "id": "x"}', "cases.json: id: the key is there twice"),
        (changed(signals=None), "simple: signals: None is not allowed; expected list"),
        (changed(signals=[7]), "simple: signals[0]: not an object: 7"),
        (changed(signals=[{"signal": "play"}]), "simple: signals[0]: play needs a time (at)"),
        (changed(signals=[{"signal": "play", "at": 0, "player": 1}]), "signals[0]: player: 1"),
        (changed(events={}), "simple: events: {} is not allowed; expected list"),
        (changed(events=[{"at": 1}]), "simple: events[0]: not an event"),
        (changed(policy={"settle": -1}), "simple: settle: -1"),
        (changed(policy={"settel": 1}), "did you mean settle?"),
        (changed(split_at=True), "simple: split_at: True is not allowed; expected int"),
        (changed(split_at="2"), "simple: split_at: '2' is not allowed; expected int"),
    ],
)
def test_what_is_no_case_is_reported_with_its_place(data: Callable[[], bytes], said: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse(data(), "cases.json")

    assert said in str(caught.value)
    assert str(caught.value).startswith("cases.json: ")


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_cases(tmp_path / "missing.json")
