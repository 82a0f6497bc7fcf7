"""The settings of the Kaltura sinks in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...delivery.auth import TokenSource
from ...errors import PlayertrackError
from ...sinks.base import SinkError
from .destination import ANALYTICS_URL, SERVICE_URL
from .fields import WireError
from .identity import Identity
from .ks import ks_provider
from .profile import WireProfile


def service_url(environment: Mapping[str, str] = os.environ) -> str:
    """``KALTURA_SERVICE_URL``, that of the public service if it is not set."""
    return environment.get("KALTURA_SERVICE_URL") or SERVICE_URL


def analytics_url(environment: Mapping[str, str] = os.environ) -> str:
    """``KALTURA_ANALYTICS_URL``, that of the public service if it is not set."""
    return environment.get("KALTURA_ANALYTICS_URL") or ANALYTICS_URL


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


def ks_from(identity: Identity, environment: Mapping[str, str] = os.environ) -> TokenSource | None:
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
        if bool(token_id) != bool(token):
            names = ("KALTURA_APP_TOKEN_ID", "KALTURA_APP_TOKEN")
            there, missing = names if token_id else names[::-1]
            raise SinkError(f"{there} is set, but {missing} is not: both are needed")
        if token_id and token:
            kind = environment.get("KALTURA_APP_TOKEN_HASH") or "SHA1"
            return AppToken(token_id, token, identity.partner_id, hash_type=kind, **whose)
        if secret := environment.get("KALTURA_ADMIN_SECRET"):
            return SessionStart(secret, identity.partner_id, **whose)
    except PlayertrackError as error:
        raise SinkError(f"the KS: {error}") from None
    return None
