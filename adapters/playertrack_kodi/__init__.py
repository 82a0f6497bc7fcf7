"""Kodi for playertrack: its JSON-RPC notifications, or an add-on's callbacks, as signals.

A record is a notification (``Player.OnAVStart`` with its ``data``), the answer to
``Player.GetProperties``, or a callback of `xbmc.Player` (``onPlayBackPaused`` with its ``args``);
`playertrack.live.raw_feed.RawFeed` takes them. It is pure Python, as add-ons have to be.

No Kodi was available for tests: the adapter follows the documentation of its interfaces, and is
tested with simulated feeds.
"""

from __future__ import annotations

from playertrack.trace.recording import TranslationError

from .translator import Translator

__all__ = ("TranslationError", "Translator")
