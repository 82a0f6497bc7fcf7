"""The link to one destination: its state, its token, and what is noted in the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf
from random import Random
from time import time
from typing import Protocol

from .._log import log as _log
from .._words import counted
from ..outbox import Outbox, Settled
from .auth import Credentials
from .calls import Calls, foreign
from .health import Health, HealthLog, shown_address
from .protocol import Answer, Request
from .retry import DeliveryState, RetryPolicy
from .route import Route
from .scheduler import Scheduler
from .settings import DeliverySettings
from .transport import Made


class Carrier(Protocol):
    """Makes and sends requests; ``plain``: the URL has no secret in it."""

    def make(self, request: Request, plain: bool) -> Made | None:
        """Make a request ahead; None if that is not possible."""

    def exchange(
        self, request: Request, plain: bool, made: Made | None = None
    ) -> Awaitable[Answer]:
        """Send a request, which may be ``made``."""


class Link:
    """The state that all batches for ``route`` share; everything happens in one event loop."""

    def __init__(
        self, outbox: Outbox, route: Route, settings: DeliverySettings, carrier: Carrier
    ) -> None:
        self.route = route
        self.outbox = outbox
        self.settings = settings
        self.carrier = carrier
        #: The request that was made ahead.
        self.made: Made | None = None
        # A generator of its own: a program may have seeded the shared one, or watch it.
        self.policy = RetryPolicy(settings, Random().random)
        self.scheduler = Scheduler(self.policy)
        self.credentials = Credentials(
            route.name,
            route.tokens,
            self.policy,
            changed=self.changed,
            wait=self.troubled,
            pause=self.pause,
            patience=settings.timeout,
        )
        #: The functions of the destination that somebody else wrote, and what calls them.
        self.foreign = foreign(route.destination)
        self.calls = Calls(type(route.destination).__name__, settings.timeout)
        #: What an operator wants to know.
        self.health = HealthLog()
        #: Why nothing is delivered, while that is so.
        self.trouble: str | None = None
        #: How often it was resumed.
        self.resumes = 0
        #: Whether bodies are compressed; None until the server said what it takes.
        self.compresses: bool | None = None
        #: Whether the queue knows that it is paused.
        self.pause_known = False
        #: Commits of what became of events that are waited for.
        self.settling = 0
        self.loop = asyncio.get_running_loop()
        address = shown_address(route.destination.address)
        _log.info("%s starts: events go to %s", route.name, address)
        self._report_timer = self.loop.call_later(settings.report_every, self._report)

    @property
    def held_up(self) -> tuple[str | None, float | None]:
        """Why events wait that are not ready to be sent, None if all are; when that may end."""
        raise NotImplementedError

    def arrived(self) -> None:
        """The server took an event, or refused it for itself."""
        self.credentials.accepted()
        self.trouble = None
        self.answered()

    def answered(self) -> None:
        """The server is there."""
        if self.policy.state is DeliveryState.DOWN:
            _log.warning("%s is up again", self.route.name)
            self.policy.answered()
            self.changed()

    def changed(self) -> None:
        """Something happened that may let a batch go."""
        self.scheduler.change()

    def troubled(self, reason: str) -> None:
        """Nothing is delivered for that reason."""
        self.trouble = reason
        self.health.failed()

    def pause(self, reason: str) -> None:
        """Send nothing until it is resumed."""
        if self.policy.state is not DeliveryState.PAUSED:
            self.troubled(reason)
            _log.error(
                "%s is paused: %s; its events stay in the queue until it is resumed"
                " (playertrack queue resume DIR)",
                *(self.route.name, reason),
            )
            self.policy.pause(reason)
            self.outbox.settle(Settled(pauses={self.route.name: reason}), self._paused)
            self.scheduler.change()

    def _paused(self) -> None:
        self.pause_known = True

    @property
    def stalled(self) -> str | None:
        """Says which function of somebody else does not return; None if all do."""
        return self.calls.trouble or self.credentials.trouble or self.route.encoding_trouble()

    def healthy(self) -> Health:
        """How the destination fares now."""
        policy, reason = self.policy, self.trouble
        state, next_try = policy.state.value, None
        if policy.state is DeliveryState.RENEWING:
            state, reason = "waiting", reason or "a new token is being asked for"
            if (again := self.credentials.next_try) is not None:
                next_try = time() + max(0.0, again - self.loop.time())
        elif policy.state is DeliveryState.DOWN and (due := policy.due(first=True)) < inf:
            next_try = time() + max(0.0, due - self.loop.time())
        if state == "up" and self.settling and (disk := self.outbox.trouble):
            state, reason = "waiting", f"what was delivered cannot be recorded: {disk}"
            next_try = self.outbox.next_try
        elif state == "up" and (stalled := self.stalled):
            state, reason = "waiting", stalled
        elif state == "up" and self.held_up[0]:
            state = "waiting"
            reason, next_try = self.held_up
        return Health(
            address=shown_address(self.route.destination.address),
            state=state,
            reason=None if state == "up" else reason,
            last_success=self.health.last_success,
            last_failure=self.health.last_failure,
            next_try=next_try,
        )

    def _report(self) -> None:
        """Say now and then how many events were delivered."""
        if number := self.health.take_delivered():
            what = counted(number, "event")
            _log.info("%s: %s delivered in %g s", self.route.name, what, self.settings.report_every)
        self._report_timer = self.loop.call_later(self.settings.report_every, self._report)

    async def settle(self, settled: Settled) -> None:
        """Commit what became of rows."""
        done = self.loop.create_future()

        def settle() -> None:
            if not done.done():
                done.set_result(None)

        self.outbox.settle(settled, lambda: self.call(settle))
        self.settling += 1
        try:
            await done
        finally:
            self.settling -= 1

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call ``function`` in the loop, from another thread."""
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(function, *arguments)
