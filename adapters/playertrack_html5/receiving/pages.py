"""The players in pages: their batches in, events out, in the time of this machine.

No I/O and no clock: ``now`` is an argument, Unix time (s) that never steps nor goes back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import attrs

from playertrack import Engine, Event, Fleet, Policy, SignalError, random_ids
from playertrack.collector.guard import Bucket
from playertrack.core.session import SessionIds
from playertrack.signals import Signal, Tick, TimeUpdate

from ..translator import Translator
from .batches import Batch, BatchError

#: After so long (s) without a word what waits for its time is settled: a page that is there
#: would have posted, since it posts what is new within seconds.
_SILENCE = 30.0
#: A page's clock that lags so far (s) stood still while the machine slept.
_SLEPT = 30.0
#: A page's clock that is so far ahead (s) is none to go on with.
_AHEAD = 60.0
#: Batches a second of one player, and at once.
_RATE, _BURST = 5.0, 30.0


#: Called with the player's id and a record.
OnRecord = Callable[[str, dict[str, Any]], object]


def nobody(player: str, record: dict[str, Any]) -> None:
    """Ignore the record."""


@attrs.frozen
class Taken:
    """The result of a batch: its events, and what was wrong with the first bad record.

    ``busy``: the player posts too often, and nothing was taken.
    """

    events: list[Event]
    problem: str | None = None
    busy: bool = False


@attrs.define
class _Page:
    """The state of one player besides its engine; times in seconds."""

    name: str  # of its engine
    last_at: float
    offset: float  # from the page's time to ours
    bucket: Bucket
    next: int = 0  # the number of the next record
    entry: str | None = None
    translator: Translator = attrs.field(factory=Translator)


class Pages:
    """Derives the events of many players from the batches that their pages post.

    ``policy`` and ``ids`` are those of the engines. At most ``most_players`` are kept: beyond
    that the one that was silent for longest is closed, and its session settled; so is one that
    was silent for ``idle`` seconds. What it says later is said by another: ``~2`` is put to its
    id, and so on. ``on_record`` is called with the player's id and each record that was taken:
    those of one player are a raw recording.
    """

    def __init__(
        self,
        *,
        policy: Policy = Translator.policy,
        ids: SessionIds = random_ids,
        most_players: int = 10_000,
        idle: float = 3600.0,
        on_record: OnRecord = nobody,
    ) -> None:
        self._fleet = Fleet(policy=policy, ids=ids)
        self._most = most_players
        self._idle = idle
        self._on_record = on_record
        # All of these are in the order in which they last posted.
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._unsettled: OrderedDict[str, float] = OrderedDict()
        # Whose page closed (0), and how often those were closed whose page did not.
        self._gone: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pages)

    def take(self, batch: Batch, now: float) -> Taken:
        """Take a batch; records that came before, or after their page was closed, are nothing."""
        player = batch.player
        if self._gone.get(player) == 0:
            return Taken([])
        events: list[Event] = []
        page = self._pages.get(player)
        if page is not None and batch.sent / 1000 + page.offset > now + _AHEAD:
            events += self._close(player)
            page = None
        if page is None:
            page = self._begin(player, now, now - batch.sent / 1000)
        if not page.bucket.passes(now):
            return Taken(events, busy=True)
        page.last_at = now
        self._pages.move_to_end(player)
        problem = None
        if batch.records and batch.first + len(batch.records) > page.next:
            made, problem = self._follow(player, page, batch, now)
            events += made
        elif not batch.records:  # the page says that nothing followed
            events += self._rest(player, page, batch)
        while len(self._pages) > self._most:
            events += self._close(next(iter(self._pages)))
        return Taken(events, problem)

    def _begin(self, player: str, now: float, offset: float) -> _Page:
        times = self._gone.get(player, 0) + 1
        name = player if times == 1 else f"{player}~{times}"
        page = self._pages[player] = _Page(name, now, offset, Bucket(_RATE, _BURST, now))
        return page

    def _follow(
        self, player: str, page: _Page, batch: Batch, now: float
    ) -> tuple[list[Event], str | None]:
        """The events of what is new in the batch, and what is wrong in it."""
        if now - batch.sent / 1000 - page.offset > _SLEPT:
            page.offset = now - batch.sent / 1000
        events: list[Event] = []
        problem = None
        engine = self._fleet.engine(page.name)
        for number, record in _new(page, batch):
            try:
                batch.check(record)
                for signal in page.translator.translate(record):
                    events += _feed(engine, signal, page.offset)
            except (BatchError, SignalError) as error:
                problem = problem or f"records[{number - batch.first}].{error}"
            else:
                self._on_record(page.name, record)
        page.next = batch.first + len(batch.records)
        events += self._rest(player, page, batch)
        return events, problem

    def _rest(self, player: str, page: _Page, batch: Batch) -> list[Event]:
        """Settle what was due when the batch was sent, if it has all until then."""
        engine = self._fleet.engine(page.name)
        complete = batch.first + len(batch.records) == page.next and not batch.more
        events = engine.tick(batch.sent / 1000 + page.offset) if complete else []
        self._unsettled.pop(player, None)
        if engine.closed:
            self._forget(player, 0)
        elif engine.next_timer() is not None:
            self._unsettled[player] = page.last_at
        return list(events)

    def settle(self, now: float) -> list[Event]:
        """Settle what is due by ``now``: timers of silent players, and idle players."""
        events: list[Event] = []
        while self._unsettled:
            player, last_at = next(iter(self._unsettled.items()))
            if now < last_at + _SILENCE:
                break
            del self._unsettled[player]
            engine = self._fleet.engine(self._pages[player].name)
            while (due := engine.next_timer()) is not None:
                events += engine.feed(Tick(at=due))
        while self._pages:
            player, page = next(iter(self._pages.items()))
            if now < page.last_at + self._idle:
                break
            events += self._close(player)
        return events

    def next_due(self) -> float | None:
        """When `settle` wants to be called; None: when there was another batch."""
        dues = [last_at + _SILENCE for last_at in _first(self._unsettled)]
        dues += [page.last_at + self._idle for page in _first(self._pages)]
        return min(dues, default=None)

    def close(self) -> list[Event]:
        """Close all players, each as of its last post."""
        return [event for player in list(self._pages) for event in self._close(player)]

    def _close(self, player: str) -> list[Event]:
        events = self._fleet.close(self._pages[player].name)
        self._forget(player, self._gone.get(player, 0) + 1)
        return events

    def _forget(self, player: str, times: int) -> None:
        self._fleet.forget(self._pages.pop(player).name)
        self._unsettled.pop(player, None)
        self._gone[player] = times
        self._gone.move_to_end(player)
        while len(self._gone) > self._most:
            self._gone.popitem(last=False)


def _new(page: _Page, batch: Batch) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records that did not come yet, with their numbers.

    Where some are lost, the first that came says how the element was found then.
    """
    new = batch.records[max(0, page.next - batch.first) :]
    number = max(page.next, batch.first)
    named = [record.get("entryId") for record in new if record.get("kind") == "setMedia"]
    if batch.first > page.next:
        if batch.entry not in (None, page.entry, *named):
            media = {"source": "cmd", "kind": "setMedia", "url": "", "entryId": batch.entry}
            yield number, {**media, "t": new[0].get("t")}
        if new[0].get("source") == "html5":
            yield number, {**new[0], "kind": "attach"}
    page.entry = batch.entry
    yield from enumerate(new, number)


def _feed(engine: Engine, signal: Signal, offset: float) -> Sequence[Event]:
    """Feed a signal that happened ``offset`` later; most of them are updates of the position."""
    if isinstance(signal, TimeUpdate):
        return engine.timeupdate(signal.position, signal.at + offset)
    return engine.feed(cast("Signal", attrs.evolve(cast("Any", signal), at=signal.at + offset)))


def _first(queue: OrderedDict[str, Any]) -> list[Any]:
    return [next(iter(queue.values()))] if queue else []
