"""Standstills of the machine while a player is watched, and what they excuse."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from playertrack import Engine, signals
from playertrack.events import Event
from playertrack.testing.pulse import Pulse, excused
from playertrack.testing.scenarios import START

BEGUN = [
    signals.Loaded(at=0.0, entry_id="1_video", duration=6.0),
    signals.Playing(at=0.0, position=0.0),
]


def events(*after: signals.Signal) -> list[Event]:
    """The events of these after a start at 0, but the VIEW."""
    engine = Engine()
    made = [event for signal in (*BEGUN, *after) for event in engine.feed(signal)]
    return [event for event in (*made, *engine.close()) if event.event != "VIEW"]


class Stood(Pulse):
    """One that noticed these standstills."""

    def __init__(self, *spans: tuple[float, float]) -> None:
        super().__init__(lambda: 0.0)
        self._spans = list(spans)


def test_standstill_is_noticed_by_whoever_asks_first() -> None:
    now = [10.0]
    pulse = Pulse(lambda: now[0])
    now[0] = 10.1
    assert pulse.stood(0.0, 20.0) == 0.0
    now[0] = 12.0
    assert pulse.stood(0.0, 20.0) == 2.0
    assert pulse.stood(11.5, 20.0) == 0.5
    assert pulse.stood(0.0, 10.0) == pulse.stood(12.0, 13.0) == 0.0


def test_pulse_of_a_machine_that_runs_shows_its_standstills_later() -> None:
    times, beaten = iter([0.0, 0.05, 3.05, 3.1]), threading.Event()

    def now() -> float:
        at = next(times, None)
        if at is None:
            beaten.set()
        return 3.15 if at is None else at

    pulse = Pulse(now)
    pulse.start()
    assert beaten.wait(20.0)
    pulse.stop()
    assert pulse.stood(0.0, 9.0) == 3.0


DRAG = (signals.Seek(at=1.0, position=3.2), signals.Seek(at=3.0, position=5.0))
WAIT = (signals.Stall(at=1.0), signals.StallEnd(at=3.0))
PAUSE = (signals.Pause(at=1.0), signals.Play(at=3.0), signals.Playing(at=3.0))
PLAYED = (signals.TimeUpdate(at=2.0, position=2.0), signals.Pause(at=2.1))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (DRAG, ["SEEK"]),
        (WAIT, []),
        (PAUSE, []),
        (PLAYED, ["PAUSE"]),
        (PLAYED, ["PAUSE", "RESUME", "PLAY_REACHED_25"]),
    ],
)
def test_what_comes_of_a_standstill_is_excused(
    after: tuple[signals.Signal, ...], expected: list[Any]
) -> None:
    left, wanted = excused(events(*after), [*START, *expected], Stood((1.1, 2.0)))
    kept = [name for name in expected if name != "PLAY_REACHED_25"]
    assert wanted == [*START, *kept]
    assert [event.event for event in left] == [*START, *kept][: len(left)]
    undisturbed = excused(events(*after), [*START, *expected], Stood((8.0, 9.0)))
    assert undisturbed == (events(*after), [*START, *expected])


@pytest.mark.parametrize(
    "after",
    [
        (signals.Seek(at=1.0, position=3.2),),
        (signals.Error(at=1.5, code="E"),),
        (signals.Pause(at=1.2),),
    ],
)
def test_what_does_not_come_of_it_is_not(after: tuple[signals.Signal, ...]) -> None:
    made = events(*after)
    assert excused(made, START, Stood((1.1, 2.0)))[0] == made


def test_quartile_is_excused_in_its_own_session() -> None:
    again = (
        signals.TimeUpdate(at=1.0, position=1.0),
        signals.TimeUpdate(at=2.0, position=2.0),
        signals.Replay(at=2.5),
        signals.Playing(at=2.5),
        signals.TimeUpdate(at=4.5, position=2.0),
    )
    made = events(*again)
    expected = [*START, "PLAY_REACHED_25", "REPLAY", "PLAY_REQUEST", "PLAY"]
    for awaited in ([], ["PLAY_REACHED_25"]):
        left, wanted = excused(made, [*expected, *awaited], Stood((3.5, 4.0)))
        assert [event.event for event in left] == wanted == expected
