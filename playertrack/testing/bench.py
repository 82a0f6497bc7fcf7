"""A tracker for tests of a player: the test moves its clock, and it keeps the events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from ..core.session import offline_ids
from ..events import Event
from ..live.clock import ManualClock
from ..live.tracker import Tracker
from ..policy import Policy
from ..signals import Signal
from ..sinks import MemorySink, Sink

#: How long (s) to wait for the tracker's thread, which has nothing to wait for.
_PATIENCE = 30.0


class Bench:
    """A `Tracker` with a memory, on a `ManualClock`; the same signals give the same events.

        bench = Bench()
        player = MyPlayer(bench.tracker)
        player.play()
        bench.advance(5)
        assert_events(bench, [..., "PLAY", ...])

    `signals` went in, `events` came out, `errors` is what the tracker complained of, such as
    signals that cannot be. The `sinks` get each event too.
    """

    def __init__(
        self, policy: Policy | None = None, *, sinks: Iterable[Sink] = (), player: str | None = None
    ) -> None:
        self.policy = Policy() if policy is None else policy
        self.clock = ManualClock()
        self.errors: list[Exception] = []
        self._memory = MemorySink()
        self._signals: list[Signal] = []
        self.tracker = Tracker(
            [self._memory, *sinks],
            player=player,
            policy=self.policy,
            ids=offline_ids,
            clock=self.clock,
            on_signal=self._signals.append,
            on_error=self.errors.append,
        )

    @property
    def events(self) -> list[Event]:
        """All that came of what was signalled and of the time that passed, until now."""
        self._settle()
        return self._memory.events

    @property
    def signals(self) -> list[Signal]:
        """The signals that the tracker received, with the time that each came at."""
        self._settle()
        return list(self._signals)

    def advance(self, seconds: float) -> Self:
        """Let time pass; what was due meanwhile happens, as at the end of a grace."""
        self.clock.advance(seconds)
        self._settle()
        return self

    def run(self, story: Iterable[Signal]) -> Self:
        """Signal a story, as of a `ScriptedPlayer`, and let time pass as in the story."""
        last: float | None = None
        for signal in story:
            if last is not None and signal.at > last:
                self.advance(signal.at - last)
            last = signal.at
            self.tracker.feed(signal)
        self._settle()
        return self

    def close(self) -> Self:
        """The player goes away."""
        assert self.tracker.close(_PATIENCE), "the sinks did not take all events"
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.tracker.close(_PATIENCE)

    def _settle(self) -> None:
        assert self.tracker.flush(_PATIENCE), "the tracker's thread does not come to an end"
