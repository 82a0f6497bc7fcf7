"""The media element of browsers for playertrack: its events, as signals.

`SCRIPT` is the file of the script that records an element in a page and posts its events;
`playertrack_html5.receiving` takes what it posts.
"""

from pathlib import Path

from playertrack.trace.recording import TranslationError

from .translator import Translator

__all__ = ("SCRIPT", "TranslationError", "Translator")

#: The script that a page loads.
SCRIPT = Path(__file__).with_name("static") / "playertrack.js"
