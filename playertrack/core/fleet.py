"""Many players at once: signals with a player's id, each derived by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ..events import Event
from ..policy import Policy
from ..signals import Signal
from .context import Diagnostic, Setup
from .engine import Engine
from .session import SessionIds, offline_ids


class Fleet:
    """Feeds mixed signals to one `Engine` a player; a player begins with its first signal.

    The arguments are those of `Engine` and hold for all players. The id None is a player
    like any other: a trace that names none has just that one.
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        ids: SessionIds = offline_ids,
        entry_id: str | None = None,
        diagnose: Callable[[Diagnostic], None] | None = None,
    ) -> None:
        self._setup = Setup(policy or Policy(), ids, entry_id, diagnose)
        self._engines: dict[str | None, Engine] = {}

    @property
    def players(self) -> Mapping[str | None, Engine]:
        """The engine of each player, in the order in which they first appeared."""
        return MappingProxyType(self._engines)

    def engine(self, player: str | None) -> Engine:
        """The engine of ``player``, made if it is new."""
        engine = self._engines.get(player)
        if engine is None:
            engine = self._engines[player] = Engine(player, setup=self._setup)
        return engine

    def adopt(self, engine: Engine) -> None:
        """Take in an engine, a restored one for instance, under its own player id."""
        self._engines[engine.player] = engine

    def forget(self, player: str | None) -> None:
        """Drop a player and its state; one that is closed is of no use any more."""
        self._engines.pop(player, None)

    def feed(self, player: str | None, signal: Signal) -> Sequence[Event]:
        """As `Engine.feed`, for one of the players."""
        return self.engine(player).feed(signal)

    def timeupdate(self, player: str | None, position: float, at: float) -> Sequence[Event]:
        """As `Engine.timeupdate`, for one of the players."""
        engine = self._engines.get(player)
        if engine is None:
            engine = self.engine(player)
        return engine.timeupdate(position, at)

    def next_timer(self) -> float | None:
        """The earliest `Engine.next_timer` of all players."""
        dues = [
            due for engine in self._engines.values() if (due := engine.next_timer()) is not None
        ]
        return min(dues) if dues else None

    def tick(self, at: float) -> list[Event]:
        """Time has come to ``at`` for every player."""
        return [event for engine in self._engines.values() for event in engine.tick(at)]

    def close(self, player: str | None = None, at: float | None = None) -> list[Event]:
        """Close one player, or all; without ``at`` each when it was last heard of (R-eof)."""
        engines = list(self._engines.values()) if player is None else [self.engine(player)]
        return [event for engine in engines for event in engine.close(at)]
