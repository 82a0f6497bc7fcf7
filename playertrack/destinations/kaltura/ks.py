"""Where a KS comes from (wire, 6).

A provider gives a KS on request, keeps it, and gets a new one before it expires or when a server
no longer accepts it. However many events wait for it, only one renewal is under way at a time.
Sinks and threads may share a provider. None of them shows a secret.
"""

from __future__ import annotations

import threading
from asyncio import shield, wrap_future
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from math import inf
from secrets import randbelow, token_bytes
from time import monotonic, time
from typing import Any

import attrs

from ..._fork import Forked, watched
from ...delivery.auth import TokenSource
from ...delivery.user_code import UserCode
from ...errors import PlayertrackError
from .ks_redaction import redact_ks
from .local_ks import USER, ks_expiry, ks_v1, ks_v2

#: A KS is renewed when this part of its life is left, but no more than so many seconds.
_MARGIN_PART, _MARGIN_MOST = 0.1, 60.0
#: If that fails, the old one serves on, and the next try is so many seconds later.
_PATIENCE = 10.0


class KSError(PlayertrackError):
    """There is no KS to be had. ``transient``: it may be had later, without doing anything."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        self.transient = transient
        super().__init__(message)


@attrs.frozen
class Issued:
    """A KS and for how many more seconds it is good, if that is known."""

    value: str = attrs.field(repr=False)
    lifetime: float | None = None


@attrs.frozen
class _Held:
    """The KS in use; ``renew_at`` and ``ends_at`` are in the time of the monotonic clock."""

    value: str = attrs.field(repr=False)
    renew_at: float = inf
    ends_at: float = inf

    @classmethod
    def of(cls, issued: Issued) -> _Held:
        # Not in Unix time: the clock of a device may be set by years while it holds a KS.
        # One that has expired already says that the clock is wrong: the server will decide.
        if issued.lifetime is None or issued.lifetime <= 0:
            return cls(issued.value)
        ends_at = monotonic() + issued.lifetime
        margin = min(_MARGIN_MOST, _MARGIN_PART * issued.lifetime)
        return cls(issued.value, ends_at - margin, ends_at)


class KSProvider(Forked):
    """The base of the providers; ``_issue`` gets a new KS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._flight: Future[None] | None = None
        watched.add(self)

    def after_fork_in_child(self) -> None:
        """Leave a running request to the parent; the KS in use is good for both."""
        self._lock = threading.Lock()
        self._flight = None

    async def ks(self, refused: str | None = None) -> str:
        """A KS; ``refused`` is the last one, if the server does not take it any more.

        Raises `KSError` if there is none to be had, or only the one that was refused.
        """
        while True:
            with self._lock:
                held, flight = self._held, self._flight
                if held is not None and held.value != refused and monotonic() < held.renew_at:
                    return held.value
                own: Future[None] | None = None
                if flight is None:
                    own = self._flight = Future()
            if own is not None:
                return await self._renewed(own, held, refused)
            assert flight is not None
            await _landing(flight)

    async def token(self, refused: str | None = None) -> str:
        """As `ks`, for the sender."""
        return await self.ks(refused)

    async def _renewed(self, flight: Future[None], held: _Held | None, refused: str | None) -> str:
        """A new KS; whoever waits for ``flight`` then finds it."""
        new = held
        try:
            new = _Held.of(await self._issue())
            if not new.value or new.value == refused:
                new = None
                raise KSError("the KS is refused, and there is no other")
        except KSError as error:
            if new is None or new.value == refused or monotonic() >= new.ends_at:
                new = None
                flight.set_exception(error)
                raise
            new = attrs.evolve(new, renew_at=min(monotonic() + _PATIENCE, new.ends_at))
        finally:
            with self._lock:
                self._held, self._flight = new, None
            if not flight.done():
                flight.set_result(None)
        return new.value

    def same_as(self, other: KSProvider | None) -> bool:
        """True if ``other`` speaks for the same viewer and application, as far as one can see."""
        return self is other or (type(self) is type(other) and self._of() == other._of())

    def _of(self) -> object:
        """A value that is equal for the same user; None if nobody can know."""
        return None

    async def _issue(self) -> Issued:
        """A new KS; raises `KSError`."""
        raise NotImplementedError


