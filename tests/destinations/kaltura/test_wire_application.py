"""Pages and buttons of an application (wire, 3)."""

from __future__ import annotations

from typing import Any

import pytest
from kava_requests import ME, fields

from playertrack.destinations.kaltura import (
    ApplicationEvents,
    Identity,
    KavaDestination,
    WireError,
)
from playertrack.outbox import Item


def form(item: Item) -> dict[str, Any]:
    return fields(KavaDestination(ME).request([item.body]))


def test_a_funnel_of_an_application() -> None:
    who = Identity(partner_id=102, kaltura_application="portal", user_id="u", referrer="app://x")
    mapper = ApplicationEvents(who)
    page = mapper.page("keynote", "session", at=1.0, entry_id="1_abc")
    button = mapper.button(
        *("watch", "cta"), at=2.0, page_name="keynote", page_type="session", session="s-1"
    )
    assert form(page) == {
        "service": "analytics",
        "action": "trackEvent",
        "format": "1",
        "eventType": "10003",
        "partnerId": "102",
        "entryId": "1_abc",
        "kalturaApplication": "portal",
        "pageType": "session",
        "pageName": "keynote",
        "userId": "u",
        "referrer": "app://x",
    }
    assert form(button)["eventType"] == "10002"
    assert form(button)["buttonType"] == "cta"
    assert form(button)["buttonName"] == "watch"
    assert form(button)["pageName"] == "keynote"
    assert form(button)["sessionId"] == "s-1"
    assert (page.number, button.number) == (1, 2)
    assert (page.lane, button.lane) == ("", "s-1")


@pytest.mark.parametrize("wrong", [5, b"x", ["x"]])
def test_a_name_that_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(WireError, match="buttonName"):
        ApplicationEvents(ME).button(wrong, at=0.0)
    with pytest.raises(WireError, match="pageType"):
        ApplicationEvents(ME).page("a", wrong, at=0.0)
