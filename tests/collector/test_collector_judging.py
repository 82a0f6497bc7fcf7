"""The collector's verdicts: it finds what is wrong, and nothing wrong with what is right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_requests import request_of

from playertrack import Engine, Policy, signals
from playertrack.collector.judging import event_name, judge_event, unclean
from playertrack.collector.received import KAVA, STATS
from playertrack.collector.session_check import SessionJudge
from playertrack.delivery import Destination
from playertrack.destinations.kaltura import (
    STATS_IDS,
    Identity,
    KavaDestination,
    StatsDestination,
    WireProfile,
)
from playertrack.events import Event

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.json"))

GOOD = {
    "partnerId": "102",
    "entryId": "1_abc",
    "eventType": "3",
    "sessionId": "s-1",
    "eventTimestamp": "1700000000",
}
GOOD_KAVA = {
    "eventType": "33",
    "partnerId": "102",
    "entryId": "1_abc",
    "sessionId": "s-1",
    "eventIndex": "1",
}


def findings(endpoint: str = STATS, **fields: str | None) -> list[str]:
    known = GOOD if endpoint == STATS else GOOD_KAVA
    return list(judge_event(endpoint, {k: v for k, v in (known | fields).items() if v is not None}))


# ------------------------------------------------------------------------------- one event


@pytest.mark.parametrize("endpoint", [STATS, KAVA])
def test_an_event_with_what_it_needs_is_right(endpoint: str) -> None:
    assert findings(endpoint) == []


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_field_of_stats_is_reported(name: str) -> None:
    nothing: dict[str, Any] = {name: None}
    assert findings(**nothing) == [f"{name} is missing"]
    assert findings(**{name: ""}) == [f"{name} is missing"]


@pytest.mark.parametrize("name", GOOD_KAVA)
def test_a_missing_field_of_kava_is_reported(name: str) -> None:
    nothing: dict[str, Any] = {name: None}
    assert f"{name} is missing" in findings(KAVA, **nothing)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partnerId", "abc"),
        ("partnerId", "0"),
        ("partnerId", "-1"),
        ("eventTimestamp", "now"),
        ("eventTimestamp", "nan"),
        ("sessionId", "x" * 51),
        ("sessionId", "false"),
        ("currentPoint", "-1"),
        ("currentPoint", "12.5"),
        ("duration", "nan"),
        ("duration", "inf"),
        ("seek", "yes"),
        ("uiconfId", "x"),
        ("referrer", "x" * 256),
        ("objectType", "KalturaEvent"),
    ],
)
def test_a_mistyped_field_of_stats_is_reported(name: str, value: str) -> None:
    [finding] = findings(**{name: value})
    assert finding.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("eventIndex", "0"),
        ("position", "x"),
        ("playbackType", "movie"),
        ("playbackSpeed", "-1"),
        ("errorPosition", "4"),
        ("uiConfId", "x"),
    ],
)
def test_a_mistyped_field_of_kava_is_reported(name: str, value: str) -> None:
    [finding] = findings(KAVA, **{name: value})
    assert finding.startswith(f"{name}: ")


@pytest.mark.parametrize("number", ["0", "41", "99", "10003"])
def test_an_unknown_event_of_stats_is_reported(number: str) -> None:
    assert findings(eventType=number) == [f"there is no event of type {number!r}"]


def test_values_that_the_server_would_drop_or_corrupt_are_reported() -> None:
    assert "called uiconfId" in findings(uiConfId="5")[0]
    assert "called uiConfId" in findings(KAVA, uiconfId="5")[0]
    assert "no field" in findings(bitrate="5")[0]
    assert "comma" in findings(referrer="a,b")[0]
    assert "beyond the duration" in findings(currentPoint="102", duration="100")[0]
    assert findings(currentPoint="101", duration="100") == []
    assert unclean({"a": "x", "b": "y\x00"}) == "b"
    assert unclean({"a": "x"}) is None


def test_milliseconds_of_the_old_players_are_right() -> None:
    old = {"eventTimestamp": "1435075186097", "duration": "27"}
    assert findings(currentPoint="13531", **old) == []
    assert findings(currentPoint="29000", **old) != []


def test_application_events_need_little() -> None:
    little = {"eventType": "10003", "partnerId": "102", "pageName": "home"}
    assert list(judge_event(KAVA, little)) == []
    assert list(judge_event(KAVA, {"eventType": "10003"})) == ["partnerId is missing"]


def test_what_an_event_of_kava_has_to_have() -> None:
    assert findings(KAVA, eventType="35") == ["SEEK without targetPosition"]
    assert len(findings(KAVA, eventType="99")) == 3


@given(st.sampled_from([STATS, KAVA]), st.dictionaries(st.text(), st.text()))
def test_whatever_comes_is_judged(endpoint: str, fields: dict[str, str]) -> None:
    for known in ({}, GOOD, GOOD_KAVA):
        found = fields | known
        judge = SessionJudge("s", endpoint)
        for finding in (*judge_event(endpoint, found), *judge.add("SEEK", found, "e")):
            assert finding.isprintable()
        unclean(found)


@given(st.sampled_from([*GOOD, "currentPoint", "duration", "eventIndex"]), st.text())
def test_whatever_a_field_holds_is_judged(name: str, value: str) -> None:
    for endpoint in (STATS, KAVA):
        fields = GOOD | {name: value}
        list(judge_event(endpoint, fields))
        judge = SessionJudge("s", endpoint)
        for event in ("PLAY", "PLAY_REACHED_50"):
            judge.add(event, fields, "e")


# ------------------------------------------------------------------------------- a session


def story(text: str, endpoint: str = STATS) -> list[str]:
    """The findings of ``NAME@SECONDS:POSITION …``, of media of 100 s."""
    judge = SessionJudge("s-1", endpoint)
    found: list[str] = []
    seeked = False
    for index, word in enumerate(text.split(), 1):
        name, _, rest = word.partition("@")
        at, _, position = rest.partition(":")
        seeked = seeked or name == "SEEK"
        fields = {
            "eventTimestamp": str(1700000000 + int(at or index)),
            "duration": "100",
            "eventIndex": str(index),
            **({"currentPoint": position} if position else {}),
            **({"seek": "true"} if seeked else {}),
        }
        found += judge.add(name, fields, "1_abc")
    assert judge.verdict.findings == tuple(found)
    return found


RIGHT = """
WIDGET_LOADED@0 MEDIA_LOADED@0 PLAY@1:0 PLAY_REACHED_25@26:25 BUFFER_START@30:29 BUFFER_END@31:29
PLAY_REACHED_50@52:50 SEEK@53:10 PLAY_REACHED_75@118:75 PLAY_REACHED_100@143:100
"""


def test_a_session_that_is_right() -> None:
    assert story(RIGHT) == []
    assert story("MEDIA_LOADED PLAY@1:0 SEEK@5:60 PLAY_REACHED_75@20:75") == []
    assert story("REPLAY PLAY PLAY_REACHED_25@60:25") == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("PLAY", "PLAY before MEDIA_LOADED"),
        ("MEDIA_LOADED WIDGET_LOADED", "WIDGET_LOADED is not the first"),
        ("MEDIA_LOADED MEDIA_LOADED", "MEDIA_LOADED for the second time"),
        ("MEDIA_LOADED PLAY PLAY", "PLAY for the second time"),
        ("MEDIA_LOADED PLAY_REACHED_25", "PLAY_REACHED_25 before PLAY"),
        (
            "MEDIA_LOADED PLAY@1:0 PLAY_REACHED_25@26:25 PLAY_REACHED_25@27:26",
            "PLAY_REACHED_25 for the second time",
        ),
        ("MEDIA_LOADED PLAY@1:0 PLAY_REACHED_50@20:20", "at 20 of 100, before the point"),
        (
            "MEDIA_LOADED PLAY@1:0 SEEK@5:70 PLAY_REACHED_25@5:70",
            "cannot have played from 25 to there since",
        ),
        ("MEDIA_LOADED PLAY BUFFER_START BUFFER_START", "BUFFER_START follows"),
        ("MEDIA_LOADED PLAY BUFFER_END", "BUFFER_END without"),
        ("MEDIA_LOADED PLAY BUFFER_START SEEK", "SEEK before the BUFFER_END"),
        ("MEDIA_LOADED PLAY@100 BUFFER_START@99", "eventTimestamp"),
    ],
)
def test_a_session_that_is_not(text: str, finding: str) -> None:
    [found] = story(text)
    assert finding in found


def test_seek_stays_true() -> None:
    judge = SessionJudge("s", STATS)
    judge.add("MEDIA_LOADED", GOOD, "e")
    judge.add("PLAY", GOOD, "e")
    judge.add("SEEK", GOOD | {"seek": "true"}, "e")
    assert judge.add("BUFFER_START", GOOD, "e") == ["seek is not true after a SEEK"]


def test_a_session_has_one_entry_and_its_verdict_names_it() -> None:
    judge = SessionJudge("s", STATS)
    judge.add("MEDIA_LOADED", GOOD, "1_a")
    judge.add("PLAY", GOOD, "1_a")
    judge.add("BUFFER_START", GOOD, "1_a")
    assert judge.verdict.buffering
    assert judge.verdict.events == {"MEDIA_LOADED": 1, "PLAY": 1, "BUFFER_START": 1}
    assert judge.add("BUFFER_END", GOOD, "1_b") == ["another entry than before in the session"]
    assert judge.verdict.entry_id == "1_a"


def test_the_index_of_kava_goes_up_or_begins_anew() -> None:
    judge = SessionJudge("s", KAVA)
    order = ("MEDIA_LOADED", 1), ("PLAY_REQUEST", 2), ("PLAY", 3), ("VIEW", 1), ("VIEW", 2)
    for name, index in order:
        assert judge.add(name, {"eventIndex": str(index)}, "e") == []
    assert judge.add("VIEW", {"eventIndex": "2"}, "e") == ["eventIndex 2 follows 2"]
    assert judge.add("VIEW", {"eventIndex": "7"}, "e") == ["eventIndex 7 follows 2"]


def test_pauses_of_kava_alternate() -> None:
    start = "MEDIA_LOADED PLAY_REQUEST PLAY "
    assert story(f"{start} PAUSE RESUME PAUSE", KAVA) == []
    assert story(f"{start} PAUSE PAUSE", KAVA) == ["PAUSE follows PAUSE"]
    assert story(f"{start} RESUME", KAVA) == ["RESUME without a PAUSE"]
    assert story(f"{start} PAUSE ERROR PAUSE RESUME", KAVA) == []
    assert story("MEDIA_LOADED PLAY", KAVA) == ["PLAY before PLAY_REQUEST"]
    # What Player v7 sends when it is played again after the end.
    again = "PLAY_REACHED_90 PLAY_REACHED_100 PAUSE SEEK BUFFER_START BUFFER_END REPLAY RESUME"
    assert story(f"{start} {again}", KAVA) == ["RESUME without a PAUSE"]


# --------------------------------------------------- what the engine makes is never found wrong


def engine_events(case: dict[str, Any]) -> Iterator[Event]:
    policy = Policy.from_mapping(case.get("policy", {}))
    engine = Engine(policy=policy, entry_id="1_default")
    for record in case["signals"]:
        at = 1700000000.0 + record["at"] % 1e9  # the size of a time shows its unit
        yield from engine.feed(signals.from_record(record | {"at": at}))
    yield from engine.close()


def judged(destination: Destination, endpoint: str, made: Iterator[Event]) -> Iterator[str]:
    judges: dict[str, SessionJudge] = {}
    for event in made:
        request = request_of(destination, event)
        if request is None:
            continue
        text = request.body.decode() or request.url.partition("?")[2]
        fields = {
            re.sub(r"^event[\[:](\w+)\]?$", r"\1", name): value
            for name, value in parse_qsl(text, keep_blank_values=True)
            if name not in ("format", "service", "action")
        }
        assert event_name(endpoint, fields) == event.event
        judge = judges.setdefault(event.session, SessionJudge(event.session, endpoint))
        for finding in (
            *judge_event(endpoint, fields),
            *judge.add(event.event, fields, fields["entryId"]),
        ):
            yield f"{event}: {finding}"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["guide", "legacy", "kava"])
def test_what_the_engine_makes_is_right(path: Path, kind: str) -> None:
    found = json.loads(path.read_text("utf-8"))
    for case in found if isinstance(found, list) else [found]:
        who = Identity(partner_id=102, entry_id="1_default", referrer="kiosk://device-001")
        made = engine_events(case)
        if kind == "kava":
            problems = judged(KavaDestination(who), KAVA, made)
        else:
            profile = WireProfile() if kind == "guide" else WireProfile.legacy()
            problems = judged(StatsDestination(who, profile), STATS, made)
        assert list(problems) == []


def test_every_id_has_a_name() -> None:
    for name, number in STATS_IDS.items():
        assert event_name(STATS, {"eventType": str(number)}) == name
    for text in ("", "x", "٣", "-1", "9" * 30):
        assert event_name(STATS, {"eventType": text}) is None
