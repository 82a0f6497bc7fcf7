"""The media element of browsers for playertrack: its events, as signals.

`SCRIPT` is the file of the script that records an element in a page and posts its events, and
`SCRIPTS` are that and the hooks for player libraries; `playertrack_html5.receiving` receives
what they post.
"""

from pathlib import Path

from playertrack.trace.recording import TranslationError

from .translator import Translator

__all__ = ("SCRIPT", "SCRIPTS", "TranslationError", "Translator")

#: The script that a page loads.
SCRIPT = Path(__file__).with_name("static") / "playertrack.js"

#: All that a page may load.
SCRIPTS = tuple(
    SCRIPT.with_name(f"{name}.js")
    for name in ("playertrack", "hook-hls", "hook-dash", "hook-shaka", "hook-videojs")
)
