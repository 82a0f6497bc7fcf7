"""``playertrack report``: asks report.getTable for totals and prints its rows."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from .._words import plain
from .common import add_command, add_json, point_in_time, whole_number

_DAY = 86400


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "report",
        "Prints the rows of Kaltura's report.getTable. Takes KALTURA_SERVICE_URL and KALTURA_KS\n"
        "from the environment; the KS must be allowed to read reports. Events appear in reports\n"
        "10 to 30 minutes after they were sent.",
        "  playertrack report --entry-id 1_abc\n"
        "  playertrack report --from 2026-11-01 --to 2026-11-08 --order -count_plays --json",
    )
    parser.add_argument(
        "--type",
        metavar="N",
        type=whole_number,
        default=38,
        help="the number of the report (default: 38, content)",
    )
    parser.add_argument(
        "--entry-id", metavar="ID", action="append", default=[], help="only this entry (repeatable)"
    )
    parser.add_argument(
        "--from",
        dest="since",
        metavar="TIME",
        type=point_in_time,
        help="start: Unix seconds or ISO 8601, in UTC unless it names a zone (default: 7 days "
        "before --to)",
    )
    parser.add_argument(
        "--to",
        dest="until",
        metavar="TIME",
        type=point_in_time,
        help="end, in the same form (default: now)",
    )
    parser.add_argument(
        "--order",
        metavar="COLUMN",
        default="",
        help="sort by this column; -COLUMN for largest first",
    )
    parser.add_argument(
        "--page-size",
        metavar="N",
        type=whole_number,
        default=30,
        help="rows on a page (default: 30)",
    )
    parser.add_argument(
        "--page", metavar="N", type=whole_number, default=1, help="the page to print (default: 1)"
    )
    parser.add_argument(
        "--delimiter",
        metavar="TEXT",
        default="|",
        help="the separator of cells in the server's answer (default: |)",
    )
    add_json(parser, "one row a line")


def run(args: argparse.Namespace) -> int:
    """Run it."""
    import asyncio
    import json
    from time import time

    from .._words import counted
    from ..destinations.kaltura import SERVICE_URL
    from ..destinations.kaltura.api import ask, checked_address
    from ..destinations.kaltura.report import ReportQuery, rows

    ks = os.environ.get("KALTURA_KS", "")
    if not ks:
        print("report needs a KS in the environment variable KALTURA_KS", file=sys.stderr)
        return 2
    until = int(time() if args.until is None else args.until)
    query = ReportQuery(
        since=until - 7 * _DAY if args.since is None else int(args.since),
        until=until,
        report_type=args.type,
        entries=tuple(args.entry_id),
        order=args.order,
        page_size=args.page_size,
        page_index=args.page,
        delimiter=args.delimiter,
    )
    base = checked_address(os.environ.get("KALTURA_SERVICE_URL", SERVICE_URL))
    pairs = [("ks", ks), *query.pairs()]
    answer, _ = asyncio.run(ask(base, "report/getTable", pairs, secrets=[ks]))
    found = rows(answer, query.delimiter)
    if args.json:
        for row in found:
            print(json.dumps(row))
    else:
        _print(found)
    print(f"{counted(len(found), 'row')}", file=sys.stderr)
    return 0


def _print(found: list[dict[str, str]]) -> None:
    """The rows in columns."""
    if not found:
        return
    table = [list(found[0]), *(list(row.values()) for row in found)]
    table = [list(map(plain, line)) for line in table]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(map(str.ljust, line, widths)).rstrip())
