"""``playertrack view``: serves a local page for traces and event logs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .common import Complaints, add_command, add_json, add_policy, add_skip_bad, port
from .reading import add_raw, numbered_signals, translator_and_policy, translator_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..trace.codec import ByteStream, OnBad
    from ..view import FileLibrary
    from .reading import Numbered

#: How long (s) small input is waited for, so that the page is complete when it opens.
_PATIENCE = 2.0
#: Requests a second that are answered.
_MOST = 1000.0


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "view",
        "Serves a local page with all sessions of traces and event logs: a table to filter and\n"
        "sort, and for the chosen session its timeline, events, signals and their explanation.\n"
        "The first line of output is the address; Ctrl-C ends it.",
        "  playertrack view trace.jsonl\n"
        "  playertrack view traces/ --port 8000 --no-browser\n"
        "  playertrack view events.jsonl\n"
        "  playertrack view recording.jsonl --raw vlc",
    )
    parser.add_argument(
        "inputs",
        metavar="TRACE",
        nargs="+",
        help="a signal trace, an event log, or a folder of them",
    )
    parser.add_argument(
        "--port",
        metavar="P",
        type=port,
        default=0,
        help="listen on this port (default: a free one)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    add_raw(parser)
    add_policy(parser)
    add_skip_bad(parser)
    add_json(parser, "the address, in an object")


def run(args: argparse.Namespace) -> int:
    """Serve until it is interrupted; 1 if lines were left out, 2 if nothing can be read."""
    import asyncio
    from pathlib import Path

    from ..view import FileLibrary, find

    translator, policy = translator_and_policy(args)

    def raw(stream: ByteStream, name: str, on_bad: OnBad | None) -> Iterator[Numbered]:
        return numbered_signals(stream, translator_of(args.raw), name, on_bad)

    sources = find(map(Path, args.inputs), None if translator is None else raw)
    if not sources:
        print(f"{args.inputs[0]}: no traces or event logs", file=sys.stderr)
        return 2
    complaints = Complaints(args.skip_bad)
    library = FileLibrary(sources, policy, complaints.on_bad)
    library.start()
    try:
        if library.loaded(_PATIENCE) and library.problems:
            for problem in library.problems:
                print(problem, file=sys.stderr)
            return 2
        asyncio.run(_serve(library, args))
    finally:
        library.stop()
    return 1 if complaints.count else 0


async def _serve(library: FileLibrary, args: argparse.Namespace) -> None:
    import json

    from ..collector.guard import Guard
    from ..view.local_site import interrupted
    from ..view.page_server import ViewServer

    server = ViewServer(library, port=args.port, middlewares=[Guard(max_rate=_MOST).check])
    async with server:
        address = json.dumps({"address": server.address}) if args.json else server.address
        print(address, flush=True)
        if not args.no_browser:
            _open(server.address)
        await interrupted()


def _open(address: str) -> None:
    """Open a browser, in a thread: some are waited for."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
