"""``playertrack diagram``: the state machine, drawn from the table that runs."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_command, add_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "diagram",
        "Prints the state machine as Mermaid text, generated from the table that the engine uses.",
        "  playertrack diagram > machine.mmd",
    )
    add_json(parser, 'an object with the text as "mermaid"')


def run(args: argparse.Namespace) -> int:
    """Run it; 0."""
    import json

    from ..core.machine import diagram

    text = diagram()
    print(json.dumps({"mermaid": text}) if args.json else text.rstrip("\n"))
    return 0
