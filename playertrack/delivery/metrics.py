"""The status of destinations in the OpenMetrics text format (wire, 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .health import STATES
from .status import Status

#: How often a file of metrics is written (s).
EVERY = 15.0

#: What a metric is called, its type, and what it says.
_COUNTERS = {
    "accepted": "Events that were queued.",
    "delivered": "Events that the server took.",
    "rejected": "Events that the server refused for good.",
    "estimated": "Events whose time had to be estimated: the clock was wrong.",
}


def openmetrics(found: Iterable[Status]) -> str:
    """The text of all metrics of these destinations.

    The label ``destination`` is a destination's name; where two have the same, its id.
    """
    statuses = list(found)
    times = Counter(each.name for each in statuses)
    labels = [
        f'destination="{_escaped(each.name if times[each.name] == 1 else each.destination)}"'
        for each in statuses
    ]
    return "".join(f"{line}\n" for line in _lines(statuses, labels))


def _lines(statuses: Sequence[Status], labels: Sequence[str]) -> Iterator[str]:
    pairs = list(zip(statuses, labels, strict=True))
    for field, text in _COUNTERS.items():
        numbers = ((label, getattr(status, field)) for status, label in pairs)
        yield from _family(f"events_{field}", "counter", text, numbers)
    yield from _family(
        "events_dropped",
        "counter",
        "Events that were given up, by reason.",
        (
            (f'{label},reason="{_escaped(reason)}"', number)
            for status, label in pairs
            for reason, number in sorted(status.dropped.items())
        ),
    )
    yield from _family(
        "events_pending",
        "gauge",
        "Events that wait to be delivered.",
        ((label, status.pending) for status, label in pairs),
    )
    yield from _family(
        "oldest_pending_seconds",
        "gauge",
        "For how long the oldest event has waited; 0 if none does.",
        ((label, round(status.oldest_pending or 0.0, 3)) for status, label in pairs),
    )
    yield from _family(
        "destination_state",
        "gauge",
        "1 for the state in which the destination is, else 0.",
        (
            (f'{label},state="{state}"', int(state == status.state))
            for status, label in pairs
            for state in STATES
        ),
    )
    yield from _family(
        "last_success_timestamp_seconds",
        "gauge",
        "When an event was last delivered (Unix time).",
        ((label, at) for status, label in pairs if (at := status.last_success) is not None),
    )
    yield "# EOF"


def _family(name: str, kind: str, text: str, samples: Iterable[tuple[str, float]]) -> Iterator[str]:
    """A metric: what it is, then a line for each of its labels and values."""
    yield f"# TYPE playertrack_{name} {kind}"
    yield f"# HELP playertrack_{name} {text}"
    ending = "_total" if kind == "counter" else ""
    for labels, value in samples:
        yield f"playertrack_{name}{ending}{{{labels}}} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
