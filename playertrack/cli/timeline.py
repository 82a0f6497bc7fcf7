"""``playertrack timeline``: draws a trace."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .common import add_command, add_json, is_chosen, no_such_session
from .drawing import show_timeline
from .outputs import check_outputs, open_output
from .reading import TraceReader, add_trace


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "timeline",
        "Draws a trace: the playhead, the parts that were watched, waits, seeks and ads, the\n"
        "events, and for each quartile when it fired or why it did not.",
        "  playertrack timeline trace.jsonl\n"
        "  playertrack timeline trace.jsonl -o trace.html\n"
        "  playertrack timeline trace.jsonl -o trace.svg --session 2\n"
        "  playertrack timeline recording.jsonl --raw vlc -o picture.html",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write a .svg picture, or a .html page that explains every event and can be zoomed "
        "(default: draw in the terminal)",
    )
    add_trace(parser)
    add_json(parser, "the data of the drawing, one session a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if lines were left out."""
    import json

    import attrs

    from .._words import counted
    from ..timeline import observe, to_html, to_svg

    kind = None if args.output is None else args.output.rpartition(".")[2].lower()
    if kind not in (None, "svg", "html"):
        print("--output: expected a name that ends in .svg or .html", file=sys.stderr)
        return 2
    check_outputs([args.trace], [("--output", args.output)])
    reader = TraceReader(args)
    with reader.signals() as signals:
        timeline = observe(signals, reader.policy)
    if args.session is not None:
        rows = tuple(row for row in timeline.rows if is_chosen(row.summary, args.session))
        if not rows:
            ordinals = [row.summary.ordinal for row in timeline.rows]
            return no_such_session(args.session, args.trace, ordinals)
        timeline = attrs.evolve(timeline, rows=rows)
    if args.json:
        for row in timeline.rows:
            print(json.dumps(row.to_record()))
    elif kind is None:
        show_timeline(timeline, sys.stdout)
    else:
        with open_output(args.output) as output:
            text = to_svg(timeline) if kind == "svg" else to_html(timeline, reader.source)
            output.write(text.encode())
    count = reader.complaints.count
    if count:
        print(f"{reader.source}: {counted(count, 'line')} left out", file=sys.stderr)
    return 1 if count else 0
