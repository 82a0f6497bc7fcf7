"""Events of a wall clock that cannot be right: held until they can be dated (Q-clock).

A device without a battery boots in 1970 and learns the time minutes, days or a boot later. What
it records until then is queued as a held item: the event itself in JSON, and in its head the
boot and the time since boot. Once the clock is set, held items are dated, encoded by their
destination and committed; only then may they be sent.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from time import monotonic
from uuid import uuid4

import attrs

from .._clocks import read_both
from .._log import log as _log
from ..events import EVENTS, Event, to_record
from .both import held_rows, times_of
from .failover import Failover
from .values import RELEASED, Added, Dated, Encode, Held, Item, LaterError, RefusedError, Settled

#: An event is from the wrong clock if it was recorded at most so long (s) ago by that clock; one
#: that is fed from an old recording is not.
_RECENT = 30 * 86_400.0

#: Two readings of a clock that are this close (s) are the same setting of it.
_NOISE = 0.1

#: Reading what is held takes this share of the time at most, as long as nothing has changed.
_SHARE = 0.01

#: How many rows are dated by one transaction, at most.
_GROUP = 2000

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _since_boot() -> float:
    """Seconds since boot, with the time that the machine slept where that is known."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _this_boot() -> str:
    """An id of this boot; where the system has none, of this process."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return str(uuid4())


class BootClock:
    """The wall clock, and the monotonic clock that dates what was recorded while it was wrong.

    ``wall`` is Unix time (s), ``since_boot`` the time since boot (s), ``boot`` the boot's id.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        since_boot: Callable[[], float] = _since_boot,
        boot: str | None = None,
    ) -> None:
        self.boot = _this_boot() if boot is None else boot
        self._wall, self._since_boot = wall, since_boot
        #: The time since boot less the wall time (s), for each wrong setting of it.
        self.lags: deque[float] = deque(maxlen=64)
        self._started: float | None = None
        self._learned: float | None = None
        self.look()

    def look(self) -> float:
        """Notice how the clock is set; gives the time since boot."""
        now, ticks = read_both(self._wall, self._since_boot)
        if now < RELEASED:
            lag = ticks - now
            if all(abs(lag - known) > _NOISE for known in self.lags):
                self.lags.append(lag)
        elif self._started is None:
            self._started = now - ticks
        return ticks

    def learn(self, now: float) -> None:
        """It is ``now``, a server says: that counts while this clock is not set."""
        self._learned = now - self._since_boot()

    @property
    def started(self) -> float | None:
        """When this boot began (Unix time), as the first right setting has it.

        Before that as a server has it; None if nobody knows.
        """
        self.look()
        return self._learned if self._started is None else self._started

    def ticks_at(self, at: float) -> float | None:
        """The time since boot of an event that the wrong clock dates ``at``; None for any other."""
        ticks = self.look()
        if at >= RELEASED or not self.lags:
            return None
        then = min((at + lag for lag in self.lags), key=lambda then: abs(then - ticks))
        return then if abs(then - ticks) < _RECENT else None


