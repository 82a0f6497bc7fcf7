"""Received events as lines of text, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .._times import wall_clock
from .._words import counted
from ..errors import shorten
from .received import Received, SessionVerdict

_WIDTH = 17


def received_line(received: Received) -> str:
    """One event: when it came, where, what it was, and what is wrong with it."""
    when = wall_clock(received.at, 0.001)[11:]
    name = received.event or f"type {_plain(received.fields.get('eventType', '?'))}"
    where = received.fields.get("currentPoint", received.fields.get("position"))
    columns = [
        *(when, f"{received.endpoint:<5}", f"{name:<{_WIDTH}}"),
        *(f"{_plain(received.session)[:8]:<8}", _plain(received.entry_id)),
        *([] if where is None else [f"at {_plain(where)}"]),
        received.outcome if not received.accepted else _judged(received.findings),
    ]
    return "  ".join(columns)


def verdict_lines(counts: Mapping[str, int], sessions: Iterable[SessionVerdict]) -> Iterator[str]:
    """The totals, and a line for each session with its problems."""
    yield (
        f"{counts['accepted']} events accepted, {counts['good']} good, {counts['bad']} bad, "
        f"{counts['failed']} not accepted; {counted(counts['sessions'], 'session')}"
    )
    for session in sessions:
        events = ", ".join(
            name if count == 1 else f"{name} x{count}" for name, count in session.events.items()
        )
        yield f"{session.endpoint} {_plain(session.session)}  {_plain(session.entry_id)}: {events}"
        findings = list(session.findings)
        if session.buffering:
            findings.append("its last BUFFER_START is open")
        yield from (f"  BAD: {finding}" for finding in findings)


def _judged(findings: tuple[str, ...]) -> str:
    return f"BAD: {'; '.join(findings)}" if findings else "good"


def _plain(text: str) -> str:
    """Text from outside, unless it would move the cursor."""
    return text if text.isprintable() and len(text) <= 60 else shorten(text)
