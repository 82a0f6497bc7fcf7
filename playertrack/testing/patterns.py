"""Patterns for expected events, and their alignment with the events that came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from types import EllipsisType
from typing import Any

import attrs

from ..errors import shorten
from ..trace.conformance import same

#: An event: its name, in which ``*`` and ``?`` are wildcards; or its fields, the name under
#: ``event``; or both, as ``("SEEK", {"target": 60})``. ``...`` is any number of events.
Expected = str | Mapping[str, Any] | tuple[str, Mapping[str, Any]] | EllipsisType

Record = Mapping[str, Any]


@attrs.frozen
class Pattern:
    """An event that is expected: its ``name``, with wildcards, and what some ``fields`` hold."""

    name: str
    fields: Mapping[str, Any] = attrs.field(factory=dict)

    @classmethod
    def of(cls, expected: Expected) -> Pattern | None:
        """The pattern; None where any number of events may be. Raises `TypeError`."""
        match expected:
            case EllipsisType():
                return None
            case str():
                return cls(expected)
            case (str() as name, Mapping() as fields):
                return cls(name, fields)
            case Mapping():
                fields = dict(expected)
                return cls(str(fields.pop("event", "*")), fields)
        raise TypeError(f"no event can be expected by {shorten(expected)}")

    def matches(self, record: Record) -> bool:
        """True if the event has the name and every field."""
        return self.names(record) and not list(self.differing(record))

    def names(self, record: Record) -> bool:
        """True if the event has the name."""
        return fnmatchcase(str(record.get("event")), self.name)

    def differing(self, record: Record) -> Iterator[str]:
        """The fields that the event does not have, or that hold something else."""
        for name, value in self.fields.items():
            if name not in record or not _equal(value, record[name]):
                yield name

    def __str__(self) -> str:
        return " ".join((self.name, *(f"{k}={shorten(v)}" for k, v in self.fields.items())))


def _equal(expected: Any, got: Any) -> bool:
    """As conformance cases compare; whatever else is expected, `pytest.approx`, says itself."""
    if expected is None or isinstance(expected, (bool, int, float, str)):
        return same(expected, got)
    return bool(expected == got)


@attrs.frozen
class AlignedRow:
    """A line of the comparison: an event that was ``got`` (its index), a pattern, or both."""

    got: int | None
    pattern: Pattern | None
    fits: bool


def align(patterns: Sequence[Pattern | None], records: Sequence[Record]) -> list[AlignedRow]:
    """Each event beside what was expected there, with as few differences as there can be.

    An event that fell into a gap (``...``) fits and has no pattern.
    """
    # What begins and ends as expected is not searched: long logs are mostly right.
    head = _agreeing(zip(patterns, records, strict=False))
    left = zip(reversed(patterns[head:]), reversed(records[head:]), strict=False)
    tail = _agreeing(left)
    p_end, r_end = len(patterns) - tail, len(records) - tail
    middle = _searched(patterns[head:p_end], records[head:r_end])
    return [
        *(AlignedRow(index, patterns[index], True) for index in range(head)),
        *(attrs.evolve(row, got=None if row.got is None else row.got + head) for row in middle),
        *(AlignedRow(r_end + n, patterns[p_end + n], True) for n in range(tail)),
    ]


def _agreeing(pairs: Iterable[tuple[Pattern | None, Record]]) -> int:
    """How many pairs there are until one does not match."""
    count = 0
    for pattern, record in pairs:
        if pattern is None or not pattern.matches(record):
            break
        count += 1
    return count


def _searched(patterns: Sequence[Pattern | None], records: Sequence[Record]) -> list[AlignedRow]:
    costs = _costs(patterns, records)
    rows: list[AlignedRow] = []
    i, j = len(patterns), len(records)
    while i or j:
        pattern = patterns[i - 1] if i else None
        here = costs[i][j]
        if i and pattern is None and here == costs[i - 1][j]:
            i -= 1
        elif i and pattern is None and j and here == costs[i][j - 1]:
            j -= 1
            rows.append(AlignedRow(j, None, True))
        elif pattern and j and here == costs[i - 1][j - 1] + _cost(pattern, records[j - 1]):
            i, j = i - 1, j - 1
            rows.append(AlignedRow(j, pattern, pattern.matches(records[j])))
        elif j and here == costs[i][j - 1] + _EXTRA:
            j -= 1
            rows.append(AlignedRow(j, None, False))
        else:
            i -= 1
            rows.append(AlignedRow(None, pattern, False))
    return rows[::-1]


#: What differences cost: an event that is too many, one that is missing, another one in its
#: place, the right one with other fields. What is expected is rather found late than not.
_EXTRA, _MISSING, _OTHER, _FIELDS = 2, 24, 25, 12


def _cost(pattern: Pattern, record: Record) -> int:
    if not pattern.names(record):
        return _OTHER
    return 0 if pattern.matches(record) else _FIELDS


def _costs(patterns: Sequence[Pattern | None], records: Sequence[Record]) -> list[list[int]]:
    """The least cost of the first so many patterns beside the first so many events."""
    costs = [[_EXTRA * j for j in range(len(records) + 1)]]
    for pattern in patterns:
        above = costs[-1]
        row = [above[0] if pattern is None else above[0] + _MISSING]
        for j, record in enumerate(records, 1):
            if pattern is None:
                row.append(min(above[j], row[j - 1]))
            else:
                paired = above[j - 1] + _cost(pattern, record)
                row.append(min(paired, above[j] + _MISSING, row[j - 1] + _EXTRA))
        costs.append(row)
    return costs
