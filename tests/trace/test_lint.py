"""The lint of event logs: right logs have no findings, wrong ones have the finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Engine, Policy, signals
from playertrack.events import EVENTS, to_record
from playertrack.trace.conformance import Case, load_cases
from playertrack.trace.lint import Finding, Lint, check

CASES = {case.id: case for case in load_cases(Path(__file__).parents[1] / "cases")}

Record = dict[str, Any]


def derived(case: Case) -> list[Record]:
    """The event log of a case, with real session ids."""
    engines: dict[str | None, Engine] = {}
    records: list[Record] = []
    for player, signal in case.signals:
        engine = engines.setdefault(player, Engine(player, policy=case.policy))
        records += map(to_record, engine.feed(signal))
    for engine in engines.values():
        records += map(to_record, engine.close())
    return records


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_the_engine_makes_has_no_findings(case: Case) -> None:
    assert check(derived(case), policy=case.policy) == []


# ------------------------------------------------------------------ logs by hand


def log(*events: str | tuple[str, Record]) -> list[Record]:
    """A log of one session, an event each second, each with what is given besides."""
    records = []
    for index, event in enumerate(events, 1):
        name, more = (event, {}) if isinstance(event, str) else event
        record = {"event": name, "at": float(index), "session": "s1", "index": index}
        record |= {"entry_id": "A", "position": 0.0, "duration": 100.0}
        records.append(record | more)
    return records


def following(records: list[Record], session: str, *events: str) -> list[Record]:
    """The log with another session behind it."""
    more = log(*events)
    for record in more:
        record["session"] = session
        record["at"] += len(records)
    return records + more


STARTED = ("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY")
REPLAY: tuple[str, Record] = ("REPLAY", {"previous_session": "s1"})


def found(records: list[Any], **policy: Any) -> list[tuple[str, int]]:
    findings = check(records, policy=Policy(**policy))
    assert all(isinstance(finding, Finding) and finding.message for finding in findings)
    return [(finding.rule, finding.line) for finding in findings]


@pytest.mark.parametrize(
    "events",
    [
        (),
        ("WIDGET_LOADED",),
        (("ERROR", {"fatal": True}), "WIDGET_LOADED", "MEDIA_LOADED"),
        (*STARTED, "PAUSE", "RESUME", "PAUSE"),
        (*STARTED, "BUFFER_START", "BUFFER_END", "BUFFER_START", "BUFFER_END", "PAUSE"),
        (*STARTED, "BUFFER_START", "CAPTIONS", "OVERLAY_STARTED", "BUFFER_END"),
        (*STARTED, "BUFFER_START", ("ERROR", {"fatal": False}), "BUFFER_END"),
        (*STARTED, "PAUSE", ("ERROR", {"fatal": True}), "PAUSE"),
        (*STARTED, ("ERROR", {"fatal": False}), "PAUSE", "PAUSE"),
        (*STARTED, ("PLAY_REACHED_25", {"position": 25.0}), ("SEEK", {"target": 60.0})),
    ],
)
def test_a_right_log_has_no_findings(events: tuple[str | tuple[str, Record], ...]) -> None:
    assert found(log(*events)) == []


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ((*STARTED[:2], "MEDIA_LOADED"), "I-once"),
        ((*STARTED[:3], "PLAY_REQUEST"), "I-once"),
        ((*STARTED, "PLAY"), "I-once"),
        ((*STARTED, "PLAY_REACHED_25", "PLAY_REACHED_25"), "I-once"),
        ((*STARTED, "WIDGET_LOADED"), "I-once"),
        ((*STARTED, "FIRST_PLAY"), "I-once"),
        (("MEDIA_LOADED",), "I-life"),
        (("CAPTIONS",), "I-life"),
        (("WIDGET_LOADED", "MEDIA_LOADED", "PLAY"), "I-life"),
        ((*STARTED[:3], "PAUSE"), "I-life"),
        ((*STARTED[:3], "SEEK"), "I-life"),
        ((*STARTED[:3], "VIEW"), "I-life"),
        ((*STARTED[:3], "PLAY_REACHED_25"), "I-life"),
        ((*STARTED, ("REPLAY", {"previous_session": None})), "I-life"),
        ((*STARTED, "PAUSE", "PAUSE"), "I-pair"),
        ((*STARTED, "RESUME"), "I-pair"),
        ((*STARTED, "PAUSE", ("ERROR", {"fatal": True}), "RESUME"), "I-pair"),
        ((*STARTED, "BUFFER_END"), "I-pair"),
        ((*STARTED, "BUFFER_START", "BUFFER_START"), "I-pair"),
        ((*STARTED, "BUFFER_START", "PAUSE"), "I-pair"),
        ((*STARTED, "BUFFER_START", "SEEK"), "I-pair"),
        ((*STARTED, "BUFFER_START", "MIDROLL_STARTED"), "I-pair"),
        ((*STARTED, "BUFFER_START", ("ERROR", {"fatal": True})), "I-pair"),
        ((*STARTED, "BUFFER_START"), "I-pair"),
        ((*STARTED, ("PLAY_REACHED_25", {"duration": None})), "I-true"),
        ((*STARTED, ("PLAY_REACHED_25", {"duration": 0})), "I-true"),
    ],
)
def test_a_wrong_log_has_the_finding_at_its_last_line(
    events: tuple[str | tuple[str, Record], ...], rule: str
) -> None:
    assert (rule, len(events)) in found(log(*events))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"index": 5}, "I-index"),
        ({"index": 7}, "I-index"),
        ({"at": 4.5}, "I-index"),
        ({"index": 0}, "format"),
        ({"index": True}, "format"),
        ({"index": 6.0}, "format"),
        ({"at": None}, "format"),
        ({"at": "6"}, "format"),
        ({"at": float("nan")}, "format"),
        ({"at": 10**400}, "format"),
        ({"event": "PLAYED"}, "format"),
        ({"event": ["PLAY"]}, "format"),
        ({"player": 7}, "format"),
        ({"player": ["s"]}, "format"),
        ({"entry_id": 7}, "format"),
        ({"position": -1}, "format"),
        ({"position": 100.5}, "format"),
        ({"seconds": -0.5}, "format"),
        ({"duration": float("inf")}, "format"),
        ({"session": None}, "R-ids"),
        ({"session": ""}, "R-ids"),
        ({"session": "s,1"}, "R-ids"),
        ({"session": "s\n1"}, "R-ids"),
        ({"session": "s" * 51}, "R-ids"),
    ],
)
def test_a_value_that_cannot_be_is_found(change: Record, rule: str) -> None:
    records = log(*STARTED, "CAPTIONS")
    records[-1].update(change)

    assert found(records) == [(rule, 6)]


@pytest.mark.parametrize("key", ["event", "at", "session", "index", "entry_id", "position"])
def test_a_field_that_is_missing_is_found(key: str) -> None:
    records = log(*STARTED, "CAPTIONS")
    del records[-1][key]

    assert [line for _, line in found(records)] == [6]


def test_a_record_that_is_no_object_is_found() -> None:
    assert found([None, 7, "x", ["event"]]) == [("format", line) for line in range(1, 5)]


# ------------------------------------------------------------------ sessions and players


def test_a_session_that_ended_does_not_come_back() -> None:
    records = following(log(*STARTED), "s2", "MEDIA_LOADED")
    back = log(*STARTED, "CAPTIONS")[-1] | {"at": 99.0}

    assert ("I-session", 7) in found([*records, back])
    assert found(records) == []


def test_a_session_belongs_to_one_player() -> None:
    ours, theirs = log(*STARTED), [record | {"player": "other"} for record in log(*STARTED)]

    assert found([*ours, *theirs]) == [("I-session", 6)]
    assert found([*ours, *(record | {"session": "s2"} for record in theirs)]) == []


def test_players_may_be_mixed() -> None:
    ours = log(*STARTED)
    theirs = [record | {"player": "other", "session": "s2"} for record in ours]

    assert found([record for pair in zip(ours, theirs, strict=True) for record in pair]) == []


def test_a_replay_names_the_session_before_it() -> None:
    again = following(log(*STARTED), "s2", "REPLAY", "PLAY_REQUEST", "PLAY")

    for previous, findings in (("s1", []), ("s2", [6]), ("s0", [6]), (None, [6])):
        again[5]["previous_session"] = previous
        assert found(again) == [("I-session", line) for line in findings]


def test_a_replay_may_stay_in_its_session_if_the_policy_says_so() -> None:
    records = log(*STARTED, "PAUSE", REPLAY, "PAUSE", REPLAY)

    assert found(records, replay_session="same") == []
    assert found(records) == [("I-life", 7), ("I-once", 9)]


def test_what_a_restart_repeats_is_found_with_a_hint() -> None:
    [in_session] = check(log(*STARTED, "WIDGET_LOADED"))
    [of_another_run] = check(following(log(*STARTED), "s2", "WIDGET_LOADED"))

    assert in_session.message == "WIDGET_LOADED for the second time of the player"
    assert "started anew" in of_another_run.message


def test_a_buffer_has_its_end_before_the_session_ends() -> None:
    records = following(log(*STARTED, "BUFFER_START"), "s2", "MEDIA_LOADED")

    assert found(records) == [("I-pair", 7)]


# ------------------------------------------------------------------ quartiles not played


def seek_and_reach(
    reached_at: float, position: float, quartile: int = 50, **more: Any
) -> list[Record]:
    """A log with a seek to 60 at 6, and a quartile after it."""
    seek: Record = {"position": 60.0, "origin": 0.0, "target": 60.0}
    reached: Record = {"at": reached_at, "position": position, **more}
    return log(*STARTED, ("SEEK", seek), (f"PLAY_REACHED_{quartile}", reached))


def test_a_quartile_that_a_seek_went_past_is_found() -> None:
    assert found(seek_and_reach(6.0, 60.0)) == [("I-true", 7)]
    assert found(seek_and_reach(7.0, 61.0, quartile=25)) == [("I-true", 7)]


def test_a_quartile_played_after_a_seek_is_none() -> None:
    assert found(seek_and_reach(21.0, 75.0, quartile=75)) == []


def test_players_may_settle_before_the_target_and_play_over_the_point() -> None:
    assert found(seek_and_reach(7.0, 50.4)) == []
    assert found(seek_and_reach(17.0, 60.0)) == []


def test_a_fast_player_needs_less_time() -> None:
    records = seek_and_reach(10.5, 60.0)
    assert found(records) == [("I-true", 7)]

    records[4] = records[4] | {"event": "SPEED", "rate": 2.0}
    assert found(records) == []


def test_a_quartile_before_the_start_position_is_found() -> None:
    records = log(*STARTED[:3], ("PLAY", {"position": 60.0}), "PLAY_REACHED_25")
    records[-1].update(at=4.5, position=60.5)

    assert found(records) == [("I-true", 5)]


def test_a_duration_that_changed_may_show_what_was_played_before() -> None:
    records = seek_and_reach(6.0, 60.0)
    records[5]["duration"] = None

    assert found(records) == []


def test_media_that_were_live_may_show_what_was_played_before() -> None:
    records = seek_and_reach(6.0, 60.0)
    records[1]["live"] = True

    assert found(records) == []


# ------------------------------------------------------------------ whatever comes


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(), values, max_size=2),
    max_leaves=4,
)
record = st.fixed_dictionaries(
    {
        "event": st.sampled_from(sorted(EVENTS)) | junk,
        "at": st.integers(0, 9) | junk,
        "session": st.sampled_from(["a", "b"]) | junk,
        "index": st.integers(1, 4) | junk,
        "entry_id": st.just("A") | junk,
        "position": st.floats(0, 100) | junk,
        "duration": st.just(100) | junk,
    },
    optional={
        "player": st.sampled_from(["x", "y"]) | junk,
        **dict.fromkeys(("previous_session", "target", "origin", "rate", "fatal", "live"), junk),
    },
)


@given(st.lists(record | junk, max_size=12))
def test_no_log_is_too_wrong_to_be_checked(records: list[Any]) -> None:
    lint = Lint()

    findings = [found for line, each in enumerate(records, 1) for found in lint.add(line, each)]

    assert findings + lint.end() == check(records)


def test_a_player_that_never_played_has_a_right_log() -> None:
    engine = Engine()
    events = [*engine.feed(signals.Error(at=1, code="E")), *engine.close()]

    assert check(map(to_record, events)) == []
