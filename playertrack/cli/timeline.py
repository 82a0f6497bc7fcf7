"""``playertrack timeline``: draws a trace."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .common import (
    Complaints,
    add_command,
    add_json,
    add_policy,
    add_session,
    add_skip_bad,
    is_chosen,
    name_of,
    no_such_session,
    open_input,
    open_output,
    read_policy,
)
from .drawing import show_timeline
from .outputs import check_outputs
from .reading import add_raw, numbered_signals, translator_of


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
    parser.add_argument("trace", metavar="TRACE", help="a signal trace; - for standard input")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write a .svg picture, or a .html page that explains every event and can be zoomed "
        "(default: draw in the terminal)",
    )
    add_session(parser)
    add_raw(parser)
    add_policy(parser)
    add_skip_bad(parser)
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
    translator = translator_of(args.raw)
    policy = read_policy(args.policy, None if translator is None else translator.policy)
    complaints = Complaints(args.skip_bad)
    source = name_of(args.trace)
    with open_input(args.trace) as stream:
        signals = numbered_signals(
            stream, translator, source, complaints.on_bad, player=args.player
        )
        timeline = observe(signals, policy)
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
            text = to_svg(timeline) if kind == "svg" else to_html(timeline, source)
            output.write(text.encode())
    if complaints.count:
        print(f"{source}: {counted(complaints.count, 'line')} left out", file=sys.stderr)
    return 1 if complaints.count else 0
