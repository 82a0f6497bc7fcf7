"""The next rows of a destination: the first of each lane, as rows of one lane keep their order.

A lane is a session. Its rows go one after the other, or together in one batch, so a batch that
is on its way holds the others of its lanes up. The lane `COMMON` is in order with all others:
what came before goes before, what came after goes after. Rows in `FREE` are in no order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from ..outbox import Row
from .messages import Batch

#: The lane that is in order with all others.
COMMON = ""

#: The lane without an order.
FREE = "\n"


class Lanes:
    """Rows that wait, in the order of the queue, and the lanes that are busy."""

    def __init__(self) -> None:
        self.busy: set[str] = set()
        self._lanes: dict[str, deque[Row]] = {}
        #: Rows that may be next, with their lanes; an entry counts while its lane is not busy and
        #: its row the first there.
        self.heads: list[tuple[int, str]] = []
        self._common: deque[int] = deque()
        #: How many rows wait, and how long (bytes) their items are.
        self.size = 0
        self.bytes = 0

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
                    heappush(self.heads, (row.seq, lane))
            waiting.append(row)
            self.size += 1
            self.bytes += len(row.item.body)

    def take(self, batch: Batch) -> list[Row]:
        """The next rows that may go as one batch, at least one if any may.

        Their lanes are busy until they are `done`.
        """
        rows: list[Row] = []
        size = 2
        while len(rows) < batch.events:
            lane = self._next(alone=not rows)
            if lane is None:
                break
            waiting = self._lanes[lane]
            size += len(waiting[0].item.body) + 1
            if rows and size > batch.bytes:
                heappush(self.heads, (waiting[0].seq, lane))
                break
            row = waiting.popleft()
            rows.append(row)
            self.size -= 1
            self.bytes -= len(row.item.body)
            if waiting:
                if len(rows) < batch.events or lane == FREE:
                    heappush(self.heads, (waiting[0].seq, lane))
            else:
                del self._lanes[lane]
            if lane == COMMON:
                break
        for row in rows:
            if row.item.lane != FREE:
                self.busy.add(row.item.lane)
        return rows

    def _next(self, *, alone: bool) -> str | None:
        """The lane of the first row that may go, which is a head no more.

        ``alone`` is False for another row of a batch, where a row of `COMMON` may not go.
        """
        while self.heads:
            seq, lane = self.heads[0]
            waiting = self._lanes.get(lane)
            if lane in self.busy or not waiting or waiting[0].seq != seq:
                heappop(self.heads)
                continue
            if self._common and (seq > self._common[0] or lane == COMMON):
                if lane != COMMON or self.busy or not alone:
                    return None
            heappop(self.heads)
            return lane
        return None

    def done(self, rows: Iterable[Row]) -> None:
        """A batch that was taken has come to an end."""
        for lane in {row.item.lane for row in rows}:
            if lane == FREE:
                continue
            self.busy.discard(lane)
            if lane == COMMON:
                self._common.popleft()
            if lane in self._lanes:
                heappush(self.heads, (self._lanes[lane][0].seq, lane))

    def clear(self) -> None:
        """Forget the rows that wait."""
        self._lanes.clear()
        self.heads.clear()
        self.size = 0
        self.bytes = 0
        while len(self._common) > (COMMON in self.busy):
            self._common.pop()
