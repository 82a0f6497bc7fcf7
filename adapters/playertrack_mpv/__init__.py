"""mpv (libmpv) for playertrack: measures an `mpv.MPV` of python-mpv.

    with playertrack_mpv.track(player, tracker):
        ...  # use the player as before

Its events and properties are turned into signals by `Translator`, which also reads
recordings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playertrack.trace.recording import TranslationError

from .translator import Translator

if TYPE_CHECKING:
    import mpv

    from playertrack import Tracker
    from playertrack.live.adapter import EntryId

    from .binding import MpvBinding

__all__ = ("TranslationError", "Translator", "track")


def track(
    player: mpv.MPV,
    tracker: Tracker,
    *,
    entry_id: EntryId = None,
    record_raw: str | Path | None = None,
) -> MpvBinding:
    """Measure an `mpv.MPV`, from now until the binding is detached or the player terminated.

    ``entry_id`` names the media in the events (`Binding.expect` the next one), ``record_raw``
    is a file for all that is received. mpv reports seeks, pauses, changes of rate and of media
    whoever commands them; a replay after the end is one only by the binding's `play` or
    `replay`, or by a loop of mpv's, and else the same media again. Raises ImportError where
    python-mpv or libmpv is missing, TypeError for anything but an `mpv.MPV`, and
    PlayertrackError if the player was terminated or is measured already, or the tracker
    cannot be used.
    """
    from .binding import MpvBinding

    return MpvBinding(player, tracker, entry_id=entry_id, record_raw=record_raw)
