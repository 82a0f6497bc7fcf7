"""``playertrack demo``: all of it at once, with a video that it makes itself."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_command, add_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "demo",
        "Makes a video of 12 seconds, plays it without window and sound as a viewer would (with\n"
        "a pause, a seek and a stall), delivers the events through a queue to a collector on this\n"
        "machine, and explains them. It takes a few seconds, needs no account and leaves nothing\n"
        "behind. Needs the extra av: pip install 'playertrack[av]'.",
        "  playertrack demo\n  playertrack demo --json",
    )
    add_json(parser, "only what the collector received, an object a line for each event")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if an event was judged bad or did not arrive."""
    from ..errors import PlayertrackError

    try:
        from playertrack_av.demo import main
    except ImportError as error:
        problem = f"the demo needs the extra av ({error}): pip install 'playertrack[av]'"
        raise PlayertrackError(problem) from error
    return int(main(as_json=args.json))
