"""``playertrack stats``: what a fleet of players did."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._words import plain
from .common import (
    Complaints,
    add_command,
    add_json,
    add_policy,
    add_skip_bad,
    name_of,
    open_input,
    read_policy,
)
from .outputs import check_outputs, open_output

if TYPE_CHECKING:
    from ..policy import Policy
    from ..trace.plays import SessionTotals
    from ..trace.statistics import Stats

#: The percents of the retention curve that a table has room for.
_SHOWN = range(0, 101, 5)

_ENDINGS = ("csv", "jsonl", "json", "parquet", "svg")


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "stats",
        "Computes figures for many sessions: plays, join time, rebuffering, seeks, errors,\n"
        "completion, watched share and the retention curve. Reads events, traces, or the\n"
        "summaries that derive writes, as JSON Lines or Parquet. From traces and summaries the\n"
        "play time and the watched share are exact. From events alone the play time is that of\n"
        "the VIEWs, retention is known only at milestones, and the watched share is unknown.",
        "  playertrack stats events.jsonl\n"
        "  playertrack stats sessions.parquet --by entry_id --csv\n"
        "  playertrack stats signals/ --by day -o days.parquet\n"
        "  playertrack stats events.jsonl --by entry_id -o retention.svg",
    )
    parser.add_argument(
        "logs",
        metavar="EVENTS|TRACE",
        nargs="+",
        help="events, a trace or summaries, or a folder of them; - for events or summaries on "
        "standard input",
    )
    parser.add_argument(
        "--by",
        metavar="FIELD",
        help="group by entry_id, player, day (the date on which a session began, in UTC), or "
        "another field of the input",
    )
    parser.add_argument("--csv", action="store_true", help="print CSV")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the figures to a .parquet, .csv or .jsonl file, or the retention curve as .svg",
    )
    add_policy(parser)
    add_skip_bad(parser)
    add_json(parser, "one group a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if lines were left out."""
    from .._words import counted, did_you_mean
    from ..errors import shorten
    from ..trace.input_files import inputs
    from ..trace.statistics import grouped

    kind = None if args.output is None else Path(args.output).suffix[1:].lower()
    if kind is not None and kind not in _ENDINGS:
        print(
            "--output: expected a name that ends in .parquet, .csv, .jsonl or .svg", file=sys.stderr
        )
        return 2
    if args.by in _figures():
        print(f"--by: {args.by} is one of the figures; choose another field", file=sys.stderr)
        return 2
    check_outputs(args.logs, [("--output", args.output)])
    complaints = Complaints(args.skip_bad)
    plays = list(_once(_plays(inputs(args.logs), read_policy(args.policy), complaints)))
    found = grouped(plays, args.by)
    if args.by is not None and plays and all(each.group is None for each in found):
        fields = sorted({"day", *(name for play in plays for name in play.properties)})
        hint = did_you_mean(args.by, fields) or f"; there are {', '.join(fields)}"
        print(f"--by: no session has the field {shorten(args.by)}{hint}", file=sys.stderr)
        return 2
    kind = kind or ("jsonl" if args.json else "csv" if args.csv else None)
    if kind is None:
        from .prose import show, show_table

        table = args.by is not None and found
        if not table or not show_table(*_table(found, args.by), sys.stdout):
            show(_lines(found, args.by), sys.stdout)
    else:
        with open_output(args.output or "-") as out:
            out.write(_written(found, args.by, kind))
    if complaints.count:
        print(f"{counted(complaints.count, 'line')} left out", file=sys.stderr)
    return 1 if complaints.count else 0


# ------------------------------------------------------------------------- in


def _plays(paths: Sequence[str], policy: Policy, complaints: Complaints) -> Iterator[SessionTotals]:
    """The sessions of all files: those of traces together, and of events together.

    What knows more comes first.
    """
    from ..errors import PlayertrackError
    from ..trace.plays import FromEvents

    events, traces = FromEvents(policy), []
    for path in paths:
        records = _records(path, complaints, alone=len(paths) == 1)
        found = next(records, None)
        if found is None:
            continue
        _, first = found
        if "signal" in first:
            if path == "-":
                raise PlayertrackError("-: events and summaries are read there, no traces")
            traces.append(path)
        elif "event" in first:
            events.add(first)
            for _, record in records:
                events.add(record)
        elif "session" in first:
            yield from _summarized(path, chain([found], records), complaints)
        else:
            from ..trace.codec import TraceError

            raise TraceError(name_of(path), 1, "neither an event, nor a signal, nor a summary")
    if traces:
        yield from _of_traces(traces, policy, complaints)
    yield from events


def _once(plays: Iterable[SessionTotals]) -> Iterator[SessionTotals]:
    """Each session once, as of its first: there may be events of it, and a summary, too."""
    seen: set[str] = set()
    for play in plays:
        if play.session not in seen:
            seen.add(play.session)
            yield play


