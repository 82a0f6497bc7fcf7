"""Signals as methods of the tracker, and what it knows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

import attrs
import pytest

from playertrack import Engine, Policy, Tracker, offline_ids, signals
from playertrack.core.session import Summary
from playertrack.core.state import State
from playertrack.events import Event
from playertrack.live.clock import ManualClock
from playertrack.signals import SIGNALS, Signal, Tick
from playertrack.sinks import MemorySink
from tracker.tracking import PATIENCE, START, Listener, Machine, names, start

EXAMPLES: dict[str, dict[str, Any]] = {
    "loaded": {"entry_id": "1_a", "duration": 9.0, "live": True, "dvr": True, "loop": True},
    "durationchange": {"duration": 8.0, "live": True, "dvr": True, "loop": True},
    "error": {"code": "e", "message": "m", "fatal": False},
    "seeking": {"origin": 1.0},
    "seek": {"origin": 1.0},
    "ratechange": {"rate": 2.0},
    "source_selected": {"bitrate": 800, "source": "s"},
    "flavor_switch": {"bitrate": 800},
    "captions": {"language": None},
    "audio_track": {"language": "en"},
    "volume": {"volume": 0.5, "muted": True},
    "fullscreen": {"on": True},
    "engage": {"action": "share"},
    "ad_start": {"slot": "preroll", "duration": 30.0},
    "ad_progress": {"duration": 30.0},
}
LIVE = sorted(SIGNALS.keys() - {"tick"})


@pytest.mark.parametrize("name", LIVE)
def test_every_signal_is_a_method_with_all_its_fields(
    name: str, make: Callable[..., Tracker]
) -> None:
    taken = Listener()
    fields = {"position": 2.5, **EXAMPLES.get(name, {})}
    getattr(make(on_signal=taken), name)(**fields, at=7.0)
    assert taken.next() == SIGNALS[name](at=7.0, **fields)


@pytest.mark.parametrize("name", LIVE)
def test_method_has_the_defaults_of_its_signal(name: str) -> None:
    parameters = dict(inspect.signature(getattr(Tracker, name)).parameters)
    del parameters["self"]
    parameters.pop("timeout", None)
    fields: dict[str, attrs.Attribute[Any]] = attrs.fields_dict(cast("Any", SIGNALS[name]))
    assert parameters.keys() == fields.keys()
    for field in fields.values():
        default = parameters[field.name].default
        if field.name == "at":
            assert default is None
        elif field.default is attrs.NOTHING:
            assert default is inspect.Parameter.empty
        else:
            assert default == field.default


def test_signal_happens_now_unless_it_says_when(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    taken = Listener()
    tracker = make(on_signal=taken)
    tracker.ready()
    clock.advance(2.5)
    tracker.play()
    tracker.pause(at=START + 2.0)
    assert [taken.next().at for _ in range(3)] == [START, START + 2.5, START + 2.0]


def script() -> list[Signal]:
    """A playback with a stall, a seek, an end and a replay."""
    return [
        signals.Loaded(at=10.0, entry_id="1_a", duration=20.0),
        signals.Play(at=11.0),
        signals.Playing(at=11.5),
        *(signals.TimeUpdate(at=11.5 + 0.25 * n, position=0.25 * n) for n in range(1, 41)),
        signals.Stall(at=21.6),
        signals.StallEnd(at=24.0),
        signals.Seek(at=25.0, position=18.0),
        *(signals.TimeUpdate(at=25.0 + 0.25 * n, position=18.0 + 0.25 * n) for n in range(1, 8)),
        signals.Ended(at=27.0),
        signals.Play(at=30.0),
        signals.Playing(at=31.0),
        signals.Close(at=32.0),
    ]


def derived(trace: list[Signal]) -> list[Event]:
    engine = Engine("tv")
    return [event for signal in trace for event in engine.feed(signal)]


def test_events_are_those_of_the_engine(
    make: Callable[..., Tracker], memory: MemorySink, clock: ManualClock
) -> None:
    tracker = make(player="tv", ids=offline_ids)
    for signal in script():
        tracker.feed(signal)
        clock.advance(0.05)
    assert tracker.close(PATIENCE)
    assert memory.events == derived(script())
    assert "REPLAY" in names(memory.events)


def test_recorded_signals_give_the_same_events_again(
    make: Callable[..., Tracker], memory: MemorySink, clock: ManualClock
) -> None:
    recorded: list[Signal] = []
    tracker = make(player="tv", ids=offline_ids, on_signal=recorded.append)
    start(tracker, 10.0)
    for n in range(1, 20):
        clock.advance(0.5)
        tracker.timeupdate(0.5 * n)
    tracker.stall()
    clock.advance(3.0)
    assert tracker.flush(PATIENCE)  # the timers had their turn
    tracker.timeupdate(9.9)
    assert tracker.close(PATIENCE)
    assert not [signal for signal in recorded if isinstance(signal, Tick)]
    assert memory.events == derived(recorded)
    assert {"BUFFER_START", "PLAY_REACHED_75"} <= {*names(memory.events)}


def test_summary_and_state_are_those_of_now(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    tracker = make(player="tv")
    assert repr(tracker) == "<Tracker 'tv' IDLE>"
    start(tracker)
    clock.advance(2.0)
    tracker.timeupdate(2.0)
    assert tracker.summary().play_time == 2.0
    assert tracker.state is State.PLAYING
    tracker.close(PATIENCE)
    assert repr(tracker) == "<Tracker 'tv' CLOSED>"
    assert repr(make()) == "<Tracker IDLE>"


def test_summary_of_each_session_is_reported_when_it_ended(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    reported: list[Summary] = []
    tracker = make(on_summary=reported.append)
    for entry in ("1_a", "1_b"):
        tracker.loaded(entry, 10.0)
        tracker.playing()
        clock.advance(2.0)
        tracker.timeupdate(2.0)
    tracker.close(PATIENCE)
    assert [(summary.entry_id, summary.play_time) for summary in reported] == [
        ("1_a", 2.0), ("1_b", 2.0)
    ]  # fmt: skip


def test_each_of_two_sessions_that_end_with_one_signal_is_reported(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    """A fall from the end to the start waits to be a loop; closing makes it one, and ends that."""
    reported: list[Summary] = []
    tracker = make(on_summary=reported.append)
    tracker.loaded("1_a", 10.0)
    tracker.playing()
    for position in (2.5, 5.0, 7.5, 9.9, 0.05):
        clock.advance(2.5)
        tracker.timeupdate(position)
    tracker.close(PATIENCE)
    assert [(summary.ordinal, summary.quartiles) for summary in reported] == [
        (1, (25, 50, 75, 100)), (2, ())
    ]  # fmt: skip


def test_diagnostics_are_reported(make: Callable[..., Tracker]) -> None:
    reported = Listener()
    make(on_diagnostic=reported).stall_end()
    assert reported.next().kind == "ignored"


def test_tracker_goes_on_from_a_snapshot(
    make: Callable[..., Tracker], clock: ManualClock, memory: MemorySink
) -> None:
    first = make(sinks=[], player="tv", entry_id="1_z", policy=Policy(view_interval=None))
    start(first)
    snapshot = first.snapshot()
    clock.advance(1.0)
    second = make(snapshot=snapshot)
    second.pause()
    assert second.close(PATIENCE)
    (pause,) = memory.events
    assert (pause.event, pause.index, pause.player) == ("PAUSE", 6, "tv")


def test_session_that_goes_on_from_a_snapshot_is_not_corrected(memory: MemorySink) -> None:
    machine = Machine(wall=START)
    first = Tracker(clock=machine.clock)
    start(first)
    machine.wall += 1000.0
    machine.run(1.0)
    with Tracker([memory], clock=machine.clock, snapshot=first.snapshot()) as second:
        second.pause()
    first.close(PATIENCE)
    assert [(event.event, event.at) for event in memory.events] == [("PAUSE", START + 1.0)]
