"""Timers: which are due when."""

from __future__ import annotations

from typing import Any

import pytest
from fed_engines import PLAYED, fed, names
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Diagnostic, Engine, Policy, signals
from playertrack.core.timers import first_due
from playertrack.signals import (
    Captions,
    Loaded,
    Pause,
    Playing,
    RateChange,
    Ready,
    Seek,
    Signal,
    Stall,
    Tick,
    TimeUpdate,
)

#: What waits, and until when.
TIMERS: dict[str, tuple[tuple[Signal, ...], dict[str, Any], float | None]] = {
    "nothing": (PLAYED, {}, None),
    "a stall": ((*PLAYED, Stall(at=11.0)), {}, 11.25),
    "a buffer": ((*PLAYED, Stall(at=11.0), Tick(at=12.0)), {}, None),
    "a drag": ((*PLAYED, TimeUpdate(at=11.0, position=60.0)), {}, 12.0),
    "an ad": ((*PLAYED, signals.AdStart(at=11.0, slot="midroll")), {}, 131.0),
    "a click in an ad": (
        (*PLAYED, signals.AdStart(at=11.0, slot="midroll"), signals.AdClick(at=20.0)),
        {},
        140.0,
    ),
    "a pause": ((*PLAYED, Pause(at=11.0)), {"pause_grace": 2.0}, 13.0),
    "a pause that waits for its seek": (
        (*PLAYED, Seek(at=70.0, position=50.0), Pause(at=70.5)),
        {},
        71.0,
    ),
    "a stall in a pause": ((*PLAYED, Pause(at=11.0), Stall(at=11.125)), {}, 12.0),
    "a seek that settles": ((*PLAYED, Seek(at=11.0, position=50.0)), {"settle": 3.0}, 14.0),
    "a seek that is open": (
        (*PLAYED, Seek(at=11.0, position=50.0), signals.Seeking(at=11.5)),
        {},
        None,
    ),
    "a fall": (
        (*PLAYED, TimeUpdate(at=60.0, position=60.0), TimeUpdate(at=100.0, position=0.25)),
        {"max_gap": 600.0},
        101.0,
    ),
    "a stand-still": (PLAYED, {"frozen_after": 1.5}, 16.0),
    "the usual interval": (
        (*PLAYED, TimeUpdate(at=11.0, position=11.0)),
        {"frozen_after": 1.5},
        15.0,
    ),
    "the first of several": (
        (*PLAYED, TimeUpdate(at=11.0, position=60.0), Stall(at=11.5)),
        {"ad_timeout": 1.0},
        11.75,
    ),
}


@pytest.mark.parametrize("case", TIMERS)
def test_next_timer(case: str) -> None:
    trace, policy, due = TIMERS[case]
    assert fed(*trace, policy=Policy(**policy)).next_timer() == due


def test_next_timer_is_in_the_time_of_the_signals() -> None:
    """After a clock was set back the player's time is no more that of the events."""
    engine = fed(*PLAYED, Captions(at=2.0, language="en"), Stall(at=3.0))
    assert engine.next_timer() == 3.25
    assert engine.tick(3.2) == ()
    (start,) = engine.tick(3.25)
    assert (start.event, start.at) == ("BUFFER_START", 11.0)


def test_times_before_1970() -> None:
    reported: list[Diagnostic] = []
    engine = Engine(diagnose=reported.append)
    (ready,) = engine.feed(Ready(at=-100.0))
    (loaded,) = engine.feed(Loaded(at=-99.0, entry_id="A"))
    assert (ready.at, loaded.at, engine.last_at) == (-100.0, -99.0, -99.0)
    assert reported == []


def test_a_tick_at_the_time_of_a_signal_from_a_set_back_clock_is_no_news() -> None:
    """9.350000002 is 50 after -40.649999998, but the sum is a little more."""
    engine = fed(Captions(at=9.350000002, language="en"), Captions(at=-40.649999998, language="de"))
    assert engine.last_at == 9.350000002
    engine.tick(-40.649999998)
    assert engine.last_at == 9.350000002


@given(
    st.floats(0.0, 1e6),
    st.floats(-1e6, 0.0),
    st.floats(0.0, 100.0),
)
def test_timers_of_a_clock_that_was_set_back_come_in_time(
    at: float, back: float, later: float
) -> None:
    """Ticking when asked does what was due, and before that nothing is, whatever is rounded."""
    engine = fed(Playing(at=at), Captions(at=back - 3.0, language="en"))
    engine.feed(Stall(at=back - 3.0 + later))
    due = engine.next_timer()
    assert due is not None
    before = Engine.restore(engine.snapshot())
    assert names(engine.tick(due)) == ["BUFFER_START"]
    assert not before.tick(due - 0.001)


def test_any_number_of_rates() -> None:
    engine = fed(*PLAYED)
    at, position = 10.0, 10.0
    for step in range(200):
        rate = 1.0 + step / 1000
        engine.feed(RateChange(at=at, rate=rate))
        at, position = at + 0.25, position + 0.25 * rate
        engine.timeupdate(position, at)
    assert engine.rate == 1.199
    ((start, end),) = engine.summary().watched
    assert start == 0.0
    assert end == pytest.approx(position)
    assert engine.summary().play_time == pytest.approx(60.0)


def test_a_grace_is_over_in_the_arithmetic_of_floats() -> None:
    """0.3 + 0.25 is less than 0.25 after 0.3: ticking when asked must still get somewhere."""
    at = 1_700_000_000.1
    engine = fed(
        Loaded(at=at, entry_id="A", duration=100.0),
        Playing(at=at),
        TimeUpdate(at=at + 10.0, position=10.0),
    )
    engine.feed(Stall(at=at + 10.3))
    due = engine.next_timer()
    assert due is not None
    assert names(engine.tick(due)) == ["BUFFER_START"]


def test_a_timer_of_a_clock_that_was_set_back_is_not_early() -> None:
    """Where the clock is far from the time of the events, its times are coarser than theirs."""
    for number in range(50):
        engine = fed(
            Playing(at=1.1), TimeUpdate(at=-1e9, position=0.0), policy=Policy(stall_grace=0.3)
        )
        engine.feed(Stall(at=-1e9 + number / 7))
        due = engine.next_timer()
        assert due is not None
        assert names(engine.tick(due)) == ["BUFFER_START"]


@pytest.mark.parametrize(("stalled", "due"), [(11.5, 11.75), (11.875, 12.0)])
def test_of_two_waits_that_are_over_the_first_to_be_over_is_first(
    stalled: float, due: float
) -> None:
    engine = fed(*PLAYED, Seek(at=11.0, position=50.0), Stall(at=stalled))
    assert first_due(engine)[0] == due == engine.next_timer()
    assert names(engine.tick(13.0)) == ["SEEK", "BUFFER_START"]


def test_a_pause_that_is_over_sooner_than_it_was_thought_is_looked_at_in_time() -> None:
    engine = fed(*PLAYED, Pause(at=11.0), policy=Policy(pause_grace=5.0, settle=1.0))
    engine.feed(Stall(at=11.25))  # a seek that is not reported: it is a PAUSE after `settle`
    assert engine.next_timer() == 12.0
    assert names(engine.tick(12.0)) == ["PAUSE"]
