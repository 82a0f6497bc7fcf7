"""``playertrack doctor``: checks whether events can be delivered from here, and says why if not."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from .common import add_command, add_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "doctor",
        "Checks whether this machine can deliver events: the environment variables, the address\n"
        "(name, connection, TLS, and whether the service answers), the KS or token, the clock and\n"
        "the queue. Prints a line for each problem, with what to change. Sends no event unless\n"
        "you add --send. Without --sink it checks stats and kava, if a KALTURA_* variable is set.",
        "  playertrack doctor --sink stats --queue /var/lib/kiosk\n"
        "  playertrack doctor --sink http:https://example.com/events --send\n"
        "  playertrack doctor --json\n\n"
        "exit codes: 0 no problem, 1 a problem was found, 2 wrong usage.",
    )
    parser.add_argument(
        "--sink",
        metavar="SINK",
        action="append",
        default=[],
        help="check delivery to this sink, such as http:URL (repeatable)",
    )
    parser.add_argument("--queue", metavar="DIR", help="check the queue in this directory")
    parser.add_argument("--send", action="store_true", help="send a test event to each sink")
    add_json(parser, "one check a line, with check, ok (null: could not be checked) and finding")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 with findings."""
    import asyncio

    from .doctor_checks import checks

    kaltura = any(name.startswith("KALTURA_") for name in os.environ)
    if not (args.sink or args.queue or kaltura):
        print(
            "nothing to check: name a sink, as in --sink http:https://example.com/events, or a "
            "queue with --queue DIR",
            file=sys.stderr,
        )
        return 2

    count = 0

    def show(check: str, ok: bool | None, finding: str | None) -> None:
        nonlocal count
        count += ok is False
        if args.json:
            record = {"check": check, "ok": ok, "finding": finding if ok is False else None}
            print(json.dumps(record), flush=True)
        elif ok is False:
            print(f"{check}: {finding}", flush=True)
        else:
            said = "could not be checked" if ok is None else "ok"
            print(f"{check}: {said}{f' ({finding})' if finding else ''}", file=sys.stderr)

    async def check_all() -> None:
        async for result in checks(args.sink, args.queue, send=args.send):
            show(result.check, result.ok, result.text)

    asyncio.run(check_all())
    return 1 if count else 0
