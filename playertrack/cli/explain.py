"""``playertrack explain``: why each event is there, and why a quartile is not."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .common import (
    Complaints,
    add_command,
    add_json,
    add_policy,
    add_session,
    add_skip_bad,
    is_chosen,
    name_of,
    no_such_session,
    open_input,
    read_policy,
)
from .reading import add_raw, numbered_signals, translator_of

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
    parser.add_argument("trace", metavar="TRACE", help="a signal trace; - for standard input")
    parser.add_argument("--event", metavar="NAME", help="only events of this name, such as SEEK")
    add_session(parser)
    add_raw(parser)
    add_policy(parser)
    add_skip_bad(parser)
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
    translator = translator_of(args.raw)
    policy = read_policy(args.policy, None if translator is None else translator.policy)
    complaints = Complaints(args.skip_bad)
    with open_input(args.trace) as stream:
        signals = numbered_signals(
            stream, translator, name_of(args.trace), complaints.on_bad, player=args.player
        )
        explanations = explain(signals, policy)
    ordinals = [explanation.summary.ordinal for explanation in explanations]
    if (
        not any(is_chosen(explanation.summary, args.session) for explanation in explanations)
        and args.session
    ):
        return no_such_session(args.session, args.trace, ordinals)
    printed = 0
    for explanation in explanations:
        if not is_chosen(explanation.summary, args.session):
            continue
        chosen = explanation if event is None else explanation.only(event)
        if chosen.entries or chosen.missing:
            printed += 1
            _print(chosen, args.json)
    if explanations and not printed:
        print(f"{name_of(args.trace)}: {_nothing(event, policy)}", file=sys.stderr)
    return 1 if complaints.count else 0


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
