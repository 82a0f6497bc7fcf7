"""The checks of ``playertrack doctor``, one after the other (wire, 9)."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from inspect import isawaitable
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import attrs

from .._aiohttp import aiohttp
from .._words import did_you_mean
from ..delivery.health import shown_address
from ..delivery.protocol import Answer, Kind, Request, http_date
from ..delivery.redaction import redact
from ..delivery.resolver import ThreadResolver
from ..delivery.settings import DEFAULT_SETTINGS
from ..delivery.transport import FaultError, exchange, new_session
from ..delivery.user_code import in_thread
from ..destinations.kaltura.environment import identity_from, ks_from, service_url
from ..destinations.kaltura.responses import NOT_JSON, judge_answer, parsed
from ..destinations.sink import DeliverySink
from ..destinations.variables import FIRST, VARIABLES, half_set
from ..errors import PlayertrackError
from ..events import Event, MediaLoaded
from ..outbox import look
from ..sinks import SinkError, open_sink
from .status_lines import age

_KALTURA = ("stats", "kava")

#: Where an address comes from that is not behind the sink's name.
_ADDRESSES = {"stats": "KALTURA_SERVICE_URL", "kava": "KALTURA_ANALYTICS_URL"}

#: How far (s) the clocks may be apart.
_CLOCK = 300.0

#: A disk with less space (bytes) than this will soon be full.
_SPACE = 64 << 20

#: How long (s) a test event may take.
_PATIENCE = 15.0


@attrs.frozen
class Check:
    """``ok``: None if it could not be checked. ``text``: what is wrong, or what was seen."""

    check: str
    ok: bool | None
    text: str | None = None


async def checks(sinks: Sequence[str], queue: str | None, *, send: bool) -> AsyncIterator[Check]:
    """Each check of these sinks, in memory, and of the directory of a queue."""
    if not sinks and any(name.startswith("KALTURA_") for name in os.environ):
        sinks = _KALTURA
    findings = list(environment(os.environ, sinks))
    opened = list(_opened(sinks, findings))
    for finding in dict.fromkeys(findings):
        yield Check("environment", False, finding)
    if not findings:
        yield Check("environment", True)
    for sink in opened:
        async for result in _sink(sink, send=send):
            yield result
        sink.close(0.0)
    if queue is not None:
        yield _queue(Path(queue))


def _opened(sinks: Sequence[str], findings: list[str]) -> Iterator[DeliverySink]:
    """The sinks that deliver; why one cannot be opened is added to ``findings``."""
    for spec in sinks:
        try:
            sink = open_sink(spec)
        except SinkError as error:
            # That only one of a pair is set has been found already.
            if not any(name in str(error) for pair in half_set(os.environ) for name in pair):
                findings.append(redact(str(error)))
        else:
            if isinstance(sink, DeliverySink):
                yield sink


def environment(variables: Mapping[str, str], sinks: Sequence[str]) -> Iterator[str]:
    """Problems with the environment: variables that are unusable, or missing."""
    names = {spec.partition(":")[0] for spec in sinks}
    for there, missing in half_set(variables):
        yield f"{there} is set, but {missing} is not: both are needed"
    for name in sorted(variables):
        if name.startswith(("KALTURA_", "PLAYERTRACK_")) and name not in VARIABLES:
            yield f"{name} is set, but nothing reads it{did_you_mean(name, VARIABLES)}"
        elif name in VARIABLES and not variables[name].strip():
            yield f"{name} is set, but it is empty"
        elif name in VARIABLES and sinks and not names.intersection(VARIABLES[name].sinks):
            users = " or ".join(VARIABLES[name].sinks)
            yield f"{name} is set, but not used: no sink is {users}"
    for ways in FIRST:
        given = [name for name in ways if variables.get(name)]
        for name in given[1:]:
            yield f"{name} is set, but not used: {given[0]} goes before it"


async def _sink(sink: DeliverySink, *, send: bool) -> AsyncIterator[Check]:
    """Its address, the clock of the server, its token, and on demand an event."""
    resolver = ThreadResolver()
    session = new_session(resolver)
    try:
        where = f"{sink.service}: {shown_address(sink.destination.address)}"
        variable = _ADDRESSES.get(sink.service)
        cure = f"check {variable or f'the URL behind {sink.service}:'} and the network"
        try:
            answer = await _ask(session, _probe(sink))
        except FaultError as error:
            detail = f" ({redact(error.detail)})" if error.detail else ""
            yield Check("address", False, f"{where}: {error.fault.value}{detail}: {cure}")
            yield Check("clock", None, f"{where} does not answer")
            yield Check("credentials", None, f"{where} does not answer")
        else:
            wrong = _not_the_service(answer, kaltura=sink.service in _KALTURA)
            yield Check("address", wrong is None, f"{where}: {wrong}: {cure}" if wrong else where)
            yield _clock(where, answer)
            if wrong is not None:
                yield Check("credentials", None, f"{where} is not the service")
            elif sink.service in _KALTURA:
                yield await _ks(session, sink.service)
            else:
                yield await _token(session, sink)
    finally:
        await session.close()
        await resolver.close()
    if send:
        yield await asyncio.to_thread(_event, sink)


async def _ask(session: Any, request: Request) -> Answer:
    settings = DEFAULT_SETTINGS
    limits = aiohttp.ClientTimeout(total=settings.timeout, sock_connect=settings.connect_timeout)
    return await exchange(session, request, False, limits)


def _probe(sink: DeliverySink) -> Request:
    """A request that changes nothing, to the address that events go to."""
    address = sink.destination.address
    if sink.service == "stats":
        return Request("GET", f"{address}/service/session/action/get?format=1", {}, b"")
    if sink.service == "kava":
        query = "service=session&action=get&format=1"
        return Request("GET", f"{address}/api_v3/index.php?{query}", {}, b"")
    # What takes events from browsers answers OPTIONS, and GET perhaps with 404.
    method = "OPTIONS" if sink.service == "segment" else "GET"
    return Request(method, sink.destination.request([]).url, {}, b"")


def _not_the_service(answer: Answer, *, kaltura: bool) -> str | None:
    """Why an answer is not that of the service, if it is not."""
    status = answer.status
    if 300 <= status < 400:
        return f"it redirects elsewhere (HTTP {status})"
    if status == 404:
        return "there is no such service (HTTP 404)"
    if status >= 500 and status != 501:
        return f"the service is in trouble (HTTP {status})"
    if status < 300 and "html" in answer.headers.get("Content-Type", "").lower():
        return "a web page answers instead of the service"
    if status < 300 and kaltura and parsed(answer.body) is NOT_JSON:
        return "the answer is not that of the service"
    return None


def _clock(where: str, answer: Answer) -> Check:
    theirs = http_date(answer.headers.get("Date", ""))
    if theirs is None:
        return Check("clock", None, f"{where} does not say what time it is")
    apart = time() - theirs
    if abs(apart) <= _CLOCK:
        return Check("clock", True)
    word = "ahead of" if apart > 0 else "behind"
    seconds = abs(round(apart))
    finding = f"the clock of this machine is {age(seconds)} ({seconds} s) {word} that of {where}"
    return Check("clock", False, f"{finding}: set it, as with NTP")


async def _ks(session: Any, name: str) -> Check:
    """Ask the service what it knows of the KS."""
    try:
        provider = ks_from(identity_from())
    except SinkError as error:
        return Check("credentials", False, f"{name}: {redact(str(error))}")
    if provider is None:
        return Check("credentials", True, f"{name}: events go without a KS")
    variable = next((each for each in FIRST[0] if os.environ.get(each)), "KALTURA_KS")
    try:
        ks = await provider.token()
    except PlayertrackError as error:
        ok = None if getattr(error, "transient", False) else False
        return Check("credentials", ok, f"{name}: {variable} gives no KS: {redact(str(error))}")
    fields = urlencode((("format", "1"), ("ks", ks or "")))
    url = f"{service_url().rstrip('/')}/service/session/action/get"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = await _ask(session, Request("POST", url, form, fields.encode()))
    except FaultError as error:
        return Check("credentials", None, f"{name}: session.get: {error.fault.value}")
    return _judged(name, variable, answer, ks or "")


def _judged(name: str, variable: str, answer: Answer, ks: str) -> Check:
    verdict = judge_answer("kava", answer.status, answer.headers, answer.body, [ks])
    if verdict.kind is Kind.RENEW or answer.status == 403:
        expired = "EXPIRED" in verdict.reason.upper()
        said = "it has expired" if expired else f"the server refuses it ({verdict.reason})"
        return Check("credentials", False, f"{name}: {variable}: {said}: get a new one")
    if verdict.kind is not Kind.DELIVERED:
        return Check("credentials", None, f"{name}: session.get: {verdict.reason}")
    found = parsed(answer.body)
    expiry = found.get("expiry") if isinstance(found, dict) else None
    if not isinstance(expiry, (int, float)) or isinstance(expiry, bool):
        return Check("credentials", True, f"{name}: the KS is valid")
    left = expiry - time()
    if left <= 0:
        return Check("credentials", False, f"{name}: {variable}: it has expired: get a new one")
    return Check("credentials", True, f"{name}: the KS is valid for {age(left)}")


async def _token(session: Any, sink: DeliverySink) -> Check:
    """See that there is a token, and that it is not refused where nothing is sent."""
    try:
        token = await in_thread(sink.destination.token)
        if isawaitable(token):
            token = await token
    except (OSError, ValueError, PlayertrackError) as error:
        return Check("credentials", False, f"{sink.service}: no token: {redact(str(error))}")
    variables = [name for name, each in VARIABLES.items() if each.secret]
    variables = [name for name in variables if sink.service in VARIABLES[name].sinks]
    if not token:
        said = f"{sink.service}: events go without a token"
        if variables:
            said += f"; to send one, set {' or '.join(variables)}"
        return Check("credentials", True, said)
    request = sink.destination.authorize(_probe(sink), token)
    try:
        answer = await _ask(session, request)
    except FaultError as error:
        return Check("credentials", None, f"{sink.service}: {error.fault.value}")
    if answer.status in (401, 403):
        there = next((name for name in variables if os.environ.get(name)), variables[0])
        said = f"{there}: the server refuses it (HTTP {answer.status}): get a new one"
        return Check("credentials", False, f"{sink.service}: {said}")
    if answer.status < 300:
        return Check("credentials", True)
    return Check("credentials", None, f"{sink.service}: only an event shows it; see --send")


def _event(sink: DeliverySink) -> Check:
    """Send an event."""
    session, now = str(uuid4()), time()
    entry = os.environ.get("KALTURA_ENTRY_ID") or "playertrack-doctor"
    sink.emit(MediaLoaded("MEDIA_LOADED", at=now, session=session, index=1, entry_id=entry))
    if not sink.status(_PATIENCE).accepted:
        sink.emit(Event("PLAY_REQUEST", at=now, session=session, index=2, entry_id=entry))
    sink.flush(_PATIENCE)
    status = sink.status(_PATIENCE)
    if status.delivered and not status.pending:
        return Check("event", True, f"{sink.service}: delivered to {status.address}")
    if status.rejected:
        letters = sink.sender.outbox.dead(_PATIENCE)
        why = letters[0].reason if letters else "refused"
        return Check("event", False, f"{sink.service}: the server refuses a test event: {why}")
    why = status.reason or sink.sender.trouble(sink.name) or "no answer in time"
    return Check("event", False, f"{sink.service}: a test event is not delivered: {why}")


# ------------------------------------------------------------------------------- the queue


def queue_finding(directory: Path) -> str | None:
    """The problem with the directory of a queue, or None."""
    if directory.exists() and not directory.is_dir():
        return f"{directory} is a file; a queue is a directory"
    place = directory
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x" * 4096)
        free = shutil.disk_usage(place).free
    except OSError as error:
        return f"{directory} cannot be written ({place}: {error.strerror or error})"
    if free < _SPACE:
        return f"{directory} has {free >> 20} MiB of space left"
    if (directory / "queue.db").exists():
        try:
            look(directory)
        except PlayertrackError as error:
            return str(error)
        if os.name == "posix" and directory.stat().st_mode & 0o022:
            return f"{directory} can be written by others: chmod go-w {directory}"
    return None


def _queue(directory: Path) -> Check:
    finding = queue_finding(directory)
    return Check("queue", finding is None, finding)
