"""The media element of browsers for playertrack: its events, as signals."""

from playertrack.recordings import TranslationError

from .translator import Translator

__all__ = ("TranslationError", "Translator")
