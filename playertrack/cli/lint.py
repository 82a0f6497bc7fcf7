"""``playertrack lint``: anybody's event log against the invariants."""

from __future__ import annotations

import argparse
import sys
from itertools import chain
from types import NoneType
from typing import Any

from .common import (
    add_command,
    add_json,
    add_policy,
    add_session,
    name_of,
    no_such_session,
    open_input,
    read_policy,
)


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "lint",
        "Checks an event log (JSON Lines, whoever made it) against the invariants that hold for\n"
        "every log: what may occur once, what comes before what, what comes in pairs, indices,\n"
        "times, sessions, and quartiles that cannot have been played. Exit code 1 if it breaks\n"
        "any; a line that is no JSON object ends it with 2.",
        "  playertrack lint events.jsonl\n"
        "  playertrack derive trace.jsonl | playertrack lint -\n"
        "  playertrack lint --policy replay_session=same events.jsonl\n"
        "  playertrack lint events.jsonl --player tv --session 2",
    )
    parser.add_argument("events", metavar="EVENTS", help="an event log; - is standard input")
    add_session(parser)
    add_policy(parser)
    add_json(parser, "an object a line for each finding")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 with findings."""
    import json

    import attrs

    from .._words import counted
    from ..errors import shorten
    from ..trace.codec import TraceError, read_records
    from ..trace.lint import Finding, Lint

    lint, source, count = Lint(read_policy(args.policy)), name_of(args.events), 0

    # The sessions of each player, in the order of their first event.
    sessions: dict[object, dict[object, int]] = {}

    def is_chosen(session: object) -> bool:
        ordinals = [each[session] for each in sessions.values() if session in each]
        return args.session in (None, session, *ordinals)

    def tell(findings: list[Finding]) -> None:
        nonlocal count
        for finding in findings:
            if not is_chosen(finding.session):
                continue
            count += 1
            if args.json:
                print(json.dumps({"file": source, **attrs.asdict(finding)}))
            else:
                session = (
                    "" if finding.session is None else f" (session {shorten(finding.session)})"
                )
                print(f"{source}:{finding.line}: [{finding.rule}] {finding.message}{session}")

    with open_input(args.events, "event log") as stream:
        for line, record in read_records(stream, source):
            if "event" not in record and ("signal" in record or "kind" in record):
                what, raw = ("trace of signals", "")
                if "signal" not in record:
                    what, raw = "raw recording of a player", " --raw PLAYER"
                problem = f"this is a {what}, not an event log; playertrack derive{raw} makes one"
                raise TraceError(source, line, problem)
            player, session = record.get("player"), record.get("session")
            if args.player not in (..., player):
                continue
            if isinstance(session, str) and isinstance(player, (str, NoneType)):
                known = sessions.setdefault(player, {})
                known.setdefault(session, len(known) + 1)
            tell(lint.add(line, record))
    tell(lint.end())
    if args.session is not None and not any(map(is_chosen, chain(*sessions.values()))):
        return no_such_session(args.session, args.events, map(len, sessions.values()))
    print(f"{source}: {counted(count, 'finding')}", file=sys.stderr)
    return 1 if count else 0
