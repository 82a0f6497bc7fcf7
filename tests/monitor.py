"""The contract's invariants (section 12), watched from outside as an engine is fed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import attrs

from playertrack import Engine
from playertrack.events import Event

QUARTILES = {f"PLAY_REACHED_{quartile}": quartile for quartile in (25, 50, 75, 100)}
AFTER_PLAY = {"PAUSE", "RESUME", "SEEK", "BUFFER_START", "BUFFER_END", "VIEW", *QUARTILES}
ONCE = {"MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "REPLAY", *QUARTILES}
LINEAR = {
    *("PREROLL_STARTED", "MIDROLL_STARTED", "POSTROLL_STARTED"),
    *("PRE_BUMPER_PLAYED", "POST_BUMPER_PLAYED"),
}


class InvariantError(AssertionError):
    """An invariant does not hold; the message names it."""


@attrs.define
class Monitor:
    """The memory that the invariants need; an event that breaks one is an `InvariantError`."""

    same_session: bool = False
    widget: bool = False
    first_play: bool = False
    at: float = float("-inf")
    session: str | None = None
    over: frozenset[str] = frozenset()
    index: int = 0
    seen: frozenset[str] = frozenset()
    paused: bool = False
    buffering: bool = False

    def see(self, event: Event) -> None:
        """Judge the next event of the player."""
        name = event.event
        if event.session != self.session:
            self.check(event.session not in self.over, "I-session", event)
            self.check(not self.buffering, "I-pair", event)
            if self.session is not None:
                self.over |= {self.session}
            self.session, self.index, self.seen = event.session, 0, frozenset()
            self.paused = self.buffering = False
        self.check(event.index == self.index + 1, "I-index", event)
        self.check(event.at >= self.at, "I-index", event)
        self.check(1 <= len(event.session) <= 50, "R-ids", event)
        self.once(event)
        self.life(event)
        self.pair(event)
        if event.position is not None:
            most = float("inf") if event.duration is None else event.duration
            self.check(0.0 <= event.position <= most, "section 3", event)
        self.index, self.at = event.index, event.at
        self.seen |= {name}

    def once(self, event: Event) -> None:
        name = event.event
        if not (name == "REPLAY" and self.same_session):
            self.check(not (name in ONCE and name in self.seen), "I-once", event)
        if name == "WIDGET_LOADED":
            self.check(not self.widget, "I-once", event)
            self.widget = True
        if name == "FIRST_PLAY":
            self.check(not self.first_play, "I-once", event)
            self.first_play = True

    def life(self, event: Event) -> None:
        name = event.event
        self.check(self.widget or name == "ERROR", "I-life", event)
        if name == "PLAY":
            self.check("PLAY_REQUEST" in self.seen, "I-life", event)
        if name in AFTER_PLAY:
            self.check("PLAY" in self.seen, "I-life", event)
        if name == "REPLAY" and not self.same_session:
            self.check(event.index == 1, "I-life", event)

    def pair(self, event: Event) -> None:
        name = event.event
        fatal = name == "ERROR" and getattr(event, "fatal", False)
        if name == "BUFFER_START":
            self.check(not self.buffering, "I-pair", event)
            self.buffering = True
        elif name == "BUFFER_END":
            self.check(self.buffering and getattr(event, "seconds", -1.0) >= 0.0, "I-pair", event)
            self.buffering = False
        elif name in ("PAUSE", "SEEK", "REPLAY") or name in LINEAR or fatal:
            self.check(not self.buffering, "R-pair", event)
        if name == "PAUSE":
            self.check(not self.paused, "I-pair", event)
            self.paused = True
        elif name == "RESUME":
            self.check(self.paused, "I-pair", event)
            self.paused = False
        elif name == "REPLAY" or fatal:
            self.paused = False

    def check(self, holds: bool, rule: str, event: Event) -> None:
        if not holds:
            raise InvariantError(f"{rule} at {event!r} after {sorted(self.seen)}")


def check_true(engine: Engine, events: Sequence[Event]) -> None:
    """I-true: the point of a quartile that just fired lies in the watched set.

    Where the set was begun anew at the same signal nothing can be said, nor where some of
    it had to be forgotten.
    """
    summaries = {
        summary.session: summary
        for summary in (engine.last_summary, engine.summary())
        if summary is not None
    }
    for index, event in enumerate(events):
        quartile = QUARTILES.get(event.event)
        again = any(
            later.event == "REPLAY" and later.session == event.session for later in events[index:]
        )
        if quartile is None or again:
            continue
        summary = summaries[event.session]
        assert event.duration is not None
        point = event.duration * quartile / 100
        bounds = [bound for interval in summary.watched for bound in interval]
        if (
            len(summary.watched) < engine.policy.max_intervals
            and not bisect_left(bounds, point) % 2
        ):
            raise InvariantError(f"I-true at {event!r}: watched only {summary.watched}")
