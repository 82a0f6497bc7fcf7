"""Takes secrets out of text that people will read (Q-secret).

Servers repeat a token that they do not accept, and client libraries put URLs into their
errors. What looks like a token, a hash or a secret goes, wherever it is, and so do the values
of parameters that hold one; secrets that are known can be given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"

#: Parameters that hold secrets, in a form, a query, JSON or a header.
_NAMES = (
    "ks|secret|adminSecret|admin_secret|tokenHash|token_hash|token|authorization|kalsig"
    "|access_token|api_key|apikey|writeKey|write_key|password"
)
_FORM = re.compile(rf"(?i)(?<![a-z0-9_])({_NAMES})(=|%3D)[^&\s\"'<>;,)\]}}]+")
_LOGIN = re.compile(r"//[^/?#]*@")
_QUOTED = re.compile(rf"(?i)([\"'](?:{_NAMES})\\*[\"']\s*:\s*\\*[\"'])[^\"'\\]+")
_HEADER = re.compile(r"(?i)\b(Bearer|Basic)\s+(?!realm\b|auth)[A-Za-z0-9._~+/=-]{6,}")
#: A token is base64 of either alphabet; a hash or a secret is hexadecimal.
_ENCODED = re.compile(r"(?:[A-Za-z0-9+_-]|%2[BbFf]){40,}(?:=|%3[Dd]){0,2}")
_HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{32,}(?![0-9A-Za-z])")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with ``***`` for all that is, or looks like, a secret. Never raises.

    >>> redact("GET /in?source=lobby&token=abc&format=1")
    'GET /in?source=lobby&token=***&format=1'
    """
    for secret in secrets:
        if secret:
            for spelling in (secret, *_encoded(secret)):
                text = text.replace(spelling, MASK)
    text = _FORM.sub(rf"\g<1>\g<2>{MASK}", text)
    text = _QUOTED.sub(rf"\g<1>{MASK}", text)
    text = _HEADER.sub(rf"\g<1> {MASK}", text)
    text = _ENCODED.sub(MASK, text)
    return _HEXADECIMAL.sub(MASK, text)


def holds_a_secret(url: str) -> bool:
    """True if ``url`` has a user or password, or a parameter with the name of a secret."""
    return _LOGIN.search(url) is not None or _FORM.search(url) is not None


def _encoded(secret: str) -> tuple[str, ...]:
    """How it is spelled in a URL or a form."""
    try:
        return quote(secret, safe=""), quote_plus(secret)
    except UnicodeError:
        return ()
