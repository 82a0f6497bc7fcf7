"""A KS from the services of Kaltura: session.start, appToken.startSession (wire, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...delivery.settings import DEFAULT_SETTINGS, DeliverySettings
from .api import ServiceError, ask, checked_address
from .destination import SERVICE_URL
from .fields import WireError
from .ks import Issued, KSError, KSProvider
from .local_ks import USER, token_hash


class _Service(KSProvider):
    """Asks an API v3 at ``service_url``."""

    def __init__(
        self, partner_id: int, service_url: str, settings: DeliverySettings, secret: str
    ) -> None:
        super().__init__()
        if not isinstance(partner_id, int) or isinstance(partner_id, bool) or partner_id < 1:
            raise WireError("partner_id", partner_id, "a whole number, 1 or more")
        if not secret:
            raise KSError("an empty secret")
        self._base = checked_address(service_url, settings)
        self._settings = settings
        self._partner_id = partner_id
        self._secret = secret
        self._fields: dict[str, object] = {}

    def _of(self) -> object:
        return (self._base, self._partner_id, self._secret, self._fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(partner_id={self._partner_id})"

    async def _ask(
        self, what: str, fields: Mapping[str, object], *secrets: str
    ) -> tuple[Any, float]:
        """Call a service with ``fields``; its answer, and its own time. Raises `KSError`."""
        pairs = [(name, str(value)) for name, value in fields.items()]
        secrets = (self._secret, *secrets)
        try:
            return await ask(self._base, what, pairs, settings=self._settings, secrets=secrets)
        except ServiceError as error:
            raise KSError(str(error), transient=error.transient) from None


class SessionStart(_Service):
    """Asks session.start with the ``secret`` of the partner: for servers, never for devices.

    ``user_id``: the viewer. ``type``: 0 for a viewer, 2 for an administrator. ``expiry``: its
    life in seconds. ``privileges`` are passed on as they are, as ``appId:my-player``. Raises
    `WireError`, `KSError` or `DeliveryError` for what cannot be used.
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
        service_url: str = SERVICE_URL,
        settings: DeliverySettings = DEFAULT_SETTINGS,
    ) -> None:
        super().__init__(partner_id, service_url, settings, secret)
        self._expiry = expiry
        self._fields = {
            "secret": secret,
            "type": type,
            "partnerId": partner_id,
            "userId": user_id,
            "expiry": expiry,
            "privileges": privileges,
        }

    async def _issue(self) -> Issued:
        value, _ = await self._ask("session/start", self._fields)
        if not isinstance(value, str) or not value:
            raise KSError("session.start: the answer is no KS", transient=True)
        return Issued(value, float(self._expiry))


class AppToken(_Service):
    """Asks appToken.startSession with an application token, which is fit for devices.

    ``token_id`` and ``token`` are those of the token, ``hash_type`` too (SHA1, SHA256, …); it
    is hashed with the KS of a widget session, which is asked for first. The rest is as for
    `SessionStart`; an ``expiry`` of None leaves it to the token.
    """

    def __init__(
        self,
        token_id: str,
        token: str,
        partner_id: int,
        *,
        hash_type: str = "SHA1",
        user_id: str = "",
        type: int | None = None,  # noqa: A002 - the word of the API
        expiry: int | None = None,
        privileges: str = "",
        service_url: str = SERVICE_URL,
        settings: DeliverySettings = DEFAULT_SETTINGS,
    ) -> None:
        super().__init__(partner_id, service_url, settings, token)
        token_hash("", "", hash_type)  # reports a wrong type at once
        self._hash_type = hash_type
        fields = {
            "id": token_id,
            "userId": user_id or None,
            "type": type,
            "expiry": expiry,
            "sessionPrivileges": privileges or None,
        }
        self._fields = {name: value for name, value in fields.items() if value is not None}

    async def _issue(self) -> Issued:
        whose = {"widgetId": f"_{self._partner_id}"}
        answer, _ = await self._ask("session/startWidgetSession", whose)
        widget = _member(answer, "session.startWidgetSession")
        proof = token_hash(widget, self._secret, self._hash_type)
        fields = {"ks": widget, **self._fields, "tokenHash": proof}
        answer, now = await self._ask("appToken/startSession", fields, widget, proof)
        value = _member(answer, "appToken.startSession")
        expiry = answer.get("expiry")  # in Unix time, unlike what is asked for
        known = isinstance(expiry, (int, float)) and not isinstance(expiry, bool)
        return Issued(value, expiry - now if known else None)


def _member(answer: Any, what: str) -> str:
    """The ``ks`` of an answer."""
    value = answer.get("ks") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise KSError(f"{what}: the answer has no KS", transient=True)
    return value
