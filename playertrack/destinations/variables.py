"""Every variable of the environment that playertrack reads, and which sinks use it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

_KALTURA = ("stats", "kava")
_HTTP = ("http", "ndjson", "cloudevents")
_VIEWER = ("segment", "xapi")


@attrs.frozen
class Variable:
    """``sinks`` use it, for ``what``. ``secret``: its value is never shown."""

    sinks: tuple[str, ...]
    what: str
    secret: bool = False


#: All of them by name; `docs/operate.md` has the same table.
VARIABLES: Mapping[str, Variable] = {
    "KALTURA_PARTNER_ID": Variable(_KALTURA, "the account; required"),
    "KALTURA_SERVICE_URL": Variable(_KALTURA, "the API v3 of stats, of the KS and of reports"),
    "KALTURA_ANALYTICS_URL": Variable(("kava",), "the host of trackEvent"),
    "KALTURA_KS": Variable(_KALTURA, "a KS", secret=True),
    "KALTURA_APP_TOKEN_ID": Variable(_KALTURA, "an application token that gives the KS: its id"),
    "KALTURA_APP_TOKEN": Variable(_KALTURA, "… and the token itself", secret=True),
    "KALTURA_APP_TOKEN_HASH": Variable(_KALTURA, "… and its hash (default SHA1)"),
    "KALTURA_ADMIN_SECRET": Variable(
        _KALTURA, "the secret of session.start, for servers only", secret=True
    ),
    "KALTURA_ENTRY_ID": Variable(_KALTURA, "the entry where the player names none"),
    "KALTURA_UICONF_ID": Variable(_KALTURA, "the player's configuration"),
    "KALTURA_USER_ID": Variable(_KALTURA, "the viewer"),
    "KALTURA_REFERRER": Variable(_KALTURA, "where playback happens, as kiosk://hall-3"),
    "KALTURA_APPLICATION_ID": Variable(_KALTURA, "the application"),
    "KALTURA_APPLICATION": Variable(_KALTURA, "the Kaltura application"),
    "KALTURA_CONTEXT_ID": Variable(_KALTURA, "the category or playlist"),
    "KALTURA_VIRTUAL_EVENT_ID": Variable(_KALTURA, "the virtual event"),
    "KALTURA_IDENTITY_NAME": Variable(_KALTURA, "separates two identities in one queue"),
    "KALTURA_WIRE_PROFILE": Variable(_KALTURA, "guide (default), legacy or player_v7"),
    "PLAYERTRACK_HTTP_TOKEN": Variable(_HTTP, "a bearer token", secret=True),
    "PLAYERTRACK_HTTP_TOKEN_FILE": Variable(_HTTP, "a file with one, read again after a 401"),
    "PLAYERTRACK_HTTP_HEADER": Variable(_HTTP, "a header, as Name: value", secret=True),
    "PLAYERTRACK_SEGMENT_WRITE_KEY": Variable(("segment",), "the write key", secret=True),
    "PLAYERTRACK_XAPI_USER": Variable(("xapi",), "the user of the learning record store"),
    "PLAYERTRACK_XAPI_PASSWORD": Variable(("xapi",), "… and the password", secret=True),
    "PLAYERTRACK_PROPERTIES": Variable(
        (*_KALTURA, *_HTTP, *_VIEWER), "an object of JSON that goes with every event"
    ),
    "PLAYERTRACK_USER_ID": Variable(_VIEWER, "the viewer, if it is known who that is"),
    "PLAYERTRACK_ANONYMOUS_ID": Variable(_VIEWER, "the viewer, if it is not"),
}

#: Variables that only make sense together.
PAIRS = (
    ("KALTURA_APP_TOKEN_ID", "KALTURA_APP_TOKEN"),
    ("PLAYERTRACK_XAPI_USER", "PLAYERTRACK_XAPI_PASSWORD"),
)

#: Several ways to the same thing; the first that is set is used.
FIRST = (
    ("KALTURA_KS", "KALTURA_APP_TOKEN", "KALTURA_ADMIN_SECRET"),
    ("PLAYERTRACK_HTTP_TOKEN", "PLAYERTRACK_HTTP_TOKEN_FILE", "PLAYERTRACK_HTTP_HEADER"),
)


def half_set(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each pair of which only one is set: that one, and the one that is missing."""
    found = []
    for one, other in PAIRS:
        if bool(environment.get(one)) != bool(environment.get(other)):
            found.append((one, other) if environment.get(one) else (other, one))
    return found
