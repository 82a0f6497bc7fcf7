"""The table is sound as written, and runs as `transitions` would run it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from transitions import Event as StockEvent
from transitions import Machine, MachineError

from playertrack import Engine, Policy
from playertrack.core.machine import (
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
from playertrack.core.playback import Playback
from playertrack.core.state import State
from playertrack.signals import Loaded, Playing, Signal, TimeUpdate, from_record
from playertrack.testing.strategies import policies, traces


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
    assert "playing [has_started]" in drawn
    assert "to_" not in drawn
    for rule in RULES:
        if rule.dest is not None:
            assert any(
                line.strip().startswith(f"{rule.source.value} --> {rule.dest.value}")
                and rule.trigger in line
                for line in drawn.splitlines()
            )


class Stock(Engine):
    """An engine that has `transitions` run the table with its own kind of event."""

    __slots__ = ()

    machine = build(machine=Machine)

    def fire(self, trigger: str, at: float | None = None) -> bool:
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


class Alone(Engine):
    """An engine that fires nothing while an effect of the table runs."""

    __slots__ = ()

    fires: ClassVar[list[str]] = []

    def fire(self, trigger: str, at: float | None = None) -> bool:
        assert not self.fires, f"{trigger} fires inside {self.fires}"
        self.fires.append(trigger)
        try:
            return super().fire(trigger, at)
        finally:
            self.fires.clear()


@given(traces(), policies())
def test_nothing_fires_inside_an_effect(trace: list[Signal], policy: Policy) -> None:
    engine = Alone(policy=policy)
    for signal in trace:
        engine.feed(signal)
    engine.close()


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
    engine.feed(Loaded(at=0.0, entry_id="A", duration=10.0))
    engine.feed(Playing(at=0.0))
    engine.feed(TimeUpdate(at=5.0, position=5.0))
    fired.clear()
    at = 5.0
    for position in (5.25, 5.25, 5.125, 5.5, 6.0, 6.25):
        at += 0.25
        assert not engine.feed(TimeUpdate(at=at, position=position))
    assert fired == []
