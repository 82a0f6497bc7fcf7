"""The retry policy of a destination, as a value of time alone (wire, 4).

No clock and no socket: the caller passes the time (s, of a monotonic clock) and what happened,
and gets the time until which to wait.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import inf

from .settings import DeliverySettings


class DeliveryState(Enum):
    """The state of a destination."""

    UP = "up"
    DOWN = "down"
    RENEWING = "renewing"
    PAUSED = "paused"


class RetryPolicy:
    """Says when a destination may be sent the next request.

    ``lot`` gives random numbers from 0 to 1 for the jitter.
    """

    def __init__(self, settings: DeliverySettings, lot: Callable[[], float]) -> None:
        self.state = DeliveryState.UP
        #: Why it is paused.
        self.reason: str | None = None
        #: True if nothing has failed since it caught up, so that all may start at once.
        self.calm = True
        #: How often it went down.
        self.downs = 0
        self._settings = settings
        self._lot = lot
        self._hold = -inf  # no request before that, as the server asked
        self._probe_at = inf
        self._before = DeliveryState.UP
        self._probes = 0
        self._slot: float | None = None  # when the next of a backlog may go

    @property
    def draining(self) -> bool:
        """True while a backlog is sent, in order and at the rate for it."""
        return self._slot is not None

    def due(self, first: bool) -> float:
        """When a request may start (inf: not until something else happens).

        ``first``: it is the first in the queue, which alone is a probe.
        """
        match self.state:
            case DeliveryState.UP:
                return max(self._hold, -inf if self._slot is None else self._slot)
            case DeliveryState.DOWN:
                return self._probe_at if first else inf
            case _:
                return inf

    def started(self, now: float) -> None:
        """A request starts; while it is a probe no other one does."""
        if self.state is DeliveryState.DOWN:
            self._probe_at = inf
        elif self._slot is not None:
            self._slot = max(now, self._slot) + 1.0 / self._settings.drain_rate

    def answered(self) -> None:
        """The server took or refused an event: it is there."""
        if self.state is DeliveryState.DOWN:
            self.state = DeliveryState.UP
            self._probes = 0
            self._slot = -inf

    def caught_up(self, now: float) -> None:
        """Nothing waits any more."""
        self._slot = None
        self.calm = self.state is DeliveryState.UP and self._hold <= now

    def failed(self, tries: int, after: float | None, now: float, probe: bool) -> float:
        """The ``tries``-th try of an event failed; gives when it may be tried again.

        inf: the destination is down. ``after``: the server wants nothing for so long (s).
        """
        self.calm = False
        if after is not None:
            self._hold = max(self._hold, now + after)
        if self.state is DeliveryState.UP and tries <= self._settings.retries:
            return now + max(self.delay(tries), after or 0.0)
        if self.state is DeliveryState.UP:
            self.state = DeliveryState.DOWN
            self.downs += 1
        elif self.state is not DeliveryState.DOWN or not probe:
            return inf
        self._probes += 1
        self._probe_at = max(now + self.delay(self._settings.retries + self._probes), self._hold)
        return inf

    def delay(self, tries: int) -> float:
        """How long to wait after so many failed tries, jitter and all."""
        settings = self._settings
        if tries <= settings.retries:
            wait = settings.base * settings.factor ** (tries - 1)
        else:
            wait = settings.probe_first * 2.0 ** min(tries - settings.retries - 1, 60)
            wait = min(wait, settings.probe_most)
        return wait * (1.0 + settings.jitter * self._lot())

    def renew(self) -> None:
        """A token is being asked for."""
        self._before = self.state
        self.state = DeliveryState.RENEWING
        self.calm = False

    def renewed(self) -> None:
        """There is another token; if it was down it still is, and a probe is due."""
        if self.state is DeliveryState.RENEWING:
            self.state = self._before
            self._probe_at = -inf

    def pause(self, reason: str) -> None:
        """Send nothing until `resume`."""
        self.state = DeliveryState.PAUSED
        self.reason = reason
        self.calm = False

    def resume(self) -> None:
        """Start anew, whatever it was doing."""
        self.state = DeliveryState.UP
        self.reason = None
        self._hold = -inf
        self._probes = 0
