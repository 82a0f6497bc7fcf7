"""The guide's own commands and the mappers send the same."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from guide_examples import VALUES, Example, load

from playertrack import events
from playertrack.collector import Collector
from playertrack.delivery import Destination
from playertrack.destinations.kaltura import (
    STATS_IDS,
    ApplicationEvents,
    Identity,
    KavaDestination,
    StatsDestination,
)
from playertrack.destinations.kaltura.report import ReportError, ReportQuery, rows

EXAMPLES = load()
NAMES = {number: name for name, number in STATS_IDS.items()}


def shown(example: Example) -> str:
    fields = example.fields
    return f"{example.section}-{fields.get('event[eventType]') or fields.get('eventType')}"


def sent(destination: Destination, item: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    """Method, URL and form of the request with the KS."""
    made = destination.authorize(destination.request([item]), VALUES["KS"])
    return (
        made.method,
        made.url,
        parse_qsl(made.body.decode(), keep_blank_values=True, strict_parsing=True),
    )


COLLECT = [each for each in EXAMPLES if each.url.endswith("/stats/action/collect")]
TRACK = [each for each in EXAMPLES if "trackEvent" in each.url]


def test_the_guide_has_as_many_examples_as_were_copied() -> None:
    assert (len(COLLECT), len(TRACK)) == (26, 5)


@pytest.mark.parametrize("example", COLLECT, ids=shown)
def test_collect_as_in_the_guide(example: Example) -> None:
    fields = example.fields
    name = NAMES[int(fields["event[eventType]"])]
    identity = Identity(
        partner_id=fields["event[partnerId]"], referrer=fields.get("event[referrer]")
    )
    event = events.EVENTS[name](
        name,
        at=float(fields["event[eventTimestamp]"]) + 0.875,
        session=fields["event[sessionId]"],
        index=1,
        entry_id=fields["event[entryId]"],
    )
    destination = StatsDestination(identity, url=VALUES["KALTURA_SERVICE_URL"])
    item = destination.encode(event)
    assert item is not None
    method, url, pairs = sent(destination, item)
    assert (method, url) == ("POST", example.url)
    # The one field more is the client's version, which is always sent.
    [(position, version)] = [
        (i, value) for i, (key, value) in enumerate(pairs) if key == "event[clientVer]"
    ]
    assert version.startswith("playertrack:")
    del pairs[position]
    assert pairs == list(example.form)


@pytest.mark.parametrize("example", TRACK, ids=shown)
def test_application_event_as_in_the_guide(example: Example) -> None:
    fields = dict(example.form)
    identity = Identity(
        partner_id=fields["partnerId"],
        entry_id=fields["entryId"],
        kaltura_application=fields["kalturaApplication"],
    )
    made = ApplicationEvents(identity)
    if fields["eventType"] == "10002":
        item = made.button(fields["buttonName"], fields["buttonType"], at=1700000000.0)
    else:
        item = made.page(fields.get("pageName"), fields.get("pageType"), at=1700000000.0)
    destination = KavaDestination(identity, url=VALUES["KALTURA_ANALYTICS_URL"])
    assert sent(destination, item.body) == ("POST", example.url, list(example.form))


def test_report_as_in_the_guide() -> None:
    [example] = [each for each in EXAMPLES if each.url.endswith("/report/action/getTable")]
    query = ReportQuery(
        since=int(VALUES["FROM_TIMESTAMP"]),
        until=int(VALUES["TO_TIMESTAMP"]),
        entries=(VALUES["ENTRY_ID"],),
        page_size=5,
    )
    assert [("ks", VALUES["KS"]), ("format", "1"), *query.pairs()] == list(example.form)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"objectType": "KalturaReportTable"}, []),
        ({"header": "a|b", "data": "1|2;3|;", "totalCount": 2}, [("1", "2"), ("3", "")]),
        ({"header": "a|b", "data": "1|2"}, [("1", "2")]),
        ({"header": "a|b", "data": ""}, []),
        ({"header": "a|b", "data": None}, []),
    ],
)
def test_the_rows_of_a_table(answer: Any, expected: list[tuple[str, str]]) -> None:
    assert [tuple(row.values()) for row in rows(answer, "|")] == expected


@pytest.mark.parametrize("answer", [None, [], "x", {"header": 5}, {"header": "a|b", "data": "1;"}])
def test_what_is_no_table(answer: Any) -> None:
    with pytest.raises(ReportError):
        rows(answer, "|")


# ------------------------------------------------------------------ all of them, over sockets


def test_every_command_of_the_guide_is_answered() -> None:
    """Events are taken; what is wrong with some is what the guide itself warns of."""
    collector = asyncio.run(all_sent())
    assert {each.outcome for each in collector.received} == {"accepted"}
    assert len(collector.accepted) == len(COLLECT) + len(TRACK)
    assert all(each.event for each in collector.received)
    found = {finding for each in collector.bad for finding in each.findings}
    assert "PLAY before MEDIA_LOADED" in found


async def all_sent() -> Collector:
    async with Collector() as collector, aiohttp.ClientSession() as session:
        for example in EXAMPLES:
            url = example.url.replace(VALUES["KALTURA_SERVICE_URL"], collector.service_url)
            url = url.replace(VALUES["KALTURA_ANALYTICS_URL"], collector.analytics_url)
            async with session.post(url, data=list(example.form)) as response:
                assert response.status == 200, example
                assert is_right(example, await response.json()), example
    return collector


def is_right(example: Example, answer: Any) -> bool:
    if "/stats/" in example.url:
        return answer is True
    if "trackEvent" in example.url:
        return isinstance(answer["time"], float) and answer["viewEventsEnabled"] is True
    if "/session/" in example.url:
        return isinstance(answer, str) and len(answer) > 100
    return bool(answer["objectType"] == "KalturaReportTable")
