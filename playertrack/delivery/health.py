"""How delivery to a destination fares: noted while it is sent, kept beside the queue.

The queue knows how many events wait; only the sender knows since when a server is unreachable and
when the next try is. It notes that in a file in the queue's directory, so that ``playertrack
queue status`` can report it, even after the sender has ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlsplit

import attrs

from .._msgspec import msgspec

#: The file in the directory of a queue.
NOTES = "sender.json"

#: A file of notes longer than this (bytes) is not ours.
_LONGEST = 1 << 20

#: The states of a destination.
STATES = ("up", "down", "paused", "waiting")


@attrs.frozen(kw_only=True)
class Health:
    """How a destination fares. Times are Unix seconds, None for what never happened.

    ``state``: ``up``, ``down`` (it is probed at ``next_try``), ``paused`` (until it is resumed)
    or ``waiting`` (for a token, or the time). ``reason`` says why it is not up.
    """

    address: str | None = None
    state: str = "up"
    reason: str | None = None
    last_success: float | None = None
    last_failure: float | None = None
    next_try: float | None = None


class HealthLog:
    """The history of a destination's batches; everything here happens in one event loop."""

    def __init__(self) -> None:
        self.last_success: float | None = None
        self.last_failure: float | None = None
        #: Events delivered since `take_delivered`.
        self._delivered = 0

    def delivered(self, number: int) -> None:
        """So many events were delivered."""
        self.last_success = time()
        self._delivered += number

    def failed(self) -> None:
        """A request, an event or a token did not get through."""
        self.last_failure = time()

    def take_delivered(self) -> int:
        """How many events were delivered since the last time that this was asked."""
        number, self._delivered = self._delivered, 0
        return number


def shown_address(address: str) -> str:
    """``address`` without what may be secret in it: the user, the query, the fragment.

    >>> shown_address("https://me:secret@example.com/in?key=secret")
    'https://example.com/in'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def write_health(directory: Path, health: Mapping[str, Health]) -> None:
    """Keep how the destinations of a queue fare, those of other senders too.

    A time that is not known is that of the sender before. A disk that refuses is not reported
    here: the queue does that itself.
    """
    before = read_health(directory)
    known = {
        name: attrs.asdict(each)
        for name, each in {**before, **dict(_with_times(health, before))}.items()
    }
    part = directory / f".{NOTES}.{os.getpid()}"
    with suppress(OSError, ValueError):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - made private above
            json.dump(known, file)
        part.replace(directory / NOTES)


def _with_times(
    health: Mapping[str, Health], before: Mapping[str, Health]
) -> Iterator[tuple[str, Health]]:
    """``health`` with the times that only an earlier sender knows."""
    for name, each in health.items():
        earlier = before.get(name, each)
        yield (
            name,
            attrs.evolve(
                each,
                last_success=each.last_success or earlier.last_success,
                last_failure=each.last_failure or earlier.last_failure,
            ),
        )


def read_health(directory: Path) -> dict[str, Health]:
    """Read the notes that a queue's last senders left, by destination; skips unreadable ones."""
    try:
        with (directory / NOTES).open("rb") as file:
            found = json.loads(file.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: health
        for name, record in found.items()
        if isinstance(record, dict) and (health := _health(record)) is not None
    }


def _health(record: Mapping[str, Any]) -> Health | None:
    try:
        health = msgspec.convert(record, Health)
    except msgspec.ValidationError:
        return None
    return health if health.state in STATES else None
