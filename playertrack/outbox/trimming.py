"""Dropping what is too much for a queue (Q-bounded)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import monotonic

from .._log import log as _log
from .store import Store
from .values import DROPPED, Bounds

#: How often (s) dropped events are reported.
_SELDOM = 60.0


class Trimming:
    """Drops what is too much for ``bounds``, and reports it from time to time.

    ``spare`` says which rows may not be dropped.
    """

    def __init__(self, bounds: Bounds, spare: Callable[[], Collection[int]]) -> None:
        self._bounds = bounds
        self._spare = spare
        self._dropped = 0
        self._reported_at = -_SELDOM

    def drop(self, store: Store, over: int, new: range) -> None:
        """Drop ``over`` rows, within a transaction; ``new`` are those that came last."""
        if self._bounds.policy == "drop_newest":
            gone = list(new[max(0, len(new) - over) :])
        else:
            gone = store.oldest(over, self._spare())
        store.remove(gone, f"{DROPPED}full")
        self._dropped += len(gone)
        if self._dropped and monotonic() >= self._reported_at + _SELDOM:
            _log.error(
                "the queue is full: %d events were dropped and are lost; find out why events"
                " are not sent, or raise max_events and max_bytes",
                self._dropped,
            )
            self._dropped, self._reported_at = 0, monotonic()
