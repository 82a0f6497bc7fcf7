"""A KS from the services of Kaltura (wire, 6), against the collector."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from async_tests import in_loop
from ks_tools import Clock, everything_of

from playertrack.collector import Collector
from playertrack.delivery.settings import DeliveryError
from playertrack.destinations.kaltura import WireError
from playertrack.destinations.kaltura.ks import (
    CallableKS,
    Issued,
    KSError,
    LocalKS,
    StaticKS,
)
from playertrack.destinations.kaltura.ks_services import AppToken, SessionStart
from playertrack.errors import FieldError

SECRETS = ("s3cret-of-the-partner", "t0ken-of-the-app")


@in_loop
async def test_session_start() -> None:
    async with Collector(secret=SECRETS[0]) as collector:
        provider = SessionStart(
            *(SECRETS[0], 102),
            user_id="viewer@example.com",
            privileges="appId:my-custom-player",
            service_url=collector.service_url,
        )
        first = await provider.ks()
        assert collector.services.booth.refusal(first) is None
        assert await provider.ks(first) != first
        assert collector.services.booth.issued == 2


@pytest.mark.parametrize("hash_type", ["SHA1", "SHA256", "MD5", "SHA512"])
@in_loop
async def test_app_token(hash_type: str) -> None:
    async with Collector(tokens={"t-1": SECRETS[1]}) as collector:
        provider = AppToken(
            *("t-1", SECRETS[1], 102),
            hash_type=hash_type,
            user_id="u",
            expiry=600,
            privileges="appId:a",
            service_url=collector.service_url,
        )
        ks = await provider.ks()
        assert collector.services.booth.refusal(ks) is None
        assert collector.services.booth.issued == 2  # that of the widget, and this


@pytest.mark.parametrize("years", [-30, 30])
def test_the_expiry_of_an_app_token_goes_by_the_servers_clock(
    years: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    here = 1700000000.0 + years * 365 * 86400

    async def renewals() -> int:
        async with Collector(tokens={"t-1": "x"}) as collector:
            provider = AppToken("t-1", "x", 1, expiry=600, service_url=collector.service_url)
            monkeypatch.setattr("playertrack.destinations.kaltura.api.time", lambda: here)
            for later in (0.0, 500.0, 50.0):
                clock.now += later
                await provider.ks()
            return collector.services.booth.issued

    assert asyncio.run(renewals()) == 4  # two sessions, each with that of its widget


@pytest.mark.parametrize(
    ("fault", "transient"),
    [
        ({"kind": "status", "status": 503}, True),
        ({"kind": "status", "status": 403}, False),
        ({"kind": "html"}, True),
        ({"kind": "lost"}, True),
        ({"kind": "cut"}, True),
    ],
)
@in_loop
async def test_a_service_that_fails(fault: dict[str, Any], transient: bool) -> None:
    async with Collector() as collector:
        collector.fault(**fault, endpoint="ks", times=1)
        provider = SessionStart(SECRETS[0], 102, service_url=collector.service_url)
        with pytest.raises(KSError, match=r"session\.start") as failed:
            await provider.ks()
        assert failed.value.transient == transient
        assert SECRETS[0] not in everything_of(failed.value)
        assert await provider.ks()


@in_loop
async def test_a_wrong_secret_does_not_pass_by_itself() -> None:
    async with Collector(secret="another", tokens={"t-1": "another"}) as collector:
        for provider in (
            SessionStart(SECRETS[0], 102, service_url=collector.service_url),
            AppToken("t-1", SECRETS[1], 102, service_url=collector.service_url),
        ):
            with pytest.raises(KSError) as failed:
                await provider.ks()
            assert not failed.value.transient
            shown = everything_of(failed.value)
            assert not any(secret in shown for secret in SECRETS)


@in_loop
async def test_nobody_is_there() -> None:
    async with Collector() as collector:
        url = collector.service_url
    with pytest.raises(KSError, match="cannot connect") as failed:
        await SessionStart(SECRETS[0], 102, service_url=url).ks()
    assert failed.value.transient


def test_secrets_go_to_other_machines_by_https_alone() -> None:
    url = "http://www.kaltura.com/api_v3"
    with pytest.raises(DeliveryError, match="https"):
        SessionStart(SECRETS[0], 102, service_url=url)
    with pytest.raises(DeliveryError, match="https"):
        AppToken("t-1", SECRETS[1], 102, service_url=url)


def test_what_a_service_cannot_be_asked_with_is_refused() -> None:
    with pytest.raises(FieldError, match="partner_id"):
        SessionStart(SECRETS[0], 0)
    with pytest.raises(FieldError, match="service_url"):
        SessionStart(SECRETS[0], 102, service_url="here")
    with pytest.raises(KSError, match="empty secret"):
        AppToken("t-1", "", 102)
    with pytest.raises(WireError, match="hash_type"):
        AppToken("t-1", "x", 1, hash_type="CRC32")


# --------------------------------------------------------------------------------- secrets


@in_loop
async def test_no_repr_and_no_log_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Collector(tokens={"t-1": SECRETS[1]}) as collector:
        url = collector.service_url
        providers = [
            StaticKS(SECRETS[0]),
            CallableKS(lambda: SECRETS[0]),
            LocalKS(SECRETS[0], 102, version=1),
            SessionStart(SECRETS[0], 102, service_url=url),
            AppToken("t-1", SECRETS[1], 102, service_url=url),
        ]
        given = [await provider.ks() for provider in providers]
        shown = "".join(repr(each) + str(each) for each in providers) + caplog.text
        shown += repr([provider._held for provider in providers]) + repr(Issued(SECRETS[0]))
        for secret in (*SECRETS, *given):
            assert secret not in shown
