"""The next rows of a destination, by lanes: which may go now.

A lane is a session. Its rows go one after the other, so one that is on its way holds the
others up. The lane ``""`` is in order with all others: what came before goes before, what came
after goes after.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from ..outbox import Row

#: The lane that is in order with all others.
COMMON = ""


class Window:
    """Rows that wait, in the order of the queue, and the lanes that are busy."""

    def __init__(self) -> None:
        self.busy: set[str] = set()
        self._lanes: dict[str, deque[Row]] = {}
        self._heads: list[tuple[int, str]] = []
        self._common: deque[int] = deque()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows that come after all others."""
        for row in rows:
            lane = row.item.lane
            if lane == COMMON:
                self._common.append(row.seq)
            waiting = self._lanes.get(lane)
            if waiting is None:
                waiting = self._lanes[lane] = deque()
                if lane not in self.busy:
                    heappush(self._heads, (row.seq, lane))
            waiting.append(row)
            self._size += 1

    def take(self) -> Row | None:
        """The first row that may go; its lane is busy until it is `done`."""
        if not self._heads:
            return None
        seq, lane = self._heads[0]
        if self._common and (seq > self._common[0] or (lane == COMMON and self.busy)):
            return None
        heappop(self._heads)
        waiting = self._lanes[lane]
        row = waiting.popleft()
        if not waiting:
            del self._lanes[lane]
        self.busy.add(lane)
        self._size -= 1
        return row

    def done(self, lane: str) -> None:
        """The row of ``lane`` that was taken has come to an end."""
        self.busy.discard(lane)
        if lane == COMMON:
            self._common.popleft()
        if lane in self._lanes:
            heappush(self._heads, (self._lanes[lane][0].seq, lane))

    def clear(self) -> None:
        """Forget the rows that wait."""
        self._lanes.clear()
        self._heads.clear()
        self._size = 0
        while len(self._common) > (COMMON in self.busy):
            self._common.pop()
