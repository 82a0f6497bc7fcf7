"""GStreamer for playertrack: measures a playbin, a playbin3 or a GstPlay.

    with playertrack_gstreamer.track(playbin, tracker):
        ...  # use the player as before

Their messages are turned into signals by `Translator` and `GstPlayTranslator`, which also
read recordings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playertrack.trace.recording import TranslationError

from .gstplay import GstPlayTranslator
from .translator import Translator

if TYPE_CHECKING:
    from playertrack import Tracker
    from playertrack.live.adapter import EntryId

    from .playbin import PlaybinBinding
    from .player import GstPlayBinding

__all__ = ("GstPlayTranslator", "TranslationError", "Translator", "track")


def track(
    player: Any,
    tracker: Tracker,
    *,
    hold: bool = False,
    entry_id: EntryId = None,
    record_raw: str | Path | None = None,
    interval: float = 0.25,
) -> PlaybinBinding | GstPlayBinding:
    """Measure a playbin, playbin3 or GstPlay, from now until the binding is detached.

    ``hold``: pause the playbin while a queue of it runs dry, and let it play on, as a program
    has to that does not do it itself (`buffering.BufferingHold`); a GstPlay does. The
    binding's commands must then be used to play and to pause. ``entry_id`` names the media in
    the events (`Binding.expect` the next one), ``record_raw`` is a file for all that is
    received, ``interval`` (s) is how often the player is asked. The bus is listened to without
    taking messages off it. Raises ImportError where GStreamer or PyGObject is missing,
    TypeError for anything but such a player, and PlayertrackError if it is measured already or
    the tracker cannot be used.
    """
    from .library import Gst

    if isinstance(player, Gst.Element):
        from .playbin import PlaybinBinding

        return PlaybinBinding(
            player,
            tracker,
            hold=hold,
            entry_id=entry_id,
            record_raw=record_raw,
            interval=interval,
        )
    from .player import GstPlayBinding

    return GstPlayBinding(
        player, tracker, entry_id=entry_id, record_raw=record_raw, interval=interval
    )
