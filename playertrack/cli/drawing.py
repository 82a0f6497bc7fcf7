"""Timelines on a terminal, for the commands that end with one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ..timeline import Timeline

_WIDEST = 160


def add_timeline(parser: argparse.ArgumentParser) -> None:
    """``--timeline``; see `show_timeline`."""
    parser.add_argument(
        "--timeline",
        action="store_true",
        help="draw a timeline at the end (on standard error if events go to standard output)",
    )


def show_timeline(timeline: Timeline, out: TextIO) -> None:
    """Draw it as wide as the terminal is, with no more than the output's encoding has."""
    from shutil import get_terminal_size

    from ..timeline import to_text

    width = min(get_terminal_size().columns, _WIDEST)
    plain = "utf" not in (out.encoding or "").lower()
    print(to_text(timeline, width, ascii_only=plain), file=out)
