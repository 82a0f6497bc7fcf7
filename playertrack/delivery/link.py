"""The link to one destination: its state, its token, and what is noted in the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from ..outbox import Outbox, Settled
from .auth import Credentials
from .calls import Calls, foreign
from .health import HealthLog
from .messages import Answer, Request
from .retry import DeliveryState, RetryPolicy
from .route import Route
from .scheduler import Scheduler
from .settings import DeliverySettings

_log = logging.getLogger("playertrack")

#: Sends one request; True if its URL has no secret in it.
Exchange = Callable[[Request, bool], Awaitable[Answer]]


class Link:
    """The state that all batches for ``route`` share; everything happens in one event loop."""

    def __init__(
        self, outbox: Outbox, route: Route, settings: DeliverySettings, exchange: Exchange
    ) -> None:
        self.route = route
        self.outbox = outbox
        self.settings = settings
        self.exchange = exchange
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
