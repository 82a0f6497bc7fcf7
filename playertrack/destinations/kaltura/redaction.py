"""Takes secrets out of text that people will read (Q-secret).

A server repeats a KS that it does not accept, and client libraries put URLs into their
errors. What is looked for is what a KS, a token hash or an admin secret looks like, wherever
it is, and the values of parameters that hold one; secrets that are known can be given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"

#: Parameters that hold secrets, in a form, a query, JSON or a header.
_NAMES = "ks|secret|adminSecret|admin_secret|tokenHash|token_hash|token|authorization|kalsig"
_FORM = re.compile(rf"(?i)(?<![a-z0-9_])({_NAMES})(=|%3D)[^&\s\"'<>;,)\]}}]+")
_QUOTED = re.compile(rf"(?i)([\"'](?:{_NAMES})\\*[\"']\s*:\s*\\*[\"'])[^\"'\\]+")
#: The server says ``Invalid KS "…"`` and has it in KSID too; a word such as EXPIRED may stay.
_STATES = "EXPIRED|LOGOUT|UNKNOWN|(?:INVALID|EXCEEDED)_[A-Z_]+"
_REFUSED = re.compile(
    rf"((?i:invalid ks\s*|ksid\\*\"\s*:\s*)\\*[\"'])(?!(?:{_STATES})\\*[\"'])[^\"'\\]*"
)
#: A KS is base64 of either alphabet; a hash or a secret is hexadecimal.
_ENCODED = re.compile(r"(?:[A-Za-z0-9+_-]|%2[BbFf]){40,}(?:=|%3[Dd]){0,2}")
_HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{32,}(?![0-9A-Za-z])")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with ``***`` for all that is, or looks like, a secret. Never raises.

    >>> redact('Invalid KS "djJ8MTAyfPxhhEsmoD7tBqxb", Error "-1,INVALID_STR"')
    'Invalid KS "***", Error "-1,INVALID_STR"'
    >>> redact("GET /index.php?service=stats&ks=abc&format=1")
    'GET /index.php?service=stats&ks=***&format=1'
    """
    for secret in secrets:
        if secret:
            for spelling in (secret, *_encoded(secret)):
                text = text.replace(spelling, MASK)
    text = _REFUSED.sub(rf"\g<1>{MASK}", text)
    text = _FORM.sub(rf"\g<1>\g<2>{MASK}", text)
    text = _QUOTED.sub(rf"\g<1>{MASK}", text)
    text = _ENCODED.sub(MASK, text)
    return _HEXADECIMAL.sub(MASK, text)


def _encoded(secret: str) -> tuple[str, ...]:
    """How it is spelled in a URL or a form."""
    try:
        return quote(secret, safe=""), quote_plus(secret)
    except UnicodeError:
        return ()
