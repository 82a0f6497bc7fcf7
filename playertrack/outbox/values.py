"""The values of a queue: its items, and what became of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from math import isnan
from typing import Any, NamedTuple, Self
from zlib import crc32

import attrs

from ..errors import PlayertrackError

#: The counters of events that have come to an end; all others of an event are pending.
DELIVERED, REJECTED, DROPPED = "delivered", "rejected", "dropped:"


class QueueError(PlayertrackError):
    """A queue that cannot be used as it was meant to be."""


@attrs.frozen
class Item:
    """An event as it goes over the wire, frozen before it is queued (Q-frozen).

    ``lane``: its session, within which the order is kept. ``event``, ``number`` and ``at``: its
    name, its index in the session and its time (Unix, s), for people and for what goes first
    when the queue is full. ``head``: what the sender has to know besides the ``body``. None of
    them may hold a KS (Q-secret). ``note``: what has to be known to make the next item of its
    lane, also in another process; it is kept beside the queue.
    """

    lane: str
    event: str
    number: int
    at: float
    head: str
    body: bytes
    note: bytes | None = attrs.field(default=None, eq=False, repr=False)

    def fields(self, seq: int, destination: str, reason: str | None = None) -> tuple[Any, ...]:
        """The columns of its row, or with a ``reason`` of its dead letter.

        By the checksum, which is the last, one is found that the disk changed.
        """
        rest = (seq, destination, self.lane, self.event, self.number, self.at, self.head)
        first = crc32(repr((*rest, reason)).encode(errors="surrogatepass"))
        reasons = () if reason is None else (reason,)
        return (*rest, self.body, *reasons, crc32(self.body, first))

    @property
    def storable(self) -> bool:
        """True if a database can take it: whole characters, a time, no huge number."""
        try:
            f"{self.lane}{self.event}{self.head}".encode()
        except UnicodeError:
            return False
        return -(1 << 63) <= self.number < 1 << 63 and not isnan(self.at)

    def made_storable(self) -> Item:
        """As much of it as a database can take."""
        lane, event, head = (
            text.encode(errors="replace").decode() for text in (self.lane, self.event, self.head)
        )
        at = 0.0 if isnan(self.at) else self.at
        return Item(lane, event, max(0, self.number) % (1 << 63), at, head, self.body)

    @property
    def held(self) -> bool:
        """True if it is an event that may not be sent yet, see `Held`."""
        return self.head.startswith(HELD)


#: No clock that says less (Unix time, s) is right: this package did not exist then.
RELEASED = 1_735_689_600.0  # 2025-01-01

#: How the head of a held item starts.
HELD = "held "


@attrs.frozen
class Held:
    """Says in an item's head that the item is an event in JSON, not encoded yet (Q-clock).

    It has no date if there is a ``boot``: it was recorded ``ticks`` (s) after that began.
    ``beside`` is what its destination has to know besides the event.
    """

    boot: str | None = None
    ticks: float = 0.0
    beside: str = ""

    @property
    def head(self) -> str:
        """The head of the item."""
        return HELD + json.dumps([self.boot, self.ticks, self.beside])

    @classmethod
    def of(cls, item: Item) -> Held | None:
        """Read the head of ``item``; None if it is not held."""
        if not item.held:
            return None
        try:
            boot, ticks, beside = json.loads(item.head.removeprefix(HELD))
            return cls(None if boot is None else str(boot), float(ticks), str(beside))
        except (ValueError, TypeError):
            return cls()  # nobody wrote that here; whatever it is, its destination judges it


@attrs.frozen
class Dated:
    """The end of a held item: the ``item`` that is sent for it, or None if it has no meaning.

    With a ``reason`` it is refused. ``estimated``: nobody knows the time at which it was.
    """

    destination: str
    item: Item | None
    reason: str | None = None
    estimated: bool = False


#: Makes the item of an event, with what was noted beside that: None if it means nothing to the
#: destination. Raises `RefusedError` if it can never be sent, `LaterError` if it has to stay as
#: it is for now.
Encode = Callable[[Any, str], Item | None]


class Row(NamedTuple):
    """An `Item` in the queue; ``seq`` orders them all and is never used twice."""

    seq: int
    item: Item


class Handed(NamedTuple):
    """Rows that were just committed, by destination and in order.

    They can be claimed only while ``epoch`` holds.
    """

    epoch: int
    rows: Mapping[str, list[Row]]


@attrs.frozen
class Page:
    """Some rows of a destination in order; `Leases.take` claims them only while ``epoch`` holds.

    ``last`` is the number up to which the queue was read, which may be that of a row which is
    not here: a damaged one, or one that is delivered and still to be removed. ``paused`` says
    why the destination is, if it is.
    """

    epoch: int
    rows: tuple[Row, ...]
    last: int
    paused: str | None = None


@attrs.frozen
class DeadLetter:
    """An event that is never sent again, and why (an answer of the server, redacted)."""

    seq: int
    destination: str
    item: Item
    reason: str


@attrs.frozen
class Counts:
    """The fate of the events of a destination (Q-total).

    ``accepted`` = ``delivered`` + ``rejected`` + all ``dropped`` (by reason) + ``pending``.
    ``unmapped`` events have no meaning to the destination and are not among the accepted.
    ``ambiguous`` counts the requests of which nobody knows whether they arrived, ``estimated``
    the events whose time had to be estimated (Q-clock).
    """

    accepted: int = 0
    delivered: int = 0
    rejected: int = 0
    dropped: Mapping[str, int] = attrs.field(factory=dict)
    pending: int = 0
    unmapped: int = 0
    ambiguous: int = 0
    estimated: int = 0

    @classmethod
    def of(cls, counters: Mapping[str, int], early: int = 0) -> Self:
        """Those of a destination; ``early`` rows are delivered and still to be counted."""
        dropped = {
            name.removeprefix(DROPPED): n
            for name, n in sorted(counters.items())
            if name.startswith(DROPPED)
        }
        accepted, rejected = counters.get("accepted", 0), counters.get(REJECTED, 0)
        delivered = counters.get(DELIVERED, 0) + early
        return cls(
            accepted=accepted,
            delivered=delivered,
            rejected=rejected,
            dropped=dropped,
            pending=accepted - delivered - rejected - sum(dropped.values()),
            unmapped=counters.get("unmapped", 0),
            ambiguous=counters.get("ambiguous", 0),
            estimated=counters.get("estimated", 0),
        )

    def __add__(self, other: Counts) -> Counts:
        names = sorted(self.dropped.keys() | other.dropped.keys())
        return Counts(
            accepted=self.accepted + other.accepted,
            delivered=self.delivered + other.delivered,
            rejected=self.rejected + other.rejected,
            dropped={n: self.dropped.get(n, 0) + other.dropped.get(n, 0) for n in names},
            pending=self.pending + other.pending,
            unmapped=self.unmapped + other.unmapped,
            ambiguous=self.ambiguous + other.ambiguous,
            estimated=self.estimated + other.estimated,
        )


@attrs.frozen
class Standing:
    """A destination as the queue knows it: its ``counts`` and, if it is paused, why."""

    name: str
    counts: Counts
    paused: str | None


@attrs.define
class Settled:
    """The fate of rows, by their numbers, and of destinations.

    A delivered row is only counted and removed. A damaged one may not know its destination
    any more, so that is with it; a rejected one has its destination and a reason.
    """

    delivered: list[int] = attrs.field(factory=list)
    rejected: dict[int, tuple[str, str]] = attrs.field(factory=dict)
    damaged: dict[int, str] = attrs.field(factory=dict)
    pauses: dict[str, str | None] = attrs.field(factory=dict)
    dated: dict[int, Dated] = attrs.field(factory=dict)

    def numbers(self) -> set[int]:
        """The rows that have come to an end."""
        return {*self.delivered, *self.rejected, *self.damaged}

    def add(self, other: Settled) -> None:
        """Add what ``other`` says."""
        self.delivered += other.delivered
        self.rejected |= other.rejected
        self.damaged |= other.damaged
        self.pauses |= other.pauses
        self.dated |= other.dated

    def split(self, base: int) -> tuple[Settled, Settled]:
        """The part for rows below ``base`` (and destinations), and the part for the others."""
        low = Settled(pauses=self.pauses)
        high = Settled()
        for seq in self.delivered:
            (low if seq < base else high).delivered.append(seq)
        for seq, name in self.damaged.items():
            (low if seq < base else high).damaged[seq] = name
        for seq, why in self.rejected.items():
            (low if seq < base else high).rejected[seq] = why
        for seq, dated in self.dated.items():
            (low if seq < base else high).dated[seq] = dated
        return low, high

    def count_in(self, found: dict[str, Standing], more: Mapping[tuple[str, str], int]) -> None:
        """Change standings as if it, and ``more`` counts, were committed; delivered rows are."""
        for name, _ in self.rejected.values():
            each = found.get(name, Standing(name, Counts(), None))
            counts = each.counts + Counts(rejected=1, pending=-1)
            found[name] = Standing(name, counts, each.paused)
        for name in self.damaged.values():
            each = found.get(name, Standing(name, Counts(), None))
            counts = each.counts + Counts(dropped={"damaged": 1}, pending=-1)
            found[name] = Standing(name, counts, each.paused)
        for (name, counter), n in dict(more).items():
            each = found.get(name, Standing(name, Counts(), None))
            found[name] = Standing(name, each.counts + Counts.of({counter: n}), each.paused)
        for name, reason in self.pauses.items():
            each = found.get(name, Standing(name, Counts(), None))
            found[name] = Standing(name, each.counts, reason)


@attrs.define
class Added:
    """Additions to a queue: rows, dead letters that never were rows, and counts."""

    items: list[tuple[str, Item]] = attrs.field(factory=list)
    refused: list[tuple[str, Item, str]] = attrs.field(factory=list)
    counts: Counter[tuple[str, str]] = attrs.field(factory=Counter)

    def destinations(self) -> list[str]:
        """That of each event in it."""
        return [*(name for name, _ in self.items), *(name for name, _, _ in self.refused)]


def _positive(limit: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not value > 0:
        raise QueueError(f"{attribute.name}: {value!r} is not allowed; expected a number above 0")


@attrs.frozen(kw_only=True)
class Bounds:
    """How much a queue may hold (Q-bounded), and what goes beyond that.

    ``policy``: with ``drop_oldest`` the VIEW events of the oldest sessions go first, whole
    sessions of them, then the oldest events; with ``drop_newest`` what comes is not taken.
    ``max_waiting``: events that wait for the disk. ``max_memory``: bytes of a queue in memory,
    whether it was asked for or the disk is full. ``max_dead``: dead letters.
    """

    max_events: int = attrs.field(default=100_000, validator=_positive)
    max_bytes: int = attrs.field(default=256 << 20, validator=_positive)
    max_waiting: int = attrs.field(default=10_000, validator=_positive)
    max_memory: int = attrs.field(default=32 << 20, validator=_positive)
    max_dead: int = attrs.field(default=10_000, validator=_positive)
    policy: str = "drop_oldest"

    def __attrs_post_init__(self) -> None:
        if self.policy not in ("drop_oldest", "drop_newest"):
            raise QueueError(f"policy: {self.policy!r} is neither drop_oldest nor drop_newest")


DEFAULT_BOUNDS = Bounds()


class LaterError(QueueError):
    """An event that cannot be encoded for now, as the function for it has not returned."""


class RefusedError(QueueError):
    """An event that can never be sent: ``item`` says which, the message why."""

    def __init__(self, item: Item, reason: str) -> None:
        self.item = item
        super().__init__(reason)
