"""The form of an event's record: which fields it has, and what they may hold (section 3, R-ids)."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any
from unicodedata import category

from ..errors import shorten
from ..events import EVENTS


def malformed(record: object) -> list[tuple[str, str]]:
    """Problems that keep a record from being an event: section 3, R-ids."""
    if not isinstance(record, dict):
        return [("format", f"not an object: {shorten(record)}")]
    breaches = []
    for field, (good, allowed) in _FORM.items():
        if field in record:
            if not good(record[field]):
                rule = "R-ids" if field == "session" else "format"
                breaches.append((rule, f"{field}: {shorten(record[field])} is not {allowed}"))
        elif field not in _OPTIONAL:
            breaches.append(("format", f"{field} is missing"))
    position, duration = record.get("position"), record.get("duration")
    if not breaches and position is not None and duration is not None and position > duration:
        breaches.append(("format", f"position: {position:g} is beyond the duration {duration:g}"))
    return breaches


def is_number(value: object) -> bool:
    return (isinstance(value, float) and isfinite(value)) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 1023
    )


def is_seconds(value: Any) -> bool:
    return value is None or (is_number(value) and value >= 0)


def _is_session(value: object) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= 50
        and not any(c == "," or category(c) == "Cc" for c in value)
    )


#: What fields hold that all events have, and BUFFER_END.
_FORM: dict[str, tuple[Callable[[Any], bool], str]] = {
    "event": (lambda value: isinstance(value, str) and value in EVENTS, "the name of an event"),
    "at": (is_number, "a time in seconds"),
    "player": (lambda value: value is None or isinstance(value, str), "a string"),
    "session": (_is_session, "an id of 1 to 50 characters without commas or control characters"),
    "index": (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1,
        "a whole number, 1 or more",
    ),
    "entry_id": (lambda value: value is None or isinstance(value, str), "a string or null"),
    "position": (is_seconds, "seconds, 0 or more, or null"),
    "duration": (is_seconds, "seconds, 0 or more, or null"),
    "seconds": (is_seconds, "seconds, 0 or more"),
}
_OPTIONAL = frozenset({"player", "seconds"})
