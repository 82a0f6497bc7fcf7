"""The faults that the collector injects, set from the start and over its API."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import attrs
import pytest
from async_tests import in_loop
from collector_client import KS, Client, started

from playertrack.collector import Switch, SwitchError


@in_loop
async def test_a_status_so_many_times() -> None:
    async with started() as client:
        client.collector.fault("status", status=503, times=2, retry_after=7)
        assert [(await client.send())[0] for _ in range(3)] == [503, 503, 200]
        assert len(client.collector.accepted) == 1
        assert [each.outcome for each in client.collector.received] == [
            *("HTTP 503", "HTTP 503", "accepted"),
        ]


@in_loop
async def test_retry_after_is_sent_with_the_status() -> None:
    async with started(faults=[Switch(kind="status", status=429, retry_after=7)]) as client:
        url = f"{client.collector.service_url}/service/stats/action/collect"
        async with client.session.post(url) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "7")


@in_loop
async def test_a_page_of_html_after_one_that_passes() -> None:
    async with started() as client:
        client.collector.fault("html", after=1, times=1)
        answers = [await client.send() for _ in range(3)]
        assert [status for status, _ in answers] == [200, 200, 200]
        assert ["<html>" in text for _, text in answers] == [False, True, False]
        assert [each.accepted for each in client.collector.received] == [True, False, True]


@in_loop
async def test_a_lost_answer_is_of_an_event_that_was_taken() -> None:
    async with started() as client:
        client.collector.fault("lost", times=1)
        with pytest.raises(aiohttp.ClientError):
            await client.send()
        assert len(client.collector.accepted) == 1
        assert (await client.send())[0] == 200


@in_loop
async def test_a_cut_answer_is_of_an_event_that_was_taken() -> None:
    async with started() as client:
        client.collector.fault("cut", times=1)
        with pytest.raises(aiohttp.ClientError):
            await client.send()
        assert len(client.collector.accepted) == 1


@in_loop
async def test_a_delayed_answer_comes() -> None:
    async with started() as client:
        client.collector.fault("delay", seconds=0.01, times=1)
        assert await client.send() == (200, "true")


@pytest.mark.parametrize(("kind", "shown"), [("expired_ks", "EXPIRED"), ("invalid_ks", KS)])
@in_loop
async def test_a_refused_ks_stays_refused_and_another_is_taken(kind: str, shown: str) -> None:
    async with started() as client:
        client.collector.fault(kind, times=1)
        for _ in range(2):
            status, text = await client.send(ks=KS)
            answer = json.loads(text)
            assert (status, answer["code"], answer["args"]["KSID"]) == (200, "INVALID_KS", shown)
        assert await client.send(ks="another") == (200, "true")
        assert [each.outcome for each in client.collector.received[:2]] == ["INVALID_KS"] * 2


@in_loop
async def test_a_fault_is_of_one_endpoint() -> None:
    async with started() as client:
        client.collector.fault("status", endpoint="kava")
        assert (await client.send())[0] == 200


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"kind": "fire"}, "kind"),
        ({}, "kind"),
        ({"kind": "lost", "endpoint": "x"}, "endpoint"),
        ({"kind": "lost", "times": 0}, "times"),
        ({"kind": "lost", "after": -1}, "after"),
        ({"kind": "status", "status": 42}, "status"),
        ({"kind": "delay", "seconds": "x"}, "seconds"),
        ({"kind": "lost", "colour": "red"}, "colour"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_name(words: dict[str, Any], field: str) -> None:
    with pytest.raises(SwitchError) as refused:
        Switch.from_mapping(words)
    assert refused.value.field == field


def test_faults_of_a_command_line() -> None:
    assert Switch.parse("lost") == Switch(kind="lost")
    assert Switch.parse("delay,seconds=0.5,times=3,endpoint=kava") == Switch(
        kind="delay", seconds=0.5, times=3, endpoint="kava"
    )


# ------------------------------------------------------------------- however it is switched on


async def outcome(client: Client) -> str:
    """The outcome for an event, as its sender sees it."""
    try:
        status, text = await client.send(ks=KS)
    except aiohttp.ClientPayloadError:
        return "cut"
    except aiohttp.ClientError:
        return "lost"
    return f"{status} {text[:40]}"


FAULTS = {
    "status,status=503,times=1": "503 this fault was asked for",
    "status,status=429,retry_after=7,times=1": "429 this fault was asked for",
    "delay,seconds=0.01,times=1": "200 true",
    "cut,times=1": "cut",
    "html,times=1": "200 <!doctype html>",
    "expired_ks,times=1": '200 {"code":"INVALID_KS","message":"Invalid ',
    "lost,times=1": "lost",
}


@pytest.mark.parametrize("at_start", [True, False])
@pytest.mark.parametrize("text", FAULTS)
@in_loop
async def test_each_fault_at_start_and_over_the_api(text: str, at_start: bool) -> None:
    switch = Switch.parse(text)
    async with started(faults=[switch] if at_start else []) as client:
        if not at_start:
            assert (await client.post("/faults", attrs.asdict(switch)))[0] == 200
        assert (await outcome(client)).startswith(FAULTS[text])
        assert client.collector.faults[0].times == 0
        assert await client.send() == (200, "true")
