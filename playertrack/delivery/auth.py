"""The token for the events of one destination: fetched ahead of time, renewed once for all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any, Protocol, runtime_checkable
from weakref import WeakValueDictionary

from .._log import log as _log
from ..errors import PlayertrackError
from .calls import is_ours
from .redaction import redact
from .retry import DeliveryState, RetryPolicy
from .settings import DeliveryError
from .user_code import UserCode

#: How long (s) a source may take before it counts as a reason why nothing goes on.
_SLOW = 1.0


@runtime_checkable
class TokenSource(Protocol):
    """Gives the tokens of a destination; one source may serve several.

    It is asked before each request, by one call at a time, and may block: ``token`` is called
    in a thread of its own, and its coroutines run in one loop, apart from the sender's.
    """

    async def token(self, refused: str | None = None) -> str | None:
        """A token, None if none is needed; ``refused`` is the last, if a server refused it.

        What it raises means that there is none now. A `PlayertrackError` that is not
        ``transient`` means that there will be none either.
        """

    def same_as(self, other: Any) -> bool:
        """True if ``other`` speaks for the same user, as far as one can see."""


class Credentials:
    """Keeps ``token`` for the destination ``name``; everything happens in one event loop.

    While another token is asked for ``policy`` lets nothing go; ``changed`` is called when
    there is one, ``wait`` with the reason when there is none yet, ``pause`` when there will be
    none. A token that a server refused is never tried again, until `reset`. A source that says
    nothing for ``patience`` seconds has none, and is asked again.
    """

    def __init__(
        self,
        name: str,
        source: TokenSource | None,
        policy: RetryPolicy,
        *,
        changed: Callable[[], object],
        wait: Callable[[str], object],
        pause: Callable[[str], object],
        patience: float = 10.0,
    ) -> None:
        #: The token in use; None if there is none, or none is needed.
        self.token: str | None = None
        self._name = name
        self.use(source)
        self._policy = policy
        self._changed = changed
        self._wait = wait
        self._pause = pause
        self._patience = patience
        #: When (time of the loop) a source that had no token is asked again.
        self.next_try: float | None = None
        self._refused: set[int] = set()  # hashes of tokens
        self._fresh = False  # the token is new, and no server took it yet
        self._renewal: asyncio.Task[None] | None = None
        self._asking: list[float] = []  # since when (time of `monotonic`)

    @property
    def trouble(self) -> str | None:
        """Says that the source does not answer, and for how long; None if it does."""
        since = min(tuple(self._asking), default=None)
        if since is None or (seconds := monotonic() - since) < _SLOW:
            return None
        return f"a token is asked for, and has not come for {seconds:.0f} s"

    async def have(self) -> bool:
        """Get a token if one is due; True if an event may be sent with ``token``."""
        if self._source is None:
            return True
        try:
            token = await self._ask(None)
        except Exception:  # of the program's function or a server: renewing says why
            self._renew_unless_busy()
            return False
        if token is not None and hash(token) in self._refused:
            self._renew_unless_busy()
            return False
        self.token = token
        return True

    def accepted(self) -> None:
        """A server took an event that went with the token, or refused it for itself."""
        self._fresh = False

    def refuse(self, token: str | None, reason: str, again: bool) -> None:
        """A server does not take ``token``; ``again``: it is the second for the same event."""
        if self._policy.state is DeliveryState.PAUSED or token != self.token:
            return  # another event was refused before, and what follows from it is done
        if self._source is None:
            self._pause(f"a token is needed: {reason}")
        elif self._fresh or again:
            self._pause(f"a new token was refused as well: {reason}")
        elif self._policy.state is not DeliveryState.RENEWING:
            self._renew(token, reason)

    def use(self, source: TokenSource | None) -> None:
        """Ask ``source`` from now on; `reset` has to follow."""
        self._source = None if source is None else _apart(source)
        #: True if a request may first need a token from the source.
        self.needed = source is not None

    def reset(self) -> None:
        """Start anew, with whatever token there is."""
        self._refused.clear()
        self.token = None
        self._fresh = False

    async def stop(self) -> None:
        """Ask for nothing more."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def _ask(self, refused: str | None) -> str | None:
        """Ask the source for a token; raises TimeoutError if it keeps silent for too long."""
        assert self._source is not None
        began = monotonic()
        self._asking.append(began)
        try:
            async with asyncio.timeout(self._patience):
                return await self._source.token(refused)
        except TimeoutError:
            raise TimeoutError(f"the source said nothing for {self._patience:g} s") from None
        finally:
            self._asking.remove(began)

    def _renew_unless_busy(self) -> None:
        if self._policy.state in (DeliveryState.UP, DeliveryState.DOWN):
            self._renew(None, "")

    def _renew(self, refused: str | None, why: str) -> None:
        """Have the source asked for another token; until there is one nothing is sent."""
        if refused is not None:
            self._refused.add(hash(refused))
        self._policy.renew()
        self._renewal = asyncio.get_running_loop().create_task(self._renewed(refused, why))

    async def _renewed(self, refused: str | None, why: str) -> None:
        assert self._source is not None
        tries = 0
        while True:
            try:
                token = await self._ask("" if why and refused is None else refused)
                break
            except Exception as error:  # of the program's function or a server
                after = f" (the server said: {why})" if why else ""
                reason = redact(f"no token: {error}{after}", filter(None, (refused,)))
                if isinstance(error, PlayertrackError) and not getattr(error, "transient", False):
                    self._pause(reason)
                    return
                self._wait(reason)
                if not tries:
                    _log.error("%s has to wait: %s", self._name, reason)
            tries += 1
            delay = self._policy.delay(tries)
            self.next_try = asyncio.get_running_loop().time() + delay
            await asyncio.sleep(delay)
            self.next_try = None
        if token is None and why:
            self._pause(f"a token is needed: {why}")
            return
        if token is not None and hash(token) in self._refused:
            self._pause(f"there is no other token than the one that was refused: {why}")
            return
        self.token = token
        self._fresh = bool(why)
        self._policy.renewed()
        _log.log(logging.INFO if why else logging.DEBUG, "%s has a new token", self._name)
        self._changed()


