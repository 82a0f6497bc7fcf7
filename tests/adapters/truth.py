"""Judges events against what is known to be true of a recording.

A truth is a list of items in order: one event with tolerances, ``unordered`` (several rows
of items, in any interleaving) or ``any_of`` (one of several rows). An event that matters
and that no item takes is wrong, and so is an item that no event takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playertrack import Event, events

Item = Mapping[str, Any]

_MEASURED = ("at", "position", "origin", "target", "seconds", "rate")


def fits(item: Item, event: Event, sessions: Sequence[str]) -> bool:
    """True if ``event`` is the one that ``item`` speaks of; numbers are [value, tolerance]."""
    if item["event"] != event.event or sessions.index(event.session) + 1 != item["session"]:
        return False
    reported = events.to_record(event)
    return all(
        reported[name] is not None and abs(reported[name] - item[name][0]) <= item[name][1]
        for name in _MEASURED
        if name in item
    )


class _Reading:
    """Reads the events that ``matter`` as a row of items; ``reached``: how far it came."""

    def __init__(self, matter: Sequence[Event], sessions: Sequence[str]) -> None:
        self._matter = matter
        self._sessions = sessions
        self.reached = 0

    def ends(self, items: tuple[Item, ...], at: int = 0) -> Iterator[int]:
        """Each place to which ``items`` can take the events from ``at`` on."""
        self.reached = max(self.reached, at)
        if not items:
            yield at
            return
        item, rest = items[0], items[1:]
        if "any_of" in item:
            for row in item["any_of"]:
                yield from self.ends((*row, *rest), at)
        elif "unordered" in item:
            for ahead in _next(item["unordered"]):
                yield from self.ends((*ahead, *rest), at)
        else:
            if at < len(self._matter) and fits(item, self._matter[at], self._sessions):
                yield from self.ends(rest, at + 1)
            if item.get("optional"):
                yield from self.ends(rest, at)


def _next(rows: Sequence[Sequence[Item]]) -> Iterator[tuple[Item, ...]]:
    """The candidates for an ``unordered`` item: the first of one row, then the rest of them all."""
    rows = [row for row in rows if row]
    if not rows:
        yield ()
    for n, row in enumerate(rows):
        yield row[0], {"unordered": [*rows[:n], row[1:], *rows[n + 1 :]]}


def judge(truth: Mapping[str, Any], core: Sequence[str], got: Sequence[Event]) -> str | None:
    """The problem with ``got``, or None; ``core`` names the events that matter."""
    forbidden = [event.event for event in got if event.event in truth["forbidden"]]
    if forbidden:
        return f"must not occur: {', '.join(forbidden)}"
    sessions = list(dict.fromkeys(event.session for event in got))
    matter = [event for event in got if event.event in core]
    reading = _Reading(matter, sessions)
    if len(matter) in reading.ends(tuple(truth["items"])):
        return None
    shown = "\n".join(
        f"{'>>' if n == reading.reached else '  '} {events.to_record(event)}"
        for n, event in enumerate(matter)
    )
    return f"no reading of the truth takes these events, at the latest from >> on:\n{shown}"
