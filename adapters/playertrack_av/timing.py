"""The clock of a playback, and its playhead."""

from __future__ import annotations

import threading
import time
from math import inf

import attrs

#: The longest single wait (s); a longer one is taken up again by the loop around it.
_LONGEST_WAIT = 3600.0


class Clock:
    """Unix time in seconds, which may run faster than the wall's.

    ``speed``: how many seconds at most pass for each one of the wall while nothing but time
    is awaited, as between two frames; ``inf`` jumps over such waits. While data is awaited,
    from a disk, a network or the decoder, a second is a second at any speed, since nothing
    makes those faster. All that is reported has its time from this clock, so content and
    time go together at any speed. At a speed of 1 it is the wall clock as of when it was
    made, which unlike the real one never steps.

    Read by any thread; only one may `wait`. Raises ValueError for a speed below 1.

        >>> clock = Clock(speed=inf)
        >>> begin = clock.now()
        >>> clock.wait(threading.Event(), begin + 3600, paced=True)
        >>> clock.now() >= begin + 3600
        True
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not speed >= 1.0:
            raise ValueError(f"speed: {speed!r} is not allowed; expected 1 or more, or inf")
        self.speed = speed
        # Replaced as a whole, so that a reader never sees half of it: from this time on, at
        # this instant of the monotonic clock, at this speed, as far as this.
        self._line = (time.time(), time.monotonic(), 1.0, inf)

    def now(self) -> float:
        """The time (s)."""
        start, mark, speed, limit = self._line
        return min(start + (time.monotonic() - mark) * speed, limit)

    def wait(self, woken: threading.Event, until: float | None, *, paced: bool) -> None:
        """Let the time come to ``until`` (None: any), or less if ``woken`` is set before.

        ``paced``: nothing but time is awaited, so it passes at the clock's speed.
        """
        if until is None:
            woken.wait()
            return
        now = self.now()
        speed = self.speed if paced else 1.0
        if speed == inf:
            if not woken.is_set():
                self._go_on(max(now, until))
        elif until > now:
            # A wait is overrun by a little each time. The wall clock has to keep that; at
            # another speed it is dropped, lest it be multiplied.
            limit = inf if speed == 1.0 else until
            self._line = (now, time.monotonic(), speed, limit)
            woken.wait(min((until - now) / speed, _LONGEST_WAIT))
            self._go_on(self.now())

    def _go_on(self, now: float) -> None:
        self._line = (now, time.monotonic(), 1.0, inf)


@attrs.define
class Playhead:
    """Where in the content (s) playback is, at a ``rate``; it runs or stands.

    It is never cut to the duration: frames beyond that are normal, and a playhead held
    there would wait for them for ever.

        >>> head = Playhead()
        >>> head.run(100.0)
        >>> head.position(102.0)
        2.0
    """

    rate: float = 1.0
    _position: float = 0.0
    _since: float | None = None

    def position(self, now: float) -> float:
        """Where it is at ``now``."""
        position, since = self._position, self._since
        return position if since is None else position + (now - since) * self.rate

    def due(self, position: float, now: float) -> float:
        """When it will be at ``position``, if it runs."""
        return now + (position - self.position(now)) / self.rate

    def run(self, now: float) -> None:
        """Run from where it is."""
        self._since = now

    def hold(self, position: float) -> None:
        """Stand at ``position``."""
        self._position, self._since = position, None

    def change_rate(self, rate: float, now: float) -> None:
        """Go on at ``rate``."""
        self._position = self.position(now)
        if self._since is not None:
            self._since = now
        self.rate = rate
