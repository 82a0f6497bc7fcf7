"""How long the command takes to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

from .measuring import Row, Scale, Work, children_time, in_turns

#: What the installed script does.
COMMAND = (sys.executable, "-c", "import sys; from playertrack.cli import main; sys.exit(main())")


def rows(scale: Scale) -> Iterator[Row]:
    timings = in_turns(
        scale.rounds,
        {"help": child(*COMMAND, "--help"), "pass": child(sys.executable, "-c", "pass")},
        clock=children_time,
    )
    yield Row(
        "playertrack --help / python -c pass",
        timings.ratio("help", "pass"),
        at_most=4,
    )


def child(*command: str) -> Work:
    """A command to be run, silently and with success.

    Byte code is written at the first run, as it is when a package is installed.
    """
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    run = partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL, env=environment)

    def work() -> Callable[[], object]:
        return run

    return work
