"""analytics.trackEvent: pages and buttons of an application (wire, 3; guide, 6)."""

from __future__ import annotations

from .fields import Pairs, WireError, address, clean, form
from .identity import Identity
from .kava import ANALYTICS_URL, DESTINATION, PATH, context
from .request import FORM, Request

BUTTON_CLICKED, PAGE_LOAD = 10002, 10003


class ApplicationMapper:
    """What the viewer does outside the player, as requests to analytics.trackEvent.

    ``kaltura_application`` of the identity names the application. Raises `WireError` for a
    bad ``analytics_url``.

    >>> mapper = ApplicationMapper(Identity(partner_id=102, kaltura_application="my-portal"))
    >>> mapper.page("main-lobby", "lobby", at=0.0).body
    b'format=1&eventType=10003&partnerId=102&kalturaApplication=my-portal&pageType=lobby\
&pageName=main-lobby'
    """

    def __init__(self, identity: Identity, *, analytics_url: str = ANALYTICS_URL) -> None:
        self._identity = identity
        self._key = identity.key
        self._base = address("analytics_url", analytics_url)
        self._index = 0

    def page(
        self,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        at: float,
        entry_id: str | None = None,
        session: str | None = None,
    ) -> Request:
        """A page or view was loaded (10003) at ``at`` (Unix time, s).

        ``type`` is its category, as ``lobby``; ``session`` ties it to a playback. Raises
        `WireError` for what is no text.
        """
        return self._request(
            "track_page", PAGE_LOAD, {"pageType": type, "pageName": name}, at, entry_id, session
        )

    def button(
        self,
        name: str,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        at: float,
        page_name: str | None = None,
        page_type: str | None = None,
        entry_id: str | None = None,
        session: str | None = None,
    ) -> Request:
        """A button, link or the like was clicked (10002) at ``at`` (Unix time, s).

        ``type`` is its category, as ``cta``; ``page_name`` and ``page_type`` say on which page
        it is. Raises `WireError` for what is no text.
        """
        fields = {"buttonType": type, "buttonName": name}
        page = {"pageType": page_type, "pageName": page_name}
        return self._request(
            "track_button", BUTTON_CLICKED, fields, at, entry_id, session, beside=page
        )

    def _request(
        self,
        event: str,
        type_id: int,
        fields: dict[str, str | None],
        at: float,
        entry_id: str | None,
        session: str | None,
        beside: dict[str, str | None] | None = None,
    ) -> Request:
        for name, value in (*fields.items(), *(beside or {}).items()):
            if value is not None and not isinstance(value, str):
                raise WireError(name, value, "text")
        who = self._identity
        known = context(who)
        values: dict[str, str | int | None] = {
            "eventType": type_id,
            "partnerId": who.partner_id,
            "entryId": entry_id or who.entry_id,
            "kalturaApplication": known.pop("kalturaApplication"),
            **(beside or {}),
            **fields,
            "sessionId": session,
            **known,
        }
        pairs: Pairs = [
            (name, clean(str(value))) for name, value in values.items() if value is not None
        ]
        self._index += 1
        return Request(
            destination=DESTINATION,
            lane=session or f"application:{self._key}",
            identity=self._key,
            method="POST",
            base=self._base,
            path=PATH,
            headers=FORM,
            body=f"format=1&{form(pairs)}".encode(),
            form="form",
            event=event,
            index=self._index,
            at=at,
        )
