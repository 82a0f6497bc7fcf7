"""The live shell of the engine: threads, the clock, sinks and callbacks.

A signal may come from any thread, and from a callback of the tracker itself. It is stamped
and derived at once, under a lock that is only ever held for that. What comes out goes to the
sinks, of which those that may take long have threads of their own (`FanoutSink`), and through
one queue to one thread for all callbacks (`dispatcher`). So each receives it in the same order,
and one that is slow, or raises, costs the player nothing.
"""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from typing import Any, Self, cast
from weakref import WeakSet

import attrs

from ..core.context import Diagnostic
from ..core.engine import Engine
from ..core.session import SessionIds, Summary, random_ids
from ..core.state import State
from ..errors import SignalError
from ..events import Event
from ..policy import Policy
from ..signals import Close, Signal, Stop, Tick, Volume
from ..sinks import EventStream, FanoutSink, Sink
from .clock import Clock, LiveClock
from .closing import AsyncClosing
from .dispatcher import Dispatcher
from .players import Seat
from .signal_methods import SignalMethods

#: How long (s) the exit of the interpreter waits for a tracker that was left open.
_EXIT_TIMEOUT = 3.0

_trackers: WeakSet[Tracker] = WeakSet()


class Tracker(SignalMethods, AsyncClosing):
    """Tracks one live player: a method for each signal in, events out.

        with Tracker([ConsoleSink()], on_event=print) as tracker:
            tracker.loaded("1_abc", duration=60.0)
            tracker.play()

    ``player`` (its id), ``policy``, ``ids`` and ``entry_id`` are the engine's; without a
    ``policy`` an adapter brings the one that suits its player (`suit`). ``snapshot`` goes on
    where another tracker was, with that one's player, policy and entry. ``sinks`` get each
    event and are closed with the tracker.

    ``on_event``, ``on_diagnostic`` and ``on_summary`` (of each session that ended) receive
    what came out, ``on_signal`` what went in: recorded as a trace it gives the same events
    again. ``on_error`` receives every `SignalError` and, each kind once, what a sink or
    callback raised; the log ``playertrack`` has it too. A thread of the tracker calls all of
    them, one after the other. They and the sinks may call the tracker and the player.

    No method raises into the player, and none but `flush` and `close` waits for anything.

    Time: a signal without ``at`` happens now, by a ``clock`` that knows no steps. A step of
    the wall clock shows in the events from the next session on, so all times within a session
    are elapsed times. A step back is made up for between sessions, as far as they lie apart:
    ``at`` never goes back (R-order). A signal with an ``at`` brings its own time, and those
    that follow without one go on from there.

    In a forked process a tracker that was used before is closed: the player is the parent's.
    """

    def __init__(
        self,
        sinks: Iterable[Sink] = (),
        *,
        player: str | None = None,
        policy: Policy | None = None,
        ids: SessionIds = random_ids,
        entry_id: str | None = None,
        snapshot: bytes | None = None,
        clock: Clock | None = None,
        on_event: Callable[[Event], object] | None = None,
        on_signal: Callable[[Signal], object] | None = None,
        on_diagnostic: Callable[[Diagnostic], object] | None = None,
        on_summary: Callable[[Summary], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
    ) -> None:
        self._on_event = on_event
        self._on_signal = on_signal
        self._on_summary = on_summary
        self._clock = LiveClock() if clock is None else clock
        diagnose = None if on_diagnostic is None else partial(self._diagnosed, on_diagnostic)
        # Those that ended with the signal at hand.
        self._summaries: list[Summary] = []
        callbacks: Any = {"diagnose": diagnose, "on_summary": self._summaries.append}
        self._make = partial(Engine, player, ids=ids, entry_id=entry_id, **callbacks)
        self._suitable = policy is None and snapshot is None
        if snapshot is None:
            self._engine = self._make(policy=policy)
        else:
            self._engine = Engine.restore(snapshot, ids=ids, **callbacks)
        self._sinks = FanoutSink(sinks, on_error=self._sink_failed, isolate=True)
        self._streams: WeakSet[EventStream] = WeakSet()
        self._dispatcher = Dispatcher(self._clock, self._due, self._settle, self._finish, on_error)
        self._used = False
        self._seat = Seat()
        self._arrived: deque[tuple[Signal, bool]] = deque()
        self._stepping = False

        # What the engine's time is ahead of the clock, if signals bring their own; and what
        # the events of the present session are ahead of the engine.
        self._offset = 0.0
        self._own_time = False
        self._correction = 0.0
        self._session = self._engine.session_id
        self._last_at = -inf

        atexit.register(self._close_at_exit)
        _trackers.add(self)

    def __repr__(self) -> str:
        player = "" if self.player is None else f" {self.player!r}"
        return f"<Tracker{player} {self.state.name}>"

    @property
    def player(self) -> str | None:
        """The id of the player, if it has one."""
        return self._engine.player

    @property
    def policy(self) -> Policy:
        """How it judges the signals."""
        return self._engine.policy

    @property
    def state(self) -> State:
        """The state of the player as the engine sees it."""
        return self._engine.state

    def summary(self) -> Summary:
        """The running session's totals so far."""
        with self._dispatcher.lock:
            return self._engine.summary()

    def snapshot(self) -> bytes:
        """The state of the engine, for a tracker of another process to go on with."""
        with self._dispatcher.lock:
            return self._engine.snapshot()

    def events(self, limit: int = 1000) -> EventStream:
        """The events from now on, to be read with ``async for``, until the tracker is closed.

        Any number of them may be read, in any event loops. ``limit`` events wait for a slow
        reader; beyond it the oldest goes (`EventStream.dropped`).
        """
        stream = EventStream(limit)
        with self._dispatcher.lock:
            if self._dispatcher.closing:
                stream.close()
            self._streams.add(stream)
        return stream

    # ------------------------------------------------------------------------ signals in

    def now(self) -> float:
        """The time for this tracker (Unix time, s)."""
        return self._clock.time() + self._offset

    def suit(self, policy: Policy) -> None:
        """Judge by ``policy``, unless the tracker was made with one or had a signal already.

        An adapter says so what suits its player.
        """
        with self._dispatcher.lock:
            if self._suitable and not self._used:
                self._engine = self._make(policy=policy)

    def take_player(self, binding: object) -> None:
        """Be fed by ``binding``, and no other, until `leave_player`; an adapter says so.

        A tracker measures one player at a time. It may go on to the program's next player
        object when the one before is gone: the same player to the viewer, whose FIRST_PLAY is
        not repeated. Raises PlayertrackError if it is closed, or measures another one.
        """
        with self._dispatcher.lock:
            self._seat.take(binding, closed=self._dispatcher.closing or self._engine.closed)

    def leave_player(self, binding: object, at: float) -> None:
        """The player of ``binding`` is gone, as of ``at`` (what `now` was): its session ends."""
        with self._dispatcher.lock:
            if self._seat.leave(binding) and self._used and not self._dispatcher.closing:
                due = self._engine.next_timer()
                if due is not None and self.state.name == "PAUSING":
                    at = max(at, due)  # a pause just before is the viewer's, not the player's
                self._take(Stop(at=at), own_time=False)

    def feed(self, signal: Signal, *, live: bool = False) -> None:
        """Take in a signal that was made elsewhere.

        Its ``at`` is its own; or, if it is ``live``, what `now` was when it occurred.
        """
        with self._dispatcher.lock:
            if not self._dispatcher.closing:
                self._take(signal, own_time=not live)

    def track_page(
        self,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        entry_id: str | None = None,
    ) -> None:
        """A page or view around the player was loaded; ``type`` is its category, as ``lobby``.

        Goes to the sinks that report such (``kava``), in order with the events of the player.
        """
        self._track(self._sinks.track_page, name, type, entry_id=entry_id)

    def track_button(
        self,
        name: str,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        page_name: str | None = None,
        page_type: str | None = None,
        entry_id: str | None = None,
    ) -> None:
        """A button or link around the player was clicked; else as `track_page`."""
        where = {"page_name": page_name, "page_type": page_type, "entry_id": entry_id}
        self._track(self._sinks.track_button, name, type, **where)

    def _track(self, report: Callable[..., object], *what: str | None, **where: str | None) -> None:
        with self._dispatcher.lock:
            if not self._dispatcher.closing:
                self._used = True
                report(*what, at=self._clock.time(), **where)

    def _signal(self, kind: type[Signal], at: float | None, **fields: Any) -> None:
        with self._dispatcher.lock:
            if self._dispatcher.closing:
                return
            try:
                signal = kind(at=self.now() if at is None else at, **fields)
            except SignalError as error:
                self._dispatcher.report(kind.name, error)
            else:
                self._take(signal, own_time=at is not None)

    def _take(self, signal: Signal, *, own_time: bool) -> None:
        """Derive what follows from ``signal``; one that comes in the midst of a step waits."""
        self._used = True
        self._arrived.append((signal, own_time))
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._arrived:
                self._step(*self._arrived.popleft())
        finally:
            self._stepping = False
        if self._due() < self._dispatcher.alarm:
            self._dispatcher.wake()

    def _step(self, signal: Signal, own_time: bool) -> None:
        self._own_time = own_time
        try:
            if own_time:
                signal = self._in_engine_time(signal)
            if self._on_signal is not None and not isinstance(signal, Tick):
                self._dispatcher.put("on_signal", self._on_signal, signal)
            events = self._engine.feed(signal)
        except Exception as error:
            # A bug, or a factory of ids that raises; whatever it is, the player goes on.
            self._dispatcher.report("engine", error)
            return
        if isinstance(signal, Volume):
            self._sinks.mute(signal.muted or signal.volume == 0)
        for event in events:
            dated = self._dated(event)
            self._sinks.emit(dated)
            for stream in self._streams:
                self._dispatcher.put("events", stream.emit, dated)
            if self._on_event is not None:
                self._dispatcher.put("on_event", self._on_event, dated)
        if self._on_summary is not None:
            for summary in self._summaries:
                self._dispatcher.put("on_summary", self._on_summary, summary)
        self._summaries.clear()

    def _in_engine_time(self, signal: Signal) -> Signal:
        """``signal`` as the engine gets it, so that its events have the ``at`` that it brought."""
        if self._correction:
            signal = attrs.evolve(cast("Any", signal), at=signal.at - self._correction)
        self._offset = signal.at - self._clock.time()
        return signal

    def _dated(self, event: Event) -> Event:
        """``event`` in corrected time; the correction changes only between sessions."""
        if event.session != self._session:
            self._session = event.session
            if not self._own_time:
                self._correction = max(self._clock.correction(), self._last_at - event.at)
        if self._correction:
            event = attrs.evolve(event, at=event.at + self._correction)
        self._last_at = event.at
        return event

    # ------------------------------------------------------- what the dispatcher asks

    def _due(self) -> float:
        due = self._engine.next_timer()
        return inf if due is None else due - self._offset

    def _settle(self) -> None:
        due = self._engine.next_timer()
        assert due is not None
        # When it was due, not now: a signal that brings its own time may come late.
        self._take(Tick(at=due), own_time=False)

    def _diagnosed(self, handler: Callable[[Diagnostic], object], diagnostic: Diagnostic) -> None:
        self._dispatcher.put("on_diagnostic", handler, diagnostic)

    def _sink_failed(self, sink: Sink, error: Exception) -> None:
        self._dispatcher.report(type(sink).__name__, error)

    def _finish(self, timeout: float) -> bool:
        for stream in tuple(self._streams):
            stream.close()
        return self._sinks.close(timeout)

    # ---------------------------------------------------------------------------- the end

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all that happened until now, timers too, is handed to sinks and callbacks.

        False if that is not so after ``timeout`` seconds; in a callback always.
        """
        return self._dispatcher.flush(timeout) and self._sinks.flush(timeout)

    def close(
        self, timeout: float = 5.0, *, position: float | None = None, at: float | None = None
    ) -> bool:
        """The player goes away: end its session, deliver what waits, close the sinks.

        True if everything is delivered; False if that is not so after ``timeout`` seconds, or
        not yet, when a callback closes its tracker. May be called again.
        """
        self._end(position, at)
        return self._dispatcher.close(timeout)

    def _end(self, position: float | None, at: float | None) -> None:
        atexit.unregister(self._close_at_exit)
        with self._dispatcher.lock:
            if not self._engine.closed:
                self._signal(Close, at, position=position)
            if not self._engine.closed:
                self._signal(Close, None)  # what was given with it cannot be

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _close_at_exit(self) -> None:
        self.close(_EXIT_TIMEOUT)

    def _after_fork(self) -> None:
        """Leave the player, and all that waits, to the parent; a fresh tracker is anyone's."""
        self._arrived.clear()
        self._stepping = False
        self._streams = WeakSet()
        if self._used or self._dispatcher.closing:
            self._dispatcher.disown()
        else:
            self._dispatcher.reset()


def close_all(timeout: float) -> None:
    """Close every tracker that is open, each within ``timeout`` seconds."""
    for tracker in tuple(_trackers):
        tracker.close(timeout)


def _after_fork() -> None:
    for tracker in tuple(_trackers):
        tracker._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
