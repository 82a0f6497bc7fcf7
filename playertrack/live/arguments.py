"""Checks the arguments that a program gives a binding, and refuses unusable ones at once.

Later they would be errors on a thread of ours, which no program sees.
"""

from __future__ import annotations

from contextlib import suppress
from math import inf
from numbers import Real

from ..errors import FieldError, shorten


def checked_number(name: str, value: object, allowed: str, *, above: float = -inf) -> float:
    """``value``, if it is a finite number above ``above``; raises FieldError with ``allowed``."""
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
            if above < number < inf:
                return number
    raise FieldError(name, value, allowed)


def checked_seconds(name: str, value: object) -> float:
    """``value``, if it can be a position; raises FieldError."""
    return checked_number(name, value, "seconds of content, a finite number")


def checked_media(media: object) -> None:
    """Raise FieldError for anything but a file name or URL."""
    if not isinstance(media, str):
        raise FieldError("media", media, "a file name or URL, as a string")


def checked_entry(entry_id: object, *, or_function: bool = False) -> None:
    """Raise FieldError for what is no name of media; ``or_function``: one may make it."""
    if entry_id is None or (isinstance(entry_id, str) and entry_id):
        return
    if or_function and callable(entry_id):
        return
    function = ", or a function that makes one of a file name or URL" if or_function else ""
    raise FieldError("entry_id", entry_id, f"a name that is not empty{function}")


def no_tracker(tracker: object) -> TypeError:
    """The error for what can take no signals."""
    return TypeError(f"tracker: expected a Tracker, not {shorten(tracker)}")
