"""VLC (libVLC 3) for playertrack: measures a media player of python-vlc.

    with playertrack_vlc.track(media_player, tracker):
        ...  # use the player as before

What it calls back is turned into signals by `Translator`, which also reads recordings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playertrack.trace.recording import TranslationError

from .translator import Translator

if TYPE_CHECKING:
    import vlc

    from playertrack import Tracker
    from playertrack.live.adapter import EntryId

    from .binding import VlcBinding

__all__ = ("TranslationError", "Translator", "track")


def track(
    media_player: vlc.MediaPlayer,
    tracker: Tracker,
    *,
    entry_id: EntryId = None,
    record_raw: str | Path | None = None,
    interval: float = 0.25,
) -> VlcBinding:
    """Measure a media player of python-vlc, from now until the binding is detached.

    ``entry_id`` names the media in the events, ``record_raw`` is a file for all that is
    heard, ``interval`` (s) is how often the player is asked. Seeks, pauses and changes of
    media are heard whoever commands them; what libVLC does not report, a change of rate or a
    seek in a pause, is seen an ``interval`` later, or at once if the binding's own commands
    are used. Raises ImportError where python-vlc or libVLC is missing.
    """
    from .binding import VlcBinding

    return VlcBinding(
        media_player, tracker, entry_id=entry_id, record_raw=record_raw, interval=interval
    )
