"""A raw recording of a live player, written as it is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .._log import log as _log


class RawFile:
    """A file for all that is received of a player, times from ``began`` on.

    Unbuffered, so that what was received outlives the process. Raises OSError if it cannot be
    made; one that cannot be written any more ends, and playback goes on.
    """

    def __init__(self, path: str | Path, source: str, began: float) -> None:
        self._file = Path(path).open("wb", 0)  # noqa: SIM115 - `close` does
        self._source = source
        self._began = began

    def keep(self, record: dict[str, Any]) -> None:
        """Write a record."""
        if self._file.closed:
            return
        since = round(record["t"] - self._began, 4)
        line = json.dumps({"source": self._source, **record, "t": since})
        try:
            self._file.write(line.encode() + b"\n")
        except OSError as error:
            _log.error("%s: the recording ends here: %s", self._source, error)
            self._file.close()

    def close(self) -> None:
        """No more records come."""
        self._file.close()
