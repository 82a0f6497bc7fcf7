"""How long the command takes to start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

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
    """A command to be run, silently and with success."""

    def work() -> Callable[[], object]:
        return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return work
