"""``playertrack collector``: a local stand-in for the services that take events."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .common import add_command, add_json, count, seconds

if TYPE_CHECKING:
    from ..collector import Collector, Received

_FAULTS = """faults, as KIND or KIND,NAME=VALUE,…
  status        answers with it: status=503, or status=429,retry_after=5
  delay         answers later: seconds=2
  cut, lost     takes the event; the answer breaks off, or never comes
  html          answers with the page of a captive portal, and status 200
  expired_ks    the KS of the request is refused from now on
  invalid_ks    the same, and the answer repeats the KS
  each with times=N (then it is over), after=N (so many pass first), endpoint=stats|kava|ks|report|
  http|ndjson|cloudevents|segment|xapi

other destinations, on the same port: /http, /ndjson, /cloudevents, /segment and /xapi are the
  addresses for the sinks of these names, as --sink http:http://127.0.0.1:8090/http

beside the services, on the same port:
  GET  /  is a page that shows the sessions as they come, each event with its verdict
and JSON for tests:
  GET  /collector, and below it /events, /good, /bad, /sessions, /faults,
       /wait?events=N&timeout=S (comes when so many were accepted; 408 if they were not)
  POST /collector/reset (forget all, no faults), /collector/faults (these and no others)"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "collector",
        "Takes events on this machine as the Kaltura endpoints and other destinations would,\n"
        "judges each and each session, and prints them as they come, until it is interrupted.\n"
        "Exit code 1 if something was wrong with one.",
        "  playertrack collector --port 8090\n"
        "  playertrack collector --fault status,status=503,times=3 --fault lost,after=5,times=1\n"
        "  playertrack collector --events 12 --timeout 60 --json\n"
        "what sends to it, and what asks it from another terminal:\n"
        "  playertrack play talk.mp4 --sink http:http://127.0.0.1:8090/http\n"
        "  export KALTURA_SERVICE_URL=http://127.0.0.1:8090/api_v3 KALTURA_PARTNER_ID=102\n"
        "  playertrack play talk.mp4 --sink stats\n"
        "  curl 'http://127.0.0.1:8090/collector/wait?events=12&timeout=30'\n"
        "  curl http://127.0.0.1:8090/collector/bad\n"
        '  curl -d \'{"kind": "lost", "times": 1}\' http://127.0.0.1:8090/collector/faults\n'
        f"  curl -X POST http://127.0.0.1:8090/collector/reset\n\n{_FAULTS}",
    )
    parser.add_argument(
        "--port", metavar="P", type=_port, default=8090, help="0 takes a free one (default: 8090)"
    )
    parser.add_argument(
        "--fault", metavar="FAULT", action="append", default=[], help="see below (repeatable)"
    )
    parser.add_argument(
        "--events",
        metavar="N",
        type=count,
        help="end when so many were accepted, or after --timeout",
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="how long --events are awaited, then exit code 3 (default: 60)",
    )
    add_json(parser, "an object a line for each event")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 with findings, 3 if fewer events came than were waited for."""
    import asyncio
    import json

    from ..collector import Collector, Switch
    from ..collector.lines import event_line, summary_lines

    def show(received: Received) -> None:
        line = json.dumps(received.to_record()) if args.json else event_line(received)
        print(line, flush=True)

    faults = [Switch.parse(text) for text in args.fault]
    collector = Collector(args.port, on_event=show, faults=faults)
    came = asyncio.run(_serve(collector, args.events, args.timeout))
    counts = collector.history.summary()
    for line in summary_lines(counts, collector.sessions):
        print(line, file=sys.stderr)
    if not came:
        return 3
    return 1 if counts["bad"] else 0


async def _serve(collector: Collector, events: int | None, patience: float) -> bool:
    """Serve until it is enough, or somebody says so; whether as many came as were wanted."""
    import asyncio
    import signal
    from contextlib import suppress

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # elsewhere Ctrl-C is a KeyboardInterrupt
            loop.add_signal_handler(number, ended.set)
    async with collector:
        print(f"KALTURA_SERVICE_URL={collector.service_url}", file=sys.stderr)
        print(f"KALTURA_ANALYTICS_URL={collector.analytics_url}", file=sys.stderr)
        print(f"page: {collector.analytics_url}/", file=sys.stderr, flush=True)
        stop = asyncio.create_task(ended.wait())
        if events is None:
            await stop
            return True
        enough = asyncio.create_task(collector.wait(events, patience))
        await asyncio.wait((stop, enough), return_when=asyncio.FIRST_COMPLETED)
        for task in (stop, enough):
            task.cancel()
        await asyncio.gather(stop, enough, return_exceptions=True)
    return collector.history.counts["accepted"] >= events


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)
