"""Conformance cases: signals, and the events that any engine of the contract makes of them.

A case is a JSON object (a file holds one, or a list of them) with the signals as in a trace
and the complete output in order. Of an expected event only the keys that it has are compared,
numbers to within `TOLERANCE`; a session is named by its ordinal among the player's sessions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs

from ..core.engine import Engine
from ..errors import PlayertrackError, PolicyError, SignalError, shorten
from ..events import Event, to_record
from ..policy import Policy
from ..signals import Signal, from_record
from .codec import LineError, parse_json, player_of

#: How far two numbers may be apart and still be the same.
TOLERANCE = 1e-6

_CONTEXT = 2  # events shown either side of the one that differs


class CaseError(PlayertrackError, ValueError):
    """A file that holds no conformance case; the message names the file, case and field."""


@attrs.frozen
class Case:
    """The input (``policy``, ``signals`` with their players) and the output that it must give.

    ``split_at``: after so many signals each engine is saved and another restored from it.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    policy: Policy
    signals: tuple[tuple[str | None, Signal], ...]
    events: tuple[Mapping[str, Any], ...]
    split_at: int | None = None


@attrs.frozen
class Mismatch:
    """The first event (``index``, from 0) that is not as expected, and which ``keys`` differ.

    No keys: one of the two outputs has no event there.
    """

    index: int
    keys: tuple[str, ...]


@attrs.frozen
class CaseResult:
    """The outcome of a case; ``events`` is what the engine made, sessions as ordinals."""

    case: Case
    events: tuple[Mapping[str, Any], ...]
    mismatch: Mismatch | None

    @property
    def passed(self) -> bool:
        """True if the output was complete, in order and as expected."""
        return self.mismatch is None

    def difference(self) -> str:
        """The first difference for a reader, expected above got, with the events around it."""
        if self.mismatch is None:
            return ""
        at = self.mismatch.index
        lines = [f"event {at + 1} of {self.case.id}: {self._what()}"]
        for index in range(max(0, at - _CONTEXT), at + _CONTEXT + 1):
            expected, got = _at(self.case.events, index), _at(self.events, index)
            if index < at:
                lines.append(f"           {index + 1:>3}  {_shown(got, expected)}")
            elif expected or got:
                lines.append(f"  expected {index + 1:>3}  {_shown(expected, expected)}")
                lines.append(f"  got      {index + 1:>3}  {_shown(got, expected)}")
        return "\n".join(lines)

    def _what(self) -> str:
        assert self.mismatch is not None
        expected = _at(self.case.events, self.mismatch.index)
        got = _at(self.events, self.mismatch.index)
        if expected is None or got is None:
            return "one too many" if got else "missing"
        return ", ".join(
            f"{key} is {shorten(got[key]) if key in got else 'missing'}"
            f" instead of {shorten(expected[key])}"
            for key in self.mismatch.keys
        )


def _at(events: Sequence[Mapping[str, Any]], index: int) -> Mapping[str, Any] | None:
    return events[index] if index < len(events) else None


def _shown(event: Mapping[str, Any] | None, keys: Mapping[str, Any] | None) -> str:
    """The event in one line; of one that was made only what the expected one has, if any."""
    if event is None:
        return "-"
    shown = {key: event[key] for key in (keys or event) if key in event and key != "event"}
    return f"{event.get('event')} " + " ".join(f"{k}={shorten(v)}" for k, v in shown.items())


# -------------------------------------------------------------------------------- running


class Derives(Protocol):
    """An engine of the contract, whoever made it; its events may be records of an event log."""

    def feed(self, signal: Signal, /) -> Iterable[Event | Mapping[str, Any]]:
        """The events that follow from ``signal``."""

    def close(self) -> Iterable[Event | Mapping[str, Any]]:
        """The events that follow when the player goes away at its last signal (R-eof)."""


#: Makes the engine of the player with that id (None: of the only one), for a policy.
MakeEngine = Callable[[str | None, Policy], Derives]

#: Goes on where an engine was that is let go, through its saved state.
Restore = Callable[[Any], Derives]


def run(case: Case, make: MakeEngine | None = None, restore: Restore | None = None) -> CaseResult:
    """Derive the case's signals, close each player at its own last ``at`` (R-eof), compare.

    ``make`` makes the engines that are judged, without it they are of `Engine`. Where the case
    is split, ``restore`` takes an engine and gives the one that goes on; one that was made
    elsewhere goes on itself if there is no ``restore``.
    """
    if make is None:
        make, restore = _own, _restored
    events = tuple(_Run(case, make, restore).events())
    return CaseResult(case, events, _compare(case.events, events))


def _own(player: str | None, policy: Policy) -> Engine:
    return Engine(player, policy=policy)


def _restored(engine: Engine) -> Engine:
    return Engine.restore(engine.snapshot())


