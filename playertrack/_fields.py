"""Checks for the fields of signals: one check a field, by its name.

A check takes the field's name and value and returns the value to keep; what cannot be
valid is a `SignalError` that names the field.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, nextafter
from typing import Any, SupportsIndex

import attrs

from .errors import SignalError

#: The longest duration that is believed, in seconds: 10 years.
MAX_DURATION = 10 * 365.25 * 86400

#: The largest ``at`` (seconds, either side of 1970): some 31,000 years.
MAX_AT = 1e12

#: The largest number (``seq``) of a signal.
MAX_SEQ = 2**63 - 1

SLOTS = ("preroll", "midroll", "postroll", "overlay", "pre_bumper", "post_bumper")
SEEKERS = ("viewer", "page", "player")
ACTIONS = (
    "share",
    "download",
    "related",
    "report",
    "info",
    "edit",
    "upload",
    "save",
    "close_editor",
)  # fmt: skip


def _number(name: str, value: object, allowed: str) -> float:
    if type(value) is float:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise SignalError(name, value, allowed)


def _at(name: str, value: object) -> float:
    allowed = "Unix time in seconds"
    number = _number(name, value, allowed)
    if not -MAX_AT <= number <= MAX_AT:
        raise SignalError(name, value, f"{allowed} (were these milliseconds?)")
    return number + 0.0  # -0.0 becomes 0.0: the same time has one spelling


def sequence_number(seq: Any) -> int:
    """The number of a signal (``seq``) as an int; a `SignalError` if it cannot be one."""
    if type(seq) is int and 0 <= seq <= MAX_SEQ:
        return seq
    is_number = isinstance(seq, (SupportsIndex, float)) and not isinstance(seq, bool)
    if not (is_number and 0 <= seq <= MAX_SEQ and seq == int(seq)):
        raise SignalError("seq", seq, "a whole number, 0 or more")
    return int(seq)


def _seconds(name: str, value: object) -> float:
    allowed = "seconds, 0 or more"
    number = _number(name, value, allowed)
    if not 0.0 <= number < inf:
        raise SignalError(name, value, allowed)
    return number + 0.0


def _maybe_seconds(name: str, value: object) -> float | None:
    return None if value is None else _seconds(name, value)


def _duration(name: str, value: object) -> float | None:
    if value is None:
        return None
    allowed = "seconds, from 0 to 10 years, or null when unknown or live"
    number = _number(name, value, allowed)
    if not 0.0 <= number <= MAX_DURATION:
        raise SignalError(name, value, allowed)
    return number or None  # players say 0 for "not known yet"


def _rate(name: str, value: object) -> float:
    allowed = "a playback speed above 0"
    number = _number(name, value, allowed)
    if not 0.0 < number < inf:
        raise SignalError(name, value, allowed)
    return number


def _level(name: str, value: object) -> float:
    allowed = "a number from 0 to 1"
    number = _number(name, value, allowed)
    if not 0.0 <= number <= 1.0:
        raise SignalError(name, value, allowed)
    return number + 0.0


def _bitrate(name: str, value: object) -> float:
    allowed = "kbit/s, 0 or more, or null"
    number = _number(name, value, allowed)
    if not 0.0 <= number < inf:
        raise SignalError(name, value, allowed)
    return number + 0.0


def _bool(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SignalError(name, value, "true or false")
    return value


def _maybe_bool(name: str, value: object) -> bool | None:
    return None if value is None else _bool(name, value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise SignalError(name, value, "a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SignalError(name, value, "a string that UTF-8 can hold") from None
    return value


def _maybe_text(name: str, value: object) -> str | None:
    return None if value is None else _text(name, value)


def _name(name: str, value: object) -> str:
    text = _text(name, value)
    if not text:
        raise SignalError(name, value, "a string that is not empty")
    return text


def _one_of(choices: tuple[str, ...]) -> Callable[[str, object], str]:
    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise SignalError(name, value, "one of " + ", ".join(choices))
        return value

    return check


def _maybe(check: Callable[[str, object], Any]) -> Callable[[str, object], Any]:
    return lambda name, value: None if value is None else check(name, value)


#: What each field may hold, by its name; every signal's fields are checked by this table.
_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "at": _at,
    "position": _maybe_seconds,
    "origin": _maybe_seconds,
    "entry_id": _name,
    "duration": _duration,
    "live": _bool,
    "dvr": _bool,
    "loop": _bool,
    "rate": _rate,
    "code": _text,
    "message": _text,
    "fatal": _bool,
    "bitrate": _bitrate,
    "source": _maybe_text,
    "language": _maybe_text,
    "volume": _level,
    "muted": _bool,
    "on": _bool,
    "action": _one_of(ACTIONS),
    "slot": _one_of(SLOTS),
    "by": _maybe(_one_of(SEEKERS)),
}


#: The floats that need no closer look: nearly all values of these.
_RANGES: dict[Callable[[str, object], Any], tuple[float, float]] = {
    _at: (-MAX_AT, MAX_AT),
    _seconds: (0.0, nextafter(inf, 0.0)),
    _maybe_seconds: (0.0, nextafter(inf, 0.0)),
}


def checked(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Give each field the check of its name (an attrs ``field_transformer``)."""
    return [field.evolve(converter=partial(_check_of(field), field.name)) for field in fields]


def _check_of(field: attrs.Attribute[Any]) -> Callable[[str, object], Any]:
    check = _CHECKS[field.name]
    if field.name == "position" and field.default is attrs.NOTHING:
        return _seconds
    return _maybe_bool if field.default is None and check is _bool else check


def initializer(cls: Any) -> Callable[..., None]:
    """Write the ``__init__`` of a frozen class with `checked` fields, all by keyword.

    As that of attrs, in two thirds of the time: the values that nearly all are need no call of
    their check, and each is put into its slot by the slot itself.
    """
    given: dict[str, Any] = {}
    parameters, lines = [], []
    for field in attrs.fields(cls):
        name, check = field.name, field.converter
        given |= {f"set_{name}": getattr(cls, name).__set__, f"check_{name}": check}
        value = f"check_{name}({name})"
        if check.func in _RANGES:
            given[f"least_{name}"], given[f"most_{name}"] = _RANGES[check.func]
            usual = f"type({name}) is float and least_{name} <= {name} <= most_{name}"
            value = f"{name} + 0.0 if {usual} else {value}"
        if field.default is None:
            value = f"None if {name} is None else {value}"
        if field.default is not attrs.NOTHING:
            given[f"default_{name}"] = field.default
        parameters.append(name if field.default is attrs.NOTHING else f"{name}=default_{name}")
        lines.append(f"    set_{name}(self, {value})")
    exec(f"def __init__(self, *, {', '.join(parameters)}):\n" + "\n".join(lines), given)
    init: Callable[..., None] = given["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    init.__annotations__ = {field.name: field.type for field in attrs.fields(cls)}
    return init
