"""``playertrack derive``: recorded traces in, events out."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from .._words import counted
from ..errors import PlayertrackError
from .common import (
    Complaints,
    add_command,
    add_json,
    add_policy,
    add_session,
    add_skip_bad,
    name_of,
    open_input,
    seconds,
    whole_number,
)
from .delivering import Failures, FullQueueError, Sinks, add_sinks, keep_stdout
from .drawing import add_timeline, show_timeline
from .outputs import check_not_csv, check_outputs, file_of, open_output, sink_files
from .reading import add_raw, numbered_signals, translator_and_policy

if TYPE_CHECKING:
    from ..events import Event
    from ..policy import Policy
    from ..sinks import FanoutSink
    from ..trace.recording import Translator


#: After so many events derive looks whether the queues have room for more.
_STEP = 100


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "derive",
        "Derives the events of recorded traces. The same traces always give the same events and\n"
        "session ids. Input and output may be JSON Lines (.jsonl, also .gz and .zst) or Parquet;\n"
        "several files, or a folder of them, are read as one trace, in the order given. At the\n"
        "first unusable line it stops with FILE:LINE and exit code 2, unless you add --skip-bad.",
        "  playertrack derive trace.jsonl -o events.jsonl\n"
        "  playertrack derive signals/ -o events.parquet --summaries sessions.parquet --jobs 4\n"
        "  playertrack derive monday.jsonl.gz tuesday.jsonl.gz --reorder 5 --idle-close 14400\n"
        "  playertrack derive trace.jsonl --player tv --session 2\n"
        "  playertrack derive trace.jsonl --policy view_interval=null --policy end_tolerance=1.5\n"
        "  gzip -dc trace.jsonl.gz | playertrack derive - --sink console > events.jsonl\n"
        "  playertrack derive recording.jsonl --raw vlc\n"
        "  KALTURA_PARTNER_ID=102 playertrack derive trace.jsonl --sink stats --queue outbox\n"
        "  playertrack derive trace.jsonl -o events.jsonl --timeline",
    )
    parser.add_argument(
        "traces",
        metavar="IN",
        nargs="+",
        help="a signal trace, or a folder of traces, also in subfolders; - for standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        default="-",
        help="write the events to this file, in the format of its extension; in a folder, to "
        "events.parquet. The file appears only once it is complete (default: standard output)",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=whole_number,
        default=1,
        help="divide the players among N processes; the output stays the same (default: 1)",
    )
    parser.add_argument(
        "--reorder",
        metavar="S",
        type=seconds,
        help="sort each player's signals by seq, or by time without seq; wait up to S seconds, by "
        "the player's clock, for a missing one; leave out and count those that come later",
    )
    parser.add_argument(
        "--idle-close",
        metavar="S",
        type=seconds,
        help="close a player after S seconds without a signal; if it returns, it starts as new",
    )
    parser.add_argument(
        "--summaries",
        metavar="FILE",
        help="also write a summary row for each session to this file (JSON Lines or Parquet)",
    )
    add_session(parser)
    add_raw(parser)
    add_policy(parser)
    add_sinks(parser, "also send the events here")
    add_timeline(parser)
    add_skip_bad(parser)
    add_json(parser, "the default; events are always one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if lines were left out, 3 if a sink could not deliver."""
    from ..sinks import FanoutSink
    from ..trace.input_files import inputs

    translator, policy = translator_and_policy(args)
    paths = inputs(args.traces)
    written = file_of(args.output)
    outputs = [("--output", written), ("--summaries", args.summaries), *sink_files(args.sink)]
    check_outputs(args.traces, outputs)
    check_not_csv("--output", written, "events")
    check_not_csv("--summaries", args.summaries, "summaries")
    single = args.raw is not None or args.timeline
    if single and (problem := _not_single(args, paths)):
        print(problem, file=sys.stderr)
        return 2
    complaints = Complaints(args.skip_bad)
    failures = Failures()
    if args.output == "-":
        keep_stdout(args)
    opened = Sinks(args)
    sinks = FanoutSink(opened.all, on_error=failures)
    delivered = True
    late = 0
    stalled: FullQueueError | None = None
    try:
        with ExitStack() as stack:
            output = _output(written, stack)
            emit = _Emit(sinks, opened, args.deliver_timeout) if args.sink else None
            if single:
                _derive_one(args, paths[0], policy, translator, complaints, output, emit)
            else:
                late = _derive_all(args, paths, policy, complaints, output, emit, stack)
            output.close()
    except FullQueueError as error:
        stalled = error
    finally:
        delivered = sinks.close(0.0 if stalled else args.deliver_timeout)
    if stalled:
        print(stalled, file=sys.stderr)
    if complaints.count:
        left_out = counted(complaints.count, "line")
        print(f"{_name_of_all(paths)}: {left_out} left out", file=sys.stderr)
    if late:
        print(f"{late} late signals left out", file=sys.stderr)
    return opened.outcome(failures, delivered) or (1 if complaints.count else 0)


def _name_of_all(paths: Sequence[str]) -> str:
    return name_of(paths[0]) if len(paths) == 1 else f"{len(paths)} files"


def _not_single(args: argparse.Namespace, paths: Sequence[str]) -> str | None:
    """The problem with options that need a single trace, or None."""
    from ..trace.input_files import kind_of

    what = "--raw" if args.raw is not None else "--timeline"
    if len(paths) > 1 or kind_of(paths[0]) == "parquet":
        return f"{what}: expected one trace of JSON Lines"
    for option in ("reorder", "idle_close", "summaries", "session"):
        if getattr(args, option) is not None:
            return f"{what}: --{option.replace('_', '-')} does not go with it"
    return None


# ------------------------------------------------------------------------- events out


