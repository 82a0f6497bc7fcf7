"""What the sinks have in common that deliver to Kaltura, and their settings in the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from shlex import quote
from typing import TYPE_CHECKING, Any

from ...delivery import DEFAULT_SETTINGS, DeliverySettings, Learner, Post, Target, share
from ...delivery.envelope import pack
from ...errors import PlayertrackError
from ...events import Event
from ...outbox import Counts, Item, Receipt, RefusedError
from ...outbox.ring import Encode
from ...sinks.base import SinkError
from . import (
    ANALYTICS_URL,
    SERVICE_URL,
    Identity,
    Mapper,
    Recall,
    WireError,
    WireProfile,
)
from .ks import KSProvider, ks_provider

if TYPE_CHECKING:
    import aiohttp

#: Where the queue of a sink is, or the `Post` that it shares with others; None: in memory.
Queue = str | PathLike[str] | Post | None

#: What a KS may come from; see `ks_provider`.
KS = str | Callable[[], Any] | KSProvider | None


class DeliverySink:
    """Queues the events of one identity durably and delivers them to one service.

    ``destination`` is ``stats`` or ``kava``, and ``base`` the address of the service.
    ``make_mapper`` makes what makes its requests, of what knows the notes of earlier
    processes. The rest is as the sinks say. Raises `SinkError` for settings that cannot be
    used.
    """

    def __init__(
        self,
        destination: str,
        identity: Identity,
        make_mapper: Callable[[Recall], Mapper],
        base: str,
        *,
        queue: Queue = None,
        ks: KS = None,
        settings: DeliverySettings = DEFAULT_SETTINGS,
        durability: str = "group",
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self.identity = identity
        #: The service that it delivers to: ``stats`` or ``kava``.
        self.service = destination
        #: What the queue calls the destination: service and identity.
        self.name = f"{destination}:{identity.key}"
        self._shared = not isinstance(queue, Post)
        self._delivered: bool | None = None
        try:
            provider = ks_provider(ks)
            if isinstance(queue, Post):
                self.post = queue
            else:
                memory = {"durability": "memory"} if queue is None else {"durability": durability}
                self.post = share(queue, settings=settings, session=session, **memory)
            self._mapper = make_mapper(partial(self.post.box.recall, self.name))
            target = Target(name=self.name, endpoint=destination, base=base, provider=provider)
            self.post.add(target, self._mapper if isinstance(self._mapper, Learner) else None)
        except PlayertrackError as error:
            raise SinkError(f"{destination}: {error}") from error
        self._append: Callable[[str, Encode, Any], Receipt] = self._append_first

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable).

        With ``durability="sync"`` it waits until the event is durable. It never raises.
        """
        return self._append(self.name, self._item, event)

    def _append_first(self, name: str, encode: Encode, event: Any) -> Receipt:
        # From then on what a player waits for is as short as it can be.
        self._append = self.post.box.append
        return self.post.put(name, encode, event)

    def counts(self, timeout: float | None = None) -> Counts:
        """What became of the events so far (Q-total); raises `TimeoutError`."""
        return self.post.standing(self.name, timeout).counts

    def left(self) -> str | None:
        """What waits to be delivered, why, and what can be done; None if nothing does."""
        try:
            waiting = self.counts(1.0).pending
        except TimeoutError as error:
            return f"{self.service}: it cannot be told what is left: {error}"
        if not waiting:
            return None
        trouble = self.post.trouble(self.name)
        why = "" if trouble is None else f" ({trouble})"
        events = "1 event is" if waiting == 1 else f"{waiting} events are"
        return f"{self.service}: {events} not delivered{why}: {self._where()}"

    def _where(self) -> str:
        """Where is what waits, and what can be done with it."""
        directory, trouble = self.post.directory, self.post.disk_trouble
        if directory is None:
            return "they are in memory, and lost at the end; --queue DIR would keep them"
        if trouble is not None:
            return f"{directory} cannot be written ({trouble}), and what is not there is lost"
        return f"to send what is in the queue: playertrack queue flush {quote(str(directory))}"

    def flush(self, timeout: float) -> bool:
        """Deliver what is there within ``timeout`` seconds; True if nothing is left."""
        return self.post.flush(timeout, [self.name])

    def resume(self) -> None:
        """Go on after a pause, as when an address or a KS was put right."""
        self.post.resume([self.name])

    def close(self, timeout: float) -> bool:
        """Make all durable, deliver what can be in time; True if nothing is left (Q-close).

        A `Post` that was given stays open.
        """
        if self._delivered is None:
            if self._shared:
                self._delivered = self.post.leave([self.name], timeout)
            else:
                self._delivered = self.post.flush(timeout, [self.name])
                self.post.drop([self.name])
        return self._delivered

    def _item(self, event: Event) -> Item | None:
        try:
            request = self._mapper.request(event)
        except WireError as error:
            item = Item(event.session, event.event, event.index, event.at, "", b"")
            raise RefusedError(item, str(error)) from None
        return None if request is None else pack(request)


