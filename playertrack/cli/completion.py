"""``playertrack completion``: makes a shell complete commands, options and files."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_command, add_json

SHELLS = ("bash", "zsh", "fish")

#: Arguments by the name that help gives them: what the shell completes there.
_FILES = {"CASES", "EVENTS", "EVENTS|TRACE", "FILE", "IN", "MEDIA", "TRACE", "TRACES"}
_DIRECTORIES = {"DIR"}


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "completion",
        "Prints a script that makes Tab complete commands, options and file names in your shell.\n"
        "Needs the extra completion: pip install 'playertrack[completion]'.",
        '  eval "$(playertrack completion bash)"      # in ~/.bashrc\n'
        '  eval "$(playertrack completion zsh)"       # in ~/.zshrc\n'
        "  playertrack completion fish > ~/.config/fish/completions/playertrack.fish",
    )
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    add_json(parser, 'an object with the text in "script"')


def run(args: argparse.Namespace) -> int:
    """Run it; 0."""
    import json

    from ..errors import PlayertrackError
    from . import whole_parser

    try:
        import shtab
    except ImportError as error:
        problem = "completion needs shtab: pip install 'playertrack[completion]'"
        raise PlayertrackError(problem) from error
    parser = whole_parser()
    _complete_files(parser, shtab)
    script = shtab.complete(parser, args.shell)
    print(json.dumps({"script": script}) if args.json else script)
    return 0


def _complete_files(parser: argparse.ArgumentParser, shtab: Any) -> None:
    """Mark the arguments that name files; shtab reads the mark."""
    for action in parser._actions:  # argparse lists them nowhere else
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                _complete_files(each, shtab)
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # shtab's own
        elif action.metavar in _DIRECTORIES:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined] # the same
