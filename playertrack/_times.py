"""Times for people, in the same form on pictures, pages and terminals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

#: From here on (s) a time is no time that anybody means, and is written as the number it is.
_ABSURD = 1e15

#: Up to here (s) a Unix time is rather one that counts from the start of a recording.
_UNDATED = 366 * 86400.0

_DIGITS = [Decimal(1).scaleb(-digits) for digits in range(4)]


def clock(seconds: float, step: float = 1.0) -> str:
    """Seconds as people write them, as finely as ``step`` (s): ``7.5 s``, ``1:30``, ``2:00:00``.

    >>> [clock(7.5, 0.5), clock(90), clock(7200), clock(-3), clock(62.25, 0.01), clock(1e300)]
    ['7.5 s', '1:30', '2:00:00', '-3 s', '1:02.25', '1e+300 s']
    """
    if not abs(seconds) < _ABSURD:
        return f"{seconds:g} s"
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2 if step >= 0.01 else 3
    sign, exact = "-" if seconds < 0 else "", Decimal(abs(seconds))
    rounded = exact.quantize(_DIGITS[digits], ROUND_HALF_UP)  # as JavaScript does it
    if rounded < 60 and step < 60:
        return f"{sign}{rounded:.{digits}f} s"
    whole = int(rounded)
    hours, minutes = whole // 3600, whole // 60 % 60
    tail = f"{rounded - whole // 60 * 60:0{3 + digits if digits else 2}.{digits}f}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def as_time(seconds: float) -> str:
    """As `clock` does, with no more digits than it takes, milliseconds at most.

    >>> [as_time(30.0), as_time(22.5), as_time(75.125), as_time(0.2500001)]
    ['30 s', '22.5 s', '1:15.125', '0.25 s']
    """
    for digits in range(3):
        if abs(round(seconds, digits) - seconds) < 0.0005:
            return clock(seconds, 10.0**-digits)
    return clock(seconds, 0.001)


def is_dated(at: float) -> bool:
    """Check for a time of the calendar: recordings and tests often count from 0.

    >>> is_dated(1700000000.25), is_dated(12.5)
    (True, False)
    """
    return abs(at) > _UNDATED


def wall_clock(at: float, step: float = 1.0) -> str:
    """A point in time, UTC, for people; to the millisecond if ``step`` (s) is less than 1.

    What no calendar has is the number itself.

    >>> wall_clock(1700000000.25), wall_clock(1700000000.25, 0.001)
    ('2023-11-14 22:13:20', '2023-11-14 22:13:20.250')
    """
    try:
        shown = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    except (ValueError, OverflowError, OSError):
        return f"{at:.15g}"
    return shown[:-7] if step >= 1 else shown[:-3]


def unix_time(text: str) -> float:
    """A point in time as people write it, in Unix seconds; raises `ValueError`.

    That is a number of seconds, or ISO 8601, UTC if it names no zone.

    >>> unix_time("2023-11-14T22:13:20"), unix_time("1700000000.5")
    (1700000000.0, 1700000000.5)
    """
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    then = datetime.fromisoformat(text)
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
