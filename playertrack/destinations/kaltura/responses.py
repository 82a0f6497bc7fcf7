"""What an answer means: one function of what came back (wire, 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import attrs
import msgspec

from .redaction import redact

#: The longest ``Retry-After`` that is believed (s).
MAX_AFTER = 3600.0
#: A blocked action is a rate limit, which seconds do not lift (s).
BLOCKED_FOR = 30.0

_EXCEPTION = "KalturaAPIException"
_KS_CODES = frozenset({"INVALID_KS", "MISSING_KS", "EXPIRED_KS"})
_BUSY = frozenset({408, 425, 429})
_LONGEST_REASON = 500
#: What a body holds that is no JSON.
NOT_JSON = object()

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class Kind(Enum):
    """What is to be done with the event."""

    DELIVERED = "delivered"
    RETRY = "retry"
    RENEW = "renew"
    REJECTED = "rejected"
    PAUSED = "paused"


@attrs.frozen
class Verdict:
    """``kind`` says what is to be done, ``reason`` why, in words without secrets.

    ``after``: the server wants no retry before so many seconds. ``ambiguous``: nobody knows
    whether the event arrived, so a retry may make it arrive twice.
    """

    kind: Kind
    reason: str = ""
    after: float | None = None
    ambiguous: bool = False


class Fault(Enum):
    """What kept an answer from coming; all of it may pass by itself."""

    CONNECT = "cannot connect"
    DNS = "the name of the server cannot be resolved"
    TLS = "no secure connection"
    LOST = "the connection was lost"
    TIMEOUT = "no answer in time"
    CUT = "the answer was cut off"


_DELIVERED = Verdict(Kind.DELIVERED)
_ARRIVED_PERHAPS = frozenset({Fault.LOST, Fault.TIMEOUT, Fault.CUT})


def judge(
    endpoint: str, status: int, headers: Headers, body: bytes, secrets: Iterable[str] = ()
) -> Verdict:
    """What an answer means: total, so whatever a server sends has a meaning.

    ``endpoint``: ``stats`` or ``kava``. ``body`` may be cut: what is too long to be an answer
    is none. ``secrets`` are taken out of the reason besides what looks like one.

    >>> judge("stats", 200, {}, b"true").kind
    <Kind.DELIVERED: 'delivered'>
    """
    answer = parsed(body)
    if isinstance(answer, dict) and answer.get("objectType") == _EXCEPTION:
        verdict = _exception(answer, _retry_after(headers))
    elif 200 <= status <= 299 and _accepted(endpoint, body, answer):
        return _DELIVERED  # by far the most, and nothing has to be said
    else:
        verdict = _status(status, body, _retry_after(headers))
    reason = redact(verdict.reason[: 4 * _LONGEST_REASON], secrets)[:_LONGEST_REASON]
    return attrs.evolve(verdict, reason=reason)


def judge_fault(fault: Fault, detail: str = "", secrets: Iterable[str] = ()) -> Verdict:
    """What it means that no answer came; ``detail`` is what the transport said."""
    said = redact(f"{fault.value}: {detail}" if detail else fault.value, secrets)
    return Verdict(Kind.RETRY, said[:_LONGEST_REASON], ambiguous=fault in _ARRIVED_PERHAPS)


def _exception(answer: dict[str, Any], after: float | None) -> Verdict:
    """API v3 reports errors in the body, whatever the status."""
    code = str(answer.get("code"))
    reason = f"{code}: {answer.get('message', '')}"
    if code in _KS_CODES:
        return Verdict(Kind.RENEW, reason)
    if code == "ACTION_BLOCKED":
        return Verdict(Kind.RETRY, reason, max(BLOCKED_FOR, after or 0.0))
    if code.startswith("INTERNAL_"):
        return Verdict(Kind.RETRY, reason, after)
    return Verdict(Kind.REJECTED, reason)


def _accepted(endpoint: str, body: bytes, answer: object) -> bool:
    if not body.strip() or answer is None:
        return True
    if endpoint == "stats":
        return answer is True
    if isinstance(answer, dict):
        return "code" not in answer
    return isinstance(answer, (int, float, str)) and not isinstance(answer, bool)


def _status(status: int, body: bytes, after: float | None) -> Verdict:
    reason = f"HTTP {status}{_excerpt(body)}"
    if status == 401:
        return Verdict(Kind.RENEW, reason)
    if status == 404:
        return Verdict(Kind.PAUSED, f"the address is wrong: {reason}")
    if 400 <= status <= 499 and status not in _BUSY:
        return Verdict(Kind.REJECTED, reason)
    if 200 <= status <= 299:
        return Verdict(Kind.RETRY, f"not an answer of the service: {reason}", after)
    return Verdict(Kind.RETRY, reason, after)


def _excerpt(body: bytes) -> str:
    text = " ".join(body[: 2 * _LONGEST_REASON].decode(errors="replace").split())
    return f": {text}" if text else ""


def parsed(body: bytes) -> object:
    """The JSON value in ``body``, or `NOT_JSON`."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return NOT_JSON


# ---------------------------------------------------------------------------- Retry-After


def _retry_after(headers: Headers) -> float | None:
    """Seconds, within bounds; a date counts from the server's own ``Date``."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = {name.lower(): value.strip() for name, value in pairs}
    text = found.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_AFTER)
    then, now = http_date(text), http_date(found.get("date", ""))
    return None if then is None or now is None else min(max(0.0, then - now), MAX_AFTER)


def http_date(text: str) -> float | None:
    """The Unix time of a date as headers have it; None if it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


# ------------------------------------------------------------------------------ trackEvent


@attrs.frozen
class TrackAnswer:
    """What trackEvent answered: its ``time`` (s), and whether it wants VIEW events."""

    time: float | None
    view_events_enabled: bool = True


def track_answer(body: bytes) -> TrackAnswer | None:
    """The answer in ``body``: an object, a number or a string; None if it is none of them.

    >>> track_answer(b'{"time": 1700000000, "viewEventsEnabled": false}')
    TrackAnswer(time=1700000000, view_events_enabled=False)
    """
    answer = parsed(body)
    if isinstance(answer, dict):
        if "code" in answer or answer.get("objectType") == _EXCEPTION:
            return None
        return TrackAnswer(_time(answer.get("time")), answer.get("viewEventsEnabled") is not False)
    time = _time(answer)
    return None if time is None else TrackAnswer(time)


def _time(value: object) -> float | None:
    if isinstance(value, str):
        value = parsed(value.encode(errors="replace"))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e15:
        return value
    return None
