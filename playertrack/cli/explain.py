"""``playertrack explain``: why each event is there, and why a quartile is not."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .common import add_command, add_json, is_chosen, no_such_session
from .reading import TraceReader, add_trace

if TYPE_CHECKING:
    from ..policy import Policy
    from ..trace.explain import Explanation


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "explain",
        "Explains a trace: names the signal and the rule that caused each event, and the reason\n"
        "for each quartile that did not fire.",
        "  playertrack explain trace.jsonl\n"
        "  playertrack explain trace.jsonl --event PLAY_REACHED_50\n"
        "  playertrack explain trace.jsonl --session 2 --json\n"
        "  playertrack explain recording.jsonl --raw vlc",
    )
    parser.add_argument("--event", metavar="NAME", help="only events of this name, such as SEEK")
    add_trace(parser)
    add_json(parser, "one session a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if lines were left out."""
    from .._words import did_you_mean
    from ..errors import shorten
    from ..events import EVENTS
    from ..trace.explain import explain

    event = None if args.event is None else args.event.upper().replace("-", "_")
    if event is not None and event not in EVENTS:
        hint = did_you_mean(args.event, EVENTS) or "; names are such as PLAY_REACHED_50 or SEEK"
        print(f"--event: there is no event {shorten(args.event)}{hint}", file=sys.stderr)
        return 2
    reader = TraceReader(args)
    with reader.signals() as signals:
        explanations = explain(signals, reader.policy)
    chosen = [each for each in explanations if is_chosen(each.summary, args.session)]
    if args.session and not chosen:
        ordinals = [each.summary.ordinal for each in explanations]
        return no_such_session(args.session, args.trace, ordinals)
    if event is not None:
        chosen = [each.only(event) for each in chosen]
    chosen = [each for each in chosen if each.entries or each.missing]
    for each in chosen:
        _print(each, args.json)
    if explanations and not chosen:
        print(f"{reader.source}: {_nothing(event, reader.policy)}", file=sys.stderr)
    return 1 if reader.complaints.count else 0


def _nothing(event: str | None, policy: Policy) -> str:
    """The reason that there is nothing to explain."""
    from ..events import REACHED

    if event is None:
        return "nothing to explain"
    if event in REACHED.values() and event not in map(REACHED.get, policy.milestones):
        milestones = ", ".join(map(str, policy.milestones)) or "none"
        return f"{event} is no milestone of the policy; its milestones are {milestones}"
    return f"there is no {event}"


def _print(explanation: Explanation, as_json: bool) -> None:
    if as_json:
        import json

        print(json.dumps(explanation.to_record()))
    else:
        from .prose import show

        show(explanation.lines(), sys.stdout)
