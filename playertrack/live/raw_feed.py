"""Feeds a tracker with records that the program itself receives, for players with a translator."""

from __future__ import annotations

import threading
from typing import Any

from ..trace.recording import Translator
from .adapter import Listener


class RawFeed:
    """The least of a binding: no thread, no commands; ``note`` is called with what came.

        feed = RawFeed(playertrack_chromecast.Translator(), tracker)
        feed.note("media_status", player_state="PLAYING", current_time=3.2)

    It may be called on any thread, and raises `SignalError` for a record that cannot be. Use
    `playertrack.live.adapter.Binding` for a player whose callbacks must return at once.
    """

    def __init__(self, translator: Translator, tracker: Listener) -> None:
        tracker.suit(translator.policy)
        self._translator = translator
        self._tracker = tracker
        self._lock = threading.Lock()

    def note(self, kind: str, **fields: Any) -> None:
        """Take a record of that kind, as of now."""
        with self._lock:
            record = {"t": self._tracker.now(), "kind": kind, **fields}
            for signal in self._translator.translate(record):
                self._tracker.feed(signal, live=True)

    def close(self) -> None:
        """The player goes away."""
        with self._lock:
            signals = self._translator.finish()
            for signal in signals:
                self._tracker.feed(signal, live=True)
        self.note("app.close", args=[])
