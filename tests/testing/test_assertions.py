"""The assertions: what they let pass, and what a failure says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Policy
from playertrack.events import to_record
from playertrack.testing import (
    ScriptedPlayer,
    assert_events,
    assert_never,
    assert_quartiles,
    assert_session_valid,
)
from playertrack.testing.patterns import Expected
from playertrack.testing.witness import Witness
from playertrack.trace.explain import RULES

QUIET = Policy(view_interval=None)


@pytest.fixture
def play() -> ScriptedPlayer:
    """30 s watched, a seek over the middle, a stall, the rest watched."""
    player = ScriptedPlayer(duration=100, policy=QUIET, jitter=0)
    return player.load().play().watch(30).seek(60).stall(2).watch(to=100).end()


ALL = [
    *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "PLAY_REACHED_25"),
    *("SEEK", "BUFFER_START", "BUFFER_END", "PLAY_REACHED_75", "PLAY_REACHED_100"),
]


def failure(check: Callable[..., None], *arguments: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        check(*arguments, **options)
    return str(caught.value)


# ----------------------------------------------------------------------------- assert_events


@pytest.mark.parametrize(
    "expected",
    [
        ALL,
        [...],
        [..., *ALL, ...],
        ["WIDGET_LOADED", ..., "SEEK", ..., "PLAY_REACHED_100"],
        ["*"] * len(ALL),
        [..., "BUFFER_*", "BUFFER_*", ...],
        [..., "PLAY_REACHED_?5", "SEEK", ..., "PLAY_REACHED_?5", ...],
        [..., ("SEEK", {"target": 60, "inferred": False}), ...],
        [..., {"event": "SEEK", "origin": 30.0000001}, ...],
        [..., {"target": 60.0}, "BUFFER_START", ...],
        [..., ("BUFFER_END", {"seconds": pytest.approx(2, abs=0.1)}), ...],
        [..., ("PLAY", {"player": None, "entry_id": "1_story"}), ...],
    ],
)
def test_events_that_are_as_expected(play: ScriptedPlayer, expected: list[Expected]) -> None:
    if any(isinstance(each, tuple) and "player" in each[1] for each in expected):
        events = [{**to_record(event), "player": None} for event in play.events]
        assert_events(events, expected)
    else:
        assert_events(play, expected)
        assert_events(play.events, expected)
        assert_events([to_record(event) for event in play.events], expected)


@pytest.mark.parametrize(
    "expected",
    [
        [],
        ALL[:-1],
        ALL[1:],
        [*ALL, "*"],
        [..., "PAUSE", ...],
        [..., "SEEK", "PLAY_REACHED_25", ...],
        [..., ("SEEK", {"target": 61}), ...],
        [..., ("SEEK", {"inferred": 0}), ...],
        [..., ("SEEK", {"nothing": None}), ...],
        [..., "play", ...],
    ],
)
def test_events_that_are_not(play: ScriptedPlayer, expected: list[Expected]) -> None:
    assert failure(assert_events, play, expected)


_LIKE = {"A": "A", "B": "B", "*": ".", ...: ".*"}


@given(st.text("AB", max_size=8), st.lists(st.sampled_from(list(_LIKE)), max_size=8))
def test_expectations_match_as_regular_expressions_do(log: str, expected: list[Any]) -> None:
    records = [{"event": name} for name in log]
    if re.fullmatch("".join(_LIKE[each] for each in expected), log):
        assert_events(records, expected)
    else:
        assert failure(assert_events, records, expected)


def test_what_is_ignored_may_be_anywhere(play: ScriptedPlayer) -> None:
    ignored = ("*_LOADED", "PLAY_*", "FIRST_PLAY")
    assert_events(play, ["PLAY", "SEEK", "BUFFER_START", "BUFFER_END"], ignore=ignored)


def test_a_difference_is_shown_in_its_place_with_its_rule(play: ScriptedPlayer) -> None:
    report = failure(assert_events, play, [..., "PLAY_REACHED_25", ("SEEK", {"target": 61}), ...])
    assert report.startswith(
        "event 7 of 11, SEEK #7 at 30.200 s, position 1:00.000: "
        "expected SEEK target=61, but target is 60.0\n"
    )
    assert report.splitlines() == [
        report.splitlines()[0],
        "        time   position  got                     expected",
        "     0.000 s          -  WIDGET_LOADED           ...",
        "     0.000 s          -  MEDIA_LOADED            ...",
        "     0.000 s          -  PLAY_REQUEST            ...",
        "     0.100 s    0.000 s  PLAY                    ...",
        "     0.100 s    0.000 s  FIRST_PLAY              ...",
        "    25.100 s   25.000 s  PLAY_REACHED_25         PLAY_REACHED_25",
        ">   30.200 s   1:00.000  SEEK                    SEEK target=61",
        "    30.200 s   1:00.000  BUFFER_START            ...",
        "    32.200 s   1:00.000  BUFFER_END              ...",
        "    47.200 s   1:15.000  PLAY_REACHED_75         ...",
        "    1:12.200   1:40.000  PLAY_REACHED_100        ...",
        "    because of seeked: the seek was complete, and no other followed at once [R-seek]",
    ]


def test_a_quartile_that_is_missing_is_explained(play: ScriptedPlayer) -> None:
    expected = [..., "PLAY_REACHED_25", ..., "PLAY_REACHED_50", "PLAY_REACHED_75", ...]
    report = failure(assert_events, play, expected).splitlines()
    assert (
        report[0] == "PLAY_REACHED_50 is missing after BUFFER_END #9 at 32.200 s, position 1:00.000"
    )
    assert (
        report[-1]
        == "    PLAY_REACHED_50: a seek at 30.2 s skipped the point at 50 s, from 30 s to 1:00"
    )
    assert failure(assert_events, play.events, expected).splitlines() == report[:-1]


def test_one_event_instead_of_another_is_one_difference() -> None:
    play = ScriptedPlayer(policy=QUIET).load().play().watch(3).pause()
    report = failure(assert_events, play, [..., "FIRST_PLAY", "SEEK"])
    assert report.startswith("event 6 of 6, PAUSE #6 at 3.100 s, position 3.000 s: expected SEEK\n")
    assert ">    3.100 s    3.000 s  PAUSE                   SEEK" in report.splitlines()
    assert report.endswith("[R-pause]")


def test_an_event_too_many_says_so() -> None:
    play = ScriptedPlayer(policy=QUIET).load().play().watch(3).pause()
    report = failure(assert_events, play, [..., "FIRST_PLAY"])
    assert report.startswith("event 6 of 6, PAUSE #6 at 3.100 s, position 3.000 s: nothing was")


def test_an_event_that_there_is_not_is_named(play: ScriptedPlayer) -> None:
    report = failure(assert_events, play, [..., "PLAYED", ..., "PLAY_REACHED_9*"])
    assert "    there is no event 'PLAYED'; did you mean PLAY?" in report.splitlines()
    assert "no event 'PLAY_REACHED_9*'" not in report


def test_of_no_events_the_first_is_missing() -> None:
    assert failure(assert_events, [], ["PLAY"]).startswith("PLAY is missing at the start\n")


def test_of_a_long_log_only_what_is_near_is_shown() -> None:
    play = ScriptedPlayer(policy=QUIET).load().play()
    for _ in range(50):
        play.watch(1).pause().play()
    wrong: list[Expected] = [event.event for event in play.events]
    wrong[50] = "SEEK"
    report = failure(assert_events, play, wrong).splitlines()
    assert len(report) < 30
    assert report[2].endswith("… 42 before")
    assert [line for line in report if line.startswith(">")] == [report[11]]


def test_a_long_log_is_soon_compared() -> None:
    log = [{"event": "VIEW", "at": float(n)} for n in range(20_000)]
    expected: list[Expected] = [{"event": "VIEW", "at": float(n)} for n in range(20_000)]
    assert_events(log, expected)
    expected[10_000] = "PAUSE"
    assert "event 10001 of 20000, VIEW" in failure(assert_events, log, expected)
    del expected[10_000]
    assert "nothing was expected here" in failure(assert_events, log, expected)


def test_records_of_anybody_may_lack_what_ours_have() -> None:
    log = [{"event": "PLAY"}, {"event": "X", "at": "soon"}, {}]
    assert_events(log, ["PLAY", "X", "None"])
    assert "X #- at -, position -" in failure(assert_events, log, ["PLAY", "Y", "*"])


@pytest.mark.parametrize("wrong", [7, None, ("PLAY",), ("PLAY", 7)])
def test_what_is_no_expectation_is_an_error_of_the_test(play: ScriptedPlayer, wrong: Any) -> None:
    with pytest.raises(TypeError, match="no event can be expected"):
        assert_events(play, [wrong])


def test_a_witness_of_a_live_player_is_a_log(play: ScriptedPlayer) -> None:
    with Witness() as witness:
        for signal in play:
            witness.tracker.feed(signal)
        witness.until("PLAY_REACHED_100")
    assert_events(witness, [..., "SEEK", ..., "PLAY_REACHED_100", ...])
    report = failure(assert_quartiles, witness, 25, 50, 75, 100)
    assert "a seek at 30.2 s skipped the point at 50 s, from 30 s to 1:00" in report


# ------------------------------------------------------------------------------ assert_never


def test_never(play: ScriptedPlayer) -> None:
    assert_never(play, "PAUSE", "ERROR", "*_CLICKED", ("SEEK", {"inferred": True}))
    report = failure(assert_never, play, "PAUSE", "BUFFER_*").splitlines()
    assert report == [
        "BUFFER_* must never come, and came (times: 2):",
        "  BUFFER_START #8 at 30.200 s, position 1:00.000",
        "    because of stall: playback waited for data [R-stall]",
        "  BUFFER_END #9 at 32.200 s, position 1:00.000",
        "    because of stall_end: the data was there again [R-stall-end]",
    ]


# -------------------------------------------------------------------------- assert_quartiles


def test_quartiles(play: ScriptedPlayer) -> None:
    assert_quartiles(play, 25, 75, 100)
    report = failure(assert_quartiles, play, 25, 50).splitlines()
    assert report[:3] == [
        "session 1: expected quartiles 25, 50; got 25, 75, 100",
        "PLAY_REACHED_50 did not come:",
        "    PLAY_REACHED_50: a seek at 30.2 s skipped the point at 50 s, from 30 s to 1:00",
    ]
    assert "PLAY_REACHED_75 came though it was not reached:" in report
    assert failure(assert_quartiles, play.events, 25, 50, 75, 100).splitlines()[1:] == [
        "PLAY_REACHED_50 did not come"
    ]


def test_quartiles_of_one_session_of_several(play: ScriptedPlayer) -> None:
    play.play().watch(30)
    assert_quartiles(play, 25, 75, 100)
    assert_quartiles(play, 25, session=2)
    report = failure(assert_quartiles, play, 25, 50, session=2)
    assert "PLAY_REACHED_50: playback came to 30 s, the point is 50 s" in report
    assert "2 sessions found" in failure(assert_quartiles, play, session=3)


def test_a_quartile_that_came_twice(play: ScriptedPlayer) -> None:
    events = [event for event in play.events for _ in range(1 + (event.index == 6))]
    assert "PLAY_REACHED_25 came 2 times:" in failure(assert_quartiles, events, 25, 75, 100)


def test_no_quartiles() -> None:
    assert_quartiles(ScriptedPlayer().load().play().watch(10))
    with pytest.raises(ValueError, match="whole percents"):
        assert_quartiles([], 0)


# ---------------------------------------------------------------------- assert_session_valid


def test_a_valid_session(play: ScriptedPlayer) -> None:
    assert_session_valid(play)
    assert_session_valid(play.events)
    assert_session_valid([to_record(event) for event in play.events])


def test_an_invalid_session_says_which_rule_is_broken_by_which_event(play: ScriptedPlayer) -> None:
    events = [event for event in play.events if event.event != "BUFFER_END"]
    report = failure(assert_session_valid, events).splitlines()
    assert report == [
        "2 findings in 10 events:",
        "  I-index: index 10 follows 8",
        "    event 9: PLAY_REACHED_75 #10 at 47.200 s, position 1:15.000",
        f"    because of timeupdate: {RULES['R-quartile']} [R-quartile]",
        "  I-pair: the session ends in a BUFFER_START without its BUFFER_END",
        "    event 10: PLAY_REACHED_100 #11 at 1:12.200, position 1:40.000",
        "    because of timeupdate: playback itself reached the end for the first time [R-hundred]",
    ]


def test_the_policy_says_what_a_replay_is() -> None:
    same = Policy(replay_session="same", view_interval=None)
    play = ScriptedPlayer(20, policy=same).load().play().end().play().end()
    assert_session_valid(play)
    assert_session_valid(play.events, same)
    assert "REPLAY is not the first event" in failure(assert_session_valid, play.events)


def test_no_events_are_no_valid_session() -> None:
    assert failure(assert_session_valid, []) == "there are no events"