class AskedTokens:
    """Tokens of a ``function``, plain or asynchronous: asked once, and again after a refusal.

    A plain function is called in a thread of its own, so it may wait for a network. The
    coroutine of another one runs in a loop of its own, or in that of a session that was given.
    ``identity`` says for whom it speaks: sources with the same are as good as each other.
    """

    def __init__(self, function: Callable[[], Any], identity: object = None) -> None:
        self._function = function
        self._identity = function if identity is None else identity
        self._asked: asyncio.Task[str | None] | None = None
        self._asked_for: str | None = None  # the token that was refused then
        self._code = UserCode()

    @classmethod
    def constant(cls, token: str) -> AskedTokens:
        """One token and no other: once it is refused, sending is paused."""
        if not isinstance(token, str) or not token.strip():
            raise DeliveryError("token", "…", "text that is not empty, or a function")
        return cls(token.strip, token.strip())

    def __repr__(self) -> str:
        return "AskedTokens(***)"

    async def token(self, refused: str | None = None) -> str | None:
        """See `TokenSource`; a token that is wanted by several is asked for once."""
        asked = self._asked
        loop = asyncio.get_running_loop()
        # The loop may be that of the process before a fork, or of another sender.
        if asked is None or asked.get_loop() is not loop or not self._serves(asked, refused):
            asked = self._asked = loop.create_task(self._text(refused))
            self._asked_for = refused
        try:
            if not asked.done():
                await asyncio.wait((asked,))
        except asyncio.CancelledError:
            if self._asked is asked and not asked.done():  # it hangs: the next one asks anew
                self._asked = None
                asked.cancel()
            raise
        if asked.cancelled():
            raise TimeoutError("whoever asked gave it up")
        return asked.result()

    def _serves(self, asked: asyncio.Task[str | None], refused: str | None) -> bool:
        """True if what was asked for serves one who wants a token now."""
        return not asked.done() or not (_failed(asked) or _is(asked, refused))

    def _how(self, refused: str | None) -> Callable[[], Any]:
        """The call that gives a token."""
        return self._function

    async def _text(self, refused: str | None) -> str | None:
        value = await self._code.call(self._how(refused))
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise DeliveryError("token", type(value).__name__, "text that is not empty, or None")
        return None if value is None else value.strip()

    def same_as(self, other: Any) -> bool:
        """True if it is the same function or the same text."""
        return isinstance(other, AskedTokens) and bool(self._identity == other._identity)


class _Apart(AskedTokens):
    """Asks somebody else's ``source`` where it stops nothing if it blocks."""

    def __init__(self, source: TokenSource) -> None:
        super().__init__(source.token)
        self._source = source

    def _serves(self, asked: asyncio.Task[str | None], refused: str | None) -> bool:
        return not asked.done() and self._asked_for == refused

    def _how(self, refused: str | None) -> Callable[[], Any]:
        return partial(self._source.token, refused)


#: By the identity of a source, so that one that serves several is called from one thread.
_all_apart: WeakValueDictionary[int, _Apart] = WeakValueDictionary()


def _apart(source: TokenSource) -> TokenSource:
    """A source that blocks nothing: ``source`` itself if it is one of this package."""
    return source if is_ours(type(source)) else _all_apart.setdefault(id(source), _Apart(source))


def _failed(asked: asyncio.Task[str | None]) -> bool:
    return asked.cancelled() or asked.exception() is not None


def _is(asked: asyncio.Task[str | None], refused: str | None) -> bool:
    """True if the source gave the refused token again, or none though one is needed."""
    return refused is not None and asked.result() in (refused, None)


def token_source(
    source: str | Callable[[], str | Awaitable[str | None] | None] | TokenSource | None,
) -> TokenSource | None:
    """The source that ``source`` is or stands for: the text of a token, or a function."""
    if isinstance(source, str):
        return AskedTokens.constant(source)
    if source is None or isinstance(source, TokenSource):
        return source
    return AskedTokens(source)
