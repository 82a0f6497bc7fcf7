"""Explanations: why each event is there, and why a quartile is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from playertrack import Policy
from playertrack.events import QUARTILES, REACHED
from playertrack.signals import from_record
from playertrack.timeline import observe
from playertrack.trace.conformance import Case, load_cases
from playertrack.trace.explain import RULES, Explanation, explain

CASES = {case.id: case for case in load_cases(Path(__file__).parents[1] / "cases")}


def explanations(case: Case) -> list[Explanation]:
    return explain(enumerate(case.signals, 1), case.policy)


def explanation(*records: dict[str, Any], **policy: Any) -> Explanation:
    """Explain one session: a player that plays 100 s of media from 0 on, and ``records``."""
    opening = (
        {"signal": "loaded", "at": 0, "entry_id": "A", "duration": 100},
        {"signal": "playing", "at": 0},
    )
    explained = explain_all((*opening, *records), **policy)
    assert len(explained) == 1
    return explained[0]


def explain_all(records: Iterable[dict[str, Any]], **policy: Any) -> list[Explanation]:
    signals = [(record.get("player"), from_record(record)) for record in records]
    return explain(enumerate(signals, 1), Policy.from_mapping({"view_interval": None} | policy))


def why(explained: Explanation, event: str) -> str:
    [only] = explained.only(event).entries
    return only.why


def kinds(explained: Explanation) -> dict[int, list[str]]:
    return {
        each.milestone: [reason.kind for reason in each.reasons]
        for each in explained.missing
        if each.milestone is not None
    }


def update(at: float, position: float) -> dict[str, Any]:
    return {"signal": "timeupdate", "at": at, "position": position}


# ------------------------------------------------------------------ why there is an event


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_event_is_explained_by_a_signal_of_the_trace(case: Case) -> None:
    for explained in (explained for each in explanations(case) for explained in each.entries):
        assert explained.event.rule in RULES
        assert RULES[explained.event.rule] in explained.why
        if explained.line is None:
            assert explained.event.cause == "close"
            assert explained.why.startswith("the end of the trace: ")
        else:
            assert case.signals[explained.line - 1][1].name == explained.event.cause
            assert explained.why.startswith(f"{explained.event.cause} on line {explained.line}: ")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_explanation_has_all_that_happened_and_all_that_did_not(case: Case) -> None:
    for each in explanations(case):
        fired = {explained.event.event for explained in each.entries}
        for missing in each.missing:
            assert missing.event not in fired
            assert missing.reasons
        asked = {REACHED[percent] for percent in case.policy.milestones}
        if case.policy.completion is not None:
            asked.add("COMPLETED")
        assert (fired & asked) | {missing.event for missing in each.missing} == asked
        assert "\n".join(each.lines()).count("did not fire") == len(each.missing)


def test_the_signal_and_the_rule_are_named_in_words() -> None:
    explained = explanation(update(10, 10), {"signal": "seek", "at": 11, "position": 60})

    assert (
        why(explained, "PLAY")
        == "playing on line 2: the first frame of the session was on screen [R-play]"
    )
    assert why(explained, "SEEK") == (
        "seek on line 4: the seek was complete, and no other followed at once [R-seek]"
    )


def test_an_event_that_waited_goes_back_to_the_signal_that_began_it() -> None:
    explained = explanation(
        {"signal": "stall", "at": 5},
        {"signal": "captions", "at": 9, "language": "en"},
        {"signal": "stall_end", "at": 12},
    )

    assert why(explained, "BUFFER_START").startswith("stall on line 3: ")
    assert why(explained, "BUFFER_END").startswith("stall_end on line 5: ")


def test_an_inferred_seek_goes_back_to_the_jump() -> None:
    explained = explanation(update(10, 10), update(11, 60), update(12, 61), update(13, 62))

    assert why(explained, "SEEK").startswith(
        "timeupdate on line 4: the position jumped further than playback can"
    )


# ------------------------------------------------------------------ why there is none


def test_a_quartile_that_a_seek_went_past() -> None:
    explained = explanation(
        update(10, 10), {"signal": "seek", "at": 10.5, "position": 60}, update(11, 60.5)
    )

    assert kinds(explained) == {
        25: ["seeked_past"],
        50: ["seeked_past"],
        75: ["not_reached"],
        100: ["not_reached"],
    }
    [reason] = explained.missing[0].reasons
    assert reason.text == "a seek at 10.5 s skipped the point at 25 s, from 10 s to 1:00"


def test_the_steps_of_a_drag_are_not_reasons_of_their_own() -> None:
    steps = ((10.5, 60), (10.6, 5), (10.7, 55))
    drag = [{"signal": "seek", "at": at, "position": position} for at, position in steps]
    explained = explanation(update(10, 10), *drag, update(12, 56))

    assert kinds(explained)[50] == ["seeked_past"]


def test_a_seek_that_lands_on_the_point_does_not_reach_it() -> None:
    explained = explanation(
        update(10, 10), {"signal": "seek", "at": 10, "position": 50}, update(11, 51)
    )

    assert kinds(explained)[50] == ["seeked_past"]


def test_a_seek_that_was_not_reported() -> None:
    explained = explanation(update(10, 10), update(11, 30), update(11.5, 60), update(14, 62))

    assert kinds(explained)[50] == ["seeked_past"]
    assert explained.missing[0].reasons[0].text == (
        "a seek that was not reported at 11.5 s skipped the point at 25 s, from 10 s to 1:00"
    )


def test_a_quartile_that_was_never_reached() -> None:
    explained = explanation(
        update(10, 10), {"signal": "seek", "at": 10, "position": 5}, update(12, 7)
    )

    assert kinds(explained)[25] == ["not_reached"]
    assert explained.missing[0].reasons[0].text == "playback came to 10 s, the point is 25 s"


def test_a_player_that_reports_no_positions() -> None:
    explained = explanation({"signal": "pause", "at": 30})

    assert kinds(explained)[25] == ["no_position"]
    assert explained.missing[0].reasons[0].text == (
        "no position came after 0 s, the point is 25 s: "
        "report positions while it plays (timeupdate)"
    )


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05])
def test_positions_that_run_ahead_of_the_clock(seconds: float) -> None:
    explained = explanation(*(update(n * seconds, n * 0.25) for n in range(400)))

    assert kinds(explained)[50][0] == "ahead_of_clock"
    assert (
        explained.missing[0]
        .reasons[0]
        .text.startswith("positions run ahead of the clock: 1:39.75 of media in ")
    )


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0, 8.0])
def test_positions_at_the_speed_of_the_player_do_not(rate: float) -> None:
    played = (update(n * 0.25, n * 0.25 * rate) for n in range(100))
    explained = explanation({"signal": "ratechange", "at": 0, "rate": rate}, *played)

    assert not any("ahead_of_clock" in each for each in kinds(explained).values())


def test_content_that_ran_too_fast() -> None:
    explained = explanation(
        {"signal": "ratechange", "at": 0, "rate": 8}, update(2, 16), update(4, 32), update(6, 48)
    )

    assert kinds(explained)[25] == ["too_fast"]
    assert explained.missing[0].reasons[0].text == (
        "25 s was passed at 8 times the speed, from 16 s to 32 s at 4 s; "
        "above 4 content is seen but not watched"
    )


def test_a_jump_that_is_no_seek_where_seeks_are_not_inferred() -> None:
    explained = explanation(update(10, 10), update(11, 60), infer_seeks=False)

    assert kinds(explained)[50] == ["not_natural"]
    assert explained.missing[0].reasons[0].text == (
        "the position went past 25 s, from 10 s to 1:00 at 11 s, in 1 s: "
        "playback cannot have done that"
    )


def test_playback_that_began_beyond() -> None:
    [explained] = explain_all(
        (
            {"signal": "loaded", "at": 0, "entry_id": "A", "duration": 100, "position": 60},
            {"signal": "playing", "at": 0},
            update(2, 62),
        )
    )

    assert kinds(explained)[25] == ["began_beyond"]
    assert explained.missing[0].reasons[0].text == "playback started at 1:00, beyond 25 s"


def test_no_duration() -> None:
    [explained] = explain_all(
        (
            {"signal": "loaded", "at": 0, "entry_id": "A"},
            {"signal": "playing", "at": 0},
            update(10, 10),
        )
    )

    assert kinds(explained) == {quartile: ["no_duration"] for quartile in QUARTILES}
    assert [each.point for each in explained.missing] == [None] * 4


def test_live_media() -> None:
    explained = explanation({"signal": "durationchange", "at": 1, "duration": 100, "live": True})

    assert kinds(explained) == {quartile: ["live"] for quartile in QUARTILES}


def test_playback_that_did_not_begin() -> None:
    [explained] = explain_all(({"signal": "loaded", "at": 0, "entry_id": "A", "duration": 100},))

    assert kinds(explained) == {quartile: ["not_played"] for quartile in QUARTILES}


def test_an_end_that_came_early() -> None:
    explained = explanation(update(30, 30), {"signal": "ended", "at": 30.5})

    assert kinds(explained)[50] == ["not_reached", "ended_early"]
    assert explained.missing[0].reasons[1].text == (
        "the player reported `ended` at 30 s; only the last 2 s count as played when it does "
        "(end_tolerance)"
    )


def test_a_silence_longer_than_is_believed() -> None:
    explained = explanation(update(10, 10), update(110, 85), update(111, 86), infer_seeks=False)

    assert kinds(explained)[25] == ["max_gap"]
    assert explained.missing[0].reasons[0].text == (
        "25 s was passed in a silence of 1:40, from 10 s to 1:25 at 1:50; one longer than "
        "60 s counts only if it ends where playback would be (max_gap)"
    )


def test_positions_in_milliseconds() -> None:
    explained = explanation(*(update(at, 1000.0 * at) for at in range(1, 6)))

    assert "milliseconds" in kinds(explained)[25]
    assert explained.missing[0].reasons[0].text.startswith("positions look like milliseconds")


def test_positions_of_the_session_before() -> None:
    records = (
        {"signal": "loaded", "at": 0, "entry_id": "A", "duration": 100},
        {"signal": "playing", "at": 0},
        update(50, 50),
        {"signal": "loaded", "at": 50, "entry_id": "B", "duration": 100},
        {"signal": "playing", "at": 50},
        update(50.25, 50.25),
        update(52, 2),
    )
    second = explain_all(records)[1]

    assert kinds(second)[25] == ["not_reached", "stale"]
    assert second.notes[0].line == 6


def test_too_little_for_completion() -> None:
    explained = explanation(update(30, 30), completion=0.9)

    assert explained.missing[-1].event == "COMPLETED"
    assert explained.missing[-1].reasons[0].text == (
        "30.0% of the media was watched, 90.0% is asked for"
    )


def test_a_pause_that_was_explained_away() -> None:
    explained = explanation(
        update(10, 10), {"signal": "pause", "at": 10}, {"signal": "playing", "at": 10.25}
    )

    assert [(note.line, note.rule) for note in explained.notes] == [(5, "R-pause")]
    assert explained.notes[0].message == "a pause of 0.250 s is no event: playing explains it"
    assert any("(line 5: a pause of 0.250 s" in line for line in explained.lines())


def test_one_wrong_position() -> None:
    explained = explanation(update(10, 10), update(10.25, 0), update(10.5, 10.5))

    assert [note.rule for note in explained.notes] == ["R-glitch"]


def test_a_quartile_that_fired_is_not_missing() -> None:
    assert [each.milestone for each in explanation(update(30, 30)).missing] == [50, 75, 100]


# ------------------------------------------------------------------ sessions and players


def test_each_session_of_each_player_has_its_explanation() -> None:
    explained = explain_all(
        (
            {"signal": "loaded", "at": 0, "entry_id": "A", "duration": 10, "player": "x"},
            {"signal": "playing", "at": 1, "player": "y"},
            {"signal": "playing", "at": 2, "player": "x"},
            {"signal": "ended", "at": 12, "player": "x", "position": 10},
            {"signal": "play", "at": 13, "player": "x"},
        )
    )

    assert [(each.summary.player, each.summary.ordinal) for each in explained] == [
        *(("x", 1), ("x", 2), ("y", 1))
    ]
    assert [len(each.missing) for each in explained] == [0, 4, 4]
    assert next(explained[1].lines()) == f"session 2 of player 'x': {explained[1].summary.session}"


def test_an_explanation_can_be_cut_down_to_one_event() -> None:
    explained = explanation(update(30, 30), {"signal": "pause", "at": 31})

    assert [each.event.event for each in explained.only("PAUSE").entries] == ["PAUSE"]
    assert explained.only("PAUSE").missing == ()
    assert [each.milestone for each in explained.only("PLAY_REACHED_50").missing] == [50]
    assert explained.only("PLAY_REACHED_50").entries == ()
    lines = list(explained.only("PLAY_REACHED_50").lines())
    assert lines[1:] == [
        "  PLAY_REACHED_50 did not fire:",
        "                playback came to 30 s, the point is 50 s",
    ]


def test_an_explanation_for_a_program() -> None:
    record = explanation(update(30, 30)).to_record()

    assert record["summary"]["quartiles"] == (25,)
    assert record["events"][1]["event"] == "MEDIA_LOADED"
    assert record["events"][1]["line"] == 1
    assert record["events"][1]["cause"] == "loaded"
    assert record["events"][1]["rule"] == "R-loaded"
    assert record["missing"][0]["event"] == "PLAY_REACHED_50"
    assert record["missing"][0]["reasons"][0]["kind"] == "not_reached"


#: The last position falls from the end to the start, which waits to be a loop; the end of the
#: trace makes it one, and ends the session that it starts as well.
FALLS = (
    {"signal": "loaded", "at": 0, "entry_id": "A", "duration": 10},
    {"signal": "playing", "at": 0},
    *(update(at, position) for at, position in ((2, 2), (5, 5), (8, 8), (9.9, 9.9), (10.05, 0.05))),
)


def test_two_sessions_that_end_at_once_are_both_explained() -> None:
    first, second = explain_all(FALLS)
    assert first.summary.quartiles == (25, 50, 75, 100)
    assert [entry.event.event for entry in second.entries][:3] == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_two_sessions_that_end_at_once_are_both_drawn() -> None:
    signals = [(None, from_record(record)) for record in FALLS]
    rows = observe(enumerate(signals, 1)).rows
    assert [row.summary.ordinal for row in rows] == [1, 2]
    assert [(each.start, each.end) for each in rows[0].watched] == [(0.0, 10.0)]
