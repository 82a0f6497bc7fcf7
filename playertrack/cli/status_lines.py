"""The status of a destination in words."""

from __future__ import annotations

from collections.abc import Iterator
from time import time
from typing import TYPE_CHECKING

from .._times import wall_clock
from .._words import plain

if TYPE_CHECKING:
    from ..delivery.status import Status

#: Seconds of each unit, the longest first.
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def status_lines(status: Status) -> Iterator[str]:
    """Lines for an operator: where events go, if it is up, and what became of them."""
    reason = f" ({plain(status.reason)})" if status.reason else ""
    soon = ""
    if status.next_try is not None:
        soon = f", next try in {age(max(0.0, status.next_try - time()))}"
    where = plain(status.address or "an address that is not known")
    yield f"{plain(status.name)}, {where}: {status.state}{reason}{soon}"
    oldest = ""
    if status.oldest_pending is not None:
        oldest = f" (the oldest for {age(status.oldest_pending)})"
    dropped = sum(status.dropped.values())
    reasons = ", ".join(f"{plain(name)} {n}" for name, n in status.dropped.items())
    yield (
        f"  {status.pending} pending{oldest}, {status.delivered} delivered, "
        f"{status.rejected} rejected, {dropped} dropped{f' ({reasons})' if reasons else ''} "
        f"of {status.accepted}"
    )
    more = {
        "that the destination has no use for": status.unmapped,
        "perhaps delivered twice": status.ambiguous,
        "with an estimated time": status.estimated,
    }
    if said := ", ".join(f"{number} {what}" for what, number in more.items() if number):
        yield f"  {said}"
    success = _ago(status.last_success, "never" if not status.delivered else "unknown")
    yield f"  last success {success}, last failure {_ago(status.last_failure, 'never')}"


def age(seconds: float) -> str:
    """A time span in its largest unit.

    >>> age(5.2), age(7300)
    ('5 s', '2 h')
    """
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"


def _ago(at: float | None, otherwise: str) -> str:
    if at is None:
        return otherwise
    return f"{age(max(0.0, time() - at))} ago ({wall_clock(at)} UTC)"
