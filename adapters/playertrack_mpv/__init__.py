"""mpv (libmpv) for playertrack: its events and properties, as signals."""

from playertrack.recordings import TranslationError

from .translator import Translator

__all__ = ("TranslationError", "Translator")
