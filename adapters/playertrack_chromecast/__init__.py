"""Chromecast for playertrack: media statuses of pychromecast, turned into signals.

    feed = RawFeed(playertrack_chromecast.Translator(), tracker)

    class Listener:
        def new_media_status(self, status):
            feed.note("media_status", **playertrack_chromecast.fields(status))

    cast.media_controller.register_status_listener(Listener())

No real device was available for tests: the adapter follows the documentation of pychromecast
and of the Cast protocol, and is tested with simulated statuses.
"""

from __future__ import annotations

from playertrack.trace.recording import TranslationError

from .records import fields
from .translator import Translator

__all__ = ("TranslationError", "Translator", "fields")
