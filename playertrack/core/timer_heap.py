"""The timers of many players in a heap, so that the next one is found without a look at each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count

Player = str | None


class TimerHeap:
    """When each player is due, soonest first.

    ``due`` says it of one player. Only the players that were touched since are asked again, so
    what is idle costs nothing; nothing is noted until somebody asks (`watch`).
    """

    def __init__(self, due: Callable[[Player], float | None]) -> None:
        self._ask = due
        self._heap: list[tuple[float, int, Player]] = []
        self._known: dict[Player, float] = {}
        self._touched: dict[Player, None] = {}  # a set that keeps its order
        self._order = count()
        self.watching = False

    def watch(self, players: Iterable[Player]) -> None:
        """Note from now on what is touched; ``players`` are there already."""
        self.watching = True
        self._touched.update(dict.fromkeys(players))

    def touch(self, player: Player) -> None:
        """Something happened to ``player``: its timer may be another."""
        if self.watching:
            self._touched[player] = None

    def settled(self, player: Player) -> bool:
        """True if nothing happened to ``player`` since it was last asked."""
        return player not in self._touched

    def first(self) -> float | None:
        """When the first is due."""
        self._look_again()
        heap, known = self._heap, self._known
        while heap and known.get(heap[0][2]) != heap[0][0]:
            heappop(heap)  # another time was noted since
        return heap[0][0] if heap else None

    def due(self, at: float) -> Iterator[Player]:
        """The players that are due at ``at``, soonest first; each once."""
        seen: dict[Player, None] = {}
        again: dict[Player, None] = {}
        while (due := self.first()) is not None and due <= at:
            _, _, player = heappop(self._heap)
            del self._known[player]
            if player in seen:
                again[player] = None  # due as soon as it had been called: next time
            else:
                seen[player] = None
                yield player
        self._touched.update(again)

    def _look_again(self) -> None:
        for player in self._touched:
            due = self._ask(player)
            if due is None:
                self._known.pop(player, None)
            elif self._known.get(player) != due:
                self._known[player] = due
                heappush(self._heap, (due, next(self._order), player))
        self._touched.clear()
