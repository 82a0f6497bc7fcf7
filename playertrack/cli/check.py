"""``playertrack check``: runs conformance cases against the engine."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .common import add_command, add_json, name_of

if TYPE_CHECKING:
    from ..trace.conformance import Case, CaseResult


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "check",
        "Runs conformance cases against the engine. Exit code 1 if a case fails.",
        "  playertrack check tests/cases\n  playertrack check --json case.json other.json",
    )
    parser.add_argument(
        "cases",
        metavar="CASES",
        nargs="+",
        help="a JSON file with one case or a list of cases, or a folder of such files; "
        "- for standard input",
    )
    add_json(parser, "one case a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if a case failed, 2 if there is none."""
    from .._words import counted
    from ..trace import conformance

    results = []
    for path in args.cases:
        for case in _load(path):
            result = conformance.run(case)
            results.append(result)
            _print(result, args.json)
    failed = sum(not result.passed for result in results)
    if not results:
        print(f"{', '.join(args.cases)}: no cases", file=sys.stderr)
        return 2
    print(f"{counted(len(results), 'case')}, {failed or 'none'} failed", file=sys.stderr)
    return 1 if failed else 0


def _load(path: str) -> list[Case]:
    from ..trace import conformance

    return (
        conformance.parse(sys.stdin.buffer.read(), name_of(path))
        if path == "-"
        else conformance.load_cases(path)
    )


def _print(result: CaseResult, as_json: bool) -> None:
    case = result.case
    if as_json:
        import json

        record = {"id": case.id, "passed": result.passed, "difference": result.difference()}
        print(json.dumps(record))
    else:
        print(f"{'ok  ' if result.passed else 'FAIL'}  {case.id}  {case.title}")
        if not result.passed:
            print(result.difference())
