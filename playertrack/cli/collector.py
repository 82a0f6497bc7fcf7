"""``playertrack collector``: a local stand-in for the services that take events."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .common import add_command, add_json, port, seconds, whole_number

if TYPE_CHECKING:
    from ..collector import Collector, Received

_FAULTS = """faults, as KIND or KIND,NAME=VALUE,…
  status        answer with this status: status=503, or status=429,retry_after=5
  delay         answer late: seconds=2
  cut, lost     accept the event, but break off the answer, or never send it
  html          answer with the page of a captive portal and status 200
  expired_ks    refuse the KS of the request from now on
  invalid_ks    the same, and repeat the KS in the answer
  each also takes times=N (only the next N requests), after=N (the first N pass), and
  endpoint=stats|kava|ks|report|http|ndjson|cloudevents|segment|xapi

/http, /ndjson, /cloudevents, /segment and /xapi on the same port are addresses for the sinks of
  these names, as in --sink http:http://127.0.0.1:8090/http

also on this port:
  GET  /  a page that shows the sessions as they arrive, each event with its verdict
  GET  /collector (JSON for tests), and below it /events, /good, /bad, /sessions, /faults, and
       /wait?events=N&timeout=S, which answers once N events were accepted, or else with 408
  POST /collector/reset forgets all events and faults, /collector/faults replaces the faults"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "collector",
        "Stands in for Kaltura and the other destinations on this machine. It checks each event\n"
        "and each session, and prints the events as they arrive, until you press Ctrl-C.\n"
        "Exit code 1 if it found something wrong.",
        "  playertrack collector --port 8090\n"
        "  playertrack collector --fault status,status=503,times=3 --fault lost,after=5,times=1\n"
        "  playertrack collector --events 12 --timeout 60 --json\n"
        "in another terminal, to send to it and to query it:\n"
        "  playertrack play talk.mp4 --sink http:http://127.0.0.1:8090/http\n"
        "  export KALTURA_SERVICE_URL=http://127.0.0.1:8090/api_v3 KALTURA_PARTNER_ID=102\n"
        "  playertrack play talk.mp4 --sink stats\n"
        "  curl 'http://127.0.0.1:8090/collector/wait?events=12&timeout=30'\n"
        "  curl http://127.0.0.1:8090/collector/bad\n"
        '  curl -d \'{"kind": "lost", "times": 1}\' http://127.0.0.1:8090/collector/faults\n'
        f"  curl -X POST http://127.0.0.1:8090/collector/reset\n\n{_FAULTS}",
    )
    parser.add_argument(
        "--port",
        metavar="P",
        type=port,
        default=8090,
        help="the port; 0 for a free one (default: 8090)",
    )
    parser.add_argument(
        "--fault",
        metavar="FAULT",
        action="append",
        default=[],
        help="misbehave in this way, see below (repeatable)",
    )
    parser.add_argument(
        "--undated",
        action="store_true",
        help="take times of before 2025 for good, as those of recordings that count from 0",
    )
    parser.add_argument(
        "--events",
        metavar="N",
        type=whole_number,
        help="exit once N events were accepted, or after --timeout",
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="how long to wait for --events; then the exit code is 3 (default: 60)",
    )
    add_json(parser, "one event a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 with findings, 3 if fewer events came than were waited for."""
    import asyncio
    import json

    from ..collector import Collector, Switch
    from ..collector.received_lines import received_line, verdict_lines

    def show(received: Received) -> None:
        line = json.dumps(received.to_record()) if args.json else received_line(received)
        print(line, flush=True)

    faults = [Switch.parse(text) for text in args.fault]
    collector = Collector(args.port, on_event=show, faults=faults, undated=args.undated)
    came = asyncio.run(_serve(collector, args.events, args.timeout))
    counts = collector.history.summary()
    for line in verdict_lines(counts, collector.sessions):
        print(line, file=sys.stderr)
    if not came:
        return 3
    return 1 if counts["bad"] else 0


async def _serve(collector: Collector, events: int | None, patience: float) -> bool:
    """Serve until it is enough, or somebody says so; whether as many came as were wanted."""
    import asyncio

    from ..view.local_site import interrupted

    stop = asyncio.create_task(interrupted())
    async with collector:
        print(f"KALTURA_SERVICE_URL={collector.service_url}", file=sys.stderr)
        print(f"KALTURA_ANALYTICS_URL={collector.analytics_url}", file=sys.stderr)
        print(f"page: {collector.analytics_url}/", file=sys.stderr, flush=True)
        if events is None:
            await stop
            return True
        enough = asyncio.create_task(collector.wait(events, patience))
        await asyncio.wait((stop, enough), return_when=asyncio.FIRST_COMPLETED)
        for task in (stop, enough):
            task.cancel()
        await asyncio.gather(stop, enough, return_exceptions=True)
    return collector.history.counts["accepted"] >= events
