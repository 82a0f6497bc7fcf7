"""Judges what an engine emits as it is fed: by the lint of event logs, and by the engine itself.

The lint sees events alone. Some things only the engine knows: which stretches were watched
(I-true), that a failure of which no second event is emitted has ended a pause, and when it
looks for what is due.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Self

import attrs

from playertrack import Engine, Policy
from playertrack.core.state import State
from playertrack.core.timers import first_due
from playertrack.events import REACHED, Event, to_record
from playertrack.trace.lint import Lint

_PERCENTS = {name: percent for percent, name in REACHED.items()}

#: Events that make a difference to what the lint says of later ones.
_REMEMBERED = frozenset({"MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "REPLAY", *_PERCENTS})


class InvariantError(AssertionError):
    """An invariant does not hold; the message names it."""


@attrs.define
class Monitor:
    """The judge of one player; what it has seen is never changed but by `judge`."""

    policy: Policy = attrs.field(factory=Policy)
    lint: Lint = attrs.field(init=False)
    paused: bool = False
    events: int = 0
    session: str | None = None
    seen: set[str] = attrs.field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.lint = Lint(self.policy)

    def copy(self) -> Self:
        """A monitor that has seen the same and goes on by itself."""
        return deepcopy(self)

    def judge(self, engine: Engine, events: Sequence[Event]) -> None:
        """Judge the next events of the player: what ``engine`` has just made."""
        for event in events:
            self.events += 1
            if event.session != self.session:
                self.session = event.session
                self.seen.clear()
            self.seen |= {event.event} & _REMEMBERED
            for finding in self.lint.add(self.events, to_record(event)):
                raise InvariantError(f"{finding} at {event!r}")
            self._pause(event)
        if engine.until > (due := first_due(engine)[0]) and engine.cadence is None:
            raise InvariantError(f"nobody would look at what is due at {due}")
        if engine.state is State.FAILED:
            self.paused = False
        _check_true(engine, events)

    def end(self) -> None:
        """The player is closed: nothing is left open."""
        for finding in self.lint.end():
            raise InvariantError(str(finding))

    def memory(self) -> tuple[Any, ...]:
        """The part of what was seen that makes the difference to later events, but for times."""
        player = self.lint.players.get(None)
        if player is None or player.session is None:
            return (self.paused,)
        return self.paused, player.seen, player.session.buffering, sorted(self.seen)

    def _pause(self, event: Event) -> None:
        name = event.event
        if name == ("PAUSE" if self.paused else "RESUME"):
            raise InvariantError(f"I-pair at {event!r}")
        if name in ("PAUSE", "RESUME"):
            self.paused = name == "PAUSE"
        elif event.index == 1 or name == "REPLAY" or getattr(event, "fatal", False):
            self.paused = False


def _check_true(engine: Engine, events: Sequence[Event]) -> None:
    """I-true: the point of a quartile that just fired lies in the watched set.

    Nothing can be said where the set was begun anew at the same signal, where some of it had
    to be forgotten, and of the first of two sessions that ended with one signal.
    """
    if not any(event.event in _PERCENTS for event in events):
        return
    summaries = {
        summary.session: summary
        for summary in (engine.last_summary, engine.summary())
        if summary is not None
    }
    for index, event in enumerate(events):
        percent = _PERCENTS.get(event.event)
        again = any(
            later.event == "REPLAY" and later.session == event.session for later in events[index:]
        )
        summary = summaries.get(event.session)
        if percent is None or again or summary is None:
            continue
        assert event.duration is not None
        point = event.duration * percent / 100
        bounds = [bound for interval in summary.watched for bound in interval]
        if (
            len(summary.watched) < engine.policy.max_intervals
            and not bisect_left(bounds, point) % 2
        ):
            raise InvariantError(f"I-true at {event!r}: watched only {summary.watched}")
