"""Collects the results of the rows of a batch, in whatever order they are fed."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import cast

import numpy as np

from ..errors import SignalError
from ..events import Event
from ..trace.codec import TraceError
from ..trace.feed import Made, Share
from ..trace.summaries import EndedSessions

_number = itemgetter(0)


class Collected:
    """The results of the rows of a batch, whose first one has the number ``start``.

    ``source`` is what messages call the input, ``share`` notes the first row of each player,
    ``ended`` has the sessions that the row at hand ended.
    """

    def __init__(
        self, start: int, source: str, share: Share | None, ended: EndedSessions | None
    ) -> None:
        self._start, self._source, self._share = start, source, share
        self.ended = ended
        self._made: list[Made] = []
        #: Events of players of whom a row was added, and for each the index of its row in
        #: ``numbers``, which has those of all rows (from 0).
        self.numbers: Sequence[int] = ()
        self.indices: list[int] = []
        self.events: list[Event] = []

    def add(self, row: int, player: str | None, made: Sequence[Event] | SignalError) -> None:
        """The events of a row (from 0) of ``player``, or what is wrong with it."""
        number = self._start + row
        if isinstance(made, SignalError):
            self._made.append((number, TraceError(self._source, number, str(made))))
            return
        if self._share is not None:
            self._share.first_seen.setdefault(player, number)
        if made:
            self._made.append((number, made))
        if self.ended:
            self._made.append((number, self.ended.take()))

    def in_order(self) -> list[Made]:
        """All of it in the order of the rows.

        Only who merges shares needs to know of each row, so else all events from one error to
        the next are as made by one row, the last of them.
        """
        made, start = self._made, self._start
        rows = np.asarray(self.numbers, np.int64)[np.array(self.indices, np.intp)]
        if not made and self._share is None and self.ended is None and len(rows):
            order = rows.argsort(kind="stable").tolist()
            return [(start + int(rows[order[-1]]), list(map(self.events.__getitem__, order)))]
        made += zip((start + rows).tolist(), ((each,) for each in self.events), strict=True)
        made.sort(key=_number)
        if self._share is not None or self.ended is not None or not made:
            return made
        return _together(made)


def _together(made: list[Made]) -> list[Made]:
    found: list[Made] = []
    events: list[Event] = []
    for number, each in made:
        if isinstance(each, TraceError):
            found += [(number, events), (number, each)]
            events = []
        else:
            events += cast("Sequence[Event]", each)
    return [*found, (made[-1][0], events)] if events else found
