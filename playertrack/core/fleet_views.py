"""A fleet's players as tables: how each is updated, and the engines to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from ..events import Event
from ..signals import Signal, TimeUpdate
from .engine import Engine

#: How `timeupdate` is called for one player.
Update = Callable[[float, float], Sequence[Event]]


class Players(Protocol):
    """What a fleet has that `Updates` needs."""

    @property
    def players(self) -> Mapping[str | None, Engine]:
        """The engines of the players at work."""

    def feed(self, player: str | None, signal: Signal) -> Sequence[Event]:
        """Take a signal of one player."""

    def update_of(self, player: str | None) -> Update:
        """How the player at work is updated."""


class Updates(dict[str | None, Update]):
    """`timeupdate` of each player at work, so that an update costs one look-up and one call.

    What is in it is good until the next call of the fleet: it changes when players go.
    """

    def __init__(self, fleet: Players) -> None:
        self._fleet = fleet

    def __missing__(self, player: str | None) -> Update:
        def first(position: float, at: float) -> Sequence[Event]:
            fleet = self._fleet
            update = TimeUpdate(at=at, position=position)  # one that is refused makes no player
            events = fleet.feed(player, update)
            if player in fleet.players:
                self[player] = fleet.update_of(player)
            return events

        return first


class Awake(Mapping[str | None, Engine]):
    """The engines among the players, to look at."""

    def __init__(self, players: Mapping[str | None, Engine | bytes | None]) -> None:
        self._players = players

    def __getitem__(self, player: str | None) -> Engine:
        engine = self._players[player]
        if isinstance(engine, Engine):
            return engine
        raise KeyError(player)

    def __iter__(self) -> Iterator[str | None]:
        return (player for player, engine in self._players.items() if isinstance(engine, Engine))

    def __len__(self) -> int:
        return sum(1 for _ in self)