class _Run:
    def __init__(self, case: Case, make: MakeEngine, restore: Restore | None) -> None:
        self._case, self._make, self._restore = case, make, restore
        self._engines: dict[str | None, Derives] = {}
        self._ordinals: dict[str | None, dict[str, int]] = defaultdict(dict)

    def events(self) -> Iterable[Mapping[str, Any]]:
        for count, (player, signal) in enumerate(self._case.signals, 1):
            if player not in self._engines:
                self._engines[player] = self._make(player, self._case.policy)
            yield from numbered(self._engines[player].feed(signal), self._ordinals[player])
            if count == self._case.split_at and self._restore is not None:
                self._engines = {p: self._restore(e) for p, e in self._engines.items()}
        for player, engine in self._engines.items():
            yield from numbered(engine.close(), self._ordinals[player])


def numbered(
    events: Iterable[Event | Mapping[str, Any]], ordinals: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """The records of a player's events, with the ordinals of its sessions in place of their ids.

    ``ordinals`` are those known by now; new sessions are added.
    """
    for event in events:
        record = to_record(event) if isinstance(event, Event) else dict(event)
        for key in ("previous_session", "session"):
            if record.get(key) is not None:
                record[key] = ordinals.setdefault(record[key], len(ordinals) + 1)
        yield record


def _compare(
    expected: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]]
) -> Mismatch | None:
    for index in range(max(len(expected), len(got))):
        left, right = _at(expected, index), _at(got, index)
        if left is None or right is None:
            return Mismatch(index, ())
        keys = tuple(key for key in left if key not in right or not same(left[key], right[key]))
        if keys:
            return Mismatch(index, keys)
    return None


def same(expected: Any, got: Any) -> bool:
    """True if a field has the expected value: a number within `TOLERANCE`, others exactly."""
    if _is_number(expected) and _is_number(got):
        return bool(abs(expected - got) <= TOLERANCE)
    return type(expected) is type(got) and bool(expected == got)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# -------------------------------------------------------------------------------- loading


def load_cases(path: str | Path) -> list[Case]:
    """The cases of a file, or of every ``.json`` and ``.jsonl`` file in a directory.

    A ``.jsonl`` file holds a case a line. Directories are searched with those below them.

    Raises `CaseError` for what is no case and `OSError` for what cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        return [case for file in sorted(_files(path)) for case in load_cases(file)]
    if path.suffix == ".jsonl":
        return _lines(path)
    return parse(path.read_bytes(), str(path))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.json*") if path.suffix in (".json", ".jsonl"))


def _lines(path: Path) -> list[Case]:
    with path.open("rb") as file:
        return [
            case
            for number, line in enumerate(file, 1)
            if line.strip()
            for case in parse(line, f"{path}:{number}")
        ]


def parse(data: bytes, source: str = "<cases>") -> list[Case]:
    """The cases in the text of a file; ``source`` is its name in a `CaseError`."""
    try:
        value = parse_json(data)
        return [_case(record) for record in (value if isinstance(value, list) else [value])]
    except (LineError, SignalError, PolicyError, CaseError) as error:
        raise CaseError(f"{source}: {error}") from None


#: Objects of other files that have this key.
_OTHERS = {"signal": "a trace of signals", "event": "an event log", "kind": "a raw recording"}


def _case(record: Any) -> Case:
    if not isinstance(record, dict):
        raise CaseError(f"a case is an object, not {shorten(record)}")
    for key, what in _OTHERS.items():
        if key in record:
            raise CaseError(f"this is {what}, not a conformance case")
    name = _typed(record, "id", str)
    try:
        split_at = record.get("split_at")
        return Case(
            id=name,
            title=_typed(record, "title", str, ""),
            rules=tuple(_typed(record, "rules", list, [])),
            policy=Policy.from_mapping(_typed(record, "policy", dict, {})),
            signals=tuple(map(_signal, enumerate(_typed(record, "signals", list)))),
            events=tuple(map(_event, enumerate(_typed(record, "events", list)))),
            split_at=None if split_at is None else _typed(record, "split_at", int),
        )
    except (SignalError, PolicyError, CaseError) as error:
        raise CaseError(f"{name}: {error}") from None


def _typed(record: Mapping[str, Any], key: str, kind: type, default: Any = None) -> Any:
    value = record.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CaseError(f"{key}: {shorten(value)} is not allowed; expected {kind.__name__}")
    return value


def _signal(numbered: tuple[int, Any]) -> tuple[str | None, Signal]:
    index, record = numbered
    try:
        if not isinstance(record, dict):
            raise CaseError(f"not an object: {shorten(record)}")
        return player_of(record), from_record(record)
    except (SignalError, CaseError) as error:
        raise CaseError(f"signals[{index}]: {error}") from None


def _event(numbered: tuple[int, Any]) -> Mapping[str, Any]:
    index, record = numbered
    if not isinstance(record, dict) or not isinstance(record.get("event"), str):
        raise CaseError(f"events[{index}]: not an event: {shorten(record)}")
    return record
