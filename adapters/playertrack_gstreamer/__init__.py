"""GStreamer for playertrack: the messages of playbin and of GstPlay, as signals."""

from playertrack.recordings import TranslationError

from .gstplay import GstPlayTranslator
from .translator import Translator

__all__ = ("GstPlayTranslator", "TranslationError", "Translator")