class _Emit:
    """Hands events to the sinks, and waits while a queue is full: here nothing is live."""

    def __init__(self, sinks: FanoutSink, opened: Sinks, patience: float) -> None:
        self._emit, self._opened, self._patience = sinks.emit, opened, patience
        self._emitted = 0

    def __call__(self, event: Event) -> None:
        self._emit(event)
        self._emitted += 1
        if self._emitted % _STEP == 0:
            self._opened.wait_for_room(self._patience)


class _Output(Protocol):
    """Where events are written."""

    #: Whether it takes lines.
    lines: bool

    def write(self, events: Sequence[Event]) -> None: ...

    def write_lines(self, lines: bytes) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


def _output(path: str, stack: ExitStack) -> _Output:
    from ..trace.input_files import compressed, kind_of

    kind = kind_of(path)
    file = stack.enter_context(open_output(path))
    if kind == "parquet":
        rows = _Rows(file)
        stack.callback(rows.abandon)  # before the file is closed
        return rows
    # Where a compressor is flushed shows in what it writes; a file is seen only once it is whole.
    seen = path == "-" or not S_ISREG(os.fstat(file.fileno()).st_mode)
    flush = file.flush if kind == "lines" and seen else _nothing
    return _Lines(stack.enter_context(compressed(file, kind)), flush)


def _nothing() -> None:
    """There is nothing to flush."""


class _Lines:
    lines = True

    def __init__(self, out: BinaryIO, flush: Callable[[], None]) -> None:
        self._out = out
        self.flush = flush

    def write(self, events: Sequence[Event]) -> None:
        from ..trace.codec import encode_events

        self._out.write(encode_events(events))

    def write_lines(self, lines: bytes) -> None:
        self._out.write(lines)

    def close(self) -> None:
        """The file is closed by who opened it."""


class _Rows:
    lines = False

    def __init__(self, out: BinaryIO) -> None:
        from ..columns.parquet import EventFile

        file = EventFile(out)
        self.write, self.close, self.abandon = file.write, file.close, file.abandon

    def write_lines(self, lines: bytes) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        """A row group is written when it is full."""


# ------------------------------------------------------------------------- the work


def _derive_all(
    args: argparse.Namespace,
    paths: Sequence[str],
    policy: Policy,
    complaints: Complaints,
    output: _Output,
    emit: Any,
    stack: ExitStack,
) -> int:
    """Derive any number of traces, and return how many signals were late.

    Raises `PlayertrackError` if there is no such player or session as was asked for.
    """
    from .progress import Meter
    from .shares import BytesRead, Task, Totals, derived, sizes

    task = Task(
        tuple(paths),
        policy,
        reorder=args.reorder,
        idle_close=args.idle_close,
        player=args.player,
        session=args.session,
        encoded=output.lines and emit is None,
        summaries=args.summaries is not None,
    )
    summaries = None if args.summaries is None else _Summaries(args.summaries, stack)
    meter = Meter(sizes(paths))
    totals: Totals = Totals(0, 0, None)
    try:
        for each in derived(task, args.jobs):
            if isinstance(each, BytesRead):
                output.flush()
                meter.show(each.read)
            elif isinstance(each, Totals):
                totals = each
            else:
                _write(each[1], complaints, output, emit, summaries)
    finally:
        meter.close()
    if summaries is not None:
        summaries.close()
    if totals.wanted is not None:
        totals.wanted.check(_name_of_all(paths))
    if args.session is not None and totals.sessions == 0:
        raise PlayertrackError(f"--session: there is no session {args.session}")
    return totals.late


def _write(
    made: Any, complaints: Complaints, output: _Output, emit: Any, summaries: _Summaries | None
) -> None:
    if isinstance(made, bytes):
        output.write_lines(made)
    elif isinstance(made, Exception):
        complaints.add(made)
    elif isinstance(made[0], dict):
        assert summaries is not None
        summaries.write(made)
    else:
        output.write(made)
        if emit is not None:
            for event in made:
                emit(event)


class _Summaries:
    """Writes the summaries, as lines at once or as a Parquet file in the end."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        from ..trace.input_files import compressed, kind_of

        kind = kind_of(path)
        self._rows: list[dict[str, Any]] | None = [] if kind == "parquet" else None
        file = stack.enter_context(open_output(path))
        self._out = file if kind == "parquet" else stack.enter_context(compressed(file, kind))

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows."""
        if self._rows is not None:
            self._rows += rows
        else:
            for row in rows:
                self._out.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Write what is left."""
        if self._rows is not None:
            from ..columns.parquet import write_summaries

            write_summaries(self._rows, self._out)


def _derive_one(
    args: argparse.Namespace,
    path: str,
    policy: Policy,
    translator: Translator | None,
    complaints: Complaints,
    output: _Output,
    emit: Any,
) -> None:
    """Derive one trace signal by signal: a raw recording, or one that is to be drawn."""
    observer = None
    if args.timeline:
        from ..timeline import Observer

        observer = Observer(policy)
    with open_input(path) as stream:
        signals = numbered_signals(
            stream, translator, name_of(path), complaints.on_bad, player=args.player
        )
        for events in _batches(signals, observer, policy):
            if events:
                output.write(events)
            output.flush()
            for event in events if emit is not None else ():
                emit(event)
    if observer is not None:
        show_timeline(observer.timeline(), sys.stderr if args.output == "-" else sys.stdout)


def _batches(signals: Any, observer: Any, policy: Policy) -> Iterator[Sequence[Event]]:
    from ..core.fleet import Fleet

    if observer is not None:
        for line, (player, signal) in signals:
            yield observer.feed(line, player, signal)
        yield observer.close()
        return
    fleet = Fleet(policy=policy)
    for _, (player, signal) in signals:
        yield fleet.feed(player, signal)
    yield fleet.close()
