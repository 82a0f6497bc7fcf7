"""mpv for playertrack: measures an `mpv.MPV` of python-mpv, or an mpv that runs as a process.

    with playertrack_mpv.track(player, tracker):
        ...  # use the player as before

    with playertrack_mpv.track_process("/run/kiosk/mpv.sock", tracker):
        ...  # mpv --input-ipc-server=/run/kiosk/mpv.sock, started and restarted by whomever

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
    from .process import ProcessBinding

__all__ = ("TranslationError", "Translator", "track", "track_process")


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
    from .in_process import bind

    return bind(player, tracker, entry_id=entry_id, record_raw=record_raw)


def track_process(
    socket: str | Path,
    tracker: Tracker,
    *,
    entry_id: EntryId = None,
    record_raw: str | Path | None = None,
) -> ProcessBinding:
    """Measure an mpv that runs as a process: ``mpv --input-ipc-server=SOCKET``.

    Neither python-mpv nor libmpv is needed. mpv may be started later than this, end, and be
    started again, as a supervisor does: its end is a stop, and what it plays next another
    session of the same player. All else is as with `track`. Raises PlayertrackError if the
    socket is measured already, or the tracker cannot be used.
    """
    from .process import ProcessBinding

    return ProcessBinding(socket, tracker, entry_id=entry_id, record_raw=record_raw)
