"""``playertrack derive``: a recorded trace in, events out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._words import counted
from .common import (
    Complaints,
    add_command,
    add_json,
    add_policy,
    add_skip_bad,
    name_of,
    open_input,
    open_output,
    read_policy,
)
from .delivering import Failures, Sinks, add_sinks, keep_stdout
from .drawing import add_timeline, show_timeline
from .reading import add_raw, numbered_signals, translator_of

if TYPE_CHECKING:
    from ..core.fleet import Fleet
    from ..events import Event
    from ..timeline import Observer
    from .reading import Numbered


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "derive",
        "Derives the events of a recorded trace, offline and with deterministic session ids.\n"
        "A line that cannot be taken ends it with exit code 2 and FILE:LINE on standard error.",
        "  playertrack derive trace.jsonl -o events.jsonl\n"
        "  playertrack derive trace.jsonl --policy view_interval=null --policy end_tolerance=1.5\n"
        "  gzip -dc trace.jsonl.gz | playertrack derive - --sink console > events.jsonl\n"
        "  playertrack derive recording.jsonl --raw vlc\n"
        "  KALTURA_PARTNER_ID=102 playertrack derive trace.jsonl --sink stats --queue outbox\n"
        "  playertrack derive trace.jsonl -o events.jsonl --timeline",
    )
    parser.add_argument("trace", metavar="TRACE", help="a signal trace; - is standard input")
    parser.add_argument(
        "-o",
        "--output",
        metavar="EVENTS",
        default="-",
        help="the event log, written whole or not at all (default: standard output, as it comes)",
    )
    add_raw(parser)
    add_policy(parser)
    add_sinks(parser, "also hand the events there")
    add_timeline(parser)
    add_skip_bad(parser)
    add_json(parser, "the events are, with or without it")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if lines were left out, 3 if a sink could not deliver."""
    from ..core.fleet import Fleet
    from ..sinks import FanoutSink
    from ..trace.codec import encode_event
    from ..trace.feed import derive

    translator = translator_of(args.raw)
    policy = read_policy(args.policy, None if translator is None else translator.policy)
    observer = None
    complaints = Complaints(args.skip_bad)
    failures = Failures()
    if args.output == "-":
        keep_stdout(args)
    opened = Sinks(args)
    sinks = FanoutSink(opened.all, on_error=failures)
    source = name_of(args.trace)
    delivered = True
    try:
        with open_input(args.trace) as stream, open_output(args.output) as output:
            signals = numbered_signals(stream, translator, source, complaints.on_bad)
            if args.timeline:
                from ..timeline import Observer

                observer = Observer(policy)
                batches = _observed(signals, observer)
            elif translator is None:
                batches = derive(
                    stream, Fleet(policy=policy), source=source, on_bad=complaints.on_bad
                )
            else:
                batches = _derived(signals, Fleet(policy=policy))
            for events in batches:
                output.writelines(encode_event(event) + b"\n" for event in events)
                output.flush()
                if args.sink:
                    for event in events:
                        sinks.emit(event)
    finally:
        delivered = sinks.close(args.deliver_timeout)
    if observer is not None:
        show_timeline(observer.timeline(), sys.stderr if args.output == "-" else sys.stdout)
    if complaints.count:
        print(f"{source}: {counted(complaints.count, 'line')} left out", file=sys.stderr)
    return opened.outcome(failures, delivered) or (1 if complaints.count else 0)


def _observed(signals: Iterator[Numbered], observer: Observer) -> Iterator[Sequence[Event]]:
    """The events, from an observer that keeps what there is to draw."""
    for line, (player, signal) in signals:
        yield observer.feed(line, player, signal)
    yield observer.close()


def _derived(signals: Iterator[Numbered], fleet: Fleet) -> Iterator[Sequence[Event]]:
    for _, (player, signal) in signals:
        yield fleet.feed(player, signal)
    yield fleet.close()
