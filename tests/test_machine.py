"""The table: total over states and signals, sound as written, and run as `transitions` would.

Every state is reached by real signals; every signal is then fed in each, in each variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given
from monitor import Monitor
from transitions import Event as StockEvent
from transitions import Machine, MachineError

from playertrack import Diagnostic, Engine, Policy
from playertrack.events import Event
from playertrack.machine import (
    HANDLED,
    MACHINE,
    RULES,
    TRIGGERS,
    FastEvent,
    Rule,
    as_transitions,
    build,
    diagram,
)
from playertrack.playback import Playback, State
from playertrack.signals import ACTIONS, SIGNALS, SLOTS, Playing, Signal, TimeUpdate, from_record
from playertrack.testing.strategies import policies, traces

# ------------------------------------------------------------------ every state, every signal

_LOADED: tuple[dict[str, Any], ...] = (
    {"signal": "ready", "at": 0.0},
    {"signal": "loaded", "at": 0.0, "entry_id": "A", "duration": 10.0},
)
_PLAYING = (
    *_LOADED,
    {"signal": "playing", "at": 0.0},
    {"signal": "timeupdate", "at": 5.0, "position": 5.0},
)
_PAUSED = (*_PLAYING, {"signal": "pause", "at": 5.0})

#: How real signals lead to each state.
WAYS: dict[State, tuple[dict[str, Any], ...]] = {
    State.IDLE: (),
    State.READY: _LOADED[:1],
    State.LOADED: _LOADED,
    State.STARTING: (*_LOADED, {"signal": "play", "at": 0.0}),
    State.PLAYING: _PLAYING,
    State.STALLING: (*_PLAYING, {"signal": "stall", "at": 5.0}),
    State.BUFFERING: (
        *_PLAYING,
        {"signal": "stall", "at": 5.0},
        {"signal": "tick", "at": 6.0},
    ),
    State.ENDING: (
        *_PLAYING,
        {"signal": "timeupdate", "at": 9.75, "position": 9.75},
        {"signal": "pause", "at": 9.75},
    ),
    State.PAUSED: _PAUSED,
    State.RESUMING: (*_PAUSED, {"signal": "play", "at": 6.0}),
    State.ENDED: (*_PLAYING, {"signal": "ended", "at": 5.0}),
    State.FAILED: (*_PLAYING, {"signal": "error", "at": 5.0, "code": "E1"}),
    State.CLOSED: (*_PLAYING, {"signal": "close", "at": 5.0}),
}

#: What may be laid over any of them.
OVERLAYS: dict[str, tuple[dict[str, Any], ...]] = {
    "plain": (),
    "seek": ({"signal": "seeking"},),
    "named seek": ({"signal": "seeking", "position": 8.0},),
    "waiting seek": ({"signal": "seeking"}, {"signal": "seeked"}),
    "midroll": ({"signal": "ad_start", "slot": "midroll", "duration": 1.0},),
    "postroll": ({"signal": "ad_start", "slot": "postroll"},),
    "seek in a midroll": ({"signal": "seeking"}, {"signal": "ad_start", "slot": "midroll"}),
    "complete seek in a midroll": (
        {"signal": "seeking", "position": 8.0},
        {"signal": "ad_start", "slot": "midroll"},
        {"signal": "seeked"},
    ),
    "overlay": ({"signal": "ad_start", "slot": "overlay"},),
    "drag": ({"signal": "timeupdate", "position": 1.0},),
}

#: The variants of each signal that has more than one, or needs a field.
VARIANTS: dict[str, Sequence[dict[str, Any]]] = {
    "loaded": (
        {"entry_id": "A"},
        {"entry_id": "A", "duration": 20.0, "position": 3.0},
        {"entry_id": "B", "duration": 5.0, "loop": True},
        {"entry_id": "B", "live": True},
    ),
    "timeupdate": [{"position": where} for where in (0.0, 5.0, 5.125, 6.0, 9.875, 10.0, 30.0)],
    "seeking": ({}, {"origin": 5.0}, {"position": 0.0, "origin": 9.0}),
    "seek": ({"position": 0.0}, {"position": 8.0, "origin": 5.5}, {"position": 50.0}),
    "ratechange": ({"rate": 1.0}, {"rate": 2.0}, {"rate": 8.0}),
    "durationchange": ({"duration": None}, {"duration": 4.0}, {"duration": 5.0, "live": True}),
    "error": ({"code": "E1"}, {"code": "E2", "fatal": False}),
    "source_selected": ({}, {"bitrate": 500, "source": "hd"}),
    "flavor_switch": ({}, {"bitrate": 500}),
    "captions": ({"language": None}, {"language": "en"}),
    "audio_track": ({"language": "en"},),
    "volume": ({"volume": 0.5, "muted": True},),
    "fullscreen": ({"on": True}, {"on": False}),
    "engage": [{"action": action} for action in ACTIONS],
    "ad_start": [{"slot": slot, "duration": 8.0} for slot in SLOTS],
    "ad_progress": ({"position": 0.0}, {"position": 6.0, "duration": 8.0}),
}

#: After how long (s) the signal comes; once its clock was set back.
STEPS = (0.125, 200.0, -100.0)


def variants(name: str) -> Iterator[dict[str, Any]]:
    """The signal in all its variants, each with and without a position."""
    for fields in VARIANTS.get(name, ({},)):
        yield {"signal": name, **fields}
        if "position" not in fields:
            for where in (5.25, 10.0):
                yield {"signal": name, "position": where, **fields}


def judge(monitor: Monitor, engine: Engine, events: Sequence[Event]) -> None:
    for event in events:
        monitor.see(event)
    if engine.state is State.FAILED:
        monitor.paused = False


@cache
def reached(state: State, overlay: str) -> tuple[bytes, Monitor, float]:
    """A player in ``state`` with something laid over it, saved; what was seen of it; the time."""
    engine, monitor, at = Engine(policy=Policy(view_interval=1.0)), Monitor(), 0.0
    for record in WAYS[state]:
        at = record["at"]
        judge(monitor, engine, engine.feed(from_record(record)))
    assert engine.state is state
    for record in OVERLAYS[overlay]:
        judge(monitor, engine, engine.feed(from_record({"at": at, **record})))
    return engine.snapshot(), monitor, at


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
def test_every_signal_in_every_state(state: State, name: str) -> None:
    """Nothing raises, and what comes out keeps the invariants, to the end of the player."""
    for record, step, overlay in product(variants(name), STEPS, OVERLAYS):
        saved, before, at = reached(state, overlay)
        engine, monitor = Engine.restore(saved), attrs.evolve(before)
        for signal in (
            from_record({"at": at + step, **record}),
            Playing(at=at + max(step, 0.0) + 0.25),
        ):
            judge(monitor, engine, engine.feed(signal))
        judge(monitor, engine, engine.close())
        assert not monitor.buffering


def test_every_state_has_a_way() -> None:
    assert set(WAYS) == set(State)


def test_a_signal_that_means_nothing_is_a_diagnostic() -> None:
    told: list[Diagnostic] = []
    engine = Engine(diagnose=told.append)
    engine.feed(from_record({"signal": "pause", "at": 1.0}))
    assert [(one.kind, one.signal, one.at) for one in told] == [("ignored", "pause", 1.0)]
    assert engine.state is State.IDLE


# ---------------------------------------------------------------------- the table as written


def by_key() -> dict[tuple[State, str], list[Rule]]:
    rows: dict[tuple[State, str], list[Rule]] = {}
    for rule in RULES:
        rows.setdefault((rule.source, rule.trigger), []).append(rule)
    return rows


@pytest.mark.parametrize("key", by_key(), ids=lambda key: f"{key[0].value}-{key[1]}")
def test_rows_are_decided(key: tuple[State, str]) -> None:
    """Only the last row of a source and trigger has no guard: one matches, none is in vain."""
    *others, last = by_key()[key]
    assert all(rule.guards for rule in others)
    assert not last.guards


def test_handled_is_the_table() -> None:
    assert set(by_key()) == HANDLED


def test_nothing_leads_out_of_closed() -> None:
    assert not [rule for rule in RULES if rule.source is State.CLOSED]
    assert {rule.source for rule in RULES if rule.dest is State.CLOSED} == set(State) - {
        State.CLOSED
    }


def test_every_state_can_be_reached() -> None:
    reached = {State.IDLE}
    while True:
        further = {rule.dest for rule in RULES if rule.source in reached and rule.dest} - reached
        if not further:
            break
        reached |= further
    assert reached == set(State)


def test_playbacks_are_never_registered() -> None:
    """The machine knows its table and no player, so it keeps none of them alive."""
    engine = Engine()
    engine.feed(from_record({"signal": "playing", "at": 0.0}))
    assert MACHINE.models == []
    assert not MACHINE.has_queue


def test_the_machine_is_the_table_and_nothing_else() -> None:
    made = build()
    assert set(made.events) == set(TRIGGERS) == {rule.trigger for rule in RULES}
    assert all(type(event) is FastEvent for event in made.events.values())
    assert set(made.states) == {state.name for state in State}
    assert made.initial == State.IDLE.name
    assert made.models == []
    assert not made.has_queue
    rows = [
        (State[source], name, each.dest)
        for name, event in made.events.items()
        for source, transitions in event.transitions.items()
        for each in transitions
    ]
    assert sorted(map(repr, rows)) == sorted(
        repr((rule.source, rule.trigger, rule.dest and rule.dest.name)) for rule in RULES
    )


def test_the_diagram_shows_the_table() -> None:
    drawn = diagram()
    assert drawn.startswith("---\ntitle: playertrack\n---\nstateDiagram-v2")
    assert "[*] --> IDLE" in drawn
    assert "pause [at_end]" in drawn
    assert "to_" not in drawn
    for rule in RULES:
        if rule.dest is not None:
            assert any(
                line.strip().startswith(f"{rule.source.value} --> {rule.dest.value}")
                and rule.trigger in line
                for line in drawn.splitlines()
            )


# ------------------------------------------------------------------------- how it is run


class Stock(Engine):
    """An engine that has `transitions` run the table with its own kind of event."""

    __slots__ = ()

    machine = build(machine=Machine)

    def fire(self, trigger: str, at: float | None = None) -> bool:
        if self.drag is not None and trigger != "pause_stands" and self.handles(trigger):
            self.settle_seek()
        if not self.handles(trigger):
            self.note("ignored", "R-complete", f"{trigger} means nothing in {self.state.value}")
            return False
        event = self.machine.events[trigger]
        assert type(event) is StockEvent
        # The stock event gives callbacks its arguments alone, so the player is one of them.
        return event.trigger(self, self, self.now if at is None else at)


@given(traces(), policies())
def test_runs_as_transitions_does(trace: list[Signal], policy: Policy) -> None:
    fast, stock = Engine(policy=policy), Stock(policy=policy)
    for signal in trace:
        assert fast.feed(signal) == stock.feed(signal)
        assert fast.state is stock.state
    assert fast.snapshot() == stock.snapshot()


def machine(*rules: Rule, **options: Any) -> Machine:
    class Made(Machine):
        event_cls = FastEvent

    return Made(
        model=None,
        states=State,
        initial=State.IDLE,
        transitions=as_transitions(rules),
        auto_transitions=False,
        **options,
    )


def test_the_first_row_that_may_is_taken() -> None:
    taken = []

    def never(pb: Playback, at: float) -> bool:
        return False

    def first(pb: Playback, at: float) -> None:
        assert pb.state is State.IDLE
        taken.append("first")

    def second(pb: Playback, at: float) -> None:
        taken.append("second")

    made = machine(
        Rule(State.IDLE, "go", State.FAILED, (first,), (never,)),
        Rule(State.IDLE, "go", State.READY, (first, second)),
        Rule(State.IDLE, "go", State.FAILED),
        Rule(State.READY, "go", None, (second,)),
        Rule(State.READY, "stay", State.FAILED, (), (never,)),
    )
    engine = Engine()
    assert made.events["go"].trigger(engine, 1.0)
    assert (taken, engine.state) == (["first", "second"], State.READY)
    assert made.events["go"].trigger(engine, 1.0)
    assert (taken[2:], engine.state) == (["second"], State.READY)
    assert not made.events["stay"].trigger(engine, 1.0)
    assert engine.state is State.READY


def test_an_effect_that_fails_leaves_the_state() -> None:
    def fails(pb: Playback, at: float) -> None:
        raise ZeroDivisionError

    engine = Engine()
    made = machine(Rule(State.IDLE, "go", State.READY, (fails,)))
    with pytest.raises(ZeroDivisionError):
        made.events["go"].trigger(engine, 1.0)
    assert engine.state is State.IDLE


def test_a_trigger_without_a_row_is_an_error() -> None:
    with pytest.raises(MachineError, match="buffer"):
        TRIGGERS["buffer"].trigger(Engine(), 0.0)


@pytest.mark.parametrize(
    "options",
    [
        {"queued": True},
        {"send_event": True},
        {"prepare_event": "note"},
        {"before_state_change": "note"},
        {"after_state_change": "note"},
        {"finalize_event": "note"},
        {"on_exception": "note"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_the_fast_event_cannot_do_is_refused(options: dict[str, Any]) -> None:
    made = machine(Rule(State.IDLE, "go", State.READY), **options)
    with pytest.raises(NotImplementedError, match="callbacks"):
        made.events["go"].trigger(Engine(), 0.0)


@pytest.mark.parametrize("field", ["prepare", "after", "unless"])
def test_what_a_row_may_not_have_is_refused(field: str) -> None:
    made = machine()
    made.add_transition("go", State.IDLE, State.READY, **{field: "seeking"})
    with pytest.raises(NotImplementedError, match="guards and effects"):
        made.events["go"].trigger(Engine(), 0.0)


@pytest.mark.parametrize("callback", ["on_enter", "on_exit"])
def test_what_a_state_may_not_have_is_refused(callback: str) -> None:
    made = machine(Rule(State.IDLE, "go", State.READY))
    made.states["READY"].add_callback(callback.removeprefix("on_"), "seeking")
    with pytest.raises(NotImplementedError, match="callbacks"):
        made.events["go"].trigger(Engine(), 0.0)


def test_updates_that_change_nothing_do_not_trouble_the_machine() -> None:
    fired = []

    class Counting(Engine):
        def fire(self, trigger: str, at: float | None = None) -> bool:
            fired.append(trigger)
            return super().fire(trigger, at)

    engine = Counting(policy=Policy(view_interval=None))
    for way in _PLAYING:
        engine.feed(from_record(way))
    fired.clear()
    at = 5.0
    for position in (5.25, 5.25, 5.125, 5.5, 6.0, 6.25):
        at += 0.25
        assert not engine.feed(TimeUpdate(at=at, position=position))
    assert fired == []
