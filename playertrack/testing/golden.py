"""Golden traces: the signals of a player from a good run, and their events.

A golden trace is a file of signals, ``x.jsonl``, which all commands can read, and beside it
``x.events.jsonl`` with their events. A run is compared by its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.fleet import Fleet
from ..errors import PlayertrackError
from ..events import Event
from ..policy import Policy
from ..trace.codec import encode_event, encode_signal, read_records
from ..trace.conformance import numbered
from ..trace.feed import derive
from .assertions import Played, assert_events

#: How far (s, s of content) the times and positions of two runs may lie apart.
TOLERANCE = 0.25


class GoldenError(PlayertrackError, AssertionError):
    """There is no golden trace, or this run is not as it says.

    ``playertrack`` has what was played and the golden events, for a picture.
    """

    playertrack: tuple[Played, list[dict[str, Any]]]


class _Near:
    """A number to within the tolerance."""

    def __init__(self, value: float, tolerance: float) -> None:
        self._value, self._tolerance = value, tolerance

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, (int, float)) and abs(other - self._value) <= self._tolerance + 1e-9
        )

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"{self._value:g}"


def write_golden(path: Path, played: Played) -> None:
    """Make what was played the golden trace at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode_signal(signal) + b"\n" for signal in played.signals))
    _events_of(path).write_bytes(b"".join(encode_event(each) + b"\n" for each in played.events))


def compare(path: Path, played: Played, tolerance: float = TOLERANCE) -> None:
    """Hold what was played against the golden trace; raises `GoldenError`.

    Names, order and fields of the events have to be the same, times since the first event and
    other numbers to within ``tolerance``; sessions are matched by their order alone.
    """
    __tracebackhide__ = True
    update = "run pytest with --playertrack-update to write it"
    if not path.exists() or not _events_of(path).exists():
        raise GoldenError(f"there is no golden trace {path}: {update}")
    with _events_of(path).open("rb") as stream:
        golden = [record for _, record in read_records(stream, str(_events_of(path)))]
    try:
        assert_events(_plain(played.events), [_near(each, tolerance) for each in _plain(golden)])
    except AssertionError as error:
        lines = [f"this run is not as the golden trace {path}:", str(error)]
        if not _still_gives(path, golden, played.policy, tolerance):
            lines.append("The golden signals no longer give the golden events either: playertrack")
            lines.append("or the policy changed, not only the player.")
        lines.append(f"If this is right, {update.replace('write', 'renew')}.")
        failure = GoldenError("\n".join(lines))
        failure.playertrack = (played, golden)
        raise failure from None


def _events_of(path: Path) -> Path:
    return path.with_suffix(f".events{path.suffix}")


def _still_gives(
    path: Path, golden: Iterable[Mapping[str, Any]], policy: Policy, tolerance: float
) -> bool:
    with path.open("rb") as stream:
        batches = list(derive(stream, Fleet(policy=policy), source=str(path)))
    try:
        expected = [_near(each, tolerance) for each in _plain(golden)]
        assert_events(_plain(event for batch in batches for event in batch), expected)
    except AssertionError:
        return False
    return True


def _plain(events: Iterable[Event | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The records with what may differ between runs made the same: sessions and the start."""
    plain = list(numbered(events, {}))
    start = plain[0]["at"] if plain else 0.0
    return [{**record, "at": record["at"] - start} for record in plain]


def _near(record: Mapping[str, Any], tolerance: float) -> dict[str, Any]:
    return {
        name: _Near(value, tolerance) if isinstance(value, float) else value
        for name, value in record.items()
    }
