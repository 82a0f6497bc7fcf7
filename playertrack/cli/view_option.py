"""The option ``--view``: a local page that shows what a command plays, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..testing.live_view import LiveView


def add_view(parser: argparse.ArgumentParser) -> None:
    """``--view``; see `open_view`."""
    parser.add_argument(
        "--view",
        action="store_true",
        help="show playback on a local page, which stays open until Ctrl-C; its address is printed "
        "on standard error",
    )


def open_view(files: ExitStack) -> LiveView:
    """Open a page that shows what is played, and print its address."""
    from ..testing.live_view import LiveView

    view = files.enter_context(LiveView())
    print(f"page: {view.address}", file=sys.stderr, flush=True)
    return view


def linger(view: LiveView) -> None:
    """Keep the page until Ctrl-C."""
    print(f"the page stays at {view.address} until Ctrl-C", file=sys.stderr, flush=True)
    with suppress(KeyboardInterrupt):
        while not view.wait(0.5):  # in turns: Windows lets no Ctrl-C through to a longer wait
            pass
