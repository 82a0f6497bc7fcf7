"""The engines of the players of a fleet as a read-only mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .engine import Engine


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
