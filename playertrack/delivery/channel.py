"""What is sent to one destination: rows of the queue in, requests out, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import inf
from random import random

import attrs
from yarl import URL

from ..destinations.kaltura.request import with_ks
from ..destinations.kaltura.responses import Kind, Verdict, judge, judge_fault
from ..outbox import Outbox, Page, Row, Settled
from .auth import Credentials
from .destination import Target
from .envelope import Head, unpack
from .lanes import Window
from .retry import Law, State
from .scheduler import Turns
from .settings import DeliverySettings
from .transport import Answer, FaultError, plain_url

_log = logging.getLogger("playertrack")

#: How many rows are read at once.
_PAGE = 512

#: Sends one request: method, URL, body, headers.
Exchange = Callable[[str, URL, bytes, Mapping[str, str]], Awaitable[Answer]]


@attrs.define
class Attempt:
    """What was tried with an event so far."""

    downs: int
    resumes: int
    tries: int = 0
    rounds: int = 0
    renewals: int = 0
    not_before: float = -inf
    probe: bool = False


class Channel:
    """Sends the rows of ``target``; everything here happens in one event loop."""

    def __init__(
        self, box: Outbox, target: Target, settings: DeliverySettings, exchange: Exchange
    ) -> None:
        self.target = target
        self.law = Law(settings, random)
        #: Why nothing is delivered, while that is so.
        self.trouble: str | None = None
        self._box = box
        self._settings = settings
        self._exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._window = Window()
        self._epoch = 0
        self._after = 0
        self._more = True  # there may be rows that were not read yet
        self._fetching = False
        self._workers: set[asyncio.Task[None]] = set()
        self._turns = Turns(self.law)
        self._credentials = Credentials(
            target, self.law, changed=self._changed, wait=self._troubled, pause=self._pause
        )
        self._stopped = False
        self._pause_known = False
        self._resumes = 0

    # ------------------------------------------------------------------------ from outside

    def pump(self) -> None:
        """There may be something new: read it, and send what may go."""
        if self._stopped:
            return
        self._fetch()
        while len(self._workers) < self._settings.max_in_flight:
            row = self._next()
            if row is None:
                break
            worker = self._loop.create_task(self._work(row))
            self._workers.add(worker)
            worker.add_done_callback(self._ended)

    def look(self) -> None:
        """The queue says that it may have more, or that another process changed it."""
        self._more = True
        self.pump()
        if self._pause_known:
            self._box.fetch(self.target.name, 0, 0, self._looked)

    def _looked(self, page: Page) -> None:
        if page.paused is None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self.resume)

    def use(self, target: Target) -> None:
        """Go on with another address or KS of the same destination."""
        self.target = target
        self._credentials.use(target.provider)
        self.resume()

    def resume(self) -> None:
        """Begin anew after a pause, with whatever KS there is."""
        self._credentials.reset()
        self._pause_known = False
        self._resumes += 1
        self.trouble = None
        self.law.resume()
        self._box.settle(Settled(pauses={self.target.name: None}))
        self._turns.change()
        self.look()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to send, as far as was read."""
        return not (self._workers or self._fetching or self._more or len(self._window))

    def hopeless(self, until: float) -> bool:
        """Whether nothing can be sent before that time."""
        if self.law.state is State.RENEWING or len(self._turns) < len(self._workers):
            return False  # something is on its way
        if self._fetching or self._more:
            return self.law.state is State.PAUSED
        return self._turns.next() > until

    async def change(self, seconds: float) -> None:
        """Wait until something happens, or for so long (s)."""
        await self._turns.changed(seconds)

    async def stop(self) -> None:
        """Send nothing more; what is on its way is given up."""
        self._stopped = True
        workers = tuple(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await self._credentials.stop()

    # -------------------------------------------------------------------------- the queue

    def _fetch(self) -> None:
        if not self._fetching and self._more and len(self._window) < _PAGE // 2:
            self._fetching = True
            self._more = False
            self._box.fetch(self.target.name, self._after, _PAGE, self._fetched_elsewhere)

    def _fetched_elsewhere(self, page: Page) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._fetched, page)

    def _fetched(self, page: Page) -> None:
        self._fetching = False
        if page.epoch != self._epoch:
            self._start_over(page.epoch)
        else:
            self._more = self._more or page.last > self._after
            self._after = page.last
            self._window.add(page.rows)
        self.pump()
        self._turns.change()

    def _start_over(self, epoch: int) -> None:
        """Rows were dropped: read what is left."""
        self._epoch = epoch
        self._window.clear()
        self._after = 0
        self._more = True

    def _next(self) -> Row | None:
        """The next row to send, claimed."""
        if self.law.state is not State.UP:
            return None
        row = self._window.take()
        if row is not None and not self._box.claim(row.seq, self._epoch):
            self._window.done(row.item.lane)
            self._start_over(self._epoch)
            self._fetch()
            return None
        if row is not None:
            self._turns.enter(row.seq)
        return row

    # -------------------------------------------------------------------------- the work

    async def _work(self, row: Row | None) -> None:
        """Send rows one after the other as long as there are some that may go."""
        while row is not None:
            try:
                await self._bring(row)
            except BaseException:
                self._box.release(row.seq)
                raise
            self._window.done(row.item.lane)
            if self._stopped:
                return
            row = self._next()
            self.pump()

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not worker.cancelled() and (error := worker.exception()):
            _log.error("sending to %s failed", self.target.name, exc_info=error)
            self._pause(f"a bug: {type(error).__name__}")
        if self.idle:
            self.law.caught_up()
        self.pump()
        self._turns.change()

    async def _bring(self, row: Row) -> None:
        """Send ``row`` until it comes to an end."""
        try:
            head = unpack(row.item.head)
        except ValueError:
            self._turns.leave(row.seq)
            await self._reject(row, "it cannot be read")
            return
        attempt = Attempt(self.law.downs, self._resumes)
        ended = False
        while not ended:
            await self._turns.wait(row.seq, attempt.not_before)
            attempt.probe = self.law.state is State.DOWN
            if await self._credentials.have():
                ended = await self._try(row, head, attempt)

    async def _try(self, row: Row, head: Head, attempt: Attempt) -> bool:
        """Send it once; says whether it has come to an end."""
        ks = self._credentials.ks
        verdict, answer = await self._send(head, row.item.body, ks)
        match verdict.kind:
            case Kind.DELIVERED:
                self._arrived()
                if not self._box.delivered(row.seq):
                    await self._settle(Settled(delivered=[row.seq]))
                self._tell(row, answer)
                return True
            case Kind.REJECTED:
                self._arrived()
                await self._reject(row, verdict.reason)
                return True
            case Kind.RETRY:
                self.trouble = verdict.reason
                if self._failed(attempt, verdict, answer is not None):
                    await self._reject(row, verdict.reason)
                    return True
            case Kind.RENEW:
                self._answered()
                self._refused(attempt, ks, verdict.reason)
            case Kind.PAUSED:
                self._pause(verdict.reason)
        return False

    async def _send(self, head: Head, body: bytes, ks: str | None) -> tuple[Verdict, Answer | None]:
        text, body = with_ks(ks, head.form, self.target.base + head.path, body)
        secret = ks is not None and head.form == "query"
        url = URL(text, encoded=True) if secret else plain_url(text)
        secrets = () if ks is None else (ks,)
        try:
            answer = await self._exchange(head.method, url, body, head.headers)
        except FaultError as error:
            return judge_fault(error.fault, error.detail, secrets), None
        except asyncio.CancelledError:
            self._box.count(self.target.name, "ambiguous")
            raise
        endpoint = self.target.endpoint
        return judge(endpoint, answer.status, answer.headers, answer.body, secrets), answer

    # ------------------------------------------------------------------- what came of it

    def _arrived(self) -> None:
        self._credentials.taken()
        self.trouble = None
        self._answered()

    def _answered(self) -> None:
        """The server is there."""
        if self.law.state is State.DOWN:
            _log.warning("%s is up again", self.target.name)
            self.law.answered()
            self._changed()

    def _changed(self) -> None:
        self._turns.change()
        self.pump()

    def _troubled(self, reason: str) -> None:
        self.trouble = reason

    def _tell(self, row: Row, answer: Answer | None) -> None:
        assert answer is not None
        try:
            self.target.answered(row.item.lane, answer.body)
        except Exception:
            _log.exception("an answer of %s could not be told", self.target.name)

    async def _reject(self, row: Row, reason: str) -> None:
        _log.error("%s will not have an event: %s", self.target.name, reason)
        await self._settle(Settled(rejected={row.seq: (self.target.name, reason)}))

    def _failed(self, attempt: Attempt, verdict: Verdict, answered: bool) -> bool:
        """Note a failed try; says whether the event is to be given up."""
        if verdict.ambiguous:
            self._box.count(self.target.name, "ambiguous")
        if attempt.downs != self.law.downs:  # it was down meanwhile: a new round
            attempt.downs, attempt.tries = self.law.downs, 0
        attempt.tries += 1
        was = self.law.state
        now = self._loop.time()
        attempt.not_before = self.law.failed(attempt.tries, verdict.after, now, attempt.probe)
        if attempt.not_before < inf:
            return False
        attempt.not_before = -inf
        if was is State.UP:
            _log.error("%s is down: %s", self.target.name, verdict.reason)
        attempt.rounds += answered
        self._turns.change()
        if attempt.rounds == self._settings.give_up_after > 0:
            self._arrived()
            return True
        return False

    def _refused(self, attempt: Attempt, ks: str | None, reason: str) -> None:
        """The server does not take ``ks``."""
        if attempt.resumes != self._resumes:  # it was paused meanwhile: a new beginning
            attempt.resumes, attempt.renewals = self._resumes, 0
        attempt.renewals += 1
        self._credentials.refuse(ks, reason, again=attempt.renewals > 1)

    def _pause(self, reason: str) -> None:
        """Send nothing until `resume`."""
        if self.law.state is not State.PAUSED:
            self.trouble = reason
            _log.error("%s is paused: %s", self.target.name, reason)
            self.law.pause(reason)
            self._box.settle(Settled(pauses={self.target.name: reason}), self._paused)
            self._turns.change()

    def _paused(self) -> None:
        self._pause_known = True

    async def _settle(self, settled: Settled) -> None:
        done = self._loop.create_future()

        def tell() -> None:
            if not done.done():
                done.set_result(None)

        def elsewhere() -> None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(tell)

        self._box.settle(settled, elsewhere)
        await done
