"""``playertrack report-view``: reports a past playback, given the parts that were watched."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .common import add_command, add_json, add_policy, any_number, point_in_time, read_policy
from .delivering import Failures, Sinks, add_sinks, keep_stdout


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "report-view",
        "Reports a whole playback of which a back end knows only the parts that were watched.\n"
        "They go through the engine like a player's signals: a quartile is reported only if it\n"
        "was played over, and a gap between two parts is a SEEK. Without --sink it prints the\n"
        "events.",
        "  playertrack report-view --entry-id 1_abc --duration 100 --watched 0-60,80-100\n"
        "  export KALTURA_PARTNER_ID=102 KALTURA_REFERRER=server://batch-process\n"
        "  playertrack report-view --entry-id 1_abc --duration 100 --watched 0-100 \\\n"
        "      --at 2026-11-01T20:15:00Z --sink stats --queue /var/spool/views\n\n"
        "exit codes: 0 done, 2 wrong usage, 3 not everything was delivered.",
    )
    parser.add_argument("--entry-id", metavar="ID", required=True, help="the id of the media")
    parser.add_argument(
        "--duration",
        metavar="S",
        type=any_number,
        required=True,
        help="the duration of the media in seconds",
    )
    parser.add_argument(
        "--watched",
        metavar="A-B,…",
        required=True,
        help="the parts that were watched, in seconds and in that order; a part that starts "
        "before the end of the previous one was reached by seeking back",
    )
    parser.add_argument(
        "--at",
        metavar="TIME",
        type=point_in_time,
        help="when playback started: Unix seconds or ISO 8601 (default: so that it ends now)",
    )
    add_policy(parser)
    add_sinks(parser, "send the events here instead of printing them")
    add_json(parser, "one event a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 3 if a sink could not deliver."""
    from ..errors import PlayertrackError
    from ..live.backfill import parse_watched, report_view
    from ..sinks import FanoutSink
    from .screen import JsonLines, Screen

    policy = read_policy(args.policy)
    keep_stdout(args)
    opened = Sinks(args)
    failures = Failures()
    shown = JsonLines() if args.json else Screen()
    sinks = FanoutSink([shown, *opened.all], on_error=failures)
    delivered = True
    try:
        report_view(
            args.entry_id,
            duration=args.duration,
            watched=parse_watched(args.watched),
            at=args.at,
            sinks=[sinks],
            policy=policy,
        )
    except PlayertrackError as error:
        field, colon, rest = str(error).partition(":")
        raise PlayertrackError(f"--{field.replace('_', '-')}{colon}{rest}") from error
    finally:
        delivered = sinks.close(args.deliver_timeout)
    if not opened.all:
        print("nothing was sent: --sink stats or --sink kava reports it", file=sys.stderr)
    return opened.outcome(failures, delivered)
