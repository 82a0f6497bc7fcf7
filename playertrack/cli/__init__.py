"""The command line: ``playertrack COMMAND …``.

A command is a module of this package with ``add_parser(subparsers)`` and ``run(args) -> int``.
Only the one that was asked for is imported, and it imports what it needs when it runs, so
that help comes at once.

Exit codes: 0 done, 1 done with findings, 2 wrong use or input, 3 not everything was
delivered; as shells have it, 130 interrupted and 141 nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from ..errors import PlayertrackError

DONE, FINDINGS, WRONG, UNDELIVERED, INTERRUPTED, UNREAD = 0, 1, 2, 3, 130, 141

#: Every command and what its help says of it.
COMMANDS = {
    "play": "play real media headless and track it",
    "derive": "derive the events of a recorded trace",
    "explain": "say why each event is there, and why a quartile is not",
    "timeline": "draw a trace: the playhead, what was watched, the events",
    "diff": "show what another policy or version makes of a folder of traces",
    "check": "run conformance cases against the engine",
    "lint": "check an event log against the invariants",
    "queue": "look at a queue of events, send it, go on after a pause",
    "collector": "take and judge events on this machine, as Kaltura would",
    "report-view": "report a playback of which is known what was watched",
    "report": "print the rows of report.getTable",
    "diagram": "print the state machine as Mermaid text",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; ``argv`` is without the program's name."""
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
        return UNREAD
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(argv: list[str]) -> int:
    _never_fail_to_print()
    name = next((word for word in argv if word in COMMANDS), None)
    command = None if name is None else import_module(f"{__name__}.{name.replace('-', '_')}")
    try:
        args = parser_of(name, command).parse_args(argv)
    except SystemExit as exit_:  # help, or wrong use that argparse has told
        return exit_.code if isinstance(exit_.code, int) else WRONG
    assert command is not None
    try:
        return int(command.run(args))
    except BrokenPipeError:
        raise
    except PlayertrackError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        where = "playertrack" if error.filename is None else error.filename
        print(f"{where}: {error.strerror or error}", file=sys.stderr)
    return WRONG


class _Parser(argparse.ArgumentParser):
    """Tells wrong use in one line, and where to read on."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser_of(name: str | None, command: Any) -> argparse.ArgumentParser:
    """The parser of the command line; only the module ``command``, called ``name``, is in it."""
    parser = _Parser(
        prog="playertrack",
        description="Correct playback analytics for custom media players.",
        epilog="playertrack COMMAND --help says more. "
        "Exit codes: 0 done, 1 done with findings, 2 wrong use or input, "
        "3 not everything was delivered.",
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for each, summary in COMMANDS.items():
        if each == name:
            command.add_parser(subparsers)
        else:
            subparsers.add_parser(each, help=summary)
    return parser


def _never_fail_to_print() -> None:
    """What the terminal's encoding lacks is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _let_go_of_stdout() -> None:
    """Nobody reads it any more; what Python still holds must not be told as an error at exit."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
