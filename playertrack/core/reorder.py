"""The reorder buffer: puts the signals of one player back into the order in which it sent them.

Networks deliver out of order, and twice. Where signals are numbered (``seq``) the order is that
of the numbers: whatever is contiguous is released at once, a repeat is dropped, and a number
that is missing is waited for, at most ``lateness`` seconds of event time. Where they are not,
the order is that of ``at``, and nothing is a repeat.

Event time is the latest ``at`` of the player, so the buffer is a function of what it is given:
it has no clock, and its state is a value (`Reorder.state`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

from ..signals import Signal, from_record, to_record

#: Ranges of numbers that were given up, kept to distinguish late from repeated.
_MOST_LOST = 1000

#: So long (s) a 0 is waited for at most where a 1 came: the first number should be 1.
_FOR_0 = 5.0

#: So many signals wait at most, and so many for each second of lateness: only a clock that
#: stands still has more.
_MOST_HELD, _MOST_A_SECOND = 10_000, 100


class Reorder:
    """Puts the signals of one player in order.

    ``lateness``: how long (s of event time) a missing signal is waited for. ``idle_close``: the
    silence (s) after which a player may count from the start again; None: it never does.
    ``late`` counts the signals that were left out because they came later.

        >>> from playertrack.signals import Pause, Play, Ready
        >>> order = Reorder(5.0)
        >>> order.push(Ready(at=0.0), 0), order.push(Pause(at=2.0), 2)
        ([Ready(at=0.0, position=None)], [])
        >>> order.push(Play(at=1.0), 1)
        [Play(at=1.0, position=None), Pause(at=2.0, position=None)]
    """

    __slots__ = (
        *("lateness", "idle_close", "late", "latest", "_expected", "_held", "_numbers"),
        *("_loose", "_count", "_lost", "_era_end", "_undecided", "_restarted"),
    )

    def __init__(self, lateness: float, idle_close: float | None = None) -> None:
        self.lateness = lateness
        self.idle_close = idle_close
        self.late = 0
        #: Event time: the latest ``at`` so far.
        self.latest = -inf
        self._expected = 0
        # What waits for a missing number: the event time at which it came, and the signal. In
        # order of arrival, so that the first is the one that has waited longest.
        self._held: OrderedDict[int, tuple[float, Signal]] = OrderedDict()
        self._numbers: list[int] = []  # a heap of the same
        self._loose: list[tuple[float, int, Signal]] = []  # a heap of what has no number
        self._count = count()
        self._lost: list[tuple[int, int]] = []
        # At first, and after a long silence, the numbers may start from 0 or elsewhere; the
        # first ones show which.
        self._era_end = -inf
        self._undecided = True
        self._restarted = False

    def push(self, signal: Signal, seq: int | None = None) -> list[Signal]:
        """Take a signal as it arrives; what can be released now, in order."""
        at = signal.at
        out: list[Signal] = []
        if self.idle_close is not None and at - self.latest > self.idle_close:
            out = self._new_era()
        self.latest = max(self.latest, at)
        if seq is None:
            if self.latest - at > self.lateness:
                self.late += 1
            else:
                heappush(self._loose, (at, next(self._count), signal))
        elif self._is_next(seq, at):
            if seq == self._expected and not (self._held or self._loose):
                self._expected = seq + 1
                out.append(signal)
                return out
            self._hold(seq, signal)
        out += self._released()
        return out

    @property
    def waits(self) -> bool:
        """True if it holds a signal."""
        return bool(self._held or self._loose)

    def passes(self, seq: int, at: float) -> bool:
        """True if a signal is simply the next one, so that it need not be pushed; then it counts.

        The quick way for what is in order: nothing waits, and no silence came before it.
        """
        if seq != self._expected or self._held or self._loose:
            return False
        if self._undecided or self._restarted:
            return False
        if self.idle_close is not None and at - self.latest > self.idle_close:
            return False
        self._expected = seq + 1
        if at > self.latest:
            self.latest = at
        return True

    def flush(self) -> list[Signal]:
        """Everything that is held, in order: nothing is waited for any more."""
        out = list(self._contiguous())
        while self._held:
            self._give_up()
            out += self._contiguous()
        out += [heappop(self._loose)[2] for _ in range(len(self._loose))]
        return out

    # ------------------------------------------------------------------ numbers

    def _is_next(self, seq: int, at: float) -> bool:
        """True if the signal is still to be released; one that is late is counted."""
        if self._undecided:
            if seq < self._expected and self._is_after_silence(at):
                self._undecided, self._restarted, self._expected = False, True, 0
                self._lost.clear()
            elif seq == self._expected:
                self._undecided = False
        if self._restarted and at <= self._era_end:
            self.late += 1  # of the numbers before the silence
            return False
        if seq >= self._expected:
            return seq not in self._held
        self.late += self._was_lost(seq)
        return False

    def _is_after_silence(self, at: float) -> bool:
        return self.idle_close is not None and at - self._era_end > self.idle_close

    def _was_lost(self, seq: int) -> bool:
        """True if the number was given up; it counts once."""
        for index, (start, end) in enumerate(self._lost):
            if start <= seq < end:
                left = [(start, seq), (seq + 1, end)]
                self._lost[index : index + 1] = [each for each in left if each[0] < each[1]]
                return True
        return False

    def _hold(self, seq: int, signal: Signal) -> None:
        self._held[seq] = self.latest, signal
        heappush(self._numbers, seq)

    def _released(self) -> Iterator[Signal]:
        """The signals that are contiguous, or have waited long enough."""
        most = max(_MOST_HELD, _MOST_A_SECOND * self.lateness)
        yield from self._contiguous()
        while self._held:
            arrived, _ = next(iter(self._held.values()))
            lacks_0_alone = self._expected == 0 and self._numbers[0] == 1
            lateness = min(self.lateness, _FOR_0) if lacks_0_alone else self.lateness
            if self.latest - arrived <= lateness and len(self._held) <= most:
                break
            self._give_up()
            yield from self._contiguous()
        while self._loose and (
            self.latest - self._loose[0][0] > self.lateness or len(self._loose) > most
        ):
            yield heappop(self._loose)[2]

    def _contiguous(self) -> Iterator[Signal]:
        while self._numbers and self._numbers[0] == self._expected:
            _, signal = self._held.pop(heappop(self._numbers))
            self._expected += 1
            while self._loose and self._loose[0][0] <= signal.at:
                yield heappop(self._loose)[2]
            yield signal

    def _give_up(self) -> None:
        """Stop waiting for the signals before the first that is held."""
        first = self._numbers[0]
        self._lost.append((self._expected, first))
        del self._lost[:-_MOST_LOST]
        self._expected = first
        self._undecided = False

    def _new_era(self) -> list[Signal]:
        out = self.flush()
        self._era_end = self.latest
        self._undecided, self._restarted = True, False
        return out

    # ------------------------------------------------------------------ state as a value

    def state(self) -> list[Any]:
        """All that it holds, as JSON and MessagePack can say it."""
        held = [[seq, came, to_record(signal)] for seq, (came, signal) in self._held.items()]
        loose = [to_record(signal) for _, _, signal in sorted(self._loose)]
        return [
            None if self.latest == -inf else self.latest,
            self._expected,
            self.late,
            held,
            loose,
            [list(each) for each in self._lost],
            None if self._era_end == -inf else self._era_end,
            self._undecided,
            self._restarted,
        ]

    @classmethod
    def restore(cls, lateness: float, idle_close: float | None, state: list[Any]) -> Reorder:
        """The buffer of a `state`; raises what a value of another shape makes Python raise."""
        order = cls(lateness, idle_close)
        latest, expected, late, held, loose, lost, era_end, *flags = state
        order._expected, order.late = int(expected), int(late)
        order.latest = -inf if latest is None else float(latest)
        order._era_end = -inf if era_end is None else float(era_end)
        order._undecided, order._restarted = flags
        order._lost = [(int(start), int(end)) for start, end in lost]
        for seq, came, record in held:
            order._held[int(seq)] = float(came), from_record(record)
            heappush(order._numbers, int(seq))
        for record in loose:
            signal = from_record(record)
            order._loose.append((signal.at, next(order._count), signal))
        return order
