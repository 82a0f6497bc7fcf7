"""The state machine: one table, and what decides where.

A player is in one of thirteen states. Nearly all that can happen to it is a *trigger* in a
state, and each pair that means something is a row of `RULES`: where it leads, the effects on
the way, and a guard where two rows share a pair. A pair without a row means nothing: it
changes nothing, emits nothing, and is reported as a diagnostic. Most triggers are signals by
their own name. The engine raises four itself: ``buffer`` (a stall outlasted its grace),
``pause_stands`` and ``pause_excused`` (a pause lasted, or something explains it away) and
``fail`` (a fatal error).

A signal goes through four steps, always in this order:

1. What is due by its ``at`` is done first (`timers`): a grace that is over is a trigger too.
2. Its position is judged (`rules.position`): credited, a jump, a run that implies `playing`.
3. The signal acts: its handler fires a trigger, or none, or several one after the other.
4. What that made due is done (a grace of 0 s).

An effect emits events and changes fields. It fires nothing: whoever needs two transitions
fires two, outside of the table (`rules.lifecycle.start_over` is `ended`, `play`, `playing`).
A test holds every effect to it.

Three things are decided elsewhere, because they are no states:

- *Interruptions.* A seek or a linear ad is laid over any state and leaves it as it is; as
  states they would double the table twice. The handlers ask `Playback.suspended` first, keep
  the last of `play`, `playing` and `pause`, and fire it when the interruption is over.
- *Waiting.* A pause, a stall and a seek each wait for what explains them. A stall and a pause
  are states (STALLING, PAUSING); a seek that settles goes on under any state, since playback
  goes on under it. What waits is let out by `Playback.emit` before any event that it has to
  precede, which makes the order of the output one rule in one place.
- *Positions.* What a position means depends on the state, but also on numbers. `rules.position`
  has one judge a state, and fires at most one trigger.

`transitions` loads the table and checks it (every state exists, every callback is callable),
draws it (`diagram`), and is the oracle of the fast dispatch: a test runs random signals through
its own event class and through `FastEvent` and compares all that comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from transitions import Event, Machine, MachineError

from .playback import Playback
from .rules.buffering import begin_buffer, begin_stall, drop_stall, end_buffer
from .rules.end import come_to_rest, early_end, fail, last_stretch
from .rules.lifecycle import (
    deafen,
    leave_for_replay,
    media_loaded,
    remember_play,
    replay,
    request,
    start,
    take_up,
    widget_loaded,
    withdraw,
)
from .rules.pause import (
    drop_pause,
    look_ahead,
    pause,
    pause_again,
    play_on,
    resume,
    wait,
    wait_longer,
)
from .state import State

if TYPE_CHECKING:
    from transitions.core import TransitionConfigDict

Effect = Callable[[Playback, float], None]
Guard = Callable[[Playback, float], bool]


def has_started(pb: Playback, at: float) -> bool:
    """The session had its PLAY."""
    return pb.started


@attrs.frozen
class Rule:
    """One row: in ``source``, ``trigger`` leads to ``dest`` (None: it stays) if all guards say so.

    Of several rows for the same source and trigger the first that may is taken. Effects
    run before the state changes, in order.
    """

    source: State
    trigger: str
    dest: State | None
    effects: tuple[Effect, ...] = ()
    guards: tuple[Guard, ...] = ()


S = State

# fmt: off
RULES: Sequence[Rule] = (
    # --- a player, and something to play
    Rule(S.IDLE,      "ready",         S.READY,     (widget_loaded,)),
    Rule(S.READY,     "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.LOADED,    "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.STARTING,  "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.PLAYING,   "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.PAUSED,    "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.RESUMING,  "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.ENDED,     "loaded",        S.LOADED,    (media_loaded,)),
    Rule(S.FAILED,    "loaded",        S.LOADED,    (media_loaded,)),

    # --- from the request to the first frame
    Rule(S.IDLE,      "play",          None,        (remember_play,)),
    Rule(S.READY,     "play",          None,        (remember_play,)),
    Rule(S.LOADED,    "play",          S.STARTING,  (request,)),
    Rule(S.STARTING,  "pause",         S.LOADED,    (withdraw,)),
    Rule(S.READY,     "playing",       S.PLAYING,   (media_loaded, request, start)),
    Rule(S.LOADED,    "playing",       S.PLAYING,   (request, start)),
    Rule(S.STARTING,  "playing",       S.PLAYING,   (start,)),

    # --- pausing: a pause counts if it lasts
    Rule(S.PLAYING,   "pause",         S.PAUSING,   (wait,)),
    Rule(S.STALLING,  "pause",         S.PAUSING,   (drop_stall, wait)),
    Rule(S.BUFFERING, "pause",         S.PAUSING,   (end_buffer, wait)),
    Rule(S.PAUSING,   "stall",         None,        (wait_longer,)),
    Rule(S.PAUSING,   "play",          S.PLAYING,   (play_on,)),
    Rule(S.PAUSING,   "playing",       S.PLAYING,   (play_on,)),
    Rule(S.PAUSING,   "pause_excused", S.PLAYING,   (play_on,)),
    Rule(S.PAUSING,   "pause_stands",  S.PAUSED,    (pause,)),
    Rule(S.PAUSED,    "play",          S.RESUMING,  (look_ahead,)),
    Rule(S.PAUSED,    "playing",       S.PLAYING,   (resume,)),
    Rule(S.RESUMING,  "playing",       S.PLAYING,   (resume,)),
    Rule(S.RESUMING,  "pause",         S.PAUSED,    (pause_again,)),

    # --- waiting for data
    Rule(S.PLAYING,   "stall",         S.STALLING,  (begin_stall,)),
    Rule(S.STALLING,  "buffer",        S.BUFFERING, (begin_buffer,)),
    Rule(S.STALLING,  "stall_end",     S.PLAYING,   (drop_stall,)),
    Rule(S.STALLING,  "playing",       S.PLAYING,   (drop_stall,)),
    Rule(S.BUFFERING, "stall_end",     S.PLAYING,   (end_buffer,)),
    Rule(S.BUFFERING, "playing",       S.PLAYING,   (end_buffer,)),

    # --- the end, and over again
    Rule(S.STARTING,  "ended",         S.ENDED,     (early_end, come_to_rest)),
    Rule(S.PLAYING,   "ended",         S.ENDED,     (early_end, last_stretch, come_to_rest)),
    Rule(S.PAUSING,   "ended",         S.ENDED,     (drop_pause, early_end, last_stretch,
                                                     come_to_rest)),
    Rule(S.PAUSED,    "ended",         S.ENDED,     (early_end, last_stretch, come_to_rest)),
    Rule(S.RESUMING,  "ended",         S.ENDED,     (early_end, last_stretch, come_to_rest)),
    Rule(S.FAILED,    "ended",         S.ENDED,     (come_to_rest,)),
    Rule(S.ENDED,     "play",          S.STARTING,  (replay, request)),
    Rule(S.ENDED,     "playing",       S.PLAYING,   (replay, request, start)),
    Rule(S.STARTING,  "replay",        S.STARTING,  (leave_for_replay, request)),
    Rule(S.PLAYING,   "replay",        S.STARTING,  (leave_for_replay, request)),
    Rule(S.PAUSED,    "replay",        S.STARTING,  (leave_for_replay, request)),
    Rule(S.RESUMING,  "replay",        S.STARTING,  (leave_for_replay, request)),
    Rule(S.ENDED,     "replay",        S.STARTING,  (leave_for_replay, request)),
    Rule(S.FAILED,    "replay",        S.STARTING,  (leave_for_replay, request)),

    # --- stopped, broken, gone
    Rule(S.LOADED,    "stop",          S.ENDED,     (come_to_rest, deafen)),
    Rule(S.STARTING,  "stop",          S.ENDED,     (come_to_rest, deafen)),
    Rule(S.PLAYING,   "stop",          S.ENDED,     (come_to_rest, deafen)),
    Rule(S.PAUSED,    "stop",          S.ENDED,     (come_to_rest, deafen)),
    Rule(S.RESUMING,  "stop",          S.ENDED,     (come_to_rest, deafen)),
    Rule(S.FAILED,    "stop",          S.ENDED,     (come_to_rest, deafen)),
    Rule(S.ENDED,     "stop",          None,        (deafen,)),
    Rule(S.LOADED,    "fail",          S.FAILED,    (fail,)),
    Rule(S.STARTING,  "fail",          S.FAILED,    (fail,)),
    Rule(S.PLAYING,   "fail",          S.FAILED,    (fail,)),
    Rule(S.PAUSED,    "fail",          S.FAILED,    (fail,)),
    Rule(S.RESUMING,  "fail",          S.FAILED,    (fail,)),
    Rule(S.FAILED,    "playing",       S.PLAYING,   (take_up,), (has_started,)),
    Rule(S.FAILED,    "playing",       S.PLAYING,   (request, start)),
    *(Rule(state,     "close",         S.CLOSED) for state in State if state is not S.CLOSED),
)
# fmt: on


def as_transitions(rules: Sequence[Rule]) -> list[TransitionConfigDict]:
    """The table in the form that `transitions` takes."""
    return [
        {
            "trigger": rule.trigger,
            "source": rule.source,
            "dest": rule.dest,
            "conditions": list(rule.guards),
            "before": list(rule.effects),
        }
        for rule in rules
    ]


#: Destination, guards, effects.
_Row = tuple[Any, tuple[Any, ...], tuple[Any, ...]]


class FastEvent(Event):
    """A trigger whose rows are compiled to plain tuples when it first fires.

    `transitions` builds an event object and resolves every callback anew each time a
    trigger fires. The table uses sources, destinations, conditions and ``before`` effects
    only, so that is not needed; the states have no callbacks either. What a row may not use is
    refused, and a test holds this against the stock class over random sequences.
    """

    _compiled: dict[Any, tuple[_Row, ...]] | None = None

    # All guards and effects of the table take the time, and arguments by any name take longer.
    def trigger(self, model: Any, at: float) -> bool:
        rows = self._compiled
        if rows is None:
            rows = self._compiled = self._compile()
        found = rows.get(model.state)
        if found is None:
            raise MachineError(f"{self.name!r} means nothing in {model.state}")
        for dest, guards, effects in found:
            for guard in guards:
                if not guard(model, at):
                    break
            else:
                for effect in effects:
                    effect(model, at)
                if dest is not None:
                    model.state = dest
                return True
        return False

    def _compile(self) -> dict[Any, tuple[_Row, ...]]:
        machine = self.machine
        if (
            machine.has_queue
            or machine.send_event
            or machine.prepare_event
            or machine.before_state_change
            or machine.after_state_change
            or machine.finalize_event
            or machine.on_exception
            or any(state.on_enter or state.on_exit for state in machine.states.values())
        ):
            raise NotImplementedError("a playback's states and machine have no callbacks")
        rows: dict[Any, tuple[_Row, ...]] = {}
        for source, transitions in self.transitions.items():
            for each in transitions:
                if each.prepare or each.after or any(not c.target for c in each.conditions):
                    raise NotImplementedError("a row has guards and effects before, no more")
                state = machine.states[source].value
                dest = None if each.dest is None else machine.states[each.dest].value
                guards = tuple(condition.func for condition in each.conditions)
                rows[state] = (*rows.get(state, ()), (dest, guards, tuple(each.before)))
        return rows


class _PlaybackMachine(Machine):
    event_cls = FastEvent


def build(rules: Sequence[Rule] = RULES, machine: type[Machine] = _PlaybackMachine) -> Machine:
    """A machine for all playbacks: they are never registered with it, so they stay plain."""
    return machine(
        model=None,
        states=State,
        initial=State.IDLE,
        transitions=as_transitions(rules),
        auto_transitions=False,
        queued=False,
    )


MACHINE = build()

#: The triggers of the table, ready to fire.
TRIGGERS = dict(MACHINE.events)

#: What the table has a row for; anything else is ignored before it gets to the machine.
HANDLED = frozenset((rule.source, rule.trigger) for rule in RULES)


def diagram() -> str:
    """The table as Mermaid text, drawn by `transitions` from what runs."""
    from transitions.extensions import GraphMachine

    graph = GraphMachine(
        states=State,
        initial=State.IDLE,
        transitions=as_transitions(RULES),
        auto_transitions=False,
        graph_engine="mermaid",
        show_conditions=True,
        title="title: playertrack",
    )
    return str(graph.get_combined_graph().draw(None))
