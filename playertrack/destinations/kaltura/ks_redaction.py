"""Takes secrets out of what Kaltura says: its messages repeat a KS that it refuses (Q-secret)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...delivery import redaction
from ...delivery.redaction import MASK

#: The server says ``Invalid KS "…"`` and has it in KSID too; a word such as EXPIRED may stay.
_STATES = "EXPIRED|LOGOUT|UNKNOWN|(?:INVALID|EXCEEDED)_[A-Z_]+"
_REFUSED = re.compile(
    rf"((?i:invalid ks\s*|ksid\\*\"\s*:\s*)\\*[\"'])(?!(?:{_STATES})\\*[\"'])[^\"'\\]*"
)


def redact_ks(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with ``***`` for all that is, or looks like, a secret. Never raises.

    >>> redact_ks('Invalid KS "djJ8MTAyfPxhhEsmoD7tBqxb", Error "-1,INVALID_STR"')
    'Invalid KS "***", Error "-1,INVALID_STR"'
    >>> redact_ks("GET /index.php?service=stats&ks=abc&format=1")
    'GET /index.php?service=stats&ks=***&format=1'
    """
    return redaction.redact(_REFUSED.sub(rf"\g<1>{MASK}", text), secrets)
