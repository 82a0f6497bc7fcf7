"""Listens to a bus without taking messages from whom they are meant for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .library import Gst


class Ear:
    """Listens to a bus on the threads that post to it; the messages stay on it for the program.

    Messages that a program's own sync handler drops do not arrive here.
    """

    def __init__(self, bus: Gst.Bus, listener: Callable[[Any], None]) -> None:
        self._bus = bus
        bus.enable_sync_message_emission()
        self._handler = bus.connect("sync-message", lambda _, message: listener(message))

    def close(self) -> None:
        """Stop listening."""
        self._bus.disconnect(self._handler)
        self._bus.disable_sync_message_emission()


def uri_of(media: str) -> str:
    """A file or URL as GStreamer wants it."""
    return media if "://" in media else str(Gst.filename_to_uri(media))
