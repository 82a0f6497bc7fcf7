"""Where a KS comes from (wire, section 6), against the collector."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from async_tests import in_loop
from ks_tools import Clock, everything_of

from playertrack.destinations.kaltura import WireError
from playertrack.destinations.kaltura import ks as module
from playertrack.destinations.kaltura.ks import (
    CallableKS,
    Issued,
    KSError,
    KSProvider,
    LocalKS,
    StaticKS,
    ks_provider,
)
from playertrack.destinations.kaltura.local_ks import ks_expiry, ks_v1

SECRETS = ("s3cret-of-the-partner", "t0ken-of-the-app")


class Counting(KSProvider):
    """Gives ``ks-1``, ``ks-2``, … each good for ``lifetime`` s, or raises what it was given."""

    def __init__(self, lifetime: float | None = None) -> None:
        super().__init__()
        self.lifetime = lifetime
        self.asked = 0
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def _issue(self) -> Issued:
        self.asked += 1
        number = self.asked
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Issued(f"ks-{number}", self.lifetime)


# --------------------------------------------------------------------------- the base of all


@in_loop
async def test_a_ks_is_kept_until_it_is_refused() -> None:
    provider = Counting()
    assert [await provider.ks() for _ in range(3)] == ["ks-1"] * 3
    assert await provider.ks("ks-1") == "ks-2"
    assert await provider.ks("ks-1") == "ks-2"  # who comes late finds the new one
    assert provider.asked == 2


@in_loop
async def test_many_that_wait_cause_one_renewal() -> None:
    provider = Counting()
    provider.gate = asyncio.Event()
    waiting = [asyncio.create_task(provider.ks("ks-0")) for _ in range(50)]
    await asyncio.sleep(0)
    provider.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"ks-1"}
    assert provider.asked == 1


@in_loop
async def test_a_failure_is_shared_and_the_next_asks_again() -> None:
    provider = Counting()
    provider.gate = asyncio.Event()
    provider.failure = KSError("no", transient=True)
    waiting = [asyncio.create_task(provider.ks()) for _ in range(5)]
    await asyncio.sleep(0)
    provider.gate.set()
    for found in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(found, KSError)
        assert found.transient
    assert provider.asked == 1
    provider.failure = None
    assert await provider.ks() == "ks-2"


@in_loop
async def test_who_waits_goes_on_if_the_one_who_asked_is_cancelled() -> None:
    provider = Counting()
    provider.gate = asyncio.Event()
    first = asyncio.create_task(provider.ks())
    await asyncio.sleep(0)
    second = asyncio.create_task(provider.ks())
    await asyncio.sleep(0)
    first.cancel()
    [ended] = await asyncio.gather(first, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError)
    provider.gate.set()
    assert await second == "ks-2"


def test_one_renewal_for_the_loops_of_several_threads() -> None:
    provider = Counting()
    started = threading.Barrier(4)
    found: list[str] = []

    def work() -> None:
        started.wait()
        found.append(asyncio.run(provider.ks()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["ks-1"] * 4
    assert provider.asked == 1


def test_it_is_renewed_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    provider = Counting(lifetime=100.0)

    async def at(seconds: float) -> str:
        clock.now = 1000.0 + seconds
        return await provider.ks()

    assert asyncio.run(at(0)) == "ks-1"
    assert asyncio.run(at(89)) == "ks-1"
    assert asyncio.run(at(90)) == "ks-2"
    assert asyncio.run(at(179)) == "ks-2"
    provider.lifetime = 86400.0
    assert asyncio.run(at(180)) == "ks-3"
    assert asyncio.run(at(180 + 86400 - 61)) == "ks-3"
    assert asyncio.run(at(180 + 86400 - 60)) == "ks-4"


def test_the_old_one_serves_on_while_renewal_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    provider = Counting(lifetime=1000.0)
    assert asyncio.run(provider.ks()) == "ks-1"
    provider.failure = KSError("down", transient=True)
    clock.now += 945.0
    assert asyncio.run(provider.ks()) == "ks-1"
    assert asyncio.run(provider.ks()) == "ks-1"
    assert provider.asked == 2  # it does not ask for each event
    clock.now += 10.0
    assert asyncio.run(provider.ks()) == "ks-1"
    assert provider.asked == 3
    with pytest.raises(KSError):
        asyncio.run(provider.ks("ks-1"))  # it must not be tried again
    clock.now += 50.0
    with pytest.raises(KSError, match="down"):
        asyncio.run(provider.ks())


def test_a_lifetime_that_is_over_says_that_the_clock_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch)
    provider = Counting(lifetime=-1e9)
    assert [asyncio.run(provider.ks()) for _ in range(2)] == ["ks-1", "ks-1"]


# ------------------------------------------------------------------------ static and callable


@in_loop
async def test_a_static_ks_is_the_only_one() -> None:
    provider = StaticKS(" the-ks\n")
    assert await provider.ks() == "the-ks"
    with pytest.raises(KSError) as refused:
        await provider.ks("the-ks")
    assert not refused.value.transient
    with pytest.raises(KSError):
        StaticKS(" ")


@in_loop
async def test_a_function_is_asked_in_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []

    def function() -> str:
        threads.append(threading.current_thread())
        return f"ks-{len(threads)}\n"

    provider = ks_provider(function)
    assert provider is not None
    assert await provider.token() == "ks-1"
    assert await provider.token("ks-1") == "ks-2"
    assert threading.main_thread() not in threads
    assert all(thread.daemon for thread in threads)


@in_loop
async def test_a_coroutine_function_is_awaited() -> None:
    async def function() -> str:
        await asyncio.sleep(0)
        return "the-ks"

    provider = CallableKS(function)
    assert await provider.ks() == "the-ks"


@pytest.mark.parametrize("value", [None, "", " ", 5, b"x"])
@in_loop
async def test_what_is_no_ks_is_refused_without_showing_it(value: Any) -> None:
    with pytest.raises(KSError, match="not the text of a KS"):
        await CallableKS(lambda: value).ks()


@in_loop
async def test_a_function_that_fails_may_be_asked_again() -> None:
    def function() -> str:
        raise OSError("no network, ks=s3cret-of-the-partner")

    with pytest.raises(KSError) as failed:
        await CallableKS(function).ks()
    assert failed.value.transient
    assert "OSError: no network" in str(failed.value)
    assert "s3cret" not in everything_of(failed.value)


@in_loop
async def test_a_function_that_gives_the_refused_one_again() -> None:
    with pytest.raises(KSError, match="no other"):
        await CallableKS(lambda: "same").ks("same")


def test_what_a_provider_is_made_from() -> None:
    assert ks_provider(None) is None
    assert isinstance(ks_provider("text"), StaticKS)
    assert isinstance(ks_provider(lambda: "x"), CallableKS)
    static = StaticKS("x")
    assert ks_provider(static) is static


def test_the_expiry_of_version_1_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    monkeypatch.setattr(module, "time", lambda: 1700000000.0)
    made = [ks_v1("x", 1, expires_at=1700000100, random=n) for n in range(2)]
    provider = CallableKS(iter(made).__next__)
    assert asyncio.run(provider.ks()) == made[0]
    clock.now += 91.0
    assert asyncio.run(provider.ks()) == made[1]


# -------------------------------------------------------------------------------- LocalKS


@pytest.mark.parametrize("version", [1, 2])
@in_loop
async def test_a_local_ks_is_another_each_time(version: int) -> None:
    provider = LocalKS(SECRETS[0], 102, user_id="u", privileges="appId:a", version=version)
    first = await provider.ks()
    assert await provider.ks() == first
    assert await provider.ks(first) != first
    assert (ks_expiry(first) is not None) == (version == 1)


@in_loop
async def test_a_local_ks_of_bad_values_is_refused() -> None:
    with pytest.raises(KSError, match="version 3"):
        LocalKS("x", 1, version=3)
    with pytest.raises(WireError, match="partner_id"):
        await LocalKS("x", 0).ks()