class Undated:
    """The held events of one outbox; its methods belong to the outbox's thread."""

    def __init__(self, clock: BootClock) -> None:
        #: Make the items of events that have a date by now, by destination.
        self.encoders: dict[str, Encode] = {}
        #: What it goes by.
        self.clock = clock
        #: The sessions that have held events, with their destinations.
        self.lanes: set[tuple[str, str]] = set()
        self._read_with: object = None  # what was known when the rows were last read
        self._read_again_at = -inf

    @property
    def clock_is_set(self) -> bool:
        """True if events of this boot can be dated."""
        return self.clock.started is not None

    def hold(self, destination: str, event: Event, beside: str) -> Item | None:
        """The held item of an event that has no date yet, or whose session has held ones.

        None for one that is to be encoded at once. ``beside`` is for the encoder.
        """
        if not self.lanes and event.at >= RELEASED:
            return None
        ticks = self.clock.ticks_at(event.at)
        lane = event.session
        if ticks is not None:
            held = Held(self.clock.boot, ticks, beside)
        elif (destination, lane) in self.lanes:
            held = Held(beside=beside)  # it has a date, and waits for those before it
        else:
            return None
        return self._held(destination, event, held)

    def keep(self, destination: str, event: Event, beside: str) -> Item:
        """The held item of an event that cannot be encoded now."""
        return self._held(destination, event, Held(beside=beside))

    def _held(self, destination: str, event: Event, held: Held) -> Item:
        lane = event.session
        self.lanes.add((destination, lane))
        if self.clock_is_set:
            self.read_again()
        body = json.dumps(to_record(event)).encode()
        return Item(lane, event.event, event.index, event.at, held.head, body)

    def read_again(self) -> None:
        """Have held rows read at the next dating."""
        self._read_again_at = -inf

    def date(self, failover: Failover) -> bool:
        """Date what can be dated, and commit it; True if there is more to send now."""
        started = self.clock.started
        known = (started, failover.owner, len(self.encoders))
        if failover.owing:
            self.read_again()
            return False
        if known == self._read_with and monotonic() < self._read_again_at:
            return False
        began = monotonic()
        rows = held_rows(failover.stores())
        self._read_with = known
        self._read_again_at = monotonic() + (monotonic() - began) / _SHARE
        self.lanes = {(name, item.lane) for _, name, item in rows}
        if not rows or started is None or not failover.owner:
            return False
        dates = _dates(rows, self.clock.boot, started, lambda: times_of(failover.stores()))
        ended = estimated = 0
        late: set[str] = set()  # destinations whose functions have not returned
        for first in range(0, len(rows), _GROUP):
            ends = self._ends(rows[first : first + _GROUP], dates, late)
            if not ends:
                continue
            failover.commit(Added(), Settled(dated=ends))
            if failover.owing:
                return False  # the disk takes it later, and the lanes are held until then
            ended += len(ends)
            estimated += sum(each.estimated for each in ends.values())
        if not ended:
            return False
        self.lanes = {(name, item.lane) for _, name, item in held_rows(failover.stores())}
        if dates:
            _log.warning(
                "the time is known: %d events are dated, %d of them by estimate",
                *(len(dates), estimated),
            )
        return True

    def _ends(
        self,
        rows: Sequence[tuple[int, str, Item]],
        dates: Mapping[int, tuple[float, bool]],
        late: set[str],
    ) -> dict[int, Dated]:
        ends: dict[int, Dated] = {}
        for seq, name, item in rows:
            at, estimated = dates.get(seq, (item.at, False))
            held = Held.of(item) or Held()
            encode = self.encoders.get(name)
            if encode is not None and name not in late:
                try:
                    ends[seq] = _encoded(name, encode, item, held.beside, at, estimated)
                    continue
                except LaterError:
                    late.add(name)
            if seq in dates:  # it is encoded later, or by another process, but dated now
                dated = attrs.evolve(item, at=at, head=attrs.evolve(held, boot=None).head)
                ends[seq] = Dated(name, dated, estimated=estimated)
        return ends


def _encoded(
    name: str, encode: Encode, item: Item, beside: str, at: float, estimated: bool
) -> Dated:
    """The end of a held item that is of ``at``."""
    try:
        record = json.loads(item.body)
        event = EVENTS.get(record["event"], Event)(**{**record, "at": at})
        made = encode(event, beside)
    except LaterError:
        raise
    except RefusedError as error:
        return Dated(name, error.item, str(error), estimated=estimated)
    except (Exception, SystemExit) as error:
        _log.exception("an event could not be encoded for %s; it is a dead letter now", name)
        return Dated(name, attrs.evolve(item, at=at, head=""), repr(error), estimated=estimated)
    if made is not None and not made.storable:
        return Dated(name, made.made_storable(), "no database takes it", estimated=estimated)
    if made is not None:
        made = attrs.evolve(made, head=f"{at:.3f}")  # it has waited since then
    return Dated(name, made, estimated=estimated)


def _dates(
    rows: Iterable[tuple[int, str, Item]],
    boot: str,
    started: float,
    known_times: Callable[[], Iterable[tuple[int, float]]],
) -> dict[int, tuple[float, bool]]:
    """When each undated row was recorded (Unix time), by number, and if that is an estimate.

    Rows of this ``boot`` are as old as the monotonic clock says. An earlier boot that never
    knew the time ended before the next one began, and before the next event that has a time;
    its last event is put there and the others as far before it as they were. Where there is
    too little room after the event before them, their distances shrink.
    """
    dates: dict[int, tuple[float, bool]] = {}
    boots: dict[str, list[tuple[int, float]]] = {}
    for seq, _, item in rows:
        held = Held.of(item)
        if held is None or held.boot is None:
            continue
        if held.boot == boot:
            dates[seq] = started + held.ticks, False
        else:
            boots.setdefault(held.boot, []).append((seq, held.ticks))
    if not boots:
        return dates
    known = [*known_times(), *((seq, at) for seq, (at, _) in dates.items())]
    for group in sorted(boots.values(), reverse=True):
        first, last = group[0][0], group[-1][0]
        after = min((at for seq, at in known if seq > last), default=inf)
        before = max((at for seq, at in known if seq < first), default=-inf)
        latest = max(ticks for _, ticks in group)
        span = latest - min(ticks for _, ticks in group)
        end = max(before, min(started, after))
        scale = 1.0 if end - span >= before else (end - before) / span
        found = [(seq, end - (latest - ticks) * scale) for seq, ticks in group]
        known += found
        dates |= {seq: (at, True) for seq, at in found}
        started = end - latest
    return dates
