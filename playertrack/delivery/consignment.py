"""A batch on its way: tried until each of its events is delivered or refused (wire, 4)."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import attrs

from .._log import log as _log
from ..outbox import Row, Settled
from .calls import StalledError
from .link import Link
from .protocol import LONGEST_REASON, Answer, Kind, Request, Verdict
from .redaction import redact
from .retry import DeliveryState
from .transport import FaultError, Made, fault_verdict

#: A body from this length (bytes) on is worth compressing.
_WORTH_IT = 1024

_UNSUPPORTED = 415

_ENDS = (Kind.DELIVERED, Kind.REJECTED)


@attrs.define
class Attempt:
    """The attempts at a request so far."""

    downs: int
    resumes: int
    tries: int = 0
    rounds: int = 0
    renewals: int = 0
    not_before: float = -inf
    probe: bool = False


class Consignment:
    """``rows`` that go together through ``link``; ``left`` have not come to an end yet."""

    def __init__(self, link: Link, rows: list[Row]) -> None:
        self.left = list(rows)
        self._link = link

    async def bring(self) -> None:
        """Send the rows until all have come to an end.

        Where a server rejects a batch as a whole, one half goes after the other.
        """
        groups = [list(self.left)]
        while groups:
            rows = groups.pop()
            while rows:
                middle = len(rows) // 2
                rest = await self._bring(rows)
                if rest is None:
                    groups.append(rows[middle:])
                    rest = rows[:middle]
                rows = rest

    async def _bring(self, rows: list[Row]) -> list[Row] | None:
        """Send one request until something came of it.

        Gives the rows that are to be sent again in another request; None if the request is
        rejected and has several.
        """
        link = self._link
        items = [row.item.body for row in rows]
        request: Request | None = None
        attempt = Attempt(link.policy.downs, link.resumes)
        while True:
            if not await self._turn(rows[0].seq, attempt):
                continue
            token = link.credentials.token
            try:
                if request is None:
                    request = await self._call(link.route.destination.request, items)
            except StalledError as error:
                self._failed(attempt, Verdict(Kind.RETRY, str(error)), answered=False)
                continue
            except (Exception, SystemExit) as error:
                _log.exception("%s cannot make a request", link.route.name)
                return await self._reject(rows, f"no request can be made of it: {error!r}")
            answer, verdicts = await self._send(request, items, token)
            if isinstance(verdicts, Verdict):
                if verdicts.kind is Kind.DELIVERED:
                    await self._deliver(rows, answer)
                    return []
                if verdicts.kind is Kind.REJECTED:
                    link.arrived()
                    return await self._reject(rows, verdicts.reason)
                verdicts = [verdicts] * len(rows)
            rest = await self._part(rows, verdicts, answer, token, attempt)
            if len(rest) < len(rows):
                return rest

    async def _turn(self, seq: int, attempt: Attempt) -> bool:
        """Wait until a request may go; False if there is no token for it then."""
        link = self._link
        if not link.policy.calm:
            await link.scheduler.wait(seq, attempt.not_before)
        attempt.probe = link.policy.state is DeliveryState.DOWN
        return not link.credentials.needed or await link.credentials.have()

    # ------------------------------------------------------------------------- the request

    async def _send(
        self, request: Request, items: Sequence[bytes], token: str | None
    ) -> tuple[Answer | None, Verdict | Sequence[Verdict]]:
        """Send it once; the reasons of what came back have no secret in them."""
        link = self._link
        destination = link.route.destination
        secrets: tuple[str, ...] = () if token is None else (token, token.rpartition(":")[2])
        authorized = request
        answer: Answer | None = None
        try:
            if link.foreign:
                authorized = await self._call(destination.authorize, request, token)
            else:
                authorized = destination.authorize(request, token)
            secrets += _added(request, authorized)
            answer = await self._exchange(authorized, authorized.url == request.url)
            if link.foreign:
                verdict = await self._call(destination.judge, answer, items)
            else:
                verdict = destination.judge(answer, items)
        except FaultError as error:
            self._in_doubt(error.fault.ambiguous)
            return None, _redacted(fault_verdict(error.fault, error.detail), secrets)
        except asyncio.CancelledError:
            self._in_doubt(True)
            raise
        except StalledError as error:
            self._in_doubt(answer is not None)
            return None, Verdict(Kind.RETRY, str(error))
        except (Exception, SystemExit) as error:  # of a destination's functions: it may pass
            self._in_doubt(answer is not None)
            said = redact(repr(error), secrets)
            kind = type(destination).__name__
            _log.error("%s: %s raised %s", link.route.name, kind, said)
            return None, Verdict(Kind.RETRY, f"the destination raised {said}"[:LONGEST_REASON])
        if isinstance(verdict, Verdict):
            return answer, _redacted(verdict, secrets)
        if len(verdict) != len(items):
            reason = f"{len(verdict)} verdicts for {len(items)} items"
            return answer, Verdict(Kind.RETRY, reason)
        return answer, [_redacted(each, secrets) for each in verdict]

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of a destination that somebody else wrote, at least in part.

        Raises `StalledError` if it does not return.
        """
        name = function.__name__
        if name in self._link.foreign:
            return await self._link.calls.call(name, function, *arguments)
        return function(*arguments)

    async def _exchange(self, request: Request, plain: bool) -> Answer:
        """Send it, compressed if the server takes that (RFC 9110, 12.5.3)."""
        link = self._link
        if link.compresses and len(request.body) >= _WORTH_IT:
            answer = await link.carrier.exchange(_compressed(request), plain)
            if answer.status != _UNSUPPORTED:
                return answer
            link.compresses = False
        answer = await link.carrier.exchange(request, plain, self._made(request))
        if link.compresses is None and (taken := answer.headers.get("Accept-Encoding")):
            link.compresses = "gzip" in taken.lower()
        return answer

    def _made(self, request: Request) -> Made | None:
        """Take the request that was made ahead if it is ``request``; drop any other."""
        made, self._link.made = self._link.made, None
        if made is None or made.request == request:
            return made
        made.drop()
        return None

    def _in_doubt(self, ambiguous: bool) -> None:
        """Count a request of which nobody knows whether it arrived."""
        if ambiguous:
            self._link.outbox.count(self._link.route.name, "ambiguous")

    # ------------------------------------------------------------------- what came of it

    async def _part(
        self,
        rows: list[Row],
        verdicts: Sequence[Verdict],
        answer: Answer | None,
        token: str | None,
        attempt: Attempt,
    ) -> list[Row]:
        """Do what the verdicts say, one a row; gives the rows that are to be sent again."""
        pairs = list(zip(rows, verdicts, strict=True))
        delivered = [row for row, verdict in pairs if verdict.kind is Kind.DELIVERED]
        if delivered:
            await self._deliver(delivered, answer)
        rejected = [(row, each.reason) for row, each in pairs if each.kind is Kind.REJECTED]
        if rejected:
            self._link.arrived()
            await self._bury(rejected)
        rest = [(row, each) for row, each in pairs if each.kind not in _ENDS]
        if rest and self._again([each for _, each in rest], answer, token, attempt):
            await self._bury([(row, each.reason) for row, each in rest])
            return []
        return [row for row, _ in rest]

    def _again(
        self,
        verdicts: Sequence[Verdict],
        answer: Answer | None,
        token: str | None,
        attempt: Attempt,
    ) -> bool:
        """Prepare for another try; says whether the events are to be given up instead."""
        link = self._link
        by_kind = {each.kind: each for each in sorted(verdicts, key=lambda each: each.after or 0)}
        if (verdict := by_kind.get(Kind.PAUSED)) is not None:
            link.pause(verdict.reason)
        elif (verdict := by_kind.get(Kind.RENEW)) is not None:
            link.answered()
            if attempt.resumes != link.resumes:  # it was paused meanwhile: a new start
                attempt.resumes, attempt.renewals = link.resumes, 0
            attempt.renewals += 1
            link.credentials.refuse(token, verdict.reason, again=attempt.renewals > 1)
        else:
            return self._failed(attempt, by_kind[Kind.RETRY], answer is not None)
        return False

    def _failed(self, attempt: Attempt, verdict: Verdict, answered: bool) -> bool:
        """Note a failed try; says whether the events are to be given up."""
        link = self._link
        policy = link.policy
        link.troubled(verdict.reason)
        if attempt.downs != policy.downs:  # it was down meanwhile: a new round
            attempt.downs, attempt.tries = policy.downs, 0
        attempt.tries += 1
        was = policy.state
        now = asyncio.get_running_loop().time()
        attempt.not_before = policy.failed(attempt.tries, verdict.after, now, attempt.probe)
        if attempt.not_before < inf:
            return False
        attempt.not_before = -inf
        if was is DeliveryState.UP:
            wait = policy.due(first=True) - now
            what = "its events stay in the queue, the next try is in"
            _log.error("%s is down: %s; %s %g s", link.route.name, verdict.reason, what, wait)
        attempt.rounds += answered
        link.scheduler.change()
        if attempt.rounds == link.settings.give_up_after > 0:
            link.arrived()
            return True
        return False

    async def _deliver(self, rows: Sequence[Row], answer: Answer | None) -> None:
        """Note that rows are delivered, before anything else."""
        link = self._link
        link.arrived()
        link.health.delivered(len(rows))
        noted = link.outbox.delivered
        unnoted = [row.seq for row in rows if not noted(row.seq)]
        if unnoted:
            await link.settle(Settled(delivered=unnoted))
        self._ended(rows)
        if link.route.answered is None or answer is None:
            return
        for row in rows:
            try:
                link.route.answered(row.item.lane, answer.body)
            except (Exception, SystemExit):
                _log.exception("an answer of %s could not be used", link.route.name)

    async def _reject(self, rows: list[Row], reason: str) -> list[Row] | None:
        """Bury a row alone, and split several."""
        if len(rows) > 1:
            return None
        await self._bury([(rows[0], reason)])
        return []

    async def _bury(self, rejected: Sequence[tuple[Row, str]]) -> None:
        name = self._link.route.name
        self._link.health.failed()
        for row, reason in rejected:
            what = f"{row.item.event} (session {row.item.lane}, index {row.item.number})"
            _log.error("%s refused %s: it is a dead letter now: %s", name, what, reason)
        reasons = {row.seq: (name, reason) for row, reason in rejected}
        await self._link.settle(Settled(rejected=reasons))
        self._ended([row for row, _ in rejected])

    def _ended(self, rows: Sequence[Row]) -> None:
        if len(rows) == len(self.left):
            self.left = []
        else:
            gone = {row.seq for row in rows}
            self.left = [row for row in self.left if row.seq not in gone]


def _redacted(verdict: Verdict, secrets: Sequence[str]) -> Verdict:
    if not verdict.reason:
        return verdict
    reason = redact(verdict.reason[: 4 * LONGEST_REASON], secrets)[:LONGEST_REASON]
    return attrs.evolve(verdict, reason=reason)


def _added(request: Request, authorized: Request) -> tuple[str, ...]:
    """The values of headers that were added, which are secret too, with their last words."""
    if authorized.headers is request.headers:
        return ()
    values = [
        value for name, value in authorized.headers.items() if request.headers.get(name) != value
    ]
    return (*values, *(value.rpartition(" ")[2] for value in values))


def _compressed(request: Request) -> Request:
    if any(name.lower() == "content-encoding" for name in request.headers):
        return request
    headers = {**request.headers, "Content-Encoding": "gzip"}
    return attrs.evolve(request, headers=headers, body=gzip.compress(request.body, 6, mtime=0))
