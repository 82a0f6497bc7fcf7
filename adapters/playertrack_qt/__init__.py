"""Qt Multimedia for playertrack: measures a `QMediaPlayer` of PySide6 or PyQt6.

    with playertrack_qt.track(player, tracker):
        ...  # use the player as before

Its signals are turned into those of playertrack by `Translator`, which also reads recordings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playertrack.trace.recording import TranslationError

from .translator import Translator

if TYPE_CHECKING:
    from playertrack import Tracker
    from playertrack.live.adapter import EntryId

    from .binding import QtBinding

__all__ = ("TranslationError", "Translator", "track")


def track(
    player: Any,
    tracker: Tracker,
    *,
    entry_id: EntryId = None,
    record_raw: str | Path | None = None,
) -> QtBinding:
    """Measure a `QMediaPlayer`, from now until the binding is detached or the player deleted.

    The player may be driven by its own calls or by the binding's, which any thread may give.
    ``entry_id`` names the media in the events, ``record_raw`` is a file for all that the player
    reports. Seeks, pauses, rates, loops and changes of media are reported whoever commands them,
    but for seeks of less than 0.3 s by the player's own `setPosition`. A player without audio
    and video output never reports its end; it is seen all the same.

    Raises TypeError for anything but a `QMediaPlayer`, PlayertrackError for one that was
    deleted or is measured already, and `LoopError` if the event loop of
    another thread, in which the player lives, does not run.
    """
    from .binding import QtBinding

    return QtBinding(player, tracker, entry_id=entry_id, record_raw=record_raw)
