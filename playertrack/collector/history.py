"""The collector's memory, within bounds."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

from ..trace.lint import Lint
from .intake import Incoming
from .judging import event_name, judge_event
from .received import WHOLE, Received, SessionVerdict
from .session_check import SHOWN, SessionJudge

#: Events that are kept, and sessions that are judged, at most.
MOST_EVENTS, MOST_SESSIONS = 10_000, 1_000
#: What the kept events may hold (bytes), and how long the id of a session may be.
MOST_BYTES, LONGEST_ID = 32 << 20, 256
#: What an event takes besides its fields (bytes), about.
_OVERHEAD = 1000


class History:
    """Judges events as they come, counts them, keeps the last ones, and lets wait for more.

    ``undated``: their times may be of before 2025.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        most_events: int,
        most_sessions: int,
        undated: bool = True,
    ) -> None:
        self._clock = clock
        self._most_events = most_events
        self._most_sessions = most_sessions
        self._undated = undated
        self._bytes = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.received: deque[Received] = deque()
        self.counts: Counter[str] = Counter()
        self._judges: OrderedDict[tuple[str, str], SessionJudge] = OrderedDict()
        self._lints: OrderedDict[tuple[str, str], Lint] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def reset(self) -> None:
        """Forget everything; numbers go on."""
        self.received.clear()
        self._bytes = 0
        self._judges.clear()
        self._lints.clear()
        self._ids.clear()
        number = self.counts["received"]
        self.counts.clear()
        self.counts["before"] = number

    @property
    def number(self) -> int:
        """How many events came since the start."""
        return self.counts["before"] + self.counts["received"]

    def summary(self) -> dict[str, int]:
        """How many events were received, accepted, good and bad, in how many sessions."""
        names = ("received", "accepted", "good", "bad", "failed")
        return {name: self.counts[name] for name in names} | {"sessions": len(self._judges)}

    def sessions(self) -> list[SessionVerdict]:
        """The sessions in the order of their latest events."""
        return [judge.verdict for judge in self._judges.values()]

    def add(
        self,
        endpoint: str,
        fields: Mapping[str, str],
        ks: str | None,
        *,
        accepted: bool,
        outcome: str,
        findings: tuple[str, ...] = (),
    ) -> Received:
        """Judge an event and remember it; one that was not accepted is not judged further."""
        name = event_name(endpoint, fields)
        session, entry_id = fields.get("sessionId", ""), fields.get("entryId", "")
        if accepted:
            findings += tuple(judge_event(endpoint, fields))
            if len(session) > LONGEST_ID:
                findings += (f"sessionId: it is longer than {LONGEST_ID}",)
            elif session and name not in ("track_page", "track_button"):
                judge = self._judge(endpoint, session)
                findings += tuple(judge.add(name or "unknown", fields, entry_id[:LONGEST_ID]))
        return self._keep(
            endpoint=endpoint,
            accepted=accepted,
            outcome=outcome,
            event=name,
            session=session,
            entry_id=entry_id,
            fields=fields,
            findings=findings,
            ks=ks,
        )

    def take(
        self, endpoint: str, item: Incoming, token: str | None, *, accepted: bool, outcome: str
    ) -> Received:
        """Judge an item of another destination and remember it, if it was accepted."""
        findings = item.findings if accepted else ()
        if accepted and (known := (endpoint, item.id[:LONGEST_ID])) in self._ids:
            findings += ("the same event for the second time",)
        elif accepted:
            self._ids[known] = None
            while len(self._ids) > MOST_EVENTS:
                self._ids.popitem(last=False)
            findings += tuple(self._lint(endpoint, item))
        if accepted and 0 < len(item.session) <= LONGEST_ID:
            judge = self._judge(endpoint, item.session)
            judge.count(item.name or "unknown", item.entry_id[:LONGEST_ID], list(findings))
        return self._keep(
            endpoint=endpoint,
            accepted=accepted,
            outcome=outcome,
            event=item.name,
            session=item.session,
            entry_id=item.entry_id,
            fields=item.fields,
            findings=findings,
            ks=token,
        )

    def _lint(self, endpoint: str, item: Incoming) -> list[str]:
        """Problems of the item in its context: that of a player, or of a session."""
        whole = endpoint in WHOLE
        player = item.record.get("player") if isinstance(item.record, dict) else None
        key = (endpoint, str(player)[:LONGEST_ID])
        lint = self._lints.pop(key, None)
        if lint is None:
            lint = Lint() if whole else Lint(shows=SHOWN[endpoint])
        self._lints[key] = lint  # the last one
        while len(self._lints) > self._most_sessions:
            self._lints.popitem(last=False)
        return [finding.message for finding in lint.add(0, item.record)]

    def _keep(self, **fields: Any) -> Received:
        self.counts["received"] += 1
        received = Received(number=self.number, at=self._clock(), **fields)
        self.received.append(received)
        self._bytes += size_of(received)
        while len(self.received) > self._most_events or (
            self._bytes > MOST_BYTES and len(self.received) > 1
        ):
            self._bytes -= size_of(self.received.popleft())
        self.counts["accepted"] += received.accepted
        self.counts["good"] += received.good
        self.counts["bad"] += received.accepted and not received.good
        self.counts["failed"] += not received.accepted
        self._wake()
        return received

    async def wait(self, events: int, seconds: float) -> bool:
        """Wait until so many events are accepted; False if that takes longer than ``seconds``."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((events, future))
        self._wake()
        await asyncio.wait((future,), timeout=seconds)
        self._waiting = [each for each in self._waiting if each[1] is not future]
        return future.done()

    def _judge(self, endpoint: str, session: str) -> SessionJudge:
        key = (endpoint, session)
        judge = self._judges.get(key)
        if judge is None:
            judge = self._judges[key] = SessionJudge(session, endpoint, self._undated)
            while len(self._judges) > self._most_sessions:
                self._judges.popitem(last=False)
        self._judges.move_to_end(key)
        return judge

    def _wake(self) -> None:
        for events, future in self._waiting:
            if self.counts["accepted"] >= events and not future.done():
                future.set_result(None)


def size_of(received: Received) -> int:
    """Bytes that an event takes, about."""
    fields = sum(len(name) + len(value) for name, value in received.fields.items())
    return _OVERHEAD + fields + len(received.ks or "")
