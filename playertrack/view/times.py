"""Points in time, as addresses have them and as the page shows them: always UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from ..errors import FieldError


def unix_time(field: str, text: str) -> float:
    """Unix seconds, or ISO 8601 (UTC if it names no zone); raises `FieldError`.

    >>> unix_time("from", "2023-11-14T22:13:20"), unix_time("from", "1700000000.5")
    (1700000000.0, 1700000000.5)
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        expected = "Unix seconds or ISO 8601, as in 2026-11-01T20:15:00Z"
        raise FieldError(field, text, expected) from None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()


def wall_clock(at: float) -> str:
    """A point in time to the second, for people; the number itself if no calendar has it.

    >>> wall_clock(1700000000.25)
    '2023-11-14 22:13:20'
    """
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{at:.15g}"
