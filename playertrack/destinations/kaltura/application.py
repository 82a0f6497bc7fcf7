"""analytics.trackEvent: pages and buttons of an application (wire, 3; guide, 6)."""

from __future__ import annotations

from ...delivery.protocol import COMMON
from ...outbox import Item
from .destination import Pairs, form
from .fields import WireError, clean
from .identity import Identity, context

BUTTON_CLICKED, PAGE_LOAD = 10002, 10003


class ApplicationEvents:
    """The viewer's actions outside the player, as items for analytics.trackEvent.

    ``kaltura_application`` of the identity names the application. What belongs to no session
    is in order with all that does.

    >>> items = ApplicationEvents(Identity(partner_id=102, kaltura_application="my-portal"))
    >>> items.page("main-lobby", "lobby", at=0.0).body
    b'format=1&eventType=10003&partnerId=102&kalturaApplication=my-portal&pageType=lobby\
&pageName=main-lobby'
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._index = 0

    def page(
        self,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        at: float,
        entry_id: str | None = None,
        session: str | None = None,
    ) -> Item:
        """A page or view was loaded (10003) at ``at`` (Unix time, s).

        ``type`` is its category, as ``lobby``; ``session`` ties it to a playback. Raises
        `WireError` for what is no text.
        """
        return self._item(
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
    ) -> Item:
        """A button, link or the like was clicked (10002) at ``at`` (Unix time, s).

        ``type`` is its category, as ``cta``; ``page_name`` and ``page_type`` say on which page
        it is. Raises `WireError` for what is no text.
        """
        fields = {"buttonType": type, "buttonName": name}
        page = {"pageType": page_type, "pageName": page_name}
        return self._item(
            "track_button", BUTTON_CLICKED, fields, at, entry_id, session, beside=page
        )

    def _item(
        self,
        event: str,
        type_id: int,
        fields: dict[str, str | None],
        at: float,
        entry_id: str | None,
        session: str | None,
        beside: dict[str, str | None] | None = None,
    ) -> Item:
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
        body = f"format=1&{form(pairs)}".encode()
        return Item(session or COMMON, event, self._index, at, "", body)
