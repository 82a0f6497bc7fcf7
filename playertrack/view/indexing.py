"""Reads a source once, to fill the table with a row for each of its sessions.

Only the row of a session is kept. Players that are silent for long are kept as snapshots, so that
a hundred thousand of them fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..core.fleet import Fleet
from ..core.session import Summary
from ..events import QUARTILES, Event
from ..policy import Policy
from ..timeline.from_log import LogSession, event_of
from ..trace.codec import OnBad, TraceError
from ..trace.lint import Lint
from ..trace.summaries import EndedSessions, summary_row
from .rows import SessionRow
from .sources import Source

#: Engines that are kept as they are; when there are more they become snapshots.
_AWAKE = 4096
#: So many lines that made something lie between two looks at how many are awake.
_STRIDE = 20_000

#: Takes a row, whose number is yet to be set.
Take = Callable[[SessionRow], object]
#: Receives the number of lines read; True stops the reading.
Progress = Callable[[int], bool]


def index_signals(
    source: Source, policy: Policy, take: Take, on_bad: OnBad | None, progress: Progress
) -> None:
    """Derive the sessions of a trace and hand their rows to ``take``; raises `TraceError`."""
    ended = EndedSessions()
    fleet = Fleet(policy=policy, ids=ended.ids, on_close=ended.closed)
    ended.watch(fleet)
    counts: dict[str, int] = {}

    def ended_row(row: Mapping[str, Any]) -> None:
        events = counts.pop(row["session"], 0)
        take(row_from(row, policy.milestones, events=events, source=source.name))

    since = 0
    try:
        for block in source.feed(fleet, ended):
            for _, made in block:
                _take_made(made, counts, ended_row, on_bad)
            if block and progress(block[-1][0]):
                return
            since += len(block)
            if since > _STRIDE:
                since = 0
                _pack(fleet)
    finally:  # what stands before a line that cannot be taken is there to be seen
        for player in list(fleet.entries):  # one by one: all at once would be in memory twice
            _count(counts, fleet.close(player))
            for row in ended.take():
                ended_row(row)


def _take_made(
    made: Any,
    counts: dict[str, int],
    ended_row: Callable[[Mapping[str, Any]], object],
    on_bad: OnBad | None,
) -> None:
    """Handle what a line gave: events, a refusal, or the summaries of sessions that it ended."""
    if isinstance(made, TraceError):
        if on_bad is None:
            raise made
        on_bad(made)
    elif made and isinstance(made[0], dict):
        for row in made:
            ended_row(row)
    else:
        _count(counts, made)


def _pack(fleet: Fleet) -> None:
    awake = list(fleet.players)
    if len(awake) > _AWAKE:
        for player in awake:
            fleet.pack(player)


def _count(counts: dict[str, int], events: Iterable[Event]) -> None:
    for event in events:
        counts[event.session] = counts.get(event.session, 0) + 1


def row_from(
    row: Mapping[str, Any],
    milestones: Sequence[int] = QUARTILES,
    *,
    events: int,
    source: str = "",
    bad: int = 0,
) -> SessionRow:
    """The row of a session, by its summary as `summary_row` has it.

    It has missed what it did not reach of ``milestones``, those of the policy (in percent).
    """
    reached = tuple(row["quartiles"])
    quartiles = _REACHED.setdefault(reached, reached)
    return SessionRow(
        number=0,
        session=row["session"],
        player=row["player"],
        entry_id=row["entry_id"],
        start=row["started_at"],
        end=max(row["ended_at"] or row["started_at"], row["started_at"]),
        watched=row["completion"],
        quartiles=quartiles,
        stalls=row["stall_count"],
        errors=row["error_count"],
        events=events,
        bad=bad,
        missing=row["join_time"] is not None
        and not row["live"]
        and not set(milestones) <= set(quartiles),
        source=source,
    )


#: Every set of milestones that was reached, once.
_REACHED: dict[tuple[int, ...], tuple[int, ...]] = {}


def log_row(summary: Summary, start: float, end: float, session: str) -> dict[str, Any]:
    """The summary of a session of an event log, as a row."""
    return {**summary_row(summary, start, end), "session": session}


def index_events(
    source: Source, policy: Policy, take: Take, on_bad: OnBad | None, progress: Progress
) -> None:
    """Group the records of an event log by session, check them, and hand on the rows."""
    lint = Lint(policy)
    sessions: dict[str, LogSession] = {}
    undated: dict[str, int] = {}  # records that are no event with a name and a time
    bad: dict[str, int] = {}
    number = 0
    for number, (line, record) in enumerate(source.events(on_bad), 1):
        name = record.get("session")
        session = name if isinstance(name, str) else ""
        known = sessions.get(session)
        if known is None:
            known = sessions[session] = LogSession()
        event = event_of(record, number)
        if event is None:
            undated[session] = undated.get(session, 0) + 1
        else:
            known.feed(event)
        for finding in lint.add(line, record):
            bad[finding.session or ""] = bad.get(finding.session or "", 0) + 1
        if number % _STRIDE == 0 and progress(number):
            return
    for finding in lint.end():
        bad[finding.session or ""] = bad.get(finding.session or "", 0) + 1
    del lint
    for session in list(sessions):
        known = sessions.pop(session)
        row = log_row(known.summary(), known.start, known.end, session)
        count = known.count + undated.get(session, 0)
        problems = bad.get(session, 0)
        take(row_from(row, policy.milestones, events=count, source=source.name, bad=problems))
