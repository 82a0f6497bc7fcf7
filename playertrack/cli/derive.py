"""``playertrack derive``: a recorded trace in, events out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

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
from .delivering import Failures, Sinks, add_sinks

if TYPE_CHECKING:
    from ..events import Event
    from ..fleet import Fleet
    from ..recordings import Translator
    from ..traces import ByteStream, OnBad

#: Who reads raw recordings: an entry is called for a `Translator`.
GROUP = "playertrack.adapters"


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
        "  KALTURA_PARTNER_ID=102 playertrack derive trace.jsonl --sink stats --queue outbox",
    )
    parser.add_argument("trace", metavar="TRACE", help="a signal trace; - is standard input")
    parser.add_argument(
        "-o",
        "--output",
        metavar="EVENTS",
        default="-",
        help="the event log, written whole or not at all (default: standard output, as it comes)",
    )
    parser.add_argument(
        "--raw",
        metavar="PLAYER",
        help="TRACE is a raw recording of this player, such as vlc, mpv or html5",
    )
    add_policy(parser)
    add_sinks(parser, "also hand the events there")
    add_skip_bad(parser)
    add_json(parser, "the events are, with or without it")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if lines were left out, 3 if a sink could not deliver."""
    from ..fleet import Fleet
    from ..sinks import FanoutSink
    from ..traces import derive, encode_event

    translator = None if args.raw is None else _translator(args.raw)
    suited = None if translator is None else translator.policy
    fleet = Fleet(policy=read_policy(args.policy, suited))
    complaints = Complaints(args.skip_bad)
    failures = Failures()
    opened = Sinks(args)
    sinks = FanoutSink(opened.all, on_error=failures)
    source = name_of(args.trace)
    delivered = True
    try:
        with open_input(args.trace) as stream, open_output(args.output) as output:
            if translator is None:
                batches = derive(stream, fleet, source=source, on_bad=complaints.on_bad)
            else:
                batches = _derive_raw(stream, fleet, translator, source, complaints.on_bad)
            for events in batches:
                output.writelines(encode_event(event) + b"\n" for event in events)
                output.flush()
                if args.sink:
                    for event in events:
                        sinks.emit(event)
    finally:
        delivered = sinks.close(args.deliver_timeout)
    if complaints.count:
        print(f"{source}: {complaints.count} lines left out", file=sys.stderr)
    return opened.outcome(failures, delivered) or (1 if complaints.count else 0)


# ---------------------------------------------------------------- recordings of real players


def _translator(player: str) -> Translator:
    """The translator for a player's raw recordings; raises `PlayertrackError` if there is none."""
    from importlib.metadata import entry_points

    from ..errors import PlayertrackError, shorten

    found = entry_points(group=GROUP)
    if player not in found.names:
        known = ", ".join(sorted(found.names)) or "none"
        raise PlayertrackError(
            f"--raw: no installed adapter reads recordings of {shorten(player)}; installed: {known}"
        )
    translator: Translator = found[player].load()()
    return translator


def _derive_raw(
    stream: ByteStream, fleet: Fleet, translator: Translator, source: str, on_bad: OnBad | None
) -> Iterator[Sequence[Event]]:
    from ..errors import SignalError
    from ..traces import TraceError, read_records

    for line, record in read_records(stream, source, on_bad):
        try:
            signals = translator.translate(record)
        except SignalError as error:
            refused = TraceError(source, line, str(error))
            if on_bad is None:
                raise refused from None
            on_bad(refused)
        else:
            for signal in signals:
                yield fleet.feed(None, signal)
    for signal in translator.finish():
        yield fleet.feed(None, signal)
    yield fleet.close()