# ------------------------------------------------------------------------- the environment


def service_url(environment: Mapping[str, str] = os.environ) -> str:
    """``KALTURA_SERVICE_URL``, that of the public service if it is not set."""
    return environment.get("KALTURA_SERVICE_URL") or SERVICE_URL


def analytics_url(environment: Mapping[str, str] = os.environ) -> str:
    """``KALTURA_ANALYTICS_URL``, that of the public service if it is not set."""
    return environment.get("KALTURA_ANALYTICS_URL") or ANALYTICS_URL


def options_from(argument: str) -> dict[str, Any]:
    """What a sink is made with that is opened by its name and ``argument``, but the address.

    See `identity_from`, `ks_from` and `profile_from`, and what they raise.
    """
    identity = identity_from()
    return {
        "identity": identity,
        "queue": argument or None,
        "ks": ks_from(identity),
        "profile": profile_from(),
    }


_IDENTITY = {
    "partner_id": "KALTURA_PARTNER_ID",
    "entry_id": "KALTURA_ENTRY_ID",
    "uiconf_id": "KALTURA_UICONF_ID",
    "user_id": "KALTURA_USER_ID",
    "referrer": "KALTURA_REFERRER",
    "application": "KALTURA_APPLICATION_ID",
    "kaltura_application": "KALTURA_APPLICATION",
    "context_id": "KALTURA_CONTEXT_ID",
    "virtual_event_id": "KALTURA_VIRTUAL_EVENT_ID",
    "name": "KALTURA_IDENTITY_NAME",
}


def identity_from(environment: Mapping[str, str] = os.environ) -> Identity:
    """The identity of ``KALTURA_PARTNER_ID`` and, where set, of the others of `_IDENTITY`.

    Raises `SinkError` if the partner is missing, or something cannot be used.
    """
    values: dict[str, Any] = {
        name: environment[variable]
        for name, variable in _IDENTITY.items()
        if environment.get(variable)
    }
    if "partner_id" not in values:
        raise SinkError("KALTURA_PARTNER_ID is not set; it is the id of the account")
    try:
        return Identity(**values)
    except WireError as error:
        raise SinkError(f"{_IDENTITY.get(error.field, error.field)}: {error}") from None


_PROFILES = {
    "guide": WireProfile(),
    "legacy": WireProfile.legacy(),
    "player_v7": WireProfile.player_v7(),
}


def profile_from(environment: Mapping[str, str] = os.environ) -> WireProfile:
    """The profile that ``KALTURA_WIRE_PROFILE`` names, the guide's if it is not set.

    Raises `SinkError` for a name that there is not.
    """
    name = environment.get("KALTURA_WIRE_PROFILE") or "guide"
    if name not in _PROFILES:
        known = ", ".join(_PROFILES)
        raise SinkError(f"KALTURA_WIRE_PROFILE: {name!r} is none of {known}")
    return _PROFILES[name]


def ks_from(identity: Identity, environment: Mapping[str, str] = os.environ) -> KSProvider | None:
    """The KS that the environment gives, or says how to get; None if it does neither.

    ``KALTURA_KS`` goes before ``KALTURA_APP_TOKEN_ID`` with ``KALTURA_APP_TOKEN`` (hashed by
    ``KALTURA_APP_TOKEN_HASH``, SHA1), and these before ``KALTURA_ADMIN_SECRET``.
    Raises `SinkError` if that cannot be used.
    """
    from .ks_services import AppToken, SessionStart

    whose: dict[str, Any] = {
        "user_id": identity.user_id or "",
        "service_url": service_url(environment),
    }
    try:
        if ks := environment.get("KALTURA_KS"):
            return ks_provider(ks)
        token_id, token = (environment.get(f"KALTURA_APP_TOKEN{end}") for end in ("_ID", ""))
        if token_id and token:
            kind = environment.get("KALTURA_APP_TOKEN_HASH") or "SHA1"
            return AppToken(token_id, token, identity.partner_id, hash_type=kind, **whose)
        if secret := environment.get("KALTURA_ADMIN_SECRET"):
            return SessionStart(secret, identity.partner_id, **whose)
    except PlayertrackError as error:
        raise SinkError(f"the KS: {error}") from None
    return None
