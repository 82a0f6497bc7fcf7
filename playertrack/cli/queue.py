"""``playertrack queue``: shows what waits in a queue and what was refused, and sends both."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from shlex import quote
from typing import TYPE_CHECKING, Any

from .._words import counted, plain
from .common import add_command, add_json, seconds
from .delivering import add_deliver_timeout
from .status_lines import age, status_lines

#: The services whose destinations are named by an identity.
_KALTURA = ("stats", "kava")

if TYPE_CHECKING:
    from ..delivery.status import Status
    from ..outbox import DeadLetter, Look, Standing


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "queue",
        "Inspects the queue of events in a directory and sends what is in it; all but flush also\n"
        "work while a program uses the queue.\n\n"
        "  status   for each destination its address, its state, and the fate of its events\n"
        "  flush    send what waits; the queue knows the addresses, the environment has the\n"
        "           secrets and, for Kaltura, the account\n"
        "  dead     the dead letters: events that a server refused for good, and why\n"
        "  retry    queue the dead letters again, once the cause is fixed; they go out after the\n"
        "           events that wait already\n"
        "  resume   try paused destinations again",
        "  playertrack queue status /var/lib/kiosk\n"
        "  playertrack queue dead /var/lib/kiosk --json\n"
        "  KALTURA_PARTNER_ID=102 playertrack queue flush /var/lib/kiosk --deliver-timeout 60\n"
        "  playertrack queue status /var/lib/kiosk --max-age 3600\n\n"
        "exit codes: 0 all is well, 1 a destination is paused or an event older than --max-age\n"
        "(status), or there are dead letters (dead), 2 wrong usage or no queue, 3 events are left\n"
        "(flush).",
    )
    parser.add_argument("action", choices=("status", "flush", "dead", "retry", "resume"))
    parser.add_argument("directory", metavar="DIR", help="the directory of the queue")
    parser.add_argument(
        "--max-age",
        metavar="S",
        type=seconds,
        help="for status: exit code 1 if an event has waited for more than S seconds",
    )
    add_deliver_timeout(parser, "how long flush may take, in seconds")
    add_json(parser, "one destination or dead letter a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if somebody has to look, 3 if events are left to send."""
    from ..delivery.status import statuses, troubled
    from ..outbox import look
    from .prose import show

    seen = look(args.directory)
    if args.action == "dead":
        for letter in seen.dead:
            print(json.dumps(_record(letter)) if args.json else _line(letter))
        return 1 if seen.dead else 0
    _act(args, seen)
    found = statuses(args.directory)
    for status in found:
        if args.json:
            print(json.dumps(status.to_record()))
        else:
            show(status_lines(status), sys.stdout)
    if not found:
        print(f"{args.directory}: nothing was ever queued", file=sys.stderr)
    if args.action == "status":
        _report_old(found, args.max_age)
        return 1 if troubled(found, args.max_age) else 0
    return 3 if args.action == "flush" and any(status.pending for status in found) else 0


def _act(args: argparse.Namespace, seen: Look) -> None:
    """Do what changes the queue, if that was asked for."""
    from ..outbox import look, resume, retry

    if args.action == "resume":
        resume(args.directory)
    elif args.action == "retry":
        _report_retry(args.directory, *retry(args.directory), in_use=seen.in_use)
    elif args.action == "flush" and seen.in_use:
        print(f"{args.directory}: a running program sends it already", file=sys.stderr)
    elif args.action == "flush":
        _flush(args.directory, seen.standings, args.deliver_timeout)
        _print_others(look(args.directory).standings)


def _report_old(found: Iterable[Status], max_age: float | None) -> None:
    """Say which destinations have events older than ``--max-age``."""
    for status in found:
        if max_age is not None and (status.oldest_pending or 0.0) > max_age:
            what = f"an event has waited for {age(status.oldest_pending or 0)}"
            print(f"{plain(status.name)}: {what}, longer than --max-age", file=sys.stderr)


def _report_retry(directory: str, queued: int, left: int, *, in_use: bool) -> None:
    """Say how many dead letters were queued again, and what sends them."""
    if not queued:
        print(f"{directory}: there are no dead letters to send again", file=sys.stderr)
    elif in_use:
        print(f"{counted(queued, 'event')} queued again", file=sys.stderr)
    else:
        how = f"to send them: playertrack queue flush {quote(directory)}"
        print(f"{counted(queued, 'event')} queued again; {how}", file=sys.stderr)
    if left:
        what = f"{counted(left, 'dead letter')} could not be encoded, so there is nothing to send"
        print(what, file=sys.stderr)


def _flush(directory: str, standings: Iterable[Standing], timeout: float) -> None:
    """Send what waits there; the environment has the secrets, and says for whom of Kaltura."""
    from ..sinks import FanoutSink, SinkError, open_sink

    # A sink for each destination; for Kaltura that of the environment's identity.
    specs: dict[str, None] = {}
    for standing in standings:
        if standing.counts.pending:
            service = standing.name.partition(":")[0]
            specs[service if service in _KALTURA else standing.name] = None
    sinks = []
    for spec in specs:
        try:
            sinks.append(open_sink(spec, queue=directory))
        except SinkError as error:
            print(error, file=sys.stderr)
    FanoutSink(sinks).close(timeout)


def _print_others(standings: Iterable[Standing]) -> None:
    """Say which events were not even tried, since they are not of the environment's identity."""
    from ..destinations.kaltura.environment import identity_from
    from ..sinks import SinkError

    waiting = [each for each in standings if each.counts.pending]
    waiting = [each for each in waiting if each.name.partition(":")[0] in _KALTURA]
    if not waiting:
        return
    try:
        key = identity_from().key
    except SinkError:
        return  # which was said before
    for standing in waiting:
        if standing.name.partition(":")[2] != key:
            what = f"{plain(standing.name)}: {standing.counts.pending} events are of another"
            print(f"{what} identity than that of the KALTURA_* variables", file=sys.stderr)


def _record(letter: DeadLetter) -> dict[str, Any]:
    item = letter.item
    return {
        "destination": letter.destination,
        "session": item.lane,
        "event": item.event,
        "index": item.number,
        "at": item.at,
        "reason": letter.reason,
        "body": item.body.decode("utf-8", "replace"),
    }


def _line(letter: DeadLetter) -> str:
    item = letter.item
    what = f"{letter.destination}  {item.lane}  #{item.number} {item.event}"
    return f"{plain(what)}: {plain(letter.reason)}"
