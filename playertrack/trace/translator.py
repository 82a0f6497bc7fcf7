"""The common part of all translators.

A player's own translator turns its records into signals and knows only that player. This module
handles what all players that a program drives have in common: who asked for a seek, several calls
that are one seek, and a part of a file that is played as if it were the whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, cast

import attrs

from .. import signals
from ..policy import Policy
from ..signals import SEEKERS, Signal
from .recording import Command, Number, Record, TranslationError, read
from .standstill import Standstill

#: So often (s) at least a `playertrack.live.adapter.Binding` makes a record, a ``tick`` if
#: nothing else comes.
TICK = 0.25

#: A position this close (s of content) to the target of a row of calls shows that it is over …
_NEAR = 3.0

#: … and this close, if it may be that of a start from 0, with which the calls began.
_NEAR_AT_START = 0.5

#: How long (s) such a position is waited for, and how long who sought is remembered until the
#: player reports the seek.
_PATIENCE = 3.0

#: How long (s) after a row of calls the player's first sign of it is waited for. A position is
#: one if it is not where playback would be by itself, but for so much (s of content).
_SIGN, _BY_ITSELF = 1.0, 0.5

#: Signals in which positions of the content are moved to those of the part that is played.
_FIELDS = ("position", "origin")

#: What the player says while the program seeks by a row of calls, and means nothing by it; after
#: the first of them it starts from 0.
_ANEW = ("stop", "ended", "looped", "replay", "loaded")
_NOISE = (*_ANEW, "stall", "stall_end")
_SEEKS = ("seeking", "seeked", "seek")


class _SharedCommand(Command):
    """A command of the program, who gave it, and the part of the media that it wants (s)."""

    by: str | None = None
    part: list[Number | None] | None = None


#: The records that are read here.
_COMMON = ("app.by", "app.seeking", "ret.seeking", "app.open")


def checked_seeker(by: str) -> str:
    """``by``, if it is one of `SEEKERS`; raises ValueError."""
    if by not in SEEKERS:
        raise ValueError(f"by: {by!r} is not allowed; expected one of {', '.join(SEEKERS)}")
    return by


@attrs.frozen
class Part:
    """The part of a file that is played: from ``start``, to ``end`` or its own end (s)."""

    start: float
    end: float | None = None

    def length(self, whole: float | None) -> float | None:
        """How long it is (s), of a file that is ``whole`` long; None if that is unknown."""
        ends = [end for end in (self.end, whole) if end is not None]
        return max(0.0, min(ends) - self.start) if ends else None


@attrs.define
class _Row:
    """A seek that is a row of calls.

    ``target``: in the part that is played; ``by``: who wants it; ``begun``: the player showed
    that it does something; ``goes_on``: it plays as if nothing were asked; ``anew``: since when it
    may play from the start; ``over``: since when no more calls are to come.
    """

    target: float
    by: str | None
    begun: bool = False
    goes_on: bool = False
    anew: float | None = None
    over: float | None = None

    def start(self, at: float) -> Signal:
        """The signal that it starts."""
        return signals.Seeking(at=at, position=self.target, by=self.by)


@attrs.define
class _Course:
    """Playback as it goes on by itself: when it was where, how fast it is, whether it pauses.

    ``entry``: which media it is of.
    """

    place: tuple[float, float] | None = None
    rate: float = 1.0
    paused: bool = False
    entry: str | None = None

    def follow(self, signal: Signal) -> Signal:
        """Return ``signal``, which is part of it."""
        match signal:
            case signals.TimeUpdate():
                self.place = (signal.at, signal.position)
            case signals.RateChange():
                self.rate = signal.rate
            case signals.Pause():
                self.paused = True
            case signals.Play() | signals.Playing():
                self.paused = False
            case signals.Loaded():
                self.place, self.entry = None, signal.entry_id
        return signal

    def is_left_by(self, signal: Signal) -> bool:
        """True if it does not go on so, by what the signal says."""
        if not isinstance(signal, signals.TimeUpdate):
            return signal.name in (*_NOISE, *_SEEKS)
        if self.place is None:
            return True
        at, position = self.place
        ahead = signal.position - position
        return not -_BY_ITSELF <= ahead <= self.rate * (signal.at - at) + _BY_ITSELF


class PlayerTranslator(ABC):
    """Turns the records of one player into signals; a subclass says what each stands for.

    Records that every player has: ``app.by``, who asks for the seek that comes next;
    ``app.seeking`` and ``ret.seeking`` around calls that are one seek to ``args[0]``, ``by``
    somebody; on ``app.open`` a ``part``, from where to where (s) the media is to be played.
    The first record makes the player ready.
    """

    policy: ClassVar[Policy]

    #: So far (s) apart records are at most while the process runs, as a `Binding` has ticks: a
    #: silence shows that it stood still, and what was played meanwhile is not lost. None: unknown.
    ticks: ClassVar[float | None] = None

    def __init__(self) -> None:
        self._ready = False
        silence = self.policy.frozen_after
        self._standstill = Standstill(self.ticks, silence) if self.ticks else None
        self._part: Part | None = None
        self._next_part: Part | None = None  # of the media that comes next
        self._row: _Row | None = None
        self._by: tuple[str, float] | None = None
        self._course = _Course()

    def translate(self, record: dict[str, Any]) -> list[Signal]:
        """The signals that a record stands for; raises `TranslationError` if it is malformed."""
        command = self._shared(record)
        own = self._common(command, record) if command is not None else self._translate(record)
        at = self._seconds(record["t"])
        made: list[Signal] = []
        if not self._ready:
            self._ready = True
            made.append(signals.Ready(at=at))
        for signal in own:
            made += self._passed(self._placed(signal))
        made += self._overdue(at)
        return made if self._standstill is None else self._standstill.passed(at, made)

    def finish(self) -> list[Signal]:
        """The signals held back, now that no record can change them."""
        rest = [] if self._standstill is None else self._standstill.rest()
        made = [each for signal in self._finish() for each in self._passed(self._placed(signal))]
        row = self._row
        over = [] if row is None or row.over is None else self._end_row(row, row.over)
        return [*rest, *made, *over]

    # ----------------------------------------------------------------- of the subclass

    @property
    def part(self) -> Part | None:
        """The part of the file that is the content; None: all of it."""
        return self._part

    @property
    def in_row(self) -> bool:
        """True while the program seeks by a row of calls, until the player has done it."""
        return self._row is not None

    @abstractmethod
    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        """The signals that a record of the player stands for."""

    def _finish(self) -> list[Signal]:
        """The signals that the subclass holds back."""
        return []

    def _play_part(self, part: Part | None) -> None:
        """From now on that part of the file (None: all of it) is the content."""
        self._part = part

    @staticmethod
    def _seconds(t: float) -> float:
        """The time of a record, in seconds."""
        return float(t)

    # ------------------------------------------------------------------ common records

    def _shared(self, record: dict[str, Any]) -> _SharedCommand | None:
        """The record, if it is one of those that every player has."""
        if record.get("kind") not in _COMMON:
            return None
        command = cast("_SharedCommand", read(record, Record, lambda _: _SharedCommand))
        if command.by is not None and command.by not in SEEKERS:
            raise TranslationError("by", command.by, f"one of {', '.join(SEEKERS)}")
        if command.kind == "app.seeking" and not (
            command.args and isinstance(command.args[0], float)
        ):
            raise TranslationError("args", command.args, "the target of the seek, in seconds")
        if command.part is not None and _part(command.part) is None:
            raise TranslationError("part", command.part, "its start and its end, in seconds")
        return command

    def _common(self, command: _SharedCommand, record: dict[str, Any]) -> list[Signal]:
        match command.kind:
            case "app.by":
                self._by = (command.by, command.t + _PATIENCE) if command.by else None
                return []
            case "app.seeking":
                return self._begin(command)
            case "ret.seeking":
                if self._row is not None:
                    self._row.over = command.t
                return []
        self._next_part = None if command.part is None else _part(command.part)
        return self._translate(record)

    # ------------------------------------------------------- a seek that is a row of calls

    def _begin(self, command: _SharedCommand) -> list[Signal]:
        """It is reported when the player does something: the calls may fail, or be none."""
        target = max(0.0, float(command.args[0]))
        self._row, self._by = _Row(self._shift(target), command.by), None
        return []

    def _overdue(self, at: float) -> list[Signal]:
        row = self._row
        if row is None or row.over is None:
            return []
        forgotten = not row.begun and (row.goes_on or self._course.paused)
        if at - row.over < (_SIGN if forgotten else _PATIENCE):
            return []
        return self._end_row(row, at)

    def _end_row(self, row: _Row, at: float) -> list[Signal]:
        """Nothing more comes of it; it was none if playback went on as before."""
        self._row = None
        if not row.begun and (row.goes_on or self._course.paused):
            return []
        started = [] if row.begun else [row.start(at)]
        return [*started, signals.Seeked(at=at, position=row.target)]

    def _passed(self, signal: Signal) -> list[Signal]:
        """``signal``, unless it is part of a row of calls that is one seek."""
        if isinstance(signal, (signals.Seeking, signals.Seek)) and signal.by is None:
            signal = self._sought_by(signal)
        row = self._row
        if row is None:
            return [self._course.follow(signal)]
        over = row.over is not None and isinstance(signal, signals.Ended)
        if isinstance(signal, signals.Loaded):
            over = not self._reopens(signal)
        if over or isinstance(signal, (signals.Error, signals.Close)):
            self._row = None
            return [self._course.follow(signal)]
        if not (row.begun or self._course.is_left_by(signal)):
            row.goes_on |= isinstance(signal, signals.TimeUpdate)
            return [self._course.follow(signal)]
        made: list[Signal] = []
        if not row.begun:
            row.begun = True
            made.append(row.start(signal.at))
        return made + self._within(row, signal)

    def _reopens(self, signal: signals.Loaded) -> bool:
        """True if a row of calls has the media opened anew, as some players need after a stop."""
        return self._row is not None and signal.entry_id == self._course.entry

    def _within(self, row: _Row, signal: Signal) -> list[Signal]:
        if signal.name in _NOISE:
            row.anew = signal.at if signal.name in _ANEW else row.anew
            return []
        if signal.name in _SEEKS or isinstance(signal, signals.TimeUpdate):
            return self._landed(row, signal)
        return [signal]

    def _landed(self, row: _Row, signal: Signal) -> list[Signal]:
        position = signal.position
        if row.over is None or position is None or isinstance(signal, signals.Seeking):
            return []
        near = _NEAR_AT_START if self._is_of_start(row, signal) else _NEAR
        if abs(position - row.target) > near:
            return []
        self._row = None
        return [signals.Seeked(at=signal.at, position=position)]

    def _is_of_start(self, row: _Row, signal: Signal) -> bool:
        """True if playback from 0 would be there by now; what a player says it sought is not."""
        if row.anew is None or not isinstance(signal, signals.TimeUpdate):
            return False
        return signal.position <= self._course.rate * (signal.at - row.anew) + _BY_ITSELF

    def _sought_by(self, signal: signals.Seeking | signals.Seek) -> Signal:
        by, self._by = self._by, None
        if by is None or signal.at > by[1]:
            return signal
        return cast("Signal", attrs.evolve(cast("Any", signal), by=by[0]))

    # ------------------------------------------------------------ a part that is the content

    def _shift(self, position: float) -> float:
        return position if self._part is None else max(0.0, position - self._part.start)

    def _placed(self, signal: Signal) -> Signal:
        """``signal`` with positions from the start of the part, and the part's length."""
        if isinstance(signal, signals.Loaded) and not self._reopens(signal):
            self._part, self._next_part = self._next_part, None
        part = self._part
        if part is None:
            return signal
        changed: dict[str, Any] = {
            name: self._shift(position)
            for name in _FIELDS
            if (position := getattr(signal, name, None)) is not None
        }
        if isinstance(signal, (signals.Loaded, signals.DurationChange)) and not signal.live:
            changed["duration"] = part.length(signal.duration) or None
        return cast("Signal", attrs.evolve(cast("Any", signal), **changed)) if changed else signal


def _part(bounds: list[float | None]) -> Part | None:
    """The part from the first bound to the second (None: the end of the file), if it is one."""
    match bounds:
        case [int() | float() as start, int() | float() as end] if 0.0 <= start < end:
            return Part(start, end)
        case [int() | float() as start, None] if start >= 0.0:
            return Part(start)
    return None
