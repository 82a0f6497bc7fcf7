"""The common part of all translators, and facts on the recordings that are kept."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tapes import TRANSLATORS, Record, derive, names, signals_of
from truth import judge

from playertrack import Policy, SignalError
from playertrack.events import to_record
from playertrack.signals import Signal
from playertrack.trace.codec import parse_record
from playertrack.trace.lint import check

TRACES = Path(__file__).parents[1] / "traces"
EXPECTED = json.loads((TRACES / "expect.json").read_text("utf-8"))
TRUTHS: dict[str, dict[str, Any]] = EXPECTED["traces"]


@cache
def recording(name: str) -> list[Record]:
    lines = (TRACES / TRUTHS[name]["trace"]).read_bytes().splitlines()
    return [parse_record(line) for line in lines]


@pytest.mark.parametrize("name", TRUTHS)
def test_recording_gives_what_is_true_of_it(name: str) -> None:
    truth = TRUTHS[name]
    wrong = judge(truth, EXPECTED["core"], derive(truth["player"], recording(name)))
    assert wrong is None, wrong


@pytest.mark.parametrize("name", TRUTHS)
def test_events_of_a_recording_hold_the_invariants(name: str) -> None:
    player = TRUTHS[name]["player"]
    policy = attrs.evolve(TRANSLATORS[player]().policy, view_interval=None)
    events = derive(player, recording(name))
    assert check(map(to_record, events), policy=policy) == []


def test_every_recording_that_is_kept_is_judged() -> None:
    kept = {path.relative_to(TRACES).as_posix() for path in TRACES.rglob("*.jsonl")}
    assert {truth["trace"] for truth in TRUTHS.values()} == kept
    assert {truth["player"] for truth in TRUTHS.values()} == set(TRANSLATORS)


# ------------------------------------------------------- the judge, so that it can be trusted

SEEK = "html5/b_seek_forward_70"


def test_missing_event_is_seen() -> None:
    events = derive("html5", recording(SEEK))
    for left_out in range(len(events)):
        rest = [event for n, event in enumerate(events) if n != left_out]
        assert judge(TRUTHS[SEEK], EXPECTED["core"], rest), events[left_out]


def test_event_too_many_is_seen() -> None:
    events = derive("html5", recording(SEEK))
    for n, event in enumerate(events):
        assert judge(TRUTHS[SEEK], EXPECTED["core"], [*events[:n], event, *events[n:]]), event


def test_event_at_a_wrong_place_is_seen() -> None:
    events = derive("html5", recording(SEEK))
    n = names(events).index("PLAY_REACHED_75")
    moved = attrs.evolve(events[n], position=5.0)
    assert judge(TRUTHS[SEEK], EXPECTED["core"], [*events[:n], moved, *events[n + 1 :]])


# ------------------------------------------------------------------------ all translators


@pytest.mark.parametrize("player", TRANSLATORS)
def test_policy_is_one_that_suits_the_player(player: str) -> None:
    policy = TRANSLATORS[player]().policy
    assert isinstance(policy, Policy)
    assert not policy.infer_seeks


@pytest.mark.parametrize("player", TRANSLATORS)
def test_player_is_ready_once_at_its_first_record(player: str) -> None:
    records = [{"t": n, "source": "x", "kind": "unknown"} for n in (3.0, 4.0)]
    (ready,) = signals_of(player, records)
    assert ready.name == "ready"
    assert ready.at == (0.003 if player == "html5" else 3.0)


MALFORMED: list[tuple[str, Record, str]] = [
    *((player, {"source": "html5", "kind": "play"}, "t") for player in TRANSLATORS),
    *((player, {"t": "1", "source": "html5", "kind": "play"}, "t") for player in TRANSLATORS),
    *((player, {"t": 1.0, "source": "html5", "kind": []}, "kind") for player in TRANSLATORS),
    ("vlc", {"t": 1, "kind": "MediaPlayerTimeChanged"}, "new_time_ms"),
    ("vlc", {"t": 1, "kind": "MediaPlayerBuffering", "new_cache": None}, "new_cache"),
    ("vlc", {"t": 1, "kind": "poll", "rate": float("inf")}, "rate"),
    ("vlc", {"t": 1, "kind": "app.seek", "args": 3}, "args"),
    ("vlc", {"t": 1, "kind": "app.seek", "args": [None]}, "args"),
    ("vlc", {"t": 1, "kind": "app.open", "args": [""]}, "entry_id"),
    ("mpv", {"t": 1, "kind": "prop.time-pos", "value": "2"}, "value"),
    ("mpv", {"t": 1, "kind": "prop.speed", "value": 0.0}, "value"),
    ("mpv", {"t": 1, "kind": "end-file"}, "reason"),
    ("gstreamer", {"t": 1, "kind": "state-changed", "old": "ready"}, "new"),
    ("gstreamer", {"t": 1, "kind": "poll", "position_ns": True, "duration_ns": 1}, "position_ns"),
    ("gstplay", {"t": 1, "kind": "state-changed"}, "play-state"),
    ("gstplay", {"t": 1, "kind": "seek-done", "position": 10**400}, "position"),
    ("kodi", {"t": 1, "kind": "Player.OnSeek", "data": {"player": {"time": 3}}}, "data"),
    ("kodi", {"t": 1, "kind": "Player.OnPlay", "data": [1]}, "data"),
    ("kodi", {"t": 1, "kind": "Player.GetProperties", "time": {"hours": "1"}}, "time"),
    ("kodi", {"t": 1, "kind": "onPlayBackSeek", "args": []}, "args"),
    ("mpris", {"t": 1, "kind": "Seeked"}, "position"),
    ("mpris", {"t": 1, "kind": "PropertiesChanged", "changed": {"Rate": "1"}}, "changed"),
    ("mpris", {"t": 1, "kind": "PropertiesChanged", "changed": None}, "changed"),
    ("chromecast", {"t": 1, "kind": "media_status", "current_time": "1"}, "current_time"),
    ("qt", {"t": 1, "kind": "positionChanged", "args": ["2"]}, "args"),
    ("qt", {"t": 1, "kind": "mediaStatusChanged", "args": []}, "args"),
    ("qt", {"t": 1, "kind": "poll", "position_ms": "2"}, "position_ms"),
    ("html5", {"t": 1, "kind": "play"}, "source"),
    ("html5", {"t": 1, "source": "cmd", "kind": "setMedia"}, "url"),
    ("html5", {"t": 1, "source": "html5", "kind": "play", "currentTime": -1}, "currentTime"),
]


@pytest.mark.parametrize(("player", "record", "field"), MALFORMED)
def test_malformed_record_is_refused_with_the_name_of_the_field(
    player: str, record: Record, field: str
) -> None:
    with pytest.raises(SignalError) as refused:
        TRANSLATORS[player]().translate(record)
    assert refused.value.field == field
    assert str(refused.value).startswith(field)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.one_of(st.floats(), st.text(max_size=3)), max_size=2),
)


@given(st.data())
def test_any_record_is_translated_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(TRUTHS)))
    translator = TRANSLATORS[TRUTHS[name]["player"]]()
    whole = recording(name)
    for _ in range(data.draw(st.integers(1, 20))):
        record = dict(data.draw(st.sampled_from(whole)))
        if data.draw(st.booleans()):
            record[data.draw(st.sampled_from(list(record)))] = data.draw(ODD)
        try:
            made = translator.translate(record)
        except SignalError:
            continue
        assert all(isinstance(signal, Signal) for signal in made)
    assert all(isinstance(signal, Signal) for signal in translator.finish())


@pytest.mark.parametrize("name", TRUTHS)
def test_records_are_left_as_they_are_and_give_the_same_again(name: str) -> None:
    records = recording(name)
    before = json.dumps(records)
    player = TRUTHS[name]["player"]
    assert list(signals_of(player, records)) == list(signals_of(player, records))
    assert json.dumps(records) == before
