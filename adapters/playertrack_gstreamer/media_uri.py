"""Finds the URI of the media without taking messages off the program's bus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .library import Gst


class Ear:
    """Listens to a bus on the threads that post to it; the messages stay on it for the program.

    ``kinds``: only messages of these types, since some others come many times a second. Messages
    that a program's own sync handler drops do not arrive here.
    """

    def __init__(self, bus: Gst.Bus, kinds: Iterable[str], listener: Callable[[Any], None]) -> None:
        self._bus = bus
        bus.enable_sync_message_emission()
        self._handlers = [
            bus.connect(f"sync-message::{kind}", lambda _, message: listener(message))
            for kind in kinds
        ]

    def close(self) -> None:
        """Stop listening."""
        for handler in self._handlers:
            self._bus.disconnect(handler)
        self._bus.disable_sync_message_emission()


def uri_of(media: str) -> str:
    """A file or URL as GStreamer wants it."""
    return media if "://" in media else str(Gst.filename_to_uri(media))
