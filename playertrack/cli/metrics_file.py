"""``--metrics FILE``: delivery metrics for a node exporter's textfile collector."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..delivery.metrics import EVERY, openmetrics
from .outputs import open_output

if TYPE_CHECKING:
    from ..destinations.sink import DeliverySink

#: How long (s) the disk of a queue may take to say what is there.
_PATIENCE = 5.0


class MetricsFile:
    """Writes the metrics of ``sinks`` to ``path`` now and then, and at last when it is closed.

    The file is always whole. Raises `OSError` if it cannot be written at the start.
    """

    def __init__(self, path: str, sinks: Sequence[DeliverySink]) -> None:
        self._path, self._sinks = path, sinks
        self._ended = threading.Event()
        self._write()
        self._thread = threading.Thread(target=self._work, name="playertrack-metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write them for the last time."""
        self._ended.set()
        self._thread.join(_PATIENCE)
        try:
            self._write()
        except OSError as error:
            print(f"--metrics: {self._path}: {error.strerror or error}", file=sys.stderr)

    def _work(self) -> None:
        while not self._ended.wait(EVERY):
            with suppress(OSError):  # it is reported at the end, if it is still so
                self._write()

    def _write(self) -> None:
        with suppress(TimeoutError):
            text = openmetrics(sink.status(_PATIENCE) for sink in self._sinks)
            with open_output(self._path) as output:
                output.write(text.encode())
