"""The signals of a player whose process stood still, dated to when playback was there.

A machine that swaps, or a virtual one that is paused, stops all processes for a moment while
their clocks go on. Then positions from before come late, with the present one right behind
them: more movement than time, as of a seek. And that none came for long looks like a stall.
"""

from __future__ import annotations

from math import inf
from typing import Any, cast

import attrs

from .. import signals
from ..signals import Signal, TimeUpdate

#: After a silence of so many times what is usual the process stood still.
_SILENCE = 2.0

#: Positions that come so soon after that may be from before; one behind them shows it.
_SOON = 2.4

#: Positions so far (s) from each other, to within so much, show how fast playback is.
_APART, _STEADY = 0.1, 0.15

#: What begins playback, or has it elsewhere, and may be reported late as a whole.
_STARTS = (signals.Loaded, signals.Play, signals.Playing, signals.Seek)

#: Playback that is this much (s) behind what time allows is there late, or stood still as well.
_BEHIND = 0.3


#: A player needs up to so long (s) to go on after it, which is no stall.
_RECOVERS = 0.75


@attrs.define
class Standstill:
    """Passes the signals of one player on; positions that are late wait for one that is not.

    ``tick``: records come so far (s) apart at most while the process runs. ``silence``: no
    position for so long (s) is a stall (`Policy.frozen_after`); None: never.
    """

    tick: float
    silence: float | None
    _last: float = -inf  # when a record came
    _usual: bool = False  # the one before it came as is usual
    _began: float = -inf  # when the process stood still …
    _over: float = -inf  # … and until when
    _latest: float = -inf  # the time of what was passed on
    _position: float | None = None  # where playback was …
    _since: float = -inf  # … at this time, or when it began to run from there
    _runs: bool | None = None  # None: it never did
    _rate: float = 1.0
    _length: float | None = None
    _start: list[Signal] = attrs.field(factory=list)  # may be late; what follows waits, too:
    _late: list[TimeUpdate] = attrs.field(factory=list)
    _aside: list[Signal] = attrs.field(factory=list)  # says nothing of playback

    def passed(self, at: float, made: list[Signal]) -> list[Signal]:
        """The signals that are due by now, of ``made`` (by a record at ``at``) and what waits."""
        usual, self._usual = self._usual, at - self._last <= _SILENCE * self.tick
        if usual and not self._usual:
            self._began, self._over = self._last, at
        self._last = at
        out: list[Signal] = []
        for signal in made:
            if isinstance(signal, TimeUpdate):
                out += self._at_position(signal)
            elif self._waits(signal):
                self._follow(signal)
                self._aside.append(signal)
            else:
                out += self._at_other(signal)
        if not self._soon(at):
            out += self.rest()
        if out:
            self._latest = out[-1].at
        return out

    def rest(self, *, went_on: bool = False) -> list[Signal]:
        """The signals that wait, if nothing shows that playback was further by then.

        ``went_on``: it may have been, as no position can show it any more.
        """
        made: list[Signal] = []
        if self._late:
            at, position = self._late[-1].at, self._late[-1].position
            if went_on and not self._start:
                since = -inf if self.silence is None else at - 0.8 * self.silence
                at = min(at, max(self._earliest(position), self._latest, since))
            made = self._up_to(TimeUpdate(at=at, position=position))
        return [*made, *self._begun([]), *self._take_aside()]

    def _soon(self, at: float) -> bool:
        """True if the process stood still just before ``at``."""
        return at - self._over <= _SOON * self.tick

    def _waits(self, signal: Signal) -> bool:
        """True for what says nothing of playback, while what comes next may be of before it."""
        aside = isinstance(signal, signals.DurationChange | signals.Volume)
        return aside and bool(self._soon(signal.at) or self._late or self._start)

    def _at_position(self, signal: TimeUpdate) -> list[Signal]:
        if self._soon(signal.at) and self._is_late(signal):
            self._late.append(signal)
            return []
        return [*self._up_to(signal), *self._arrive(signal), *self._take_aside()]

    def _is_late(self, signal: TimeUpdate) -> bool:
        if self._start:
            return not self._is_steady(signal)  # how late the start was shows in all of them
        return self._unseen and signal.at - self._earliest(signal.position) > _BEHIND

    def _is_steady(self, signal: TimeUpdate) -> bool:
        """True if playback came from the last position to this one at its own pace."""
        if not self._late:
            return False
        passed, ahead = signal.at - self._late[-1].at, signal.position - self._late[-1].position
        return passed > _APART and abs(ahead - self._rate * passed) <= _STEADY

    def _starts(self, signal: Signal) -> bool:
        """True if playback begins by it, or goes on elsewhere, or that is under way."""
        if self._runs and isinstance(signal, signals.Play | signals.Playing):
            return bool(self._start)
        return isinstance(signal, _STARTS)

    def _at_other(self, signal: Signal) -> list[Signal]:
        if self._soon(signal.at) and self._starts(signal):
            fresh = isinstance(signal, signals.Loaded) or self._late
            made = self.rest(went_on=True) if fresh and not self._start else []
            self._start.append(signal)
            return made
        made = []
        over, length = isinstance(signal, signals.Ended | signals.Looped), self._length
        if over and length is not None and self._unseen and self._explains(signal.at, length):
            signal = _dated(signal, max(self._earliest(length), self._latest))
            made = self._up_to(TimeUpdate(at=signal.at, position=length))
            made += self._between(signal.at, length)
        made += self.rest(went_on=not over)
        self._follow(signal)
        return [*made, signal]

    def _up_to(self, update: TimeUpdate) -> list[Signal]:
        """The positions that wait, if playback was there then."""
        late, self._late = self._late, []
        made = self._begun([*late, update])
        for each in late:
            then = update.at - (update.position - each.position) / self._rate
            then = max(then, self._earliest(each.position), self._latest)
            made += self._arrive(TimeUpdate(at=min(each.at, then), position=each.position))
        return made

    def _begun(self, since: list[TimeUpdate]) -> list[Signal]:
        """The start that waits, dated by where playback came since."""
        start, self._start = self._start, []
        here = self._position
        for signal in start:
            if isinstance(signal, signals.Loaded | signals.Seek):
                here = signal.position or 0.0
        if start and since and here is not None:
            began = min(each.at - (each.position - here) / self._rate for each in since)
            if self._began - _BEHIND <= began < start[-1].at - _BEHIND:
                began = max(began, self._began, self._latest)
                start = [_dated(each, min(each.at, began)) for each in start]
        for signal in start:
            self._follow(signal)
            self._latest = signal.at
        return start

    def _take_aside(self) -> list[Signal]:
        aside, self._aside = self._aside, []
        return aside

    @property
    def _unseen(self) -> bool:
        """True if playback ran when the process stood still, and was not seen since."""
        return self._runs is True and self._position is not None and self._since < self._over

    def _earliest(self, position: float) -> float:
        """When playback was at ``position``, if it never stood."""
        return self._since + max(0.0, position - (self._position or 0.0)) / self._rate

    def _explains(self, at: float, position: float) -> bool:
        """True if the standstill alone can be why that is reported as late as ``at``."""
        stood = self._over - max(self._began, self._since)
        return 0.0 <= at - self._earliest(position) <= stood + _RECOVERS

    def _arrive(self, signal: TimeUpdate) -> list[Signal]:
        """The update, and before it those that could not be made."""
        between = self._between(signal.at, signal.position)
        if self._runs is None:
            self._runs = True
        self._position, self._since = signal.position, signal.at
        return [*between, signal]

    def _between(self, at: float, position: float) -> list[Signal]:
        """So many updates on the way to there that their lack is no stall."""
        before, since = self._position, self._since
        if self.silence is None or before is None or not self._unseen:
            return []
        if position <= before or not self._explains(max(at, self._earliest(position)), position):
            return []
        parts = int((at - since) / self.silence * 2.0) + 1
        shares = [n / parts for n in range(1, parts)]
        return [
            TimeUpdate(
                at=max(self._latest, since + share * (at - since)),
                position=before + share * (position - before),
            )
            for share in shares
        ]

    def _follow(self, signal: Signal) -> None:
        """Playback runs, or does not, or is elsewhere."""
        at = signal.at
        match signal:
            case signals.RateChange() | signals.DurationChange():
                self._learn(signal)
            case signals.Playing() | signals.StallEnd():
                self._runs, self._since = True, at
            case signals.Pause() | signals.Stall() | signals.Error():
                self._runs = False
            case signals.Seeking():
                self._position = None
            case signals.Seek() | signals.Seeked():
                self._position, self._since = signal.position, at
            case signals.Looped():
                self._position, self._since = 0.0, at
            case signals.Loaded():
                self._position, self._runs = signal.position or 0.0, None
                self._length = signal.duration
            case signals.Replay() | signals.Stop() | signals.Ended():
                self._position, self._runs = 0.0, None

    def _learn(self, signal: signals.RateChange | signals.DurationChange) -> None:
        """Playback is as fast, or the content as long, as was not known."""
        if isinstance(signal, signals.DurationChange):
            self._length = signal.duration
            return
        if self._runs and self._position is not None:
            self._position += self._rate * max(0.0, signal.at - self._since)
            self._since = signal.at
        self._rate = signal.rate


def _dated(signal: Signal, at: float) -> Signal:
    return cast("Signal", attrs.evolve(cast("Any", signal), at=at))
