"""``playertrack diff``: shows what another policy or version changes for a folder of traces."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .common import (
    Complaints,
    add_command,
    add_json,
    add_policy,
    add_skip_bad,
    open_input,
    read_policy,
)
from .outputs import open_output
from .reading import add_raw, numbered_signals, translator_of

if TYPE_CHECKING:
    from ..events import Event
    from ..trace.codec import OnBad, TraceError
    from ..trace.diff import Difference

#: How the events beside a golden trace are named, which are no trace.
_EVENTS = ".events.jsonl"


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "diff",
        "Derives every trace twice and shows which events differ: with two policies, or with two\n"
        "versions of playertrack (the old one saves its events, the new one compares). Sessions\n"
        "are matched by their order. Exit code 1 if anything differs.",
        "  playertrack diff traces/ --policy end_tolerance=1.5\n"
        "  playertrack diff traces/ --base frozen_after=2 --policy frozen_after=3\n"
        "  old/bin/playertrack diff traces/ --save before/\n"
        "  new/bin/playertrack diff traces/ --against before/",
    )
    parser.add_argument(
        "traces",
        metavar="TRACES",
        type=Path,
        help="a trace, or a folder with traces in it and in its subfolders",
    )
    add_policy(parser)
    parser.add_argument(
        "--base",
        metavar="K=V",
        action="append",
        default=[],
        help="the policy to compare with, in the same form (default: the default policy)",
    )
    logs = parser.add_mutually_exclusive_group()
    logs.add_argument(
        "--against", metavar="DIR", type=Path, help="compare with the events in this folder"
    )
    logs.add_argument(
        "--save",
        metavar="DIR",
        type=Path,
        help="only save the events in this folder, one log for each trace",
    )
    add_raw(parser)
    add_skip_bad(parser)
    add_json(parser, "one trace a line, with the events removed and added")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if anything differs or lines were left out, 2 if there are no traces."""
    from .._words import counted
    from ..trace.diff import difference

    if not (args.policy or args.base or args.against or args.save):
        print("nothing to compare: give --policy, --against or --save", file=sys.stderr)
        return 2
    traces = list(_traces(args.traces))
    if not traces:
        print(f"{args.traces}: no traces", file=sys.stderr)
        return 2
    complaints = Complaints(args.skip_bad)
    again = _ignore if args.skip_bad else None
    changed = 0
    for path, name in traces:
        after = _derive(path, args.policy, args.raw, complaints.on_bad)
        if args.save is not None:
            _save(args.save / _log_of(name), after)
            continue
        before = (
            _derive(path, args.base, args.raw, again)
            if args.against is None
            else _saved(args.against / _log_of(name))
        )
        found = difference(before, after)
        changed += bool(found)
        _print(name, found, args.json)
    what = "saved" if args.save is not None else f"{changed or 'none'} changed"
    if complaints.count:
        what += f", {counted(complaints.count, 'line')} left out"
    print(f"{counted(len(traces), 'trace')}, {what}", file=sys.stderr)
    return 1 if changed or complaints.count else 0


def _ignore(_: TraceError) -> None:
    """Ignore a bad line: the first reading of the trace has reported it."""


def _traces(where: Path) -> Iterator[tuple[Path, Path]]:
    """Each trace, and what it is called in another folder."""
    from ..trace.input_files import files_below

    if not where.is_dir():
        yield where, Path(where.name)
        return
    for path in files_below(where):
        if not path.name.endswith(_EVENTS):
            yield path, path.relative_to(where)


def _log_of(name: Path) -> Path:
    """The log of a trace in the folder of saved events."""
    return name if name.suffix == ".jsonl" else name.with_name(f"{name.name}.jsonl")


def _derive(
    path: Path, policy: list[str], raw: str | None, on_bad: OnBad | None
) -> list[dict[str, Any]]:
    from ..core.fleet import Fleet
    from ..events import to_record

    translator = translator_of(raw)
    suited = None if translator is None else translator.policy
    fleet = Fleet(policy=read_policy(policy, suited))
    events: list[Event] = []
    with open_input(str(path)) as stream:
        for _, (player, signal) in numbered_signals(stream, translator, str(path), on_bad):
            events += fleet.feed(player, signal)
    return [to_record(event) for event in events + fleet.close()]


def _saved(path: Path) -> list[dict[str, Any]]:
    """The events of a log; raises `TraceError` for what is none."""
    from ..trace.codec import TraceError, read_records

    records = []
    with path.open("rb") as stream:
        for line, record in read_records(stream, str(path)):
            for field, kind in (("event", str), ("at", (int, float))):
                if not isinstance(record.get(field), kind):
                    raise TraceError(str(path), line, f"{field}: not that of an event")
            records.append(record)
    return records


def _save(path: Path, records: list[dict[str, Any]]) -> None:
    import json

    path.parent.mkdir(parents=True, exist_ok=True)
    with open_output(str(path)) as output:
        output.writelines(f"{json.dumps(record)}\n".encode() for record in records)


def _print(name: Path, found: Difference, as_json: bool) -> None:
    if as_json:
        import json

        record = {"trace": str(name), "removed": found.removed, "added": found.added}
        print(json.dumps(record))
    elif found:
        print(f"{name}: {len(found.removed)} removed, {len(found.added)} added")
        for line in found.lines():
            print(f"  {line}")
