"""The status of a destination: the fate of its events, and its health (wire, 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from time import time
from typing import Any

import attrs

from ..outbox import RELEASED, Item, Standing, look
from .health import Health, read_health

_NOBODY = "no program is sending it"


@attrs.frozen(kw_only=True)
class Status:
    """A destination as an operator sees it. Times are Unix seconds, None for never or unknown.

    ``destination`` is its id in the queue, ``name`` its name alone, as ``stats``. ``state`` is
    up, down, paused or waiting, ``reason`` why it is not up. ``oldest_pending``: for how many
    seconds the oldest event has waited. ``dropped`` is by reason. The others are as in
    `Counts` and `Health`.
    """

    destination: str
    name: str
    address: str | None
    state: str
    reason: str | None
    accepted: int
    delivered: int
    rejected: int
    pending: int
    dropped: Mapping[str, int]
    unmapped: int
    ambiguous: int
    estimated: int
    oldest_pending: float | None
    last_success: float | None
    last_failure: float | None
    next_try: float | None

    def to_record(self) -> dict[str, Any]:
        """As an object of JSON."""
        return attrs.asdict(self)


def status_of(standing: Standing, health: Health, oldest: Item | None) -> Status:
    """The status of a destination with these counts, health, and oldest event that waits."""
    counts = attrs.asdict(standing.counts)
    name, _, rest = standing.name.partition(":")
    waits = oldest is not None and standing.counts.pending > 0
    return Status(
        destination=standing.name,
        name=name,
        address=health.address or (rest if "://" in rest else None),
        state=health.state,
        reason=health.reason,
        estimated=counts.pop("estimated", 0),
        oldest_pending=_waited(oldest) if waits and oldest else None,
        last_success=health.last_success,
        last_failure=health.last_failure,
        next_try=health.next_try,
        **counts,
    )


def _waited(item: Item) -> float | None:
    """For how many seconds an item has waited; None if its date is not known yet (Q-clock)."""
    now, queued = time(), queued_at(item)
    if item.held and queued < RELEASED <= now:
        return None
    return max(0.0, now - queued)


def queued_at(item: Item) -> float:
    """When an item was queued (Unix, s); an older version noted that of its event alone."""
    try:
        return float(item.head)
    except ValueError:
        return item.at


def statuses(directory: str | PathLike[str]) -> list[Status]:
    """The status of each destination of a queue, whoever uses it; raises `QueueError`."""
    seen = look(directory)
    notes = read_health(Path(directory))
    return [
        status_of(
            each,
            _seen_from_outside(each, notes.get(each.name), seen.in_use),
            seen.oldest.get(each.name),
        )
        for each in seen.standings
    ]


def _seen_from_outside(standing: Standing, noted: Health | None, in_use: bool) -> Health:
    """The last sender's notes, except where the queue knows better."""
    health = noted or Health()
    if standing.paused is not None:
        return attrs.evolve(health, state="paused", reason=standing.paused, next_try=None)
    idle = attrs.evolve(health, state="up", reason=None, next_try=None)
    if not standing.counts.pending:
        return idle if health.state == "paused" or not in_use else health
    if not in_use and health.state in ("up", "paused", "waiting"):
        return attrs.evolve(idle, state="waiting", reason=_NOBODY)
    if in_use:
        return health
    return attrs.evolve(health, reason=f"{health.reason}; {_NOBODY}", next_try=None)


def troubled(found: Iterable[Status], max_age: float | None = None) -> bool:
    """True if an operator has to act: something is paused, or waits longer than ``max_age`` (s)."""
    return any(
        each.state == "paused" or (max_age is not None and (each.oldest_pending or 0.0) > max_age)
        for each in found
    )
