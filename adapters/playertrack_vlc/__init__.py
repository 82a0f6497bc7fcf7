"""VLC (libVLC 3) for playertrack: measures a media player of python-vlc.

    with playertrack_vlc.track(media_player, tracker):
        ...  # use the player as before

`Translator` turns its callbacks into signals, and also reads recordings.
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
    media_player: vlc.MediaPlayer | vlc.MediaListPlayer,
    tracker: Tracker,
    *,
    entry_id: EntryId = None,
    record_raw: str | Path | None = None,
    interval: float = 0.25,
) -> VlcBinding:
    """Measure a media player of python-vlc, from now until the binding is detached.

    Of a MediaListPlayer it is the media player that plays its items. ``entry_id`` names the
    media in the events (`Binding.expect` the next one), ``record_raw`` is a file for all that
    is received, ``interval`` (s) is how often the player is asked. Seeks, pauses and changes of
    media are seen whoever commands them, those that libVLC does not report an ``interval``
    later, or at once if the binding's own commands are used. Of a part of a file (`:start-time`,
    `:stop-time`) libVLC says nothing: announce it by ``expect(part=…)``, or its end may be
    an ERROR `ended_early`. Raises ImportError where
    python-vlc or libVLC is missing, TypeError for anything but such a player, and
    PlayertrackError if it is measured already or the tracker cannot be used.
    """
    from .binding import VlcBinding

    return VlcBinding(
        media_player, tracker, entry_id=entry_id, record_raw=record_raw, interval=interval
    )
