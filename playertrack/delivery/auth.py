"""The KS that goes with the events of one destination: got ahead, renewed once for all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ..destinations.kaltura.ks import KSProvider
from ..destinations.kaltura.redaction import redact
from ..errors import PlayertrackError
from .destination import Target
from .retry import Law, State

_log = logging.getLogger("playertrack")


class Credentials:
    """Keeps ``ks`` for ``target``; everything here happens in one event loop.

    While another KS is asked for ``law`` lets nothing go; ``changed`` is called when there is
    one, ``wait`` with the reason when there is none yet, ``pause`` when there will be none. A
    KS that a server refused is never tried again, until `reset`.
    """

    def __init__(
        self,
        target: Target,
        law: Law,
        *,
        changed: Callable[[], object],
        wait: Callable[[str], object],
        pause: Callable[[str], object],
    ) -> None:
        #: The KS of now; None if there is none, or none is needed.
        self.ks: str | None = None
        self._name = target.name
        self._provider = target.provider
        self._law = law
        self._changed = changed
        self._wait = wait
        self._pause = pause
        self._refused: set[int] = set()  # hashes of KSs
        self._fresh = False  # the KS is new, and no server took it yet
        self._renewal: asyncio.Task[None] | None = None

    async def have(self) -> bool:
        """Whether an event may be sent with ``ks``; the provider knows when one expires."""
        if self._provider is None:
            return True
        try:
            ks = await self._provider.ks()
        except Exception:
            ks = None  # the renewal below tells why
        if ks is None or hash(ks) in self._refused:
            if self._law.state in (State.UP, State.DOWN):
                self._renew(None)
            return False
        self.ks = ks
        return True

    def taken(self) -> None:
        """A server took an event that went with the KS, or refused it for itself."""
        self._fresh = False

    def refuse(self, ks: str | None, reason: str, again: bool) -> None:
        """A server does not take ``ks``; ``again``: it is the second for the same event."""
        if self._law.state is State.PAUSED or ks != self.ks:
            return  # another event was refused before, and what follows from it is done
        if self._provider is None:
            self._pause(f"a KS is needed: {reason}")
        elif self._fresh or again:
            self._pause(f"a new KS was refused as well: {reason}")
        elif self._law.state is not State.RENEWING:
            self._renew(ks)

    def use(self, provider: KSProvider | None) -> None:
        """Ask ``provider`` from now on; `reset` has to follow."""
        self._provider = provider

    def reset(self) -> None:
        """Begin anew, with whatever KS there is."""
        self._refused.clear()
        self.ks = None
        self._fresh = False

    async def stop(self) -> None:
        """Ask for nothing more."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    def _renew(self, refused: str | None) -> None:
        """Have the provider asked for another KS; until there is one nothing is sent."""
        if refused is not None:
            self._refused.add(hash(refused))
        self._law.renew()
        self._renewal = asyncio.get_running_loop().create_task(self._renewed(refused))

    async def _renewed(self, refused: str | None) -> None:
        assert self._provider is not None
        tries = 0
        while True:
            try:
                ks = await self._provider.ks(refused)
                break
            except Exception as error:
                reason = redact(f"no KS: {error}", filter(None, (refused,)))
                if isinstance(error, PlayertrackError) and not getattr(error, "transient", False):
                    self._pause(reason)
                    return
                self._wait(reason)
                if not tries:
                    _log.error("%s has to wait: %s", self._name, reason)
            tries += 1
            await asyncio.sleep(self._law.delay(tries))
        if hash(ks) in self._refused:
            self._pause("a KS is given again that was refused")
            return
        self.ks = ks
        self._fresh = refused is not None
        self._law.renewed()
        self._changed()
