"""Log messages on disks and damage: what happened, what is lost, what to do."""

from __future__ import annotations

from pathlib import Path

from .._log import log as _log
from .recovery import Damage


class Reports:
    """The reports of the queue in ``directory``."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def memory(self, trouble: str, retry: float) -> None:
        """A disk takes nothing; it is tried again every ``retry`` seconds."""
        _log.error(
            "%s; until that is fixed, new events are kept in memory and lost if the program ends."
            " The disk is tried again every %g s",
            *(trouble, retry),
        )

    def disk_again(self, rows: int) -> None:
        """A disk takes the queue again."""
        _log.warning(
            "%s: the disk takes the queue again; %d events were moved from memory to it",
            *(self._directory, rows),
        )

    def repairing(self, reason: Exception) -> None:
        """A queue is damaged."""
        _log.error("%s: the queue is damaged and is being repaired: %s", self._directory, reason)

    def repaired(self, damage: Damage) -> None:
        """A queue was repaired or replaced."""
        what = "was repaired" if damage.path is None else f"was kept as {damage.path}"
        _log.error(
            "%s: the queue was damaged and %s; %d events are there, %d are lost and counted as"
            " dropped (damaged); check the disk",
            *(self._directory, what, damage.rows, damage.lost),
        )

    def damaged_rows(self, rows: int) -> None:
        """Some events of a queue are not as they were written."""
        _log.error(
            "%s: the disk damaged %d queued events; they are lost and counted as dropped (damaged)",
            *(self._directory, rows),
        )

    def moved(self, error: Exception) -> None:
        """The files of a queue were removed or replaced."""
        _log.error(
            "%s: %s while the queue was in use; its events go to the queue that is there now",
            *(self._directory, error),
        )
