"""Many players at once: each signal has its player's id, and each player is derived by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from math import inf, nextafter, ulp
from types import EllipsisType
from typing import Any

from .._fields import sequence_number
from ..errors import FieldError
from ..events import Event
from ..policy import Policy
from ..signals import MAX_AT, Close, Signal, TimeUpdate
from .context import Diagnostic, Setup
from .engine import Engine
from .fleet_snapshot import pack_player, unpack_player
from .fleet_views import Awake
from .playhead import Pace
from .reorder import Reorder
from .session import SessionIds, Summary, offline_ids
from .skim import skim
from .timer_heap import TimerHeap

_NOTHING: tuple[Event, ...] = ()


class Fleet:
    """Feeds mixed signals to one `Engine` per player; a player starts with its first signal.

    ``policy``, ``ids``, ``entry_id`` and the callbacks are those of `Engine` and apply to all
    players. The id None is a player like any other: a trace without player ids has just that one.

    ``reorder``: how many seconds of event time to wait for a missing signal (see `Reorder`); None
    takes signals as they come. ``idle_close``: a player whose next signal comes more than this
    many seconds after its last is closed as of the last one, and starts as a new one; None never
    closes it. ``on_close`` is called with each engine that is closed, before it is released.
    Raises `FieldError` if ``reorder`` or ``idle_close`` is not a number of seconds.

    Of a closed player the fleet keeps only the id, so that it ignores later signals; an idle one
    can be turned into its snapshot (`pack`).
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        ids: SessionIds = offline_ids,
        entry_id: str | None = None,
        diagnose: Callable[[Diagnostic], None] | None = None,
        on_summary: Callable[[Summary], None] | None = None,
        reorder: float | None = None,
        idle_close: float | None = None,
        on_close: Callable[[Engine], object] | None = None,
    ) -> None:
        _check_seconds("reorder", reorder)
        _check_seconds("idle_close", idle_close)
        self._setup = Setup(policy or Policy(), ids, entry_id, diagnose, on_summary)
        self._reorder = reorder
        self._idle_close = idle_close
        self._on_close = on_close
        # By player, in the order of first appearance: an engine, the snapshot of one, or None
        # where it is closed.
        self._players: dict[str | None, Engine | bytes | None] = {}
        self._last: dict[str | None, float] = {}  # the `at` of the last signal, for idle_close
        self._orders: dict[str | None, Reorder] = {}
        self._late = 0  # of players that are gone
        self._timers = TimerHeap(self._due)
        self._ticked = -inf
        #: Signals go straight to the engines, and nobody asks for timers.
        self.plain = reorder is None and idle_close is None

    @property
    def ordered(self) -> bool:
        """True if signals go through the reorder buffer, so that ``seq`` matters."""
        return self._reorder is not None

    def pace(self, rate: float, offset: float = 0.0) -> Pace:
        """The limits for a player at a ``rate`` whose clock was set back by ``offset`` (s)."""
        return self._setup.pace(rate, offset)

    @property
    def late(self) -> int:
        """How many signals came too late for the reorder buffer, and were left out here.

        What a restored player had left out before, was counted where it was.
        """
        return self._late + sum(order.late for order in self._orders.values())

    @property
    def players(self) -> Mapping[str | None, Engine]:
        """The engine of each player at work, in the order in which they first appeared."""
        return Awake(self._players)

    @property
    def known(self) -> Collection[str | None]:
        """Every player that ever appeared and was not forgotten, in the order of appearance."""
        return self._players.keys()

    @property
    def entries(self) -> Mapping[str | None, Engine | bytes | None]:
        """All that are `known`: an engine, its snapshot (`pack`), or None where it is closed."""
        return self._players

    def engine(self, player: str | None) -> Engine:
        """The engine of ``player``, made if it is new or was closed."""
        engine = self._players.get(player)
        if isinstance(engine, Engine):
            return engine
        made = self._restored(engine) if engine else self._new(player)
        self._players[player] = made
        return made

    def _new(self, player: str | None) -> Engine:
        return Engine(player, setup=self._setup)

    def _restored(self, data: bytes) -> Engine:
        setup = self._setup
        return Engine.restore(
            data, ids=setup.ids, diagnose=setup.diagnose, on_summary=setup.on_summary
        )

    def adopt(self, engine: Engine) -> None:
        """Take in an engine, a restored one for instance, under its own player id."""
        self._players[engine.player] = engine
        self._last.pop(engine.player, None)
        self._note_silence(engine)
        self._timers.touch(engine.player)

    def _note_silence(self, engine: Engine) -> None:
        """Whoever comes from where nobody asked was silent since the last signal."""
        if self._idle_close is not None and engine.last_at is not None:
            self._last.setdefault(engine.player, engine.last_at - engine.pace.offset)

    def forget(self, player: str | None) -> None:
        """Drop a player and its state, even that it was closed."""
        self._players.pop(player, None)
        self._last.pop(player, None)
        self._drop_order(player)
        self._timers.touch(player)

    def pack(self, player: str | None) -> None:
        """Turn the engine of ``player`` into its snapshot until it is needed again."""
        engine = self._players.get(player)
        if isinstance(engine, Engine):
            self._players[player] = engine.snapshot()

    # ------------------------------------------------------------------ signals in

    def feed(self, player: str | None, signal: Signal, seq: int | None = None) -> Sequence[Event]:
        """As `Engine.feed`, for one of the players.

        ``seq`` is the signal's number among those of its player; it matters with ``reorder``.
        """
        if self.plain and type(signal) is not Close:
            engine = self._players.get(player)
            if isinstance(engine, Engine):
                self._timers.touch(player)
                return engine.feed(signal)
        if self._reorder is None or self._is_over(player, signal.at):
            return self._take(player, signal)
        if seq is not None:
            seq = sequence_number(seq)
        order = self._order(player)
        late = order.late
        released = order.push(signal, seq)
        if order.late > late and self._setup.diagnose is not None:
            message = "it came too late to be put in order" + ("" if seq is None else f": {seq}")
            self._setup.diagnose(
                Diagnostic("late", signal.at, player, "reorder", signal.name, message)
            )
        if len(released) == 1:
            return self._take(player, released[0])
        self._timers.touch(player)  # it is idle from now on, or has more to wait for
        return [event for each in released for event in self._take(player, each)]

    def timeupdate(
        self, player: str | None, position: float, at: float, seq: int | None = None
    ) -> Sequence[Event]:
        """As `Engine.timeupdate`, for one of the players; ``seq`` as in `feed`."""
        if self.plain:
            engine = self._players.get(player)
            if isinstance(engine, Engine):
                return engine.timeupdate(position, at)
        elif self._reorder is None and type(at) is float:
            return self._update_now(player, position, at)
        order = self._orders.get(player)
        if (
            order is not None
            and type(seq) is int
            and type(at) is type(position) is float
            # What cannot be a signal must not count as the next one.
            and 0.0 <= position < inf
            and -MAX_AT <= at <= MAX_AT
            and order.passes(seq, at)
        ):
            return self._update_now(player, position, at)
        return self.feed(player, TimeUpdate(at=at, position=position), seq)

    def skim(
        self, updates: Iterable[Any], kind: type[Any]
    ) -> Iterator[tuple[Any, Sequence[Event] | None]]:
        """Take ``updates`` of players that are awake, as `skim.skim`; only while all is `plain`.

        Gives what made events, with these, and what is yet to be fed, with None.
        """
        return skim(updates, kind, self._players)

    def _take(self, player: str | None, signal: Signal) -> Sequence[Event]:
        """Feed a signal whose turn it is."""
        closing: Sequence[Event] = ()
        if self._idle_close is not None:
            last = self._last.get(player)
            if last is not None and signal.at - last > self._idle_close:
                closing = self._close_engine(player, None)
                self._players[player] = self._new(player)
            self._last[player] = signal.at
        engine = self._players.get(player, ...)
        if not isinstance(engine, Engine):
            if engine is None:
                return _NOTHING  # it is closed
            engine = self.engine(player)
        events = engine.feed(signal)
        if isinstance(signal, Close):
            self._bury(player, engine)
            self._drop_order(player)
        self._timers.touch(player)
        return [*closing, *events] if closing else events

    def _is_over(self, player: str | None, at: float) -> bool:
        """True if the player is closed and does not start anew at ``at``."""
        if self._players.get(player, ...) is not None:
            return False
        last = self._last.get(player)  # it may have been closed where nobody asked for silence
        return self._idle_close is None or last is None or at - last <= self._idle_close

    def _order(self, player: str | None) -> Reorder:
        order = self._orders.get(player)
        if order is None:
            assert self._reorder is not None
            order = self._orders[player] = Reorder(self._reorder, self._idle_close)
            self._players.setdefault(player, self._new(player))
        return order

    def _update_now(self, player: str | None, position: float, at: float) -> Sequence[Event]:
        """An update whose turn it is."""
        engine, idle = self._players.get(player), self._idle_close
        if isinstance(engine, Engine) and (
            idle is None or at - self._last.get(player, inf) <= idle
        ):
            events = engine.timeupdate(position, at)
            if idle is not None:
                self._last[player] = at
            self._timers.touch(player)
            return events
        return self._take(player, TimeUpdate(at=at, position=position))

    # ------------------------------------------------------------------ time

    def next_timer(self) -> float | None:
        """The earliest time at which a player wants `tick`, None if none does."""
        if not self._timers.watching:
            self.plain = False
            self._timers.watch(self._players)
        return self._timers.first()

    def tick(self, at: float) -> list[Event]:
        """Time has come to ``at`` for every player: what is due is done, in order of due time.

        With ``idle_close`` a player that was silent for longer is closed as of its last signal
        and forgotten, so signals have to come in the order of ``at``. With ``reorder`` they may
        come later by so much: tick with a time so far in the past. What was due in the silence is
        done before, as it would be without ``idle_close``; where nobody ticks it is not.
        """
        events: list[Event] = []
        self.next_timer()
        self._ticked = at
        for player in self._timers.due(at):
            events += self._tick_player(player, at)
        return events

    def _tick_player(self, player: str | None, at: float) -> Iterator[Event]:
        engine = self._players[player]
        latest, waits = self._standing(player)
        if engine is not None and not waits:
            engine = self.engine(player)
            while (due := engine.next_timer()) is not None and due <= at:
                yield from engine.tick(due)
        self._timers.touch(player)
        if self._idle_close is not None and latest is not None and at - latest > self._idle_close:
            yield from self.close(player)
            self.forget(player)

    def _due(self, player: str | None) -> float | None:
        """When the player next wants to be looked at."""
        engine = self._players.get(player)
        if isinstance(engine, bytes):
            engine = Engine.restore(engine)
        latest, waits = self._standing(player)
        due = None if engine is None or waits else engine.next_timer()
        if self._idle_close is not None and latest is not None:
            idle = latest + self._idle_close
            while idle - latest <= self._idle_close:
                # Near 0 the next float is too near to make a difference.
                idle = max(nextafter(idle, inf), idle + ulp(self._idle_close) / 8)
            due = idle if due is None else min(due, idle)
        return due

    def _standing(self, player: str | None) -> tuple[float | None, bool]:
        """Since when the player is idle, and if a signal waits: its turn is before any timer's."""
        order = self._orders.get(player)
        return (self._last.get(player), False) if order is None else (order.latest, order.waits)

    # ------------------------------------------------------------------ the end

    def close(
        self, player: str | EllipsisType | None = ..., at: float | None = None
    ) -> list[Event]:
        """Close one player, or all; without ``at`` as of its last signal or tick (R-eof)."""
        if isinstance(player, EllipsisType):
            return [event for each in list(self._players) for event in self.close(each, at)]
        events: list[Event] = []
        order = self._orders.get(player)
        if order is not None:
            for signal in order.flush():
                events += self._take(player, signal)
            self._drop_order(player)
        events += self._close_engine(player, at)
        return events

    def _close_engine(self, player: str | None, at: float | None) -> Sequence[Event]:
        if self._players.get(player) is None:
            return _NOTHING
        engine = self.engine(player)
        events: list[Event] = []
        if self._idle_close is None and self._ticked > -inf and self._timers.settled(player):
            events += engine.tick(self._ticked)  # it was not due then, so it was left alone
        events += engine.close(at)
        self._bury(player, engine)
        return events

    def _bury(self, player: str | None, engine: Engine) -> None:
        """Nothing is left of a closed player but its id."""
        self._players[player] = None
        self._timers.touch(player)
        if self._on_close is not None:
            self._on_close(engine)

    def _drop_order(self, player: str | None) -> None:
        order = self._orders.pop(player, None)
        if order is not None:
            self._late += order.late

    # ------------------------------------------------------------------ state as a value

    def snapshot(self, player: str | None) -> bytes:
        """All that is known of ``player``, what waits in its reorder buffer included (R-pure).

        Of one that is not known it is that of a new player.
        """
        engine = self._players[player] if player in self._players else self._new(player)
        saved = engine.snapshot() if isinstance(engine, Engine) else engine
        return pack_player(player, saved, self._last.get(player), self._orders.get(player))

    def restore(self, data: bytes) -> str | None:
        """Take in a player from its `snapshot`, in place of what there is; its id.

        ``reorder`` and ``idle_close`` are those of this fleet. Raises `SnapshotError`, also for
        signals that wait for their turn where there is no ``reorder``.
        """
        player, engine, last, order = unpack_player(data, self._reorder, self._idle_close)
        restored = None if engine is None else self._restored(engine)
        self.forget(player)
        self._players[player] = restored
        if last is not None:
            self._last[player] = last
        if restored is not None:
            self._note_silence(restored)
        if order is not None:
            self._orders[player] = order
            self._late -= order.late
        self._timers.touch(player)
        return player


def _check_seconds(field: str, value: Any) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and not (is_number and 0.0 <= value < inf):
        raise FieldError(field, value, "a number of seconds, 0 or more, or None")
