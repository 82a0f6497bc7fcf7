"""Decides which rows are sent next: they wait here until the retry policy lets them go."""

from __future__ import annotations

import asyncio
from math import inf

from .retry import DeliveryState, RetryPolicy


class Scheduler:
    """The rows of one destination that wait for their turn, in the running loop."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, float] = {}  # by their numbers: not before that time
        self._changed = self._loop.create_future()

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, seq: int, not_before: float = -inf) -> None:
        """A row is to be sent, but not before a time."""
        self._waiting[seq] = not_before

    def leave(self, seq: int) -> None:
        """A row is not to be sent any more, or is being sent."""
        self._waiting.pop(seq, None)
        if self._waiting:
            self.change()

    async def wait(self, seq: int, not_before: float) -> None:
        """Wait until the policy lets that row go; it has left then, and the policy knows."""
        self.enter(seq, not_before)
        announced = False
        try:
            while (due := self._due(seq, now := self._loop.time())) > now:
                if not announced:
                    announced = True
                    self.change()  # whoever waits for all to wait may look again
                await asyncio.wait([self._changed], timeout=None if due == inf else due - now)
            self._policy.started(now)
        finally:
            self.leave(seq)

    def next(self) -> float:
        """When the next row may go (inf: not until something else happens)."""
        now = self._loop.time()
        return min((self._due(seq, now) for seq in self._waiting), default=inf)

    def change(self) -> None:
        """Something happened that may let a row go."""
        changed, self._changed = self._changed, self._loop.create_future()
        changed.set_result(None)

    async def changed(self, seconds: float) -> None:
        """Wait until something happens, or for so long (s)."""
        await asyncio.wait([self._changed], timeout=seconds)

    def _due(self, seq: int, now: float) -> float:
        if self._policy.state is DeliveryState.DOWN:
            return self._policy.due(first=seq == min(self._waiting))
        if self._policy.draining and any(
            other < seq and ready <= now for other, ready in self._waiting.items()
        ):
            return inf  # the backlog goes out in order
        return max(self._waiting[seq], self._policy.due(first=True))
