"""The stand-ins answer as the real servers do, over real sockets."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from async_tests import in_loop
from made_requests import request_of

from playertrack import Engine, signals
from playertrack.collector import Collector
from playertrack.delivery import Kind, Request
from playertrack.destinations.kaltura import (
    Identity,
    KavaDestination,
    StatsDestination,
    WireProfile,
    judge_answer,
)
from playertrack.destinations.kaltura.report import ReportQuery, rows

ME = Identity(
    partner_id=102, entry_id="1_abc", referrer="kiosk://device-001", user_id="viewer@example.com"
)


class Client:
    """A client of the collector."""

    def __init__(self, collector: Collector, session: aiohttp.ClientSession) -> None:
        self.collector = collector
        self.session = session

    async def post(self, service: str, action: str, **fields: Any) -> Any:
        """The JSON that a service answers, with the status that errors have too: 200."""
        url = f"{self.collector.service_url}/service/{service}/action/{action}"
        names = {name.replace("__", "[") + "]" * ("__" in name): name for name in fields}
        data = {shown: str(fields[name]) for shown, name in names.items()}
        async with self.session.post(url, data={"format": "1", **data}) as response:
            assert response.status == 200
            assert response.content_type == "application/json"
            return await response.json()

    async def send(self, request: Request) -> tuple[int, bytes]:
        headers = dict(request.headers)
        async with self.session.request(
            request.method, request.url, data=request.body or None, headers=headers
        ) as response:
            answer = await response.read()
            return response.status, answer


def with_client(test: Any) -> Any:
    @in_loop
    async def run(*args: Any, **kwargs: Any) -> None:
        async with Collector() as collector, aiohttp.ClientSession() as session:
            await test(Client(collector, session), *args, **kwargs)

    def shown(*args: Any, **kwargs: Any) -> None:
        run(*args, **kwargs)

    shown.__name__ = test.__name__
    return shown


# ------------------------------------------------------------------------------ both mappers


def playback(session: str = "s") -> list[Any]:
    engine = Engine(ids=lambda player, ordinal, at: f"{session}-{ordinal}", entry_id="1_abc")
    made: list[Any] = []
    start = 1700000000.0
    made += engine.feed(signals.Ready(at=start))
    made += engine.feed(signals.Loaded(at=start, entry_id="1_abc", duration=100.0))
    made += engine.feed(signals.Playing(at=start + 1))
    for second in range(1, 101):
        made += engine.timeupdate(float(second), start + 1 + second)
    made += engine.feed(signals.Ended(at=start + 101))
    made += engine.close()
    return made


@pytest.mark.parametrize("profile", [WireProfile(), WireProfile.legacy(), WireProfile.player_v7()])
@pytest.mark.parametrize("kind", ["stats", "kava"])
@in_loop
async def test_what_a_mapper_sends_is_good(kind: str, profile: WireProfile) -> None:
    async with Collector() as collector, aiohttp.ClientSession() as session:
        mapper = (
            StatsDestination(ME, profile, url=collector.service_url)
            if kind == "stats"
            else KavaDestination(ME, profile, url=collector.analytics_url)
        )
        client = Client(collector, session)
        sent = [request for each in playback() if (request := request_of(mapper, each))]
        for request in sent:
            status, body = await client.send(mapper.authorize(request, "a-ks"))
            assert judge_answer(kind, status, {}, body).kind is Kind.DELIVERED
        assert [each.findings for each in collector.bad] == []
        assert len(collector.good) == len(sent)
        assert {each.ks for each in collector.good} == {"a-ks"}
        assert {each.endpoint for each in collector.good} == {kind}
        assert {each.entry_id for each in collector.good} == {"1_abc"}
        [verdict] = collector.sessions
        assert verdict.findings == ()
        assert sum(verdict.events.values()) == len(sent)
        assert not any("ks" in each.fields for each in collector.good)


# ----------------------------------------------------------------------------- stats.collect


EVENT = {
    "event__partnerId": "102",
    "event__entryId": "1_abc",
    "event__eventType": "2",
    "event__sessionId": "s",
    "event__eventTimestamp": "1700000000",
}


@with_client
async def test_an_event_without_a_needed_field_is_taken_silently_and_judged(client: Client) -> None:
    fields = {name: value for name, value in EVENT.items() if name != "event__entryId"}
    assert await client.post("stats", "collect", **fields) is True
    [bad] = client.collector.bad
    assert bad.findings == ("entryId is missing",)
    assert client.collector.good == []


@with_client
async def test_errors_of_collect_come_with_status_200(client: Client) -> None:
    assert await client.post("stats", "collect") == {
        "code": "MISSING_MANDATORY_PARAMETER",
        "message": 'Missing parameter "event"',
        "objectType": "KalturaAPIException",
        "args": {"PARAM_NAME": "event"},
    }
    wrong = await client.post("stats", "collect", event="3")
    assert wrong["code"] == "PROPERTY_VALIDATION_WRONG_FORMAT"
    for number in ("0", "41", "99", "x"):
        refused = await client.post("stats", "collect", **EVENT | {"event__eventType": number})
        assert refused["code"] == "INVALID_ENUM_VALUE"
        assert refused["args"] == {
            "ENUM_VAL": number,
            "PARAM_NAME": "eventType",
            "ENUM_TYPE": "KalturaStatsEventType",
        }
    unclean = await client.post("stats", "collect", **EVENT | {"event__userId": "a\x00"})
    assert (unclean["code"], unclean["args"]) == ("INVALID_PARAMETER_CHAR", {"XML_FIELD": "userId"})
    assert client.collector.accepted == []
    assert len(client.collector.received) == 7


@with_client
async def test_an_unknown_service_or_action_is_refused(client: Client) -> None:
    assert (await client.post("stats", "gather"))["code"] == "ACTION_DOES_NOT_EXISTS"
    assert (await client.post("media", "list"))["code"] == "SERVICE_DOES_NOT_EXISTS"


@with_client
async def test_a_wrong_address_is_404(client: Client) -> None:
    for path in ("/", "/api_v3", "/analytics", "/api/v3/service/stats/action/collect"):
        async with client.session.post(client.collector.analytics_url + path) as response:
            assert response.status == 404


@with_client
async def test_without_format_1_nobody_could_read_the_answer(client: Client) -> None:
    url = f"{client.collector.service_url}/service/stats/action/collect"
    data = {name.replace("__", "[") + "]": value for name, value in EVENT.items()}
    await client.session.post(url, data=data)
    assert client.collector.bad[0].findings == ("format=1 is missing",)


# ------------------------------------------------------------------------------- trackEvent


async def track(client: Client, **fields: str) -> tuple[int, str]:
    url = f"{client.collector.analytics_url}/api_v3/index.php?service=analytics&action=trackEvent"
    async with client.session.post(url, data={"format": "1", **fields}) as response:
        return response.status, await response.text()


@with_client
async def test_track_event_answers_by_status(client: Client) -> None:
    status, text = await track(client, partnerId="102")
    assert (status, "eventType" in text) == (400, True)
    status, text = await track(client, eventType="10003", partnerId="102", pageName="home")
    assert (status, '"viewEventsEnabled": true' in text) == (200, True)
    client.collector.services.booth.refuse("old")
    status, text = await track(client, eventType="10003", partnerId="102", ks="old")
    assert status == 401
    assert "old" not in text
    assert [each.event for each in client.collector.good] == ["track_page"]


@with_client
async def test_an_event_of_unknown_type_is_taken_and_counted(client: Client) -> None:
    known = {"partnerId": "102", "entryId": "1_abc", "sessionId": "s"}
    for index, number in enumerate(("1", "15", "44", "2"), 1):
        await track(client, eventType=number, eventIndex=str(index), **known)
    assert [each.findings for each in client.collector.accepted] == [
        *((), ("PLAY_REACHED_90 before PLAY",), ("there is no event of type '44'",), ()),
    ]


@with_client
async def test_views_can_be_unwanted(client: Client) -> None:
    client.collector.services.view_events_enabled = False
    _, text = await track(client, eventType="10003", partnerId="102")
    assert '"viewEventsEnabled": false' in text


# --------------------------------------------------------------------------------------- KS


@in_loop
async def test_session_start_wants_its_secret() -> None:
    async with (
        Collector(secret="hunter2") as collector,
        aiohttp.ClientSession() as session,
    ):
        client = Client(collector, session)
        missing = await client.post("session", "start", partnerId=102)
        assert missing["args"] == {"PARAM_NAME": "secret"}
        wrong = await client.post("session", "start", partnerId=102, secret="x")
        assert wrong["code"] == "START_SESSION_ERROR"
        assert wrong["args"] == {"PID": "102"}
        ks = await client.post("session", "start", partnerId=102, secret="hunter2")
        assert isinstance(ks, str)
        assert await client.post("stats", "collect", **EVENT, ks=ks) is True
        assert collector.accepted[0].ks == ks


@in_loop
async def test_a_ks_expires_when_its_time_has_come() -> None:
    now = 1700000000.0
    async with (
        Collector(clock=lambda: now) as collector,
        aiohttp.ClientSession() as session,
    ):
        client = Client(collector, session)
        ks = await client.post("session", "start", partnerId=102, secret="x", expiry=10)
        now += 9.5
        assert await client.post("stats", "collect", **EVENT, ks=ks) is True
        now += 1
        assert await client.post("stats", "collect", **EVENT, ks=ks) == {
            "code": "INVALID_KS",
            "message": 'Invalid KS "EXPIRED", Error "-1,INVALID_STR"',
            "objectType": "KalturaAPIException",
            "args": {"KSID": "EXPIRED", "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"},
        }


@in_loop
async def test_an_application_token_is_proved_by_a_hash() -> None:
    from hashlib import sha256

    async with (
        Collector(tokens={"t-1": "the-token"}) as collector,
        aiohttp.ClientSession() as session,
    ):
        client = Client(collector, session)
        widget = await client.post("session", "startWidgetSession", widgetId="_102")
        assert widget["partnerId"] == 102
        ks = widget["ks"]
        proof = sha256((ks + "the-token").encode()).hexdigest()
        ask = {"id": "t-1", "tokenHash": proof, "ks": ks}
        found = await client.post("appToken", "startSession", **ask, expiry=60)
        assert found["objectType"] == "KalturaSessionInfo"
        assert found["ks"] != ks
        assert found["expiry"] > 1700000000
        for change, code in (
            ({"ks": ""}, "MISSING_KS"),
            ({"id": "t-2"}, "APP_TOKEN_ID_NOT_FOUND"),
            ({"tokenHash": proof.upper()}, "INVALID_APP_TOKEN_HASH"),
            ({"tokenHash": "0" * 64}, "INVALID_APP_TOKEN_HASH"),
            ({"tokenHash": ""}, "MISSING_MANDATORY_PARAMETER"),
        ):
            refused = await client.post("appToken", "startSession", **ask | change)
            assert refused["code"] == code, change
        collector.services.booth.refuse(ks)
        assert (await client.post("appToken", "startSession", **ask))["code"] == "INVALID_KS"


# ---------------------------------------------------------------------------- report.getTable


@with_client
async def test_a_table_has_a_row_for_each_entry(client: Client) -> None:
    for entry, plays in (("1_a;|b", 2), ("1_c", 1)):
        for n in range(plays):
            mapper = StatsDestination(ME, url=client.collector.service_url)
            for each in playback(f"{entry}{n}"):
                made = request_of(mapper, each)
                if made is not None:
                    body = made.body.replace(b"1_abc", entry.encode())
                    url = made.url
                    await client.session.post(url, data=body, headers=dict(made.headers))
    query = ReportQuery(since=1699999999, until=1700001000)
    pairs = [("ks", "k"), ("format", "1"), *query.pairs()]
    url = f"{client.collector.service_url}/service/report/action/getTable"
    async with client.session.post(url, data=pairs) as response:
        answer = await response.json()
    assert answer["objectType"] == "KalturaReportTable"
    assert answer["totalCount"] == 2
    assert answer["data"].endswith(";")
    found = rows(answer, "|")
    assert [(row["object_id"], row["count_plays"]) for row in found] == [
        ("1_a  b", "2"),
        ("1_c", "1"),
    ]
    assert found[1]["sum_time_viewed"] == "1.667"


@with_client
async def test_a_table_is_narrowed_down_and_paged(client: Client) -> None:
    for n, entry in enumerate(("1_a", "1_b", "1_c")):
        for event_type in ("2", "3"):
            changes = {"event__entryId": entry, "event__eventType": event_type}
            changes["event__eventTimestamp"] = str(1700000000 + n)
            changes["event__sessionId"] = entry
            await client.post("stats", "collect", **EVENT | changes)

    async def entries(**words: Any) -> list[str]:
        query = ReportQuery(**{"since": 0, "until": 2000000000, **words})
        url = f"{client.collector.service_url}/service/report/action/getTable"
        pairs = [("ks", "k"), ("format", "1"), *query.pairs()]
        async with client.session.post(url, data=pairs) as response:
            return [row["object_id"] for row in rows(await response.json(), query.delimiter)]

    assert await entries() == ["1_a", "1_b", "1_c"]
    assert await entries(entries=("1_b", "1_c", "1_x")) == ["1_b", "1_c"]
    assert await entries(since=1700000001, until=1700000001) == ["1_b"]
    assert await entries(page_size=2, page_index=2) == ["1_c"]
    assert await entries(order="count_plays") == ["1_c", "1_b", "1_a"]
    assert await entries(since=1800000000) == []


@with_client
async def test_an_empty_table_has_no_header(client: Client) -> None:
    ask = {"reportType": 38, "reportInputFilter__fromDate": 0, "pager__pageSize": 5}
    answer = await client.post("report", "getTable", **ask, ks="k")
    assert answer == {"objectType": "KalturaReportTable"}
    assert rows(answer, "|") == []
    assert (await client.post("report", "getTable", **ask))["code"] == "MISSING_KS"
    del ask["pager__pageSize"]
    missing = await client.post("report", "getTable", **ask, ks="k")
    assert missing["args"] == {"PARAM_NAME": "pager"}
