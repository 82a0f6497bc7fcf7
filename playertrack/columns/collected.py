"""Collects the results of the rows of a batch, in whatever order they are fed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import cast

from ..errors import SignalError
from ..events import Event
from ..trace.codec import TraceError
from ..trace.feed import Made, Share
from ..trace.summaries import EndedSessions

_number, _made = itemgetter(0), itemgetter(1)


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
        self._errors = False

    def add(self, row: int, player: str | None, made: Sequence[Event] | SignalError) -> None:
        """The events of a row (from 0) of ``player``, or what is wrong with it."""
        number = self._start + row
        if isinstance(made, SignalError):
            self._made.append((number, TraceError(self._source, number, str(made))))
            self._errors = True
            return
        if self._share is not None:
            self._share.first_seen.setdefault(player, number)
        if made:
            self._made.append((number, made))
        if self.ended:
            self._made.append((number, self.ended.take()))

    def add_events(
        self, numbers: Sequence[int], made: Iterable[tuple[int, Sequence[Event]]]
    ) -> None:
        """Events by the index of their row's number, of a player of whom a row was added."""
        start = self._start
        self._made += [(start + numbers[index], events) for index, events in made]

    def in_order(self) -> list[Made]:
        """All of it in the order of the rows.

        Only who merges shares needs to know of each row, so else all events from one error to
        the next are as made by one row, the last of them.
        """
        made = self._made
        made.sort(key=_number)
        if self._share is not None or self.ended is not None or not made:
            return made
        if not self._errors:
            events = chain.from_iterable(cast("Iterable[Sequence[Event]]", map(_made, made)))
            return [(made[-1][0], list(events))]
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
