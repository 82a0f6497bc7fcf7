"""Assertions about events from any source; a failure says where to look.

Events are `Event`s, the records of any event log, or those of a `ScriptedPlayer`, a `Bench` or a
`Witness`. With the latter, a failure can also explain why a quartile is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any, Protocol, cast

from .._times import clock
from .._words import counted, did_you_mean
from ..errors import shorten
from ..events import EVENTS, REACHED, Event, to_record
from ..policy import Policy
from ..signals import Signal
from ..trace.explain import RULES, explain
from ..trace.lint import check
from .patterns import AlignedRow, Expected, Pattern, Record, align
from .pictures import pictured

#: So many rows are shown before the first difference, and after it.
_BEFORE, _AFTER = 8, 12

#: How wide a line may be: pytest puts some columns before it.
_WIDTH = 94


class WithSignals(Protocol):
    """A playback with its signals: a `ScriptedPlayer`, a `Bench`, a `Witness`."""

    @property
    def signals(self) -> Sequence[Signal]:
        """The signals that went in."""

    @property
    def events(self) -> Sequence[Event]:
        """The events that came out."""


class Played(WithSignals, Protocol):
    """The same, where it is also known how it was judged."""

    @property
    def policy(self) -> Policy:
        """How it was judged."""


#: What the assertions take.
Log = WithSignals | Iterable[Event | Mapping[str, Any]]


@pictured
def assert_events(log: Log, expected: Iterable[Expected], *, ignore: Iterable[str] = ()) -> None:
    """The events are those that are expected, all of them, in order.

        assert_events(play, [..., "PLAY", "PAUSE", ("SEEK", {"target": 60}), ...])

    An event is expected by name, in which ``*`` is a wildcard (``"*"``: any event), or with
    fields, of which only those that are named have to be equal, numbers to within a millionth.
    ``...`` is any number of events. Those whose names ``ignore`` has are not looked at.
    """
    __tracebackhide__ = True
    patterns = [Pattern.of(each) for each in expected]
    unwanted = [Pattern(name) for name in ignore]
    records = [r for r in _records(log) if not any(each.names(r) for each in unwanted)]
    rows = align(patterns, records)
    first = next((index for index, row in enumerate(rows) if not row.fits), None)
    if first is not None:
        lines = [_headline(rows, first, records), *_table(rows, records, first)]
        raise AssertionError("\n".join([*lines, *_explained(rows, first, records, log)]))


@pictured
def assert_never(log: Log, *unwanted: Expected) -> None:
    """There is no such event; each is described as for `assert_events`."""
    __tracebackhide__ = True
    records = _records(log)
    for pattern in filter(None, map(Pattern.of, unwanted)):
        found = [record for record in records if pattern.matches(record)]
        if found:
            lines = [f"{pattern} must never come, and came (times: {len(found)}):"]
            for record in found:
                lines += [f"  {_shown(record, records)}", *_why(record)]
            raise AssertionError("\n".join(lines))


@pictured
def assert_quartiles(log: Log, *quartiles: int, session: int = 1) -> None:
    """Exactly these milestones, in percent of the duration, were reached, each once.

    ``session`` says in which of the sessions with a PLAY, from 1.
    """
    __tracebackhide__ = True
    if not set(quartiles) <= set(REACHED):
        raise ValueError(f"milestones are whole percents from 1 to 100, not {quartiles}")
    records = _records(log)
    played = list(dict.fromkeys(r.get("session") for r in records if r.get("event") == "PLAY"))
    if not 1 <= session <= len(played):
        raise AssertionError(
            f"there is no session {session} with a PLAY: {counted(len(played), 'session')} found"
        )
    chosen = [record for record in records if record.get("session") == played[session - 1]]
    counts = Counter(str(record.get("event")) for record in chosen)
    lines: list[str] = []
    for quartile, name in REACHED.items():
        wanted, got = int(quartile in quartiles), counts[name]
        if got > wanted:
            lines.append(
                f"{name} came {f'{got} times' if wanted else 'though it was not reached'}:"
            )
            for record in (each for each in chosen if each.get("event") == name):
                lines += [f"  {_shown(record, records)}", *_why(record)]
        elif got < wanted:
            missing = list(_missing(name, log, session))
            lines += [f"{name} did not come{':' if missing else ''}", *missing]
    if lines:
        reached = [str(percent) for percent, name in REACHED.items() if counts[name]]
        expected = ", ".join(map(str, sorted(quartiles))) or "none"
        head = (
            f"session {session}: expected quartiles {expected}; got {', '.join(reached) or 'none'}"
        )
        raise AssertionError("\n".join([head, *lines]))


@pictured
def assert_session_valid(log: Log, policy: Policy | None = None) -> None:
    """The events keep what every event log must: see `playertrack.trace.lint`.

    ``policy``: what they were made with, if it is not known from the log.
    """
    __tracebackhide__ = True
    records = _records(log)
    if not records:
        raise AssertionError("there are no events")
    findings = check(map(dict, records), policy=policy or _policy(log))
    if findings:
        lines = [f"{counted(len(findings), 'finding')} in {counted(len(records), 'event')}:"]
        for finding in findings:
            record = records[finding.line - 1]
            lines.append(f"  {finding.rule}: {finding.message}")
            lines += [f"    event {finding.line}: {_shown(record, records)}", *_why(record)]
        raise AssertionError("\n".join(lines))


# ---------------------------------------------------------------------- reporting failures


def _records(log: Log) -> list[Record]:
    watched = _watched(log)
    events = log if watched is None else watched.events
    assert isinstance(events, Iterable)
    return [_record(event) for event in events]


def _watched(log: Log) -> WithSignals | None:
    """The log, if it has signals, too."""
    known = hasattr(log, "events") and hasattr(log, "signals")
    return cast("WithSignals", log) if known else None


def _policy(log: Log) -> Policy | None:
    """How it was judged, if that is known."""
    policy = getattr(log, "policy", None)
    return policy if isinstance(policy, Policy) else None


def _record(event: Event | Mapping[str, Any]) -> Record:
    if isinstance(event, Event):
        return {**to_record(event), "rule": event.rule, "cause": event.cause}
    return event


def _seconds(value: object) -> str:
    return clock(value, 0.001) if isinstance(value, (int, float)) else "-"


def _since(record: Record, records: Sequence[Record]) -> object:
    """The time of an event, from the first one on."""
    at, start = record.get("at"), records[0].get("at")
    if isinstance(at, (int, float)) and isinstance(start, (int, float)):
        return at - start
    return None


def _shown(record: Record, records: Sequence[Record]) -> str:
    at, position = _seconds(_since(record, records)), _seconds(record.get("position"))
    return f"{record.get('event')} #{record.get('index', '-')} at {at}, position {position}"


def _headline(rows: Sequence[AlignedRow], first: int, records: Sequence[Record]) -> str:
    row = rows[first]
    if row.got is None:
        before = max((each.got for each in rows[:first] if each.got is not None), default=None)
        where = "at the start" if before is None else f"after {_shown(records[before], records)}"
        return f"{row.pattern} is missing {where}"
    record = records[row.got]
    shown = f"event {row.got + 1} of {len(records)}, {_shown(record, records)}"
    if row.pattern is None:
        return f"{shown}: nothing was expected here"
    if not row.pattern.names(record):
        return _cut(f"{shown}: expected {row.pattern}")
    differing = [
        f"{name} is {record[name]!r}" if name in record else f"there is no {name}"
        for name in row.pattern.differing(record)
    ]
    line = f"{shown}: expected {_expected(row, record)}, but {', '.join(differing)}"
    return fill(line, 100, subsequent_indent="    ")


def _table(rows: Sequence[AlignedRow], records: Sequence[Record], first: int) -> Iterator[str]:
    """Got and expected side by side, around the first difference; each difference is marked."""
    yield f"{'time':>12} {'position':>10}  {'got':<24}expected"
    start, stop = max(0, first - _BEFORE), min(len(rows), first + _AFTER)
    if start:
        yield f"  … {start} before"
    for row in rows[start:stop]:
        record = {} if row.got is None else records[row.got]
        at, position = "", ""
        if record:
            at, position = _seconds(_since(record, records)), _seconds(record.get("position"))
        got = str(record.get("event", "-"))
        line = f"{' ' if row.fits else '>'}{at:>11} {position:>10}  {got:<24}"
        whole = f"{line}{row.pattern}"
        fits = row.pattern is not None and row.fits and len(whole) <= _WIDTH
        yield whole if fits else _cut(f"{line}{_expected(row, record)}")
    if stop < len(rows):
        yield f"  … {len(rows) - stop} more"


def _expected(row: AlignedRow, record: Record) -> str:
    """The expected event in a row: if it is there, only the fields that differ."""
    if row.pattern is None:
        return "..." if row.fits else "-"
    if not row.pattern.names(record):
        return str(row.pattern)
    differing = row.pattern.differing(record)
    wanted = (f"{name}={row.pattern.fields[name]!r}" for name in differing)
    return " ".join((row.pattern.name, *wanted))


def _cut(line: str) -> str:
    """A line that is not wider than the report of pytest."""
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _explained(
    rows: Sequence[AlignedRow], first: int, records: Sequence[Record], log: Log
) -> Iterator[str]:
    """Why the event that differs is there, or why the one that is missing is not."""
    known = {*EVENTS, *(str(record.get("event")) for record in records)}
    for name in dict.fromkeys(each.pattern.name for each in rows if each.pattern and not each.fits):
        if "*" not in name and name not in known:
            yield f"    there is no event {shorten(name)}{did_you_mean(name, sorted(known))}"
    row = rows[first]
    if row.got is not None:
        yield from _why(records[row.got])
    elif row.pattern is not None:
        yield from _missing(row.pattern.name, log)


def _why(record: Record) -> Iterator[str]:
    if record.get("rule"):
        rule = RULES.get(record["rule"], "see the rule")
        yield f"    because of {record.get('cause', '?')}: {rule} [{record['rule']}]"


def _missing(name: str, log: Log, session: int | None = None) -> Iterator[str]:
    """Why a quartile did not fire, in that session with a PLAY or any, if the signals are known."""
    if (watched := _watched(log)) is not None:
        signals = enumerate(((None, signal) for signal in watched.signals), 1)
        explanations = explain(signals, _policy(log))
        if session is not None:
            played = [
                explanation
                for explanation in explanations
                if explanation.summary.join_time is not None
            ]
            explanations = played[session - 1 : session]
        for explanation in explanations:
            for missing in explanation.missing:
                if missing.event == name:
                    for reason in missing.reasons:
                        yield f"    {name}: {reason.text}"
