"""Batches of signals from back ends: numbered, so that repeats and disorder do no harm."""

from __future__ import annotations

import json
from random import Random

import pytest

from playertrack import Engine, Event, Policy, offline_ids
from playertrack.events import to_record
from playertrack.signals import Loaded, Playing, Ready, Signal, TimeUpdate
from playertrack.signals import to_record as record_of
from playertrack_html5.receiving import BackEnds

POLICY = Policy(view_interval=None)

SIGNALS: list[Signal] = [
    Ready(at=0.0),
    Loaded(at=0.0, entry_id="1_abc", duration=8.0),
    Playing(at=0.5),
    *(TimeUpdate(at=0.5 + n / 4, position=n / 4) for n in range(1, 30)),
]


def line(player: str, seq: int, signal: Signal) -> bytes:
    return json.dumps({"player": player, "seq": seq, **record_of(signal)}).encode()


def back_ends(most_players: int = 100) -> BackEnds:
    return BackEnds(policy=POLICY, ids=offline_ids, most_players=most_players)


def expected(player: str) -> list[Event]:
    engine = Engine(player, policy=POLICY, ids=offline_ids)
    return [*(event for each in SIGNALS for event in engine.feed(each)), *engine.close()]


@pytest.mark.parametrize("seed", range(20))
def test_disorder_and_repeats_give_the_events_of_the_player(seed: int) -> None:
    random = Random(seed)
    lines = [line("a", seq, signal) for seq, signal in enumerate(SIGNALS, 1)]
    lines += random.sample(lines, 5)
    # Each is moved by a second of event time at most.
    lines = [
        each for _, each in sorted((n + 4 * random.random(), each) for n, each in enumerate(lines))
    ]
    receiver = back_ends()
    events: list[Event] = []
    for start in range(0, len(lines), 7):
        taken = receiver.take(b"\n".join(lines[start : start + 7]))
        assert taken.problem is None
        events += taken.events
    events += receiver.close()
    assert [to_record(event) for event in events] == [to_record(each) for each in expected("a")]


def test_bad_line_costs_only_itself_and_is_named() -> None:
    receiver = back_ends()
    lines = [line("a", seq, signal) for seq, signal in enumerate(SIGNALS, 1)]
    taken = receiver.take(b"\n".join([*lines[:5], b'{"signal": "playing", "at": 1}', *lines[5:]]))
    assert taken.problem is not None
    assert taken.problem.startswith("line 6: ")
    events = [*taken.events, *receiver.close()]
    assert [to_record(event) for event in events] == [to_record(each) for each in expected("a")]


def test_players_beyond_the_limit_are_busy() -> None:
    receiver = back_ends(most_players=1)
    assert not receiver.take(line("a", 1, SIGNALS[0])).busy
    assert receiver.take(line("b", 1, SIGNALS[0])).busy
    assert not receiver.take(line("a", 2, SIGNALS[1])).busy
