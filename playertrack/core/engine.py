"""The engine: signals in, events out, for one player.

No I/O, no clock, no logging, no randomness: time is the ``at`` of the signals, ids come
from a factory. The state is a value that can be saved and restored (`snapshot`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import inf, nextafter
from types import ModuleType
from typing import Any

from .. import signals
from ..events import Event
from ..policy import Policy
from ..signals import Close, Signal, Tick, TimeUpdate
from .context import Diagnostic, Setup
from .machine import HANDLED, TRIGGERS
from .quick import NOTHING, NOWHERE, UNKNOWN, Quick
from .rules import ads, attributes, buffering, end, fall, lifecycle, pause, position, seek
from .session import SessionIds, Summary, offline_ids
from .state import CLOSED, PLAYING
from .timers import first_due

Handler = Callable[[Any, Any], None]


def _nothing(pb: Any, signal: Signal) -> None:
    """A `tick`: what is due is done for each signal."""


#: What each signal does, without a position or once that has been judged (R-position).
_ACTS: dict[type[Signal], Handler] = {
    signals.Ready: lambda pb, signal: pb.fire("ready"),
    signals.Play: pause.on_intent,
    signals.Playing: pause.on_intent,
    signals.Pause: pause.on_intent,
    signals.Stall: buffering.on_stall,
    signals.StallEnd: buffering.on_stall_end,
    signals.Ended: end.on_ended,
    signals.Stop: end.on_stop,
    signals.RateChange: attributes.on_ratechange,
    signals.DurationChange: lifecycle.on_durationchange,
    signals.Error: end.on_error,
    signals.SourceSelected: attributes.on_source_selected,
    signals.FlavorSwitch: attributes.on_flavor_switch,
    signals.Captions: attributes.on_captions,
    signals.AudioTrack: attributes.on_audio_track,
    signals.Volume: attributes.on_volume,
    signals.Fullscreen: attributes.on_fullscreen,
    signals.Engage: attributes.on_engage,
    signals.Close: lifecycle.on_close,
}
#: The same of signals whose position is their own affair (R-position).
_MOVES: dict[type[Signal], Handler] = {
    signals.TimeUpdate: lambda pb, signal: position.follow(pb, signal.position, alone=True),
    signals.Tick: _nothing,
    signals.Loaded: lifecycle.on_loaded,
    signals.Seeking: seek.on_seeking,
    signals.Seeked: seek.on_seeked,
    signals.Seek: seek.on_seek,
    signals.Looped: end.on_looped,
    signals.Replay: lifecycle.on_replay,
    signals.AdStart: ads.on_ad_start,
    signals.AdProgress: ads.on_ad_progress,
    signals.AdClick: ads.on_ad_click,
    signals.AdEnd: ads.on_ad_end,
}
#: All that the engine asks of a signal's class, found in one step: its name, whether its position
#: is judged first, and what it does.
_KINDS = {kind: (kind.name, kind in _ACTS, act) for kind, act in (_ACTS | _MOVES).items()}

#: A `close` as of the last signal: its own `at` says nothing.
_AT_LAST = Close(at=0.0)


class Engine(Quick):
    """Derives the events of one player from its signals.

    ``player``: an id that its events carry, or None. ``policy``: the tunables. ``ids``: the
    session id factory (R-ids). ``entry_id``: the media to assume where none was named
    (R-complete). ``diagnose`` is called with each `Diagnostic`.

        >>> from playertrack import Engine, signals
        >>> engine = Engine()
        >>> engine.feed(signals.Playing(at=5.0))[-1]
        Event(VIEW #6 at=5.0 position=0.0 play_time=0.0 buffer_time=0.0)
    """

    __slots__ = ()

    def __init__(
        self,
        player: str | None = None,
        *,
        policy: Policy | None = None,
        ids: SessionIds = offline_ids,
        entry_id: str | None = None,
        diagnose: Callable[[Diagnostic], None] | None = None,
        on_summary: Callable[[Summary], None] | None = None,
        setup: Setup | None = None,
    ) -> None:
        if setup is None:
            setup = Setup(policy or Policy(), ids, entry_id, diagnose, on_summary)
        pace = setup.pace(1.0)
        super().__init__(
            position=None,
            moved_at=0.0,
            slack=pace.cap,
            pace=pace,
            elapsed=None,
            player=player,
        )

    # ------------------------------------------------------------------ signals in

    def feed(self, signal: Signal) -> Sequence[Event]:
        """Take one signal and return the events that it makes, in order.

        Total: no valid signal raises. One that means nothing in the present state changes
        nothing and is reported as a diagnostic.
        """
        if type(signal) is TimeUpdate:
            return self.timeupdate(signal.position, signal.at)
        return self.take(signal)

    def tick(self, at: float) -> Sequence[Event]:
        """Time has come to ``at``: settle what is due (R-timer)."""
        return self.take(Tick(at=at))

    def close(self, at: float | None = None) -> Sequence[Event]:
        """The player goes away, at ``at`` or at its last signal (R-close, R-eof)."""
        if at is not None:
            return self.take(Close(at=at))
        last = self.last_at
        return self.take(_AT_LAST, 0.0 if last is None else last)

    def take(self, signal: Signal, at: float | None = None) -> Sequence[Event]:
        """Do what is due by ``at``, what the signal says, and what that makes due.

        ``at`` is in the time of the events, and that of the signal unless it is given.
        """
        if self.state is CLOSED:
            return NOTHING
        now = signal.at + self.pace.offset if at is None else at
        if now < self.now or self.now == NOWHERE:
            self.catch_up()
            if not self._orders(signal, now):
                return NOTHING
            now = max(now, self.now)
        self.now = now
        if self.until <= now or self.pace.frozen_after < inf:
            self.settle_due(now)
        self.cause, judged, act = _KINDS[type(signal)]
        if self.fall is None or not fall.resolves(self, signal):
            if judged and signal.position is not None:
                position.receive(self, signal)
            act(self, signal)
        if self.until <= now or self.pace.frozen_after < inf:
            self.settle_due(now)
        self.tidy()
        self.cause = ""
        self.steady = self.calm = NOWHERE
        if self.state is PLAYING:
            self.calm = UNKNOWN
        out = self.out
        if out is None:
            return NOTHING
        self.out = None
        return out

    # ------------------------------------------------------------------ time

    def _orders(self, signal: Signal, at: float) -> bool:
        """Time never goes back: a ``signal`` whose ``at`` is early counts as of now (R-order).

        False for a tick that is early, which is left out as it never turns time (R-timer).
        """
        last = self.now
        if at >= last:
            return True
        if type(signal) is Tick:
            return False
        self.cause = signal.name
        if last - at <= self.policy.max_backstep:
            self.note("repaired", "R-order", f"{last - at:.3f} s early, taken as the last")
        else:
            offset = self.offset + (last - at)
            while signal.at + offset > last:  # by a rounding, which a tick would show
                offset = nextafter(offset, -inf)
            self.pace = self.setup.pace(self.rate, offset)
            for run in self.runs():
                run.pace = self.pace
            self.note("repaired", "R-order", f"the clock was set back by {last - at:.3f} s")
        self.cause = ""
        return True

    def next_timer(self) -> float | None:
        """When `tick` next wants to be called, in the time of the signals; None: not at all."""
        if self.until == self.pace.frozen_after == inf:
            return None
        due, _, _ = first_due(self)
        if due == inf:
            return None
        at = due - self.offset
        while at + self.offset < due:
            at = nextafter(at, inf)
        return at

    def settle_due(self, at: float) -> None:
        """Do what is due by ``at``, in order of due time (R-timer)."""
        reached = -inf
        while self.until <= at or self.cadence is not None:
            due, act, later = first_due(self)
            if due > at:
                self.until = min(due, later)
                break
            self.now = reached = max(reached, due)
            self.until = later
            act(self)
            self.now = at

    # ------------------------------------------------------------------ the machine

    def handles(self, trigger: str) -> bool:
        return (self.state, trigger) in HANDLED

    def fire(self, trigger: str, at: float | None = None) -> bool:
        if (self.state, trigger) not in HANDLED:
            self.note("ignored", "R-complete", f"{trigger} means nothing in {self.state.value}")
            return False
        return TRIGGERS[trigger].trigger(self, self.now if at is None else at)

    # ------------------------------------------------------------------ what it knows

    @property
    def closed(self) -> bool:
        """True if the player went away; later signals are ignored."""
        return self.state is CLOSED

    @property
    def session_id(self) -> str | None:
        """The id of the running session, None before its first event."""
        return self.session

    @property
    def entry_id(self) -> str | None:
        """The entry of the media at hand."""
        return None if self.media is None else self.media.entry_id

    @property
    def duration(self) -> float | None:
        """The duration of the media at hand (s)."""
        return None if self.media is None else self.media.duration

    @property
    def rate(self) -> float:
        """The playback speed."""
        return self.pace.rate

    def summary(self) -> Summary:
        """The running session's totals so far."""
        self.catch_up()
        return lifecycle.summarize(self)

    # ------------------------------------------------------------------ state as a value

    def snapshot(self) -> bytes:
        """The whole state as a few bytes, to go on from elsewhere (R-pure)."""
        data: bytes = _snapshots().save(self)
        return data

    @classmethod
    def restore(
        cls,
        data: bytes,
        *,
        ids: SessionIds = offline_ids,
        diagnose: Callable[[Diagnostic], None] | None = None,
        on_summary: Callable[[Summary], None] | None = None,
    ) -> Engine:
        """The engine of a `snapshot`; ``ids`` and the callbacks are code and given anew.

        Raises `SnapshotError` if ``data`` is no snapshot, or one of another version.
        """
        engine = cls.__new__(cls)
        _snapshots().load(engine, data, ids, diagnose, on_summary)
        engine.until = engine.steady = -inf  # nobody has looked yet
        engine.calm = UNKNOWN if engine.state is PLAYING else NOWHERE
        return engine


@cache
def _snapshots() -> ModuleType:
    """The module that writes and reads them; it needs msgspec, which not every platform has.

    Once it is there, an import takes longer than much of a snapshot.
    """
    from . import snapshot

    return snapshot
