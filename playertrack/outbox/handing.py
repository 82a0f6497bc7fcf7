"""Rows that were just committed, for the sender, so that it need not read them back."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from .batch import Added
from .values import Row


@attrs.frozen
class Handed:
    """New rows by destination, in order; they can be claimed only while ``epoch`` holds."""

    epoch: int
    rows: Mapping[str, list[Row]]


class Handing:
    """Collects what commits added, as long as nobody else adds anything between them."""

    def __init__(self) -> None:
        self._last = -1  # the highest number that the commit before gave
        self._handed: list[Handed] | None = []

    def add(self, new: range, added: Added, epoch: int, *, owner: bool) -> None:
        """A commit gave the numbers ``new`` to the items of ``added``, and this one sends."""
        follows = new.start == self._last + 1 and owner
        self._last = new.stop - 1 + len(added.refused)
        if not follows:
            self._handed = None
        elif self._handed is not None and new:
            rows: dict[str, list[Row]] = {}
            for seq, (destination, item) in zip(new, added.items, strict=True):
                rows.setdefault(destination, []).append(Row(seq, item))
            self._handed.append(Handed(epoch, rows))

    def take(self) -> list[Handed] | None:
        """Take the additions since the last time; None if they have to be read."""
        handed, self._handed = self._handed, []
        return handed
