"""Times as people write them."""

from __future__ import annotations


def clock(seconds: float, step: float = 1.0) -> str:
    """Seconds as people write them: ``7.5 s``, ``1:30``, ``2:00:00``.

    >>> [clock(7.5, 0.5), clock(90), clock(7200), clock(-3)]
    ['7.5 s', '1:30', '2:00:00', '-3 s']
    """
    if abs(seconds) < 60 and step < 60:
        digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
        return f"{seconds:.{digits}f} s"
    sign, whole = "-" if seconds < 0 else "", round(abs(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    tail = f"{whole % 60:02d}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"