def _records(
    path: str, complaints: Complaints, *, alone: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file with the numbers of their lines, whatever it holds.

    They have the columns of its folders, too, but for the day, which is that of the start.
    """
    from ..trace.codec import read_records
    from ..trace.input_files import columns_in, kind_of

    truths = {"true": True, "false": False}
    columns = {name: truths.get(value, value) for name, value in columns_in(path).items()}
    columns.pop("day", None)
    # A Parquet file may well have no rows where it is one part of several.
    what = "input" if alone or kind_of(path) != "parquet" else None
    with open_input(path, what) as stream:
        for number, record in read_records(stream, name_of(path), complaints.on_bad):
            for name, value in columns.items():
                if record.get(name) is None:
                    record[name] = value
            yield number, record


def _summarized(
    path: str, records: Iterable[tuple[int, dict[str, Any]]], complaints: Complaints
) -> Iterator[SessionTotals]:
    """The sessions of a file of summaries."""
    from ..errors import FieldError
    from ..trace.codec import TraceError
    from ..trace.plays import from_summary

    for number, record in records:
        try:
            yield from_summary(record)
        except FieldError as error:
            complaints.add(TraceError(name_of(path), number, str(error)))


def _of_traces(
    paths: Sequence[str], policy: Policy, complaints: Complaints
) -> Iterator[SessionTotals]:
    """The sessions that traces make."""
    from ..trace.plays import from_summary
    from .progress import Meter
    from .shares import BytesRead, Task, Totals, derived, sizes

    meter = Meter(sizes(paths))
    try:
        for each in derived(Task(tuple(paths), policy, summaries=True), 1):
            if isinstance(each, BytesRead):
                meter.show(each.read)
            elif isinstance(each, Totals):
                continue
            elif isinstance(each[1], Exception):
                complaints.add(each[1])
            elif isinstance(each[1][0], dict):
                yield from map(from_summary, each[1])
    finally:
        meter.close()


# ------------------------------------------------------------------------- out


def _written(found: Sequence[Stats], by: str | None, kind: str) -> bytes:
    if kind == "svg":
        from ..timeline.retention import retention_svg

        curves = [(_name(each, by), each.retention) for each in found]
        return retention_svg(curves).encode()
    rows = [_row(each, by) for each in found]
    if kind == "parquet":
        from ..columns.parquet import stats_bytes

        return stats_bytes(rows, by)
    if kind == "csv":
        return _csv(rows, by)
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def _row(stats: Stats, by: str | None) -> dict[str, Any]:
    import attrs

    row = attrs.asdict(stats)
    group = row.pop("group")
    row["retention"] = list(stats.retention)
    return row if by is None else {by: group, **row}


def _csv(rows: Sequence[dict[str, Any]], by: str | None) -> bytes:
    curve = {f"retention_{percent}": percent for percent in _SHOWN}
    figures = [name for name in _figures() if name != "retention"]
    out = io.StringIO()
    heads = [*([] if by is None else [by]), *figures, *curve]
    writer = csv.DictWriter(out, heads, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        shown = {name: row["retention"][percent] for name, percent in curve.items()}
        writer.writerow({**row, **shown})
    return out.getvalue().encode()


def _figures() -> list[str]:
    """The names of the figures of a group."""
    import attrs

    from ..trace.statistics import Stats

    return [field.name for field in attrs.fields(Stats) if field.name != "group"]


def _name(stats: Stats, by: str | None) -> str:
    if by is None:
        return "all"
    return plain(f"no {by}" if stats.group is None else str(stats.group)) or "''"


def _table(found: Sequence[Stats], by: str) -> tuple[list[str], list[list[str]]]:
    """The heads and rows of a table with a group in each row."""
    heads = [
        by,
        "plays",
        "join p50",
        "join p95",
        "rebuffer",
        "seeks",
        "errors",
        "complete",
        "watched",
    ]
    return heads, [
        [
            _name(each, by),
            str(each.plays),
            f"{_short(each.join_time_p50)} s",
            f"{_short(each.join_time_p95)} s",
            _percent(each.rebuffer_ratio),
            str(each.seeks),
            str(each.errors),
            _percent(each.completion),
            _percent(each.watched_share),
        ]
        for each in found
    ]


def _lines(found: Sequence[Stats], by: str | None) -> Iterator[str]:
    """The numbers for people, a group after the other."""
    for each in found:
        yield _name(each, by)
        yield f"  plays       {each.plays} of {each.sessions} sessions"
        median, slow = _short(each.join_time_p50), _short(each.join_time_p95)
        yield f"  join time   {median} s median, {slow} s p95"
        yield (
            f"  rebuffering {_percent(each.rebuffer_ratio)} of the time, "
            f"{_short(each.rebuffer_frequency)} a minute ({each.rebuffers} in all)"
        )
        yield f"  seeks       {each.seeks}, errors {each.errors}"
        watched = f"watched {_percent(each.watched_share)} of the media"
        if each.watched_share is None and each.plays:
            needs = "a duration, and " if each.retention[0] is None else ""
            watched = f"watched share unknown: it needs {needs}traces or summaries"
        yield f"  completion  {_percent(each.completion)}, {watched}"
        curve = ", ".join(f"{p} %: {_percent(each.retention[p])}" for p in _points(each))
        yield f"  retention   {curve}"
    if not found:
        yield "no sessions"


def _points(stats: Stats) -> Sequence[int]:
    """The percents of the curve to show: the quartiles, or what a log with other milestones has."""
    from ..events import QUARTILES

    known = [p for p, share in enumerate(stats.retention) if p and share is not None]
    others = not set(known) <= set(QUARTILES) and not set(QUARTILES) <= set(known)
    return known if others else QUARTILES


def _short(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}"


def _percent(value: float | None) -> str:
    return "?" if value is None else f"{100 * value:.1f} %"
