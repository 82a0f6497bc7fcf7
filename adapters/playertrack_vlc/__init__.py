"""VLC (libVLC 3) for playertrack: what the player calls back, as signals."""

from playertrack.recordings import TranslationError

from .translator import Translator

__all__ = ("TranslationError", "Translator")
