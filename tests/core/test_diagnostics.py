"""Diagnostics: messages on what an engine ignored, inferred or repaired."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fed_engines import PLAYED, WATCHED, fed
from scenarios import load

from playertrack import Diagnostic, Engine, Policy, signals
from playertrack.signals import (
    Captions,
    Ended,
    Error,
    Loaded,
    Pause,
    Play,
    Playing,
    Seek,
    Seeking,
    Signal,
    Stall,
    StallEnd,
    Stop,
    Tick,
    TimeUpdate,
)


def diagnostics(*trace: Signal, **policy: Any) -> list[Diagnostic]:
    reported: list[Diagnostic] = []
    fed(*trace, player="p", diagnose=reported.append, policy=Policy(**policy))
    return reported


#: A trace after `PLAYED`, and the kind, rule, signal and time of what is said of it.
REPORTED: dict[str, tuple[tuple[Signal, ...], str]] = {
    "nothing here": (
        (StallEnd(at=11.0),),
        "ignored R-complete stall_end 11.0: stall_end means nothing in PLAYING",
    ),
    "little late": (
        (Tick(at=12.0), TimeUpdate(at=11.0, position=12.0)),
        "repaired R-order timeupdate 12.0: 1.000 s early, taken as the last",
    ),
    "set back": (
        (Tick(at=12.0), Captions(at=1.0, language="a")),
        "repaired R-order captions 12.0: the clock was set back by 11.000 s",
    ),
    "seek in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Seek(at=12.0, position=5.0)),
        "ignored R-seek-ad seek 12.0: a seek inside a linear ad",
    ),
    "stall in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Stall(at=12.0)),
        "ignored R-ad stall 12.0: stall in a linear ad",
    ),
    "lost ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Tick(at=131.0)),
        "inferred R-ad-lost  131.0: an ad that sent nothing any more",
    ),
    "an orphan": (
        (signals.Seeked(at=11.0),),
        "ignored R-seek-orphan seeked 11.0: seeked without seeking and without a position",
    ),
    "an orphan near": (
        (signals.Seeked(at=11.0, position=11.0),),
        "ignored R-seek-orphan seeked 11.0: seeked where playback is anyway",
    ),
    "an ad that is none": (
        (signals.AdEnd(at=11.0),),
        "ignored R-ad ad_end 11.0: ad_end outside an ad",
    ),
    "a click on none": (
        (signals.AdClick(at=11.0),),
        "ignored R-ad-click ad_click 11.0: ad_click outside an ad",
    ),
    "progress of none": (
        (signals.AdProgress(at=11.0, position=1.0),),
        "ignored R-ad-quartile ad_progress 11.0: ad_progress outside a linear ad",
    ),
    "ended in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Ended(at=12.0)),
        "ignored R-end ended 12.0: ended where nothing plays, or the ad's own",
    ),
    "looped in a pause": (
        (Pause(at=11.0), signals.Looped(at=12.0)),
        "ignored R-loop looped 12.0: looped where nothing plays, or the ad's own",
    ),
    "after a stop": (
        (Stop(at=11.0), TimeUpdate(at=12.0, position=3.0)),
        "ignored R-stop timeupdate 12.0: a position after the stop",
    ),
    "the same error": (
        (Error(at=11.0, code="E", fatal=False), Error(at=11.0, code="E", fatal=False)),
        "ignored R-error error 11.0: error 'E' was reported already",
    ),
    "stale": (
        (signals.Replay(at=11.0), TimeUpdate(at=11.5, position=11.0)),
        "ignored R-stale timeupdate 11.5: 11.0 is a position of the session before",
    ),
    "the ad's own": (
        (Ended(at=10.0), signals.AdStart(at=11.0, slot="postroll"), Play(at=12.0)),
        "ignored R-ad-post play 12.0: play is the ad's own",
    ),
    "a loop": (
        (
            Seek(at=11.0, position=99.0),
            TimeUpdate(at=12.5, position=99.75),
            TimeUpdate(at=13.0, position=0.25),
            Tick(at=14.0),
        ),
        "inferred R-loop timeupdate 13.0: the position fell from the end to the beginning",
    ),
    "a loop by a seek": (
        (
            Loaded(at=11.0, entry_id="A", duration=10.0, loop=True),
            Playing(at=11.0),
            TimeUpdate(at=20.75, position=9.75),
            Seek(at=21.0, position=0.0),
        ),
        "inferred R-loop seek 21.0: a seek from the end to the beginning of looping media",
    ),
    "a run while starting": (
        (signals.Replay(at=11.0), TimeUpdate(at=12.0, position=0.5)),
        "inferred R-implied-playing timeupdate 12.0: playback runs since 0.0",
    ),
    "a lost seek": (
        (
            Seeking(at=11.0),
            *(TimeUpdate(at=at, position=at + 40.0) for at in (12.0, 12.25, 12.5)),
        ),
        "inferred R-seek-lost timeupdate 12.5: the end of a seek was never reported",
    ),
    "a run in a pause": (
        (Pause(at=11.0), *(TimeUpdate(at=at, position=at - 2.0) for at in (12.0, 12.5, 13.0))),
        "inferred R-resume timeupdate 13.0: playback runs since 10.0",
    ),
    "content after an ad's time": (
        (
            signals.AdStart(at=11.0, slot="midroll", duration=1.0),
            *(TimeUpdate(at=at, position=at - 4.0) for at in (14.0, 14.25)),
        ),
        "inferred R-ad-lost timeupdate 14.25: the content goes on after the ad's time",
    ),
    "a seek that begins in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), Seeking(at=12.0)),
        "ignored R-seek-ad seeking 12.0: a seek begun inside a linear ad",
    ),
    "a seek that ends in an ad": (
        (signals.AdStart(at=11.0, slot="midroll"), signals.Seeked(at=12.0, position=5.0)),
        "ignored R-seek-ad seeked 12.0: a seek inside a linear ad",
    ),
    "a seek after a stop": (
        (Stop(at=11.0), Seek(at=12.0, position=5.0)),
        "ignored R-seek-early seek 12.0: a seek that leads nowhere",
    ),
    "a pause that is none": (
        (Pause(at=11.0), Playing(at=11.125)),
        "inferred R-pause playing 11.125: a pause of 0.125 s is no event: playing explains it",
    ),
    "an early end": (
        (Ended(at=11.0),),
        "inferred R-end-early ended 11.0: ended at 10.000 of 100.000 s",
    ),
    "a duration that is forgotten": (
        (signals.DurationChange(at=11.0, duration=None),),
        "ignored R-duration durationchange 11.0: a duration that is known is not forgotten",
    ),
    "progress beyond the ad": (
        (
            signals.AdStart(at=11.0, slot="midroll", duration=5.0),
            signals.AdProgress(at=12.0, position=7.0),
        ),
        "ignored R-ad-quartile ad_progress 12.0: 7.0 s is not in an ad that short",
    ),
    "a jump in live media": (
        (
            signals.DurationChange(at=10.5, duration=None, live=True),
            TimeUpdate(at=11.0, position=60.0),
        ),
        "inferred R-seek-live timeupdate 11.0: a jump from 10.0 to 60.0",
    ),
}

#: The same before any media.
REPORTED_BEFORE_MEDIA: dict[str, tuple[Signal, str]] = {
    "stop": (
        Stop(at=1.0),
        "ignored R-stop stop 1.0: stop before anything was asked to play",
    ),
    "durationchange": (
        signals.DurationChange(at=1.0, duration=5.0),
        "ignored R-complete durationchange 1.0: durationchange before any media",
    ),
    "replay": (
        signals.Replay(at=1.0),
        "ignored R-replay-signal replay 1.0: replay before anything was asked to play",
    ),
    "timeupdate": (
        TimeUpdate(at=1.0, position=1.0),
        "ignored R-complete timeupdate 1.0: a timeupdate before any media",
    ),
}


def said(one: Diagnostic) -> str:
    assert one.player == "p"
    return f"{one.kind} {one.rule} {one.signal} {one.at}: {one.message}"


@pytest.mark.parametrize("case", REPORTED)
def test_what_is_said_to_people(case: str) -> None:
    trace, reported = REPORTED[case]
    assert said(diagnostics(*PLAYED, *trace)[-1]) == reported


@pytest.mark.parametrize("name", REPORTED_BEFORE_MEDIA)
def test_what_is_said_before_any_media(name: str) -> None:
    signal, reported = REPORTED_BEFORE_MEDIA[name]
    assert [said(one) for one in diagnostics(signal)] == [reported]


#: What varies in a message: numbers, the signal, the state.
_VARIES = re.compile(r"(?<!\w)-?\d+(\.\d+)?|\w+(?= means| is the ad's own| explains)|[A-Z]+$")


def test_all_that_is_said_in_the_scenarios() -> None:
    """Kind, rule and message of each diagnostic, as ``diagnostics.txt`` has them."""
    reported: list[Diagnostic] = []
    for scenario in load():
        engine = scenario.engine(diagnose=reported.append)
        for signal in scenario.signals:
            engine.feed(signal)
        engine.close()
    lines = {f"{one.kind} {one.rule}: {_VARIES.sub('…', one.message)}" for one in reported}
    assert sorted(lines) == Path(__file__).with_name("diagnostics.txt").read_text().splitlines()


def test_a_jump_that_is_no_seek_is_reported() -> None:
    reported = diagnostics(*PLAYED, TimeUpdate(at=11.0, position=60.0), infer_seeks=False)
    assert [said(one) for one in reported] == [
        "inferred R-silent-seek timeupdate 11.0: a jump from 10.0 to 60.0 is taken as none"
    ]


def test_a_stand_still_is_reported() -> None:
    reported = diagnostics(*PLAYED, TimeUpdate(at=13.0, position=10.0), frozen_after=1.0)
    assert [said(one) for one in reported] == [
        "inferred R-frozen  4.0: the playhead stands still since 0.0",
        "inferred R-frozen timeupdate 13.0: the playhead stands still since 10.0",
    ]


@pytest.mark.parametrize("last", [1, 2, 25], ids=["first", "second", "milestone"])
@pytest.mark.parametrize("restored", [False, True])
def test_no_signal_is_named_where_none_says_so(last: int, restored: bool) -> None:
    """It does not matter what the updates before came to."""
    updates = [TimeUpdate(at=float(at), position=float(at)) for at in range(1, last + 1)]
    reported: list[Diagnostic] = []
    policy = Policy(frozen_after=10.0)
    engine = fed(*PLAYED[:2], *updates, policy=policy, diagnose=reported.append)
    if restored:
        engine = Engine.restore(engine.snapshot(), diagnose=reported.append)
    engine.tick(last + 100.0)
    assert [(one.rule, one.signal) for one in reported] == [("R-frozen", "")]


def test_quiet_playback_says_nothing() -> None:
    assert diagnostics(*WATCHED) == []
