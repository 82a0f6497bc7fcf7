"""Differences between two event logs of the same signals: of two policies, or two versions.

Events are compared by all that they say, but for what would make every later event differ:
the ids of sessions, which count by their order, and the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

import attrs

from .._times import clock
from ..errors import shorten

_CONTEXT = 1  # events shown either side of a difference
_SHOWN_ELSE = frozenset({"event", "at", "player", "session", "index", "position"})
#: What is the same of most events, so that it is shown only of those that differ.
_OF_MEDIA = ("entry_id", "duration")


@attrs.frozen
class EventLine:
    """An event as it is compared: its ``text``, and ``media`` that is shown where it differs.

    ``record`` is all of it.
    """

    text: str
    media: str
    record: Mapping[str, Any] = attrs.field(eq=False)


@attrs.frozen
class Difference:
    """Lines that are only ``before`` or only ``after``, amid those that are in both."""

    blocks: tuple[tuple[str, tuple[EventLine, ...]], ...]

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)

    @property
    def removed(self) -> list[Mapping[str, Any]]:
        """The records that are only in the first log."""
        return [line.record for sign, lines in self.blocks if sign == "-" for line in lines]

    @property
    def added(self) -> list[Mapping[str, Any]]:
        """The records that are only in the second log."""
        return [line.record for sign, lines in self.blocks if sign == "+" for line in lines]

    def lines(self) -> Iterator[str]:
        """For a reader: ``-`` before, ``+`` after; of what is the same what is next to it."""
        for index, (sign, block) in enumerate(self.blocks):
            shown = block
            if sign == " ":
                first, last = index == 0, index == len(self.blocks) - 1
                head = () if first else block[:_CONTEXT]
                tail = () if last else block[max(len(head), len(block) - _CONTEXT) :]
                if len(head) + len(tail) < len(block) and not first and not last:
                    yield from (f"  {line.text}" for line in head)
                    yield "  …"
                    head = ()
                shown = head + tail
            for line in shown:
                yield f"{sign} {line.text}{'' if sign == ' ' else line.media}"


def difference(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> Difference:
    r"""Compare two logs; a record has at least an ``event`` and an ``at``.

    >>> one = {"event": "PLAY", "at": 3.0, "session": "a", "position": 0.0}
    >>> other = {"event": "PAUSE", "at": 9.0, "session": "a", "position": 6.0}
    >>> print(*difference([one], [one, other]).lines(), sep="\n")
      1      0.000 s  PLAY at 0
    + 1      6.000 s  PAUSE at 6
    """
    one, other = _lines(before), _lines(after)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    blocks: list[tuple[str, tuple[EventLine, ...]]] = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            blocks.append((" ", tuple(one[i:i_end])))
        else:
            blocks += [("-", tuple(one[i:i_end])), ("+", tuple(other[j:j_end]))]
    return Difference(tuple((sign, lines) for sign, lines in blocks if lines))


def _lines(records: Iterable[Mapping[str, Any]]) -> list[EventLine]:
    """The events as they are shown, times since the player's first, its sessions numbered."""
    ordinals: dict[Any, dict[Any, int]] = {}
    starts: dict[Any, float] = {}
    found = []
    for record in records:
        player = record.get("player")
        numbers = ordinals.setdefault(player, {})
        numbers.setdefault(record.get("session"), len(numbers) + 1)
        start = starts.setdefault(player, record["at"])
        media = {name: record[name] for name in _OF_MEDIA if record.get(name) is not None}
        text = _shown(record, numbers, record["at"] - start)
        found.append(EventLine(text, _fields(media, numbers), record))
    return found


def _shown(record: Mapping[str, Any], numbers: Mapping[Any, int], at: float) -> str:
    session = numbers[record.get("session")]
    player = f" {record['player']}" if record.get("player") is not None else ""
    where = "" if record.get("position") is None else f" at {_number(record['position'])}"
    extra = {k: v for k, v in record.items() if k not in _SHOWN_ELSE and k not in _OF_MEDIA}
    shown = _fields(extra, numbers)
    return f"{session}{player} {clock(at, 0.001):>12}  {record['event']}{where}{shown}"


def _fields(fields: Mapping[str, Any], numbers: Mapping[Any, int]) -> str:
    return "".join(f" {name}={_value(value, numbers)}" for name, value in fields.items())


def _value(value: Any, numbers: Mapping[Any, int]) -> str:
    if isinstance(value, str) and value in numbers:
        return f"session {numbers[value]}"
    return _number(value) if isinstance(value, float) else shorten(value)


def _number(value: float) -> str:
    """To a millionth, as far as conformance goes."""
    return f"{round(value, 6):.10g}"
