"""Hypothesis strategies: signals for tests of an engine, a sink or a report.

`hostile` draws any valid signals in any order, with times back and forth and positions where
things are decided. `stories` draws what a viewer does with a player that reports all of it, and
knows what was really watched; `realistic` lets the player report it more or less exactly. Each
shrinks to the few signals that it takes.

    @given(realistic())
    def test_my_report(signals): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any, get_args

from hypothesis import strategies as st

from ..policy import Policy
from ..signals import ACTIONS, MAX_DURATION, SEEKERS, SIGNALS, SLOTS, Signal, from_record, to_record
from .script import Fault, ScriptedPlayer

# ------------------------------------------------------------------------------- policies

_POLICIES = tuple(
    Policy(**values)
    for values in (
        {},
        {},
        {"view_interval": None},
        {"view_interval": 1.0, "max_natural_rate": 2.0},
        {"frozen_after": 1.5},
        {"frozen_after": 0.25, "stall_grace": 0.0},
        {"pause_grace": 1.5},
        {"pause_grace": 0.0, "ad_timeout": 5.0},
        {"milestones": (10, 33, 90), "completion": 0.5},
        {"milestones": (), "completion": 1.0, "view_interval": 2.0},
        {"infer_seeks": False},
        {"replay_session": "same"},
        {"replay_session": "same", "repeat_loaded": True, "frozen_after": 2.0},
        {"reload_same_entry": "keep", "repeat_loaded": True},
        {"max_intervals": 2, "error_repeats": 1},
        {"stall_grace": 0.0, "pause_grace": 0.0, "settle": 0.0, "resume_advance": 0.0},
        {"jump_tolerance": 0.0, "back_tolerance": 0.0, "end_tolerance": 0.0, "end_window": 0.0},
        {"stall_credit": 0.0, "max_gap": 2.0, "snap": 0.0, "max_backstep": 0.0},
        {"end_tolerance": 1.5, "jump_tolerance": 2.0, "settle": 3.0},
    )
)


def policies() -> st.SearchStrategy[Policy]:
    """Policies that change what is judged, how strictly, and what is reported."""
    return st.sampled_from(_POLICIES)


# -------------------------------------------------------------------------------- hostile

_DURATIONS = (10.0, 1.0, 2.0, 100.0, 0.4, 5e-324, 1e-9, MAX_DURATION, None)

#: Where quartiles, ends, windows and tolerances of 10 s of media are; and a few that are absurd.
_PLACES = (
    0.0, 5e-324, 0.1, 0.2, 0.25, 0.5, 1.0, 2.25, 2.4999999, 2.5, 2.5000001, 5.0, 7.5, 9.0, 9.4,
    9.5, 9.75, 9.9, 10.0, 10.0000001, 10.5, 25.0, 50.0, 99.9, 100.0, 1e9, 1e300,
)  # fmt: skip

#: How long after the signal before; a few times the clock goes back.
_STEPS = (
    0.0, 0.0, 1e-9, 0.01, 0.1, 0.1, 0.2, 0.25, 0.25, 0.25, 0.3, 0.5, 0.5, 1.0, 1.0, 1.5, 2.5, 3.0,
    5.0, 10.0, 30.0, 59.0, 61.0, 125.0, 1e4, 1e9, -0.1, -1.0, -2.0, -2.5, -50.0,
)  # fmt: skip

_BY = st.sampled_from((None, None, *SEEKERS))

_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "loaded": {
        "entry_id": st.sampled_from("AB"),
        "duration": st.sampled_from(_DURATIONS),
        "live": st.sampled_from((False, False, False, True)),
        "dvr": st.booleans(),
        "loop": st.booleans(),
    },
    "ratechange": {"rate": st.sampled_from((0.25, 0.5, 1.0, 1.0, 1.5, 2.0, 4.0, 4.5, 8.0, 1e-3))},
    "durationchange": {
        "duration": st.sampled_from(_DURATIONS),
        "live": st.none() | st.booleans(),
        "loop": st.none() | st.booleans(),
    },
    "error": {"code": st.sampled_from(("E1", "E2", "ended_early")), "fatal": st.booleans()},
    "source_selected": {"bitrate": st.sampled_from((None, 500, 800.5))},
    "flavor_switch": {"bitrate": st.sampled_from((None, 500))},
    "captions": {"language": st.sampled_from((None, "en"))},
    "audio_track": {"language": st.sampled_from(("de", "en"))},
    "volume": {"volume": st.sampled_from((0.0, 1.0)), "muted": st.booleans()},
    "fullscreen": {"on": st.booleans()},
    "engage": {"action": st.sampled_from(ACTIONS)},
    "ad_start": {
        "slot": st.sampled_from(SLOTS),
        "duration": st.sampled_from((None, 1.0, 10.0)),
    },
    "ad_progress": {"duration": st.sampled_from((None, 4.0))},
    "seeking": {"origin": st.none() | st.sampled_from(_PLACES), "by": _BY},
    "seek": {"origin": st.none() | st.sampled_from(_PLACES), "by": _BY},
}

_NEEDS_POSITION = ("timeupdate", "seek", "ad_progress")

#: Of what there is most in life there is most here, or little would ever play.
_NAMES = (
    *SIGNALS,
    *(["timeupdate"] * 30),
    *("play", "playing", "playing", "pause", "stall", "stall_end", "seeking", "seeked", "ended"),
    *("ad_start", "ad_end", "tick", "tick"),
)
_ENDS = frozenset({"close"})


@st.composite
def _raw(draw: st.DrawFn) -> tuple[str, float, float | None, dict[str, Any]]:
    """A name, a step in time, a place (negative: so much on from the last), other fields."""
    name = draw(st.sampled_from(_NAMES))
    place: float | None = None
    if name in _NEEDS_POSITION or draw(st.booleans()):
        place = draw(_places)
    fields = {key: draw(strategy) for key, strategy in _FIELDS.get(name, {}).items()}
    return name, draw(st.sampled_from(_STEPS)), place, fields


#: A place of its own, or negative: on from the last place, at so much of the pace of time.
_places = st.one_of(
    st.sampled_from((-1.0, -1.0, -1.0, -1.0, -1.05, -0.9, -1.5, -1e-9)),
    st.sampled_from(_PLACES),
    st.floats(0.0, 12.0),
)


@st.composite
def hostile(draw: st.DrawFn, most: int = 60) -> list[Signal]:
    """Any valid signals in any order, ``most`` of them; it seldom closes before the end."""
    opening = draw(st.sampled_from((("loaded", "playing"), ("loaded", "playing"), ("play",), ())))
    records: list[dict[str, Any]] = [
        {"signal": name, "at": 0.0, **({"entry_id": "A", "duration": 10} if name[0] == "l" else {})}
        for name in opening
    ]
    at = here = 0.0
    # A list whose length is drawn first is longer than one that may stop at each element.
    length = draw(st.integers(0, most))
    for name, step, place, fields in draw(st.lists(_raw(), min_size=length, max_size=length)):
        if name in _ENDS and step < 1.0:
            continue
        at = max(-1e12, min(1e12, at + step))
        record = {"signal": name, "at": at, **fields}
        if place is not None:
            record["position"] = place if place >= 0.0 else max(0.0, here - place * step)
            if not name.startswith("ad_"):
                here = record["position"]
        records.append(record)
    return [from_record(record) for record in records]


# ------------------------------------------------------------------- players as they are

#: What a viewer does: a method of `_Viewer`, and its arguments in quarters of a second.
_seconds = st.integers(1, 40).map(lambda quarters: quarters / 4)
_actions: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("watch"), _seconds),
    st.tuples(st.just("watch"), st.integers(1, 400).map(lambda quarters: quarters / 4)),
    # Longer than `pause_grace`, or it is no pause (R-pause).
    st.tuples(st.just("pause"), _seconds.map(lambda seconds: seconds + 0.25)),
    st.tuples(st.just("drag"), _seconds, st.lists(st.integers(0, 100), min_size=1, max_size=3)),
    st.tuples(st.just("stall"), st.sampled_from((0.1, 0.2, 0.5, 1.0, 4.0, 10.0))),
    st.tuples(st.just("ad"), _seconds),
    st.tuples(st.just("rate"), st.sampled_from((0.5, 1.0, 1.5, 2.0))),
)


class _Viewer:
    """Does with a player what can be done at the time, and lets it be else."""

    def __init__(self, player: ScriptedPlayer) -> None:
        self.player = player.load()
        self.began = self.plays = self.ended = False
        #: When the last seek was complete.
        self.sought = -inf

    def watch(self, seconds: float) -> None:
        if not self.plays:
            self.player.play()
        self.player.watch(seconds)
        self.began, self.plays, self.ended = True, True, False
        if self.player.position == self.player.duration:
            self.player.end()
            self.plays, self.ended = False, True

    def pause(self, seconds: float) -> None:
        if self.plays:
            # One that ends while a seek settles may be the player's own (R-pause).
            settles = self.sought + self.player.policy.settle - self.player.now
            self.player.pause(max(seconds, settles))
            self.plays = False

    def drag(self, seconds: float, percents: list[int]) -> None:
        # Soon after another it would be part of that one, unless an event came between (R-seek).
        settled = self.player.now >= self.sought + self.player.policy.settle
        if self.began and not self.ended and settled:
            # Short of the end, or it would be one.
            assert self.player.duration is not None
            places = (round(self.player.duration * 0.95 * each / 100, 3) for each in percents)
            self.player.scrub(*places, seconds=seconds)
            self.sought = self.player.now

    def stall(self, seconds: float) -> None:
        if self.plays:
            self.player.stall(seconds)

    def ad(self, seconds: float) -> None:
        if self.began and not self.ended:
            self.player.ad(seconds)

    def rate(self, rate: float) -> None:
        self.player.rate(rate)


@st.composite
def stories(draw: st.DrawFn, faults: Iterable[Fault] = ()) -> ScriptedPlayer:
    """A player that played what a viewer wanted; its `seen` is what was really watched."""
    viewer = _Viewer(
        ScriptedPlayer(
            draw(st.sampled_from((4.0, 10.0, 60.0, 100.0, 7.3))),
            every=draw(st.sampled_from((0.25, 0.25, 1.0))),
            jitter=draw(st.sampled_from((0.0, 0.02))),
            faults=faults,
        )
    )
    for name, *arguments in draw(st.lists(_actions, min_size=1, max_size=14)):
        getattr(viewer, name)(*arguments)
    return viewer.player


#: What players do to their reports: a signal, a number from 0 to 1 to go by, and what is left.
_Fault = Callable[[Signal, float], Iterable[Signal]]


def _changed(signal: Signal, **fields: Any) -> Signal:
    return from_record({**to_record(signal), **fields})


def _shifted(signal: Signal, by: float) -> Iterable[Signal]:
    """It is a little late, or a little early."""
    yield _changed(signal, at=signal.at + (by - 0.5) / 4)


def _inexact(signal: Signal, by: float) -> Iterable[Signal]:
    """The position is not quite that."""
    if signal.position is not None and not signal.name.startswith("ad_"):
        signal = _changed(signal, position=max(0.0, signal.position + (by - 0.5) / 4))
    yield signal


def _silent(signal: Signal, by: float) -> Iterable[Signal]:
    """No position but that of updates."""
    if signal.position is not None and signal.name not in _NEEDS_POSITION:
        signal = _changed(signal, position=None)
    yield signal


def _lost(signal: Signal, by: float) -> Iterable[Signal]:
    if by > 0.2:
        yield signal


def _twice(signal: Signal, by: float) -> Iterable[Signal]:
    yield signal
    if by < 0.3:
        yield signal


def _only_updates(signal: Signal, by: float) -> Iterable[Signal]:
    """A poller sees little else."""
    if signal.name in ("loaded", "timeupdate", "ended") or by > 0.8:
        yield signal


_faults = st.lists(
    st.sampled_from((_shifted, _inexact, _silent, _lost, _twice, _only_updates)), max_size=3
)


@st.composite
def realistic(draw: st.DrawFn) -> list[Signal]:
    """The signals that a real player sends in a story: most of them, more or less exact."""
    names = draw(st.lists(st.sampled_from(get_args(Fault)), max_size=2, unique=True))
    trace: list[Signal] = draw(stories(names)).signals
    for fault in draw(_faults):
        chances = draw(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7))
        trace = [
            sent
            for index, signal in enumerate(trace)
            for sent in fault(signal, chances[index % len(chances)])
        ]
    return trace


def traces() -> st.SearchStrategy[list[Signal]]:
    """Either of them: what must hold for all signals holds for these."""
    return st.one_of(hostile(), realistic())
