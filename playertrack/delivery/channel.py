"""Sends to one destination: rows of the queue in, batches out, in order.

A channel reads the queue, and its `Lanes` decide what goes next; how a batch goes, and what
becomes of its events, is in `consignment`.

A lane is a session. Its rows go one after the other, or together in one batch, so a batch that
is on its way holds the others of its lanes up. The lane `COMMON` is in order with all others:
what came before goes before, what came after goes after. Rows in `FREE` are in no order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from math import inf

from .._log import log as _log
from ..outbox import HELD, Outbox, Page, Row, Settled
from .calls import foreign
from .consignment import Consignment
from .held_lanes import HeldLanes
from .link import Carrier, Link
from .protocol import COMMON, FREE, Batch
from .retry import DeliveryState
from .route import Route
from .settings import DeliverySettings

#: How many rows are read at once: while some are read, the requests take twice as long.
_PAGE = 1024


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
        for row in rows:
            lane = row.item.lane
            if lane not in self.busy:
                continue  # it is `FREE`, or another of its rows was in the batch
            self.busy.discard(lane)
            if lane == COMMON:
                self._common.popleft()
            if lane in self._lanes:
                heappush(self.heads, (self._lanes[lane][0].seq, lane))

    def after(self, rows: Sequence[Row]) -> Row | None:
        """The first row that waits for the first of ``rows``, if there is one."""
        waiting = self._lanes.get(rows[0].item.lane) if rows else None
        return waiting[0] if waiting else None

    def clear(self) -> None:
        """Forget the rows that wait."""
        self._lanes.clear()
        self.heads.clear()
        self.size = 0
        self.bytes = 0
        while len(self._common) > (COMMON in self.busy):
            self._common.pop()


class Channel(Link):
    """Sends the rows of ``route``; everything here happens in one event loop."""

    def __init__(
        self, outbox: Outbox, route: Route, settings: DeliverySettings, carrier: Carrier
    ) -> None:
        super().__init__(outbox, route, settings, carrier)
        self._lanes = Lanes()
        self.held = HeldLanes(self)
        self._epoch = 0
        self._after = 0
        self._more = True  # there may be rows that were not read yet
        self._fetching = False
        self._workers: set[asyncio.Task[None]] = set()
        self._consignments: set[Consignment] = set()
        self._hurries = 0
        self._ripe_at = -inf  # when a batch goes that is not full
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    # ------------------------------------------------------------------------ from outside

    def pump(self) -> None:
        """There may be something new: read it, and send what may go."""
        if self._stopped:
            return
        if self._more:
            self._fetch()
        while self._lanes.heads and len(self._workers) < self.settings.max_in_flight:
            rows = self._next()
            if not rows:
                break
            worker = self.loop.create_task(self._work(rows))
            self._workers.add(worker)
            worker.add_done_callback(self._ended)

    def look(self) -> None:
        """The queue says that it may have more, or that another process changed it."""
        self._more = True
        self.pump()
        if self.pause_known:
            self.outbox.fetch(self.route.name, 0, 0, self._looked)

    def hand(self, epoch: int, rows: list[Row]) -> None:
        """Rows were committed after all that there were before."""
        if self._fetching or self._more or epoch != self._epoch or self._lanes.size > _PAGE:
            self._more = True  # they are read in their turn
        else:
            self._add(rows)
        self.pump()

    def _add(self, rows: Sequence[Row]) -> None:
        ready = []
        for row in rows:
            if row.seq <= self._after:
                continue  # it was read
            self._after = row.seq
            if row.item.head.startswith(HELD) or row.item.lane in self.held:
                self.held.add(row.item.lane)
            else:
                ready.append(row)
        if self.held:
            self.held.look(at_once=self._hurries > 0)
        if ready and not self._lanes.size:
            self._ripe_at = self.loop.time() + self.route.destination.batch.wait
        self._lanes.add(ready)

    def _looked(self, page: Page) -> None:
        if page.paused is None:
            self.call(self.resume)

    def use(self, route: Route) -> None:
        """Go on with another address or another source of tokens of the same destination."""
        self.route, self.foreign = route, foreign(route.destination)
        self.credentials.use(route.tokens)
        self.resume()

    def resume(self) -> None:
        """Start anew after a pause, with whatever token there is."""
        self.credentials.reset()
        self.pause_known = False
        self.resumes += 1
        self.trouble = None
        self.policy.resume()
        self.outbox.settle(Settled(pauses={self.route.name: None}))
        self.scheduler.change()
        self.look()

    def hurry(self, by: int) -> None:
        """While ``by`` adds up to more than 0, batches go out that are not full."""
        self._hurries += by
        self.held.look(at_once=self._hurries > 0)
        self.look()

    @property
    def idle(self) -> bool:
        """True if there is nothing to send, as far as the queue was read."""
        busy = self._workers or self._fetching or self._more or self._lanes.size
        return not (busy or self.held)

    def hopeless(self, until: float) -> bool:
        """True if nothing can be sent before that time."""
        if self.policy.state is DeliveryState.RENEWING:
            return False
        if len(self.scheduler) < len(self._workers):
            return False  # something is on its way
        if self.held.unencoded:
            return False
        if self._fetching or self._more:
            return self.policy.state is DeliveryState.PAUSED
        return min(self.scheduler.next(), self.held.due) > until

    @property
    def held_up(self) -> tuple[str | None, float | None]:
        """Why events wait that are not ready to be sent, None if all are; when that may end."""
        return self.held.reason, self.held.next_try

    async def change(self, seconds: float) -> None:
        """Wait until something happens, or for so long (s)."""
        await self.scheduler.changed(seconds)

    async def stop(self) -> None:
        """Send nothing more; what is on its way is given up."""
        self._stopped = True
        self._report_timer.cancel()
        if self._timer is not None:
            self._timer.cancel()
        workers = tuple(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await self.held.stop()
        await self.credentials.stop()
        self.calls.close()

    def first(self) -> Row | None:
        """The oldest row that is being sent, if there is one."""
        left = [each.left[0] for each in self._consignments if each.left]
        return min(left, key=lambda row: row.seq, default=None)

    # -------------------------------------------------------------------------- the queue

    def _fetch(self) -> None:
        if not self._fetching and self._lanes.size < _PAGE // 2:
            self._fetching = True
            self._more = False
            self.outbox.fetch(self.route.name, self._after, _PAGE, self._fetched_elsewhere)

    def _fetched_elsewhere(self, page: Page) -> None:
        self.call(self._fetched, page)

    def _fetched(self, page: Page) -> None:
        self._fetching = False
        if page.epoch != self._epoch:
            self._start_over(page.epoch)
        else:
            self._more = self._more or page.last > self._after
            self._add(page.rows)
            self._after = page.last
        self.pump()
        self.scheduler.change()

    def _start_over(self, epoch: int) -> None:
        """Rows were dropped: read what is left."""
        self._epoch = epoch
        self._lanes.clear()
        self.held.clear()
        self._after = 0
        self._more = True

    def _next(self) -> list[Row]:
        """The next rows to send together, claimed; none if nothing may go."""
        batch = self.route.destination.batch
        if self.policy.state is not DeliveryState.UP or (batch.wait and not self._ripe(batch)):
            return []
        rows = self._lanes.take(batch)
        if rows and not self.outbox.leases.take([row.seq for row in rows], self._epoch):
            self._lanes.done(rows)
            self._start_over(self._epoch)
            self._fetch()
            return []
        if rows and not self.policy.calm:
            self.scheduler.enter(rows[0].seq)
        return rows

    def _ripe(self, batch: Batch) -> bool:
        """True if a batch goes now: it is full, or it waited long enough for more."""
        if self._hurries or not self._lanes.size:
            return True
        if self._lanes.size >= batch.events or self._lanes.bytes >= batch.bytes:
            return True
        if self.loop.time() >= self._ripe_at:
            return True
        if self._timer is None:
            self._timer = self.loop.call_at(self._ripe_at, self._ripened)
        return False

    def _ripened(self) -> None:
        self._timer = None
        self.changed()

    # -------------------------------------------------------------------------- the work

    async def _work(self, rows: list[Row]) -> None:
        """Send batches one after the other as long as there are some that may go."""
        while rows:
            consignment = Consignment(self, rows)
            self._consignments.add(consignment)
            if len(self._workers) == 1 and self.route.destination.batch.events == 1:
                # After two rounds of the loop, when the bytes of this one are out.
                self.loop.call_soon(self.loop.call_soon, self._foresee, consignment)
            try:
                await consignment.bring()
            except BaseException:  # raised again: the rows are free for another try
                self.outbox.leases.release([row.seq for row in consignment.left])
                raise
            finally:
                self._consignments.discard(consignment)
            self._lanes.done(rows)
            if self._stopped:
                return
            rows = self._next()
            self.pump()

    def _foresee(self, present: Consignment) -> None:
        """Make what may follow, while the server answers; it is sent if it is the same then."""
        rows = present.left if present in self._consignments else []
        row = self._lanes.after(rows)
        if row is None or not self.policy.calm or self.foreign or self.compresses:
            return
        with suppress(Exception):  # it is met again
            request = self.route.destination.request([row.item.body])
            authorized = self.route.destination.authorize(request, self.credentials.token)
            self.made = self.carrier.make(authorized, authorized.url == request.url)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not worker.cancelled() and (error := worker.exception()):
            _log.error("sending to %s failed", self.route.name, exc_info=error)
            self.pause(f"a bug: {type(error).__name__}")
        if self.idle:
            self.policy.caught_up(self.loop.time())
        self.pump()
        self.scheduler.change()

    def changed(self) -> None:
        """Something happened that may let a batch go."""
        super().changed()
        self.pump()
