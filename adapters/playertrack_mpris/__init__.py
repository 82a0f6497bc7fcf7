"""MPRIS for playertrack: a player's reports on D-Bus, turned into signals.

A record is a signal of `org.mpris.MediaPlayer2.Player` with its values as D-Bus has them, or a
``poll`` of its properties; `playertrack.live.raw_feed.RawFeed` takes them from a program that
listens on the bus.
"""

from __future__ import annotations

from playertrack.trace.recording import TranslationError

from .translator import Translator

__all__ = ("TranslationError", "Translator")
