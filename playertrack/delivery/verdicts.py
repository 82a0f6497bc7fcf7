"""The meaning of an answer's status alone, and of an answer that never came (wire, 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from enum import Enum

from .messages import Answer, Kind, Verdict

#: The longest ``Retry-After`` that is believed (s).
MAX_AFTER = 3600.0

#: The longest reason that is kept (characters).
LONGEST_REASON = 500

#: The longest answer (bytes) that is read; the services answer with some hundred.
LONGEST_ANSWER = 64 * 1024

_BUSY = frozenset({408, 425, 429})
_DELIVERED = Verdict(Kind.DELIVERED)

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class Fault(Enum):
    """The reason that no answer came; each may pass by itself."""

    CONNECT = "cannot connect"
    DNS = "the name of the server cannot be resolved"
    TLS = "no secure connection"
    LOST = "the connection was lost"
    TIMEOUT = "no answer in time"
    CUT = "the answer was cut off"

    @property
    def ambiguous(self) -> bool:
        """True if the request may have arrived all the same, so that a retry repeats it."""
        return self in _ARRIVED_PERHAPS


_ARRIVED_PERHAPS = frozenset({Fault.LOST, Fault.TIMEOUT, Fault.CUT})


def judge_status(answer: Answer) -> Verdict:
    """The verdict on ``answer`` by its status: total, so every status has a meaning.

    >>> judge_status(Answer(503, {"Retry-After": "7"}, b"busy"))
    Verdict(kind=<Kind.RETRY: 'retry'>, reason='HTTP 503: busy', after=7.0)
    """
    status = answer.status
    if 200 <= status <= 299:
        return _DELIVERED
    reason = status_line(answer)
    if status == 401:
        return Verdict(Kind.RENEW, reason)
    if status == 404:
        return Verdict(Kind.PAUSED, f"the address is wrong: {reason}")
    if 400 <= status <= 499 and status not in _BUSY:
        return Verdict(Kind.REJECTED, reason)
    return Verdict(Kind.RETRY, reason, retry_after(answer.headers))


def status_line(answer: Answer) -> str:
    """The status and the start of the body, as a reason: ``HTTP 400: no such partner``."""
    text = " ".join(answer.body[: 2 * LONGEST_REASON].decode(errors="replace").split())
    return f"HTTP {answer.status}: {text}" if text else f"HTTP {answer.status}"


def fault_verdict(fault: Fault, detail: str = "") -> Verdict:
    """The verdict when no answer came; ``detail`` is the message of the transport."""
    return Verdict(Kind.RETRY, f"{fault.value}: {detail}" if detail else fault.value)


def retry_after(headers: Headers) -> float | None:
    """Seconds of ``Retry-After``, within bounds; a date counts from the server's ``Date``."""
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
