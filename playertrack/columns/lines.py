"""The rows of a Parquet file as JSON Lines, for readers that take a trace line by line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..events import EVENTS
from .decode import MAY_BE_NULL
from .parquet import rows_of


class RowLines:
    """Reads as a stream of lines, one for each row, so numbers of lines are numbers of rows.

    Null means that a field is not given, except for one that a record needs. ``on_read`` is
    called with the share of the rows that was read.
    """

    def __init__(
        self, path: str, source: str | None = None, on_read: Callable[[float], object] = bool
    ) -> None:
        self._rows = rows_of(Path(path), source or path)
        self._on_read = on_read

    def read1(self, size: int, /) -> bytes:
        """Some lines, of about ``size`` bytes; nothing at the end."""
        lines, length = [], 0
        for share, row in self._rows:
            lines.append(json.dumps(_given(row), default=_text).encode() + b"\n")
            length += len(lines[-1])
            if length >= size:
                self._on_read(share)
                break
        else:
            self._on_read(1.0)
        return b"".join(lines)


def _text(value: Any) -> str:
    """The text of what JSON has no form for."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _given(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a record; ``rows_of`` leaves null out."""
    name = row.get("event", row.get("signal"))
    needed = _NULL.get(name, ()) if isinstance(name, str) else ()
    return {**dict.fromkeys(needed), **row} if needed else row


#: The fields that a record has even where they are null, by the name of its signal or event.
_NULL: dict[str, tuple[str, ...]] = {
    **MAY_BE_NULL,
    **{name: ("entry_id", "position", "duration", *cls.extra) for name, cls in EVENTS.items()},
}
