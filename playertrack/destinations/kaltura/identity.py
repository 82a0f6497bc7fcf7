"""The identity of a device or an application at Kaltura: the fields that all its events share."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Any

import attrs

from .fields import WireError, clean


def _id(value: Any) -> Any:
    """Whole numbers may come as text, as from the environment."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _check_number(least: int) -> Any:
    def check(identity: Identity, field: attrs.Attribute[Any], value: object) -> None:
        if value is None and field.default is None:
            return
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise WireError(field.name, value, f"a whole number, {least} or more")

    return check


def _check_text(identity: Identity, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise WireError(field.name, value, "text")


def _text(value: Any) -> Any:
    """Text as the server can take it; what is then empty is unknown."""
    return clean(value) or None if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    return tuple(map(_text, value)) if isinstance(value, (list, tuple)) else value


def _check_custom(identity: Identity, field: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, tuple) or len(value) > 3:
        raise WireError(field.name, value, "up to three texts")
    for each in value:
        _check_text(identity, field, each)


def _optional_text() -> Any:
    return attrs.field(default=None, converter=_text, validator=_check_text)


@attrs.frozen(kw_only=True)
class Identity:
    """Partner, media, device, user and application, given once and on every event.

    ``partner_id``: the account, above 0. ``entry_id``: the media of events that name none.
    ``uiconf_id``: the player's configuration. ``user_id``: the viewer. ``referrer``: page or
    device, as ``kiosk://device-001``. ``application``: the name of the application that
    embeds the player, ``kaltura_application``: of that of Kaltura's; ``context_id``: the
    category in which it is played. ``virtual_event_id``, ``custom_vars`` (up to three) and
    ``delivery_type`` (``url``, ``hls``, ``dash``) are for trackEvent. No KS is part of it.

    ``name`` separates identities that differ only in their KS. Raises `WireError`.

    >>> Identity(partner_id="102", referrer="kiosk://device-001").partner_id
    102
    """

    partner_id: int = attrs.field(converter=_id, validator=_check_number(1))
    entry_id: str | None = _optional_text()
    uiconf_id: int | None = attrs.field(default=None, converter=_id, validator=_check_number(0))
    user_id: str | None = _optional_text()
    referrer: str | None = _optional_text()
    application: str | None = _optional_text()
    kaltura_application: str | None = _optional_text()
    context_id: int | None = attrs.field(default=None, converter=_id, validator=_check_number(0))
    virtual_event_id: str | None = _optional_text()
    custom_vars: tuple[str | None, ...] = attrs.field(
        default=(), converter=_texts, validator=_check_custom
    )
    delivery_type: str | None = attrs.field(default="url", converter=_text, validator=_check_text)
    name: str | None = _optional_text()

    @property
    def key(self) -> str:
        """Stands for whose KS has to go with a request; the same in every process.

        An event is only ever sent with a KS of the identity that it was recorded under. What
        says nothing about that, as the referrer, may change without a new key.
        """
        who = (
            self.partner_id,
            self.user_id,
            self.application,
            self.kaltura_application,
            self.virtual_event_id,
            self.name,
        )
        return sha256(repr(who).encode(errors="surrogatepass")).hexdigest()[:16]

    def entry(self, entry_id: str | None) -> str:
        """The entry of an event; raises `WireError` if nobody named one."""
        entry = clean(entry_id) if entry_id else self.entry_id
        if not entry:
            raise WireError("entry_id", None, "an entry, of the event or of the identity")
        return entry


@lru_cache(maxsize=1)
def client_version() -> str:
    """The value of ``clientVer``: ``playertrack:`` and the version."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"playertrack:{version('playertrack')}"
    except PackageNotFoundError:  # the sources were not installed
        return "playertrack:0"


def context(who: Identity) -> dict[str, str | int | None]:
    """Identity fields of trackEvent besides partner and entry; None is unknown."""
    return {
        "referrer": who.referrer,
        "uiConfId": who.uiconf_id,
        "userId": who.user_id,
        "kalturaApplication": who.kaltura_application,
        "application": who.application,
        "playbackContext": None if who.context_id is None else str(who.context_id),
        **{f"customVar{n}": value for n, value in enumerate(who.custom_vars, 1)},
        "virtualEventId": who.virtual_event_id,
    }
