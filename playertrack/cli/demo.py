"""``playertrack demo``: plays a generated video and delivers, shows and explains its events."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_command, add_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "demo",
        "Makes a video of 12 seconds, plays it the way a viewer would (with a pause, a seek and a\n"
        "stall), delivers the events through a queue to a collector on this machine, and explains\n"
        "them. It opens no window, takes a few seconds, needs no account and leaves nothing\n"
        "behind. Needs the extra av: pip install 'playertrack[av]'.",
        "  playertrack demo\n  playertrack demo --json",
    )
    add_json(parser, "only the events that the collector received, one a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if an event was judged bad or did not arrive."""
    from ..errors import PlayertrackError

    try:
        from playertrack_av.demo import main
    except ImportError as error:
        problem = f"the demo needs the extra av ({error}): pip install 'playertrack[av]'"
        raise PlayertrackError(problem) from error
    return int(main(as_json=args.json))
