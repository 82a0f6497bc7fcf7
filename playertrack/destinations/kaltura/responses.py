"""Judges Kaltura's answers: delivered, to be tried again, or refused (wire, 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..._msgspec import msgspec
from ...delivery.protocol import (
    LONGEST_ANSWER,
    LONGEST_REASON,
    Answer,
    Headers,
    Kind,
    Verdict,
    judge_status,
    retry_after,
    status_line,
)
from .ks_redaction import redact_ks

#: A blocked action is a rate limit, which seconds do not lift (s).
BLOCKED_FOR = 30.0

_EXCEPTION = "KalturaAPIException"
_KS_CODES = frozenset({"INVALID_KS", "MISSING_KS", "EXPIRED_KS"})
#: What a body holds that is no JSON.
NOT_JSON = object()

_DELIVERED = Verdict(Kind.DELIVERED)


def judge_answer(
    endpoint: str, status: int, headers: Headers, body: bytes, secrets: Iterable[str] = ()
) -> Verdict:
    """Interpret an answer; total, so whatever a server sends has a meaning.

    ``endpoint``: ``stats`` or ``kava``. ``body`` may be cut: what is too long to be an answer
    is none. ``secrets`` are taken out of the reason besides what looks like one.

    >>> judge_answer("stats", 200, {}, b"true").kind
    <Kind.DELIVERED: 'delivered'>
    """
    answer = parsed(body)
    if isinstance(answer, dict) and answer.get("objectType") == _EXCEPTION:
        verdict = _exception(answer, retry_after(headers))
    elif not 200 <= status <= 299:
        verdict = judge_status(Answer(status, dict(headers), body))
    elif _accepted(endpoint, body, answer):
        return _DELIVERED  # by far the most, and nothing has to be said
    else:
        line = status_line(Answer(status, {}, body))
        verdict = Verdict(Kind.RETRY, f"not an answer of the service: {line}", retry_after(headers))
    reason = redact_ks(verdict.reason[: 4 * LONGEST_REASON], secrets)[:LONGEST_REASON]
    return attrs.evolve(verdict, reason=reason)


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
    if not body.strip():
        return len(body) <= LONGEST_ANSWER  # what was cut off there may go on for ever
    if answer is None:
        return True
    if endpoint == "stats":
        return answer is True
    if isinstance(answer, dict):
        return "code" not in answer
    return isinstance(answer, (int, float, str)) and not isinstance(answer, bool)


def parsed(body: bytes) -> object:
    """The JSON value in ``body``, or `NOT_JSON`."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return NOT_JSON


# ------------------------------------------------------------------------------ trackEvent


@attrs.frozen
class TrackAnswer:
    """An answer of trackEvent: its ``time`` (s), and whether it wants VIEW events."""

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
