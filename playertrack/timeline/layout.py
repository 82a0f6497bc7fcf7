"""Where things go in a picture: scales, ticks, and event names that never overlap.

Lengths are pixels of the drawing, time is seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import attrs

from .._times import clock
from .._words import counted
from ..events import REACHED, Error, Event, Seek, Speed
from ..trace.explain import Entry
from .model import brief

#: The width of a character of a name, and the height of a lane of names.
CHARACTER, LANE = 6.0, 14.0

#: At most so many lanes of names; an event that finds no room has its mark, without a name.
_LANES = 9
_GAP = 5.0

#: More VIEWs than that have no names: they are as regular as the axis.
MOST_VIEWS = 12

STEPS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 168)),
)

#: Which events choose first where there is no room for all names; VIEWs choose last.
_FIRST = ("ERROR", "REPLAY", "PLAY", *REACHED.values(), "COMPLETED")
_USUAL = ("SEEK", "BUFFER_START", "PAUSE", "RESUME")
_ROOM = 40  # so many names find room as a rule


@attrs.frozen
class Scale:
    """From ``low`` … ``high`` of something to 0 … ``length`` pixels."""

    low: float
    high: float
    length: float

    def __call__(self, value: float) -> float:
        """The pixel of ``value``."""
        width = self.high - self.low
        return (value - self.low) / width * self.length if width else 0.0


@attrs.frozen
class Label:
    """An event and where its name stands: in ``lane`` (0 is next to the plot), None: nowhere.

    ``x`` is where the event is, ``left`` where its name begins.
    """

    entry: Entry
    name: str
    x: float
    left: float
    lane: int | None

    @property
    def width(self) -> float:
        """The width of the name."""
        return len(self.name) * CHARACTER


def ticks(low: float, high: float, most: int) -> tuple[float, list[float]]:
    """A round step, and its multiples from ``low`` to ``high``: at most about ``most``."""
    width = high - low
    step = next((step for step in STEPS if width / step <= most), None)
    if step is None:
        step = STEPS[-1]
        while width / step > most:
            step *= 10
    first = ceil(low / step - 1e-9)
    return step, [(first + i) * step for i in range(int((high - first * step) / step + 1e-9) + 1)]


def label_of(event: Event, *, short: bool = False) -> str:
    """The label of an event; ``short`` is for narrow drawings."""
    if short and event.event.startswith("PLAY_REACHED_"):
        return f"{event.event.removeprefix('PLAY_REACHED_')} %"
    if isinstance(event, Seek) and event.target is not None:
        return f"{event.event} → {clock(event.target, 0.1)}"
    if isinstance(event, Error):
        return f"ERROR {brief(event.code, 24)}"
    if isinstance(event, Speed):
        return f"SPEED {event.rate:g}x"
    return event.event


def place(entries: Sequence[Entry], scale: Scale, *, short: bool = False) -> list[Label]:
    """The labels of events, in their order: no name lies on another, or on another's line.

    A name goes to the lowest lane that has room. From right to left, since a name stands to
    the right of its event: so it is no obstacle to the lines of those that come after it. Near
    the right edge, where names stand to the left, it is the other way round.
    """
    labels = [_label(each, scale, short) for each in entries]
    views = sum(each.event.event == "VIEW" for each in entries)
    crowded = len(entries) - views > _ROOM
    lanes: list[list[Label]] = [[] for _ in range(_LANES)]

    def turn(index: int) -> tuple[int, bool, int]:
        turned = labels[index].left < labels[index].x
        rank = tier(entries[index].event.event)
        return (rank if crowded or rank == 3 else 0), turned, index if turned else -index

    for index in sorted(range(len(labels)), key=turn):
        label = labels[index]
        if label.entry.event.event == "VIEW" and views > MOST_VIEWS:
            continue
        for number, lane in enumerate(lanes):
            if _free(label, lane) and not _crossed(label, lanes[number + 1 :]):
                labels[index] = attrs.evolve(label, lane=number)
                lane.append(labels[index])
                break
            if any(_covers(other, label.x) for other in lane):
                break  # its line would go through that name
    return labels


def _label(entry: Entry, scale: Scale, short: bool) -> Label:
    name = label_of(entry.event, short=short)
    x = min(max(scale(entry.event.at), 0.0), scale.length)
    left = x + 3.0
    width = len(name) * CHARACTER
    if left + width > scale.length:
        left = max(x - 3.0 - width, 0.0)
    return Label(entry, name, x, left, None)


def tier(name: str) -> int:
    """How early an event of that name chooses where there is not room for all names."""
    if name == "VIEW":
        return 3
    return 0 if name in _FIRST else 1 if name in _USUAL else 2


def _free(label: Label, lane: Sequence[Label]) -> bool:
    """True if the name finds room between the names of the lane."""
    return all(
        label.left >= other.left + other.width + _GAP
        or label.left + label.width + _GAP <= other.left
        for other in lane
    )


def _covers(label: Label, x: float) -> bool:
    return label.left - 1.0 < x < label.left + label.width + 1.0


def _crossed(label: Label, above: Sequence[Sequence[Label]]) -> bool:
    """True if the line of a name further up goes through this one."""
    return any(_covers(label, other.x) for lane in above for other in lane)


def lanes_of(labels: Sequence[Label]) -> int:
    """How many lanes of names there are."""
    return max((label.lane + 1 for label in labels if label.lane is not None), default=0)


def event_counts(labels: Sequence[Label], total: int) -> Iterator[str]:
    """How many events there are, ``total``, and how many of them are drawn, in a few words."""
    if len(labels) < total:
        yield f"{total:,} events, thinned: {len(labels):,} of them drawn"
    else:
        yield counted(total, "event")
    named = sum(label.lane is not None for label in labels)
    if named < len(labels):
        yield f"{named} of them with their names"
