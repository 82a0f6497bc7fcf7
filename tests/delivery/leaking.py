"""Looks for secrets wherever people may look: files, logs, reprs and dead letters (Q-secret)."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from playertrack.outbox import look

_ON_THE_WIRE = re.compile(rb'(?:\bks=|tokenHash=|"ks": ?")([A-Za-z0-9%_+/=|.-]{16,})')


def secrets_in(traffic: bytes) -> set[str]:
    """Each KS and token hash that went over a wire."""
    return {unquote(found.decode()) for found in _ON_THE_WIRE.findall(traffic)}


def shown(caplog: pytest.LogCaptureFixture, *things: object) -> str:
    """All that people may read: the log, and ``things`` as they show themselves."""
    words = [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    for thing in things:
        words += [str(thing), repr(thing)]
        if isinstance(thing, BaseException):
            words += traceback.format_exception(thing)
    return "\n".join(words)


def assert_kept(
    secrets: Iterable[str], queue: Path, caplog: pytest.LogCaptureFixture, *things: object
) -> None:
    """No secret is in the files of the queue, in the log, or in what ``things`` show."""
    seen = look(queue) if (queue / "queue.db").exists() else None
    text = shown(caplog, *things, seen)
    kept = b"\n".join(path.read_bytes() for path in queue.rglob("*") if path.is_file())
    secrets = set(secrets)
    assert secrets, "nothing was looked for"
    for secret in secrets:
        for spelling in {secret, quote(secret), quote(secret, safe="")}:
            assert spelling not in text, "a secret was shown"
            assert spelling.encode() not in kept, "a secret is in a file"
