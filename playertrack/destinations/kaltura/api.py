"""One call of an API v3, and its answer; events do not go this way, but through the queue."""

from __future__ import annotations

from collections.abc import Iterable
from time import time
from typing import Any

from ...delivery.protocol import Kind, Request, http_date
from ...delivery.settings import DEFAULT_SETTINGS, DeliverySettings
from ...errors import PlayertrackError
from .destination import form
from .fields import address
from .ks_redaction import redact_ks
from .responses import judge_answer, parsed


class ServiceError(PlayertrackError):
    """A service that does not answer, or refuses. ``transient``: it may answer later."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        self.transient = transient
        super().__init__(message)


def checked_address(service_url: str, settings: DeliverySettings = DEFAULT_SETTINGS) -> str:
    """The address to ask; raises `WireError` or `DeliveryError` for one that is not fit."""
    from ...delivery.transport import check_address

    base = address("service_url", service_url)
    check_address(base, settings)
    return base


async def ask(
    base: str,
    what: str,
    pairs: Iterable[tuple[str, str]],
    *,
    settings: DeliverySettings = DEFAULT_SETTINGS,
    secrets: Iterable[str] = (),
) -> tuple[Any, float]:
    """Call ``service/action``; gives its answer, and the time by its own clock (Unix time, s).

    ``secrets`` are shown in no error. Raises `ServiceError`.
    """
    from ...delivery.transport import FaultError, fault_verdict

    secrets = tuple(secrets)
    service, _, action = what.partition("/")
    url = f"{base}/service/{service}/action/{action}"
    try:
        answer = await _post(url, form((("format", "1"), *pairs)).encode(), settings)
    except FaultError as error:
        verdict = fault_verdict(error.fault, redact_ks(error.detail, secrets))
    else:
        verdict = judge_answer("kava", answer.status, answer.headers, answer.body, secrets)
        if verdict.kind is Kind.DELIVERED:
            now = http_date(answer.headers.get("Date", ""))
            value = parsed(answer.body) if answer.body.strip() else None
            return value, time() if now is None else now
    transient = verdict.kind is Kind.RETRY
    raise ServiceError(f"{service}.{action}: {verdict.reason}", transient=transient)


async def _post(url: str, body: bytes, settings: DeliverySettings) -> Any:
    import aiohttp

    from ...delivery.resolver import ThreadResolver
    from ...delivery.transport import exchange

    timeout = aiohttp.ClientTimeout(total=settings.timeout, connect=settings.connect_timeout)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    resolver = ThreadResolver()
    try:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "playertrack"},
        ) as session:
            return await exchange(session, Request("POST", url, headers, body), True, timeout)
    finally:
        await resolver.close()
