"""The state of an engine as bytes, and back."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy
from math import inf, nan
from typing import Any

import msgspec
import pytest
from fed_engines import PLAYED, WATCHED, fed
from hypothesis import given
from hypothesis import strategies as st

from playertrack import (
    Diagnostic,
    Engine,
    Policy,
    SnapshotError,
    State,
)
from playertrack.signals import (
    Loaded,
    Pause,
    Playing,
    Ready,
    Seek,
    Signal,
    Stall,
    StallEnd,
    Tick,
    TimeUpdate,
)
from playertrack.testing.strategies import hostile, policies


def test_a_snapshot_holds_everything() -> None:
    engine = fed(
        *PLAYED,
        player="tv",
        policy=Policy(view_interval=5.0, end_tolerance=1.5),
        entry_id="D",
        ids=lambda player, ordinal, at: f"s{ordinal}",
    )
    reported: list[Diagnostic] = []
    other = Engine.restore(
        engine.snapshot(), ids=lambda player, ordinal, at: f"t{ordinal}", diagnose=reported.append
    )
    assert (other.player, other.policy, other.session_id) == ("tv", engine.policy, "s1")
    assert (other.state, other.position, other.entry_id) == (State.PLAYING, 10.0, "A")
    assert other.feed(Loaded(at=12.0, entry_id="B"))[0].session == "t2"
    other.feed(StallEnd(at=13.0))
    assert [one.kind for one in reported] == ["ignored"]


@pytest.mark.parametrize("trace", [WATCHED[:end] for end in range(len(WATCHED) + 1)], ids=len)
@pytest.mark.parametrize("copied", [deepcopy, lambda engine: pickle.loads(pickle.dumps(engine))])
def test_a_copy_goes_on_as_the_engine_does(
    copied: Callable[[Engine], Engine], trace: tuple[Signal, ...]
) -> None:
    engine = fed(*trace, TimeUpdate(at=60.0, position=75.0), TimeUpdate(at=61.0, position=76.0))
    for each in (fed(*trace), engine):
        other = copied(each)
        assert other.snapshot() == each.snapshot()
        rest = [Pause(at=62.0), Seek(at=63.0, position=99.0), Tick(at=80.0)]
        assert [other.feed(signal) for signal in rest] == [each.feed(signal) for signal in rest]
        assert other.snapshot() == each.snapshot()


def test_a_restored_engine_assumes_the_same_media() -> None:
    other = Engine.restore(Engine(entry_id="D").snapshot())
    assert other.feed(Playing(at=0.0))[1].entry_id == "D"


def test_a_snapshot_of_another_version() -> None:
    fields = msgspec.msgpack.decode(fed(*WATCHED).snapshot())
    fields[0] += 1
    with pytest.raises(SnapshotError, match="version"):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\xc0", b"{}", b"hello", b"\x91\x01", b"\xff" * 100, b"\x80", b"\x90"],
)
def test_what_is_no_snapshot(data: bytes) -> None:
    with pytest.raises(SnapshotError, match="not a snapshot: "):
        Engine.restore(data)


def test_a_snapshot_that_was_cut() -> None:
    saved = fed(*WATCHED).snapshot()
    for length in range(len(saved)):
        with pytest.raises(SnapshotError):
            Engine.restore(saved[:length])
    with pytest.raises(SnapshotError):
        Engine.restore(saved + b"\x00")


def test_a_snapshot_with_a_policy_that_cannot_be() -> None:
    fields = msgspec.msgpack.decode(fed(*WATCHED).snapshot())
    for policy in ({"settle": -1.0}, {"unknown": 1}, {"settle": "x"}):
        fields[1] = msgspec.msgpack.encode([policy, None, None])
        with pytest.raises(SnapshotError):
            Engine.restore(msgspec.msgpack.encode(fields))


@given(hostile(20), policies(), st.data())
def test_hostile_bytes(trace: list[Signal], policy: Policy, data: st.DataObject) -> None:
    """Damaged bytes are a snapshot or a `SnapshotError`, whatever was done to them."""
    saved = bytearray(fed(*trace, policy=policy).snapshot())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(saved) - 1))
        saved[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not saved:
            break
    try:
        engine = Engine.restore(bytes(saved))
    except SnapshotError:
        return
    assert isinstance(engine.state, State)


@pytest.mark.parametrize("rate", [0.0, -1.0, nan, inf])
def test_a_snapshot_of_no_rate(rate: float) -> None:
    saved = fed(*WATCHED).snapshot()
    fields = msgspec.msgpack.decode(saved)
    place = 7
    assert fields[place] == 1.0
    fields[place] = rate
    with pytest.raises(SnapshotError):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize("place", [4, 5, 6, 9, 15, 16])
@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_a_snapshot_of_a_number_that_cannot_be(place: int, number: float) -> None:
    fields = msgspec.msgpack.decode(fed(*WATCHED).snapshot())
    assert isinstance(fields[place], float)
    fields[place] = number
    with pytest.raises(SnapshotError, match="number"):
        Engine.restore(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    ("trace", "place", "value", "why"),
    [
        (PLAYED, 1, msgspec.msgpack.encode([{}, None, None]), "PLAYING without media"),
        ((*PLAYED, Stall(at=11.0)), 20, None, "missing that STALLING has"),
        ((*PLAYED, Pause(at=11.0)), 20, {}, "missing that PAUSING has"),
        ((*PLAYED, Pause(at=11.0), Tick(at=12.0)), 20, {}, "missing that PAUSED has"),
        ((Ready(at=0.0),), 3, "LOADED", "LOADED without media"),
    ],
)
def test_a_snapshot_of_a_state_that_cannot_be(
    trace: tuple[Signal, ...], place: int, value: Any, why: str
) -> None:
    fields = msgspec.msgpack.decode(fed(*trace).snapshot())
    fields[place] = value
    with pytest.raises(SnapshotError, match=why):
        Engine.restore(msgspec.msgpack.encode(fields))
