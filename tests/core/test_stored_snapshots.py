"""Snapshots that were stored: this version reads them as long as it says that it has their layout.

A change of the layout needs another `VERSION` and a corpus of its own (run this file as a program);
the old corpus stays, and is refused by its number or read, but never misunderstood.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
from fed_engines import PLAYED, WATCHED

from playertrack import Engine, Fleet, Policy, SnapshotError
from playertrack.core.snapshot import VERSION
from playertrack.signals import AdStart, Pause, Seeking, Signal, Stall
from playertrack.testing.script import ScriptedPlayer

STORED = Path(__file__).with_name("snapshots")
CORPORA = sorted(STORED.glob("*.json"))

#: What players were doing when they were stored.
SITUATIONS: dict[str, tuple[list[Signal], dict[str, Any]]] = {
    "new": ([], {}),
    "watched": (list(WATCHED), {}),
    "pausing": ([*PLAYED, Pause(at=11.0)], {}),
    "stalling": ([*PLAYED, Stall(at=11.0)], {"frozen_after": 2.0}),
    "seeking": ([*PLAYED, Seeking(at=11.0, position=50.0)], {"view_interval": None}),
    "in an ad": ([*PLAYED, AdStart(at=11.0, slot="midroll", duration=15.0)], {}),
    **{
        f"story {seed}": (
            ScriptedPlayer(60.0, seed=seed, start=1000.0)
            .load()
            .play()
            .watch(10 + seed)
            .seek(40)
            .stall(2)
            .watch(5)
            .signals,
            {},
        )
        for seed in range(3)
    },
}
#: What they did then.
AFTERWARDS = (
    ScriptedPlayer(60.0, seed=9, start=2000.0).load().play().watch(20).seek(50).watch(to=60).end()
).signals


def store() -> dict[str, Any]:
    """A corpus: each snapshot, and what the player was known to be."""
    found = {}
    for name, (before, policy) in SITUATIONS.items():
        fleet = Fleet(policy=Policy(**policy), reorder=5.0, idle_close=9000.0)
        for seq, signal in enumerate(before, 1):
            if seq != len(before) - 1:  # so that the last one waits for it
                fleet.feed("tv", signal, seq)
        if not before:
            fleet.engine("tv")
        saved = fleet.snapshot("tv")
        found[name] = {"snapshot": base64.b64encode(saved).decode(), "known": known(saved)}
    return found


def known(data: bytes) -> dict[str, Any]:
    """The knowledge of the player of a snapshot, in JSON's types."""
    fleet = Fleet(reorder=5.0, idle_close=9000.0)
    fleet.restore(data)
    engine = fleet.players["tv"]
    changed = engine.policy.changes()
    value = {"summary": attrs.asdict(engine.summary()), "rate": engine.rate, "policy": changed}
    for seq, signal in enumerate(AFTERWARDS, 1000):
        fleet.feed("tv", signal, seq)  # it goes on
    found: dict[str, Any] = json.loads(json.dumps(value))
    return found


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.stem)
def test_stored_snapshots_are_read_or_refused_by_their_number(corpus: Path) -> None:
    for name, stored in json.loads(corpus.read_text("utf-8")).items():
        data = base64.b64decode(stored["snapshot"])
        if corpus.stem == f"version-{VERSION}":
            assert known(data) == stored["known"], name
        else:
            with pytest.raises(SnapshotError, match="version"):
                Fleet(reorder=5.0).restore(data)


def test_this_version_has_its_corpus() -> None:
    assert STORED / f"version-{VERSION}.json" in CORPORA


def test_a_refused_snapshot_changes_nothing() -> None:
    fleet = Fleet()
    for signal in PLAYED:
        fleet.feed("tv", signal)
    before = fleet.snapshot("tv")
    broken = bytearray(before)
    Random(1).shuffle(broken)
    with pytest.raises(SnapshotError):
        fleet.restore(bytes(broken))
    assert fleet.snapshot("tv") == before
    assert isinstance(fleet.players["tv"], Engine)


if __name__ == "__main__":
    path = STORED / f"version-{VERSION}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(store(), indent=1) + "\n")
