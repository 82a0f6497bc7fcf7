"""The lanes of a destination whose events cannot be sent yet, and why (Q-clock).

Those that wait for their dates need to know what time it is. A machine's own clock is the most
exact, so it has a while to be set; then the server is asked, whose every answer has a date.
"""

from __future__ import annotations

import asyncio
from math import inf
from time import time
from urllib.parse import urlsplit

from .._log import log as _log
from ..outbox import RELEASED
from .link import Link
from .protocol import Request, http_date
from .transport import FaultError, fault_verdict

#: Why events wait that were recorded while the clock was wrong.
UNDATED = "the clock is not set: events wait for their date"

#: Why others wait that were kept as they are.
UNENCODED = "events are still to be encoded, after a function of the destination did not return"


class HeldLanes(set[str]):
    """The lanes of ``link`` that have events which are held; all of it in one event loop."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self._tries = 0
        self._trouble = ""  # why the server could not say the time
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def unencoded(self) -> bool:
        """True if events wait to be encoded, and not for the clock."""
        return bool(self) and self._link.outbox.undated.clock_is_set

    @property
    def reason(self) -> str | None:
        """Says why events wait; None if none are held."""
        if not self:
            return None
        return UNENCODED if self.unencoded else f"{UNDATED}{self._trouble}"

    @property
    def due(self) -> float:
        """When (time of the loop) the server is asked next; -inf while it is, inf for never."""
        if self._task is not None:
            return -inf
        return inf if self._timer is None else self._timer.when()

    @property
    def next_try(self) -> float | None:
        """When (Unix time) the server is asked next, if it is to be."""
        if self._timer is None or self.unencoded:
            return None
        return time() + max(0.0, self.due - self._link.loop.time())

    def look(self, *, at_once: bool) -> None:
        """Have the server asked for the time if that is needed: soon, or ``at_once``."""
        if not self or self._task is not None or self._link.outbox.undated.clock_is_set:
            return
        if at_once and not self._tries:
            self._ask()
        elif self._timer is None:
            wait = self._link.policy.delay(self._link.settings.retries + 1 + self._tries)
            self._timer = self._link.loop.call_later(wait, self._ask)

    def _ask(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self and not self._link.outbox.undated.clock_is_set:
            self._task = self._link.loop.create_task(self._asked())
            self._task.add_done_callback(self._answered)

    async def _asked(self) -> None:
        """Ask for nothing but the header of an answer, whatever its status is."""
        link = self._link
        self._tries += 1
        parts = urlsplit(link.route.destination.address)
        host = parts.netloc.rpartition("@")[2]
        try:
            request = Request("HEAD", f"{parts.scheme}://{host}/", {}, b"")
            answer = await link.carrier.exchange(request, True)
        except FaultError as error:
            self._trouble = f" ({fault_verdict(error.fault, error.detail).reason})"
            return
        now = http_date(answer.headers.get("Date", ""))
        if now is None or now < RELEASED:
            self._trouble = f" ({host} does not know the time)"
            return
        self._tries, self._trouble = 0, ""
        _log.warning("the clock of this machine is not set: the time is that of %s", host)
        link.outbox.undated.clock.learn(now)
        link.outbox.encode_held()

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled():
            self.look(at_once=False)
            self._link.changed()

    async def stop(self) -> None:
        """Ask for nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
