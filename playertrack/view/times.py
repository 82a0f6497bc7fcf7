"""Points in time, as addresses have them: UTC unless they say otherwise."""

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
