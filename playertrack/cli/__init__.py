"""The command line: ``playertrack COMMAND …``.

A command is a module of this package with ``add_parser(subparsers)`` and ``run(args) -> int``.
Only the requested one is imported, and it imports what it needs when it runs, so that help
appears at once.

Exit codes: 0 done, 1 done with findings, 2 wrong usage or input, 3 not everything was
delivered; and, as is usual in shells, 130 interrupted and 141 nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from .._words import did_you_mean
from ..errors import PlayertrackError

DONE, FINDINGS, WRONG, UNDELIVERED, INTERRUPTED, UNREAD = 0, 1, 2, 3, 130, 141

#: Every command, and what the help says about it.
COMMANDS = {
    "play": "play a file or URL without a window, and track it",
    "derive": "derive the events of recorded traces",
    "explain": "say why each event came, and why a quartile did not",
    "timeline": "draw a trace: playhead, watched parts, events",
    "view": "browse the sessions of traces and event logs on a local page",
    "stats": "compute join time, rebuffering and retention of many sessions",
    "diff": "compare the events of two policies or versions",
    "check": "run conformance cases against the engine",
    "lint": "check an event log for errors",
    "queue": "inspect a queue of undelivered events, and send or retry them",
    "doctor": "check whether this machine can deliver events",
    "collector": "receive and check events on this machine, as Kaltura would",
    "report-view": "report a whole playback from the parts that were watched",
    "report": "print the rows of Kaltura's report.getTable",
    "diagram": "print the state machine as Mermaid text",
    "new-adapter": "start a package that adapts another player",
    "demo": "play a generated video and explain its events: start here",
    "completion": "print a script that completes commands in a shell",
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
    command = None if name is None else module_of(name)
    try:
        args = parser_of(name, command).parse_args(argv)
    except SystemExit as exit_:  # help, or wrong usage that argparse has reported
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
    """Reports wrong usage in one line, with what was probably meant and where to read on."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}; see {self.prog} --help\n")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all of it; an argument that is left over is wrong usage."""
        found, left = self.parse_known_args(args, namespace)
        if left:
            parser = getattr(found, "parser", self)
            name = left[0].partition("=")[0]
            hint = did_you_mean(name, parser._option_string_actions) if name[:1] == "-" else ""
            what = "option" if name[:1] == "-" else "argument"
            parser.error(f"unknown {what} {name}{hint}")
        return found

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # argparse has no other place for a hint before Python 3.14.
        if action.choices is not None and value not in action.choices:
            kind = (action.metavar if isinstance(action.metavar, str) else action.dest).lower()
            known = [str(choice) for choice in action.choices]
            hint = did_you_mean(str(value), known) or f"; expected {', '.join(known)}"
            self.error(f"there is no {kind} {str(value)[:40]!r}{hint}")


def parser_of(name: str | None, command: Any) -> argparse.ArgumentParser:
    """The parser of the command line; only the module ``command``, called ``name``, is in it."""
    parser = _root()
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for each, summary in COMMANDS.items():
        if each == name:
            command.add_parser(subparsers)
        else:
            subparsers.add_parser(each, help=summary)
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """The parser of the command line with all commands in it."""
    parser = _root()
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        module_of(name).add_parser(subparsers)
    return parser


def module_of(name: str) -> Any:
    """The module of the command ``name``."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")


def _root() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="playertrack",
        description="Correct playback analytics for media players. New here? Try: playertrack demo",
        epilog="Run playertrack COMMAND --help for the options of a command, with examples. "
        "Exit codes: 0 success, 1 success with findings, 2 wrong usage or input, "
        "3 not everything was delivered.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    return parser


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002 - argparse
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"playertrack {version('playertrack')}")
        parser.exit()


def _never_fail_to_print() -> None:
    """Show characters that the terminal's encoding lacks as escapes."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # so suppressed


def _let_go_of_stdout() -> None:
    """Nobody reads it any more; what Python still holds must not be an error at exit."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
