"""Exports a session: as a trace, an event log, a conformance case or a pytest."""

from __future__ import annotations

import json
import re
from typing import Any

from ..policy import Policy
from ..trace.codec import encode_event, encode_signal
from ..trace.conformance import Case, run
from .detail import Detail
from .rows import SessionRow


def export(kind: str, row: SessionRow, detail: Detail) -> str | None:
    """The session as ``kind``; None if there is no such kind, or nothing to make it of."""
    if kind == "events":
        return _events(detail)
    if not detail.signals:
        return None
    match kind:
        case "trace":
            return _trace(detail)
        case "case":
            return json.dumps(_case(row, detail), ensure_ascii=False, indent=1) + "\n"
        case "pytest":
            return _pytest(row, detail)
    return None


def _trace(detail: Detail) -> str:
    lines = (encode_signal(each.signal, each.player) for each in detail.signals)
    return "".join(f"{line.decode()}\n" for line in lines)


def _events(detail: Detail) -> str:
    if detail.row is None:
        return ""
    return "".join(
        f"{encode_event(each.event).decode(errors='replace')}\n"
        for each in detail.row.explanation.entries
    )


def _case(row: SessionRow, detail: Detail) -> dict[str, Any]:
    """The signals of the session alone, and what they give."""
    case = Case(
        id=_identifier(row).replace("_", "-"),
        title=f"recorded session {row.session}",
        rules=tuple(dict.fromkeys(each.rule for each in detail.events if each.rule)),
        policy=Policy(),
        signals=tuple((None, each.signal) for each in detail.signals),
        events=(),
    )
    return {
        "id": case.id,
        "title": case.title,
        "rules": list(case.rules),
        "policy": {},
        "signals": [json.loads(encode_signal(each.signal)) for each in detail.signals],
        "events": list(run(case).events),
    }


def _identifier(row: SessionRow) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", (row.entry_id or "session").lower()).strip("_")[:30]
    return f"{name or 'session'}_{row.session[:8]}".replace("-", "_")


def _pytest(row: SessionRow, detail: Detail) -> str:
    signals = "".join(f"    {encode_signal(each.signal).decode()}\n" for each in detail.signals)
    events = _case(row, detail)["events"]
    names = "".join(f"            {each['event']!r},\n" for each in events)
    trace = signals.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return (
        '"""A recorded session, as a test."""\n\n'
        "from io import BytesIO\n\n"
        "from playertrack import Fleet\n"
        "from playertrack.testing import assert_events\n"
        "from playertrack.trace.codec import read_signals\n\n"
        f'TRACE = """\n{trace}"""\n\n\n'
        f"def test_{_identifier(row)}() -> None:\n"
        "    fleet = Fleet()\n"
        "    events = []\n"
        "    for _, (player, signal) in read_signals(BytesIO(TRACE.encode())):\n"
        "        events += fleet.feed(player, signal)\n"
        "    events += fleet.close()\n"
        f"    assert_events(\n        events,\n        [\n{names}        ],\n    )\n"
    )
