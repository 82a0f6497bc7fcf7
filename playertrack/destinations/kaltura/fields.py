"""Values as they go over the wire: cleaned, counted, checked."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category
from urllib.parse import urlsplit

from ...errors import FieldError

#: What no XML may hold besides the control characters and halves of pairs.
_NOT_CHARACTERS = frozenset("\ufffe\uffff")


class WireError(FieldError):
    """An event that cannot be sent: a field that a collector needs is missing or unusable.

    The server would accept the event silently, and nobody would ever find it (wire, 1).
    """


def clean(text: str) -> str:
    r"""``text`` without the characters for which the server refuses an event (wire, 1).

    >>> clean("a\x00b\nc")
    'abc'
    """
    if text.isprintable():
        return text
    return "".join(c for c in text if category(c) not in ("Cc", "Cs") and c not in _NOT_CHARACTERS)


@lru_cache(maxsize=1024)
def column(text: str) -> str:
    """`clean`, and fit for a column of the log that stats.collect writes: no commas (wire, 1)."""
    if text.isprintable() and "," not in text:
        return text
    return clean(text).replace(",", "~")


def wire_number(value: float) -> str:
    """Seconds and the like, without the noise of floats: 6 decimals at most.

    >>> wire_number(0.1 + 0.2), wire_number(12.0), wire_number(-0.0)
    ('0.3', '12', '0')
    """
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def address(name: str, url: str) -> str:
    """The address of a service without a slash at its end; a `WireError` names the setting.

    Name and password in it are refused, since they would show in messages.
    """
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and "@" not in parts.netloc
            and not (parts.query or parts.fragment)
            and url.isprintable()
            and " " not in url
        )
    except (AttributeError, TypeError, ValueError):
        good = False
    if not good:
        shown = "…" if isinstance(url, str) else url  # there may be a password in it
        raise WireError(name, shown, "an http or https address without a query or a password")
    return url.rstrip("/")