async def _landing(flight: Future[None]) -> None:
    """Wait for somebody else's renewal, and share its failure."""
    await shield(wrap_future(flight))


class StaticKS(KSProvider):
    """One KS and no other: once it is refused, sending is paused until it is replaced."""

    def __init__(self, ks: str) -> None:
        super().__init__()
        if not isinstance(ks, str) or not ks.strip():
            raise KSError("an empty KS")
        self._value = ks.strip()

    def __repr__(self) -> str:
        return "StaticKS(***)"

    def _of(self) -> object:
        return self._value

    async def _issue(self) -> Issued:
        return Issued(self._value)


class CallableKS(KSProvider):
    """Asks ``function``, which gives a KS or something to await it from.

    A plain function is called in a thread of its own, so it may wait for a network. What it
    raises is taken as a failure that may pass, unless it is a `KSError` that says otherwise.
    """

    def __init__(self, function: Callable[[], str | Awaitable[str]]) -> None:
        super().__init__()
        self._function = function
        self._code = UserCode()

    def __repr__(self) -> str:
        return f"CallableKS({getattr(self._function, '__name__', type(self._function).__name__)})"

    async def _issue(self) -> Issued:
        try:
            value: Any = await self._code.call(self._function)
        except KSError:
            raise
        except Exception as error:  # whatever the program's function raises
            said = redact_ks(f"{type(error).__name__}: {error}")
            raise KSError(f"the KS function failed: {said}", transient=True) from None
        if not isinstance(value, str) or not value.strip():
            raise KSError(f"the KS function gave {type(value).__name__}, not the text of a KS")
        value = value.strip()
        expiry = ks_expiry(value)
        return Issued(value, None if expiry is None else expiry - time())


class LocalKS(KSProvider):
    """Makes each KS here from the ``secret`` of the partner: for servers, never for devices.

    ``expiry`` is its life in seconds, ``type`` 0 for a viewer and 2 for an administrator;
    ``privileges`` are passed on as they are, as ``appId:my-player``. ``version`` 2 needs the
    extra ``playertrack[ks]``, 1 can be read by whoever sees it. Raises `WireError` when it is
    first asked if a value cannot be used.
    """

    def __init__(
        self,
        secret: str,
        partner_id: int,
        *,
        user_id: str = "",
        type: int = USER,  # noqa: A002 - the word of the API
        expiry: int = 86400,
        privileges: str = "",
        version: int = 2,
    ) -> None:
        super().__init__()
        if version not in (1, 2):
            raise KSError(f"there is no KS of version {version}; expected 1 or 2")
        self._secret = secret
        self._partner_id = partner_id
        self._expiry = expiry
        self._version = version
        self._words: dict[str, Any] = {
            "user_id": user_id,
            "type": type,
            "privileges": privileges,
        }

    def __repr__(self) -> str:
        return f"LocalKS(partner_id={self._partner_id}, version={self._version})"

    def _of(self) -> object:
        return (self._secret, self._partner_id, self._words)

    async def _issue(self) -> Issued:
        words = {**self._words, "expires_at": int(time()) + self._expiry}
        if self._version == 1:
            value = ks_v1(self._secret, self._partner_id, random=randbelow(1 << 31), **words)
        else:
            value = ks_v2(self._secret, self._partner_id, random=token_bytes(16), **words)
        return Issued(value, float(self._expiry))


def ks_provider(source: str | Callable[[], Any] | TokenSource | None) -> TokenSource | None:
    """The provider that ``source`` is or stands for: the text of a KS, or a function."""
    if isinstance(source, str):
        return StaticKS(source)
    if source is None or isinstance(source, TokenSource):
        return source
    return CallableKS(source)
