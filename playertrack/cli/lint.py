"""``playertrack lint``: checks any event log against the invariants."""

from __future__ import annotations

import argparse
import sys
from types import NoneType
from typing import TYPE_CHECKING, Any

from .common import (
    WantedPlayer,
    add_command,
    add_json,
    add_policy,
    add_session,
    name_of,
    no_such_session,
    open_input,
    read_policy,
)

if TYPE_CHECKING:
    from ..trace.lint import Finding


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "lint",
        "Checks an event log, whichever program wrote it, against the rules that hold for every\n"
        "log: which events occur once, in which order and in pairs, indices, times, session ids,\n"
        "and quartiles that cannot have been played. Exit code 1 if a rule is broken, 2 at a line\n"
        "that is not a JSON object.",
        "  playertrack lint events.jsonl\n"
        "  playertrack derive trace.jsonl | playertrack lint -\n"
        "  playertrack lint --policy replay_session=same events.jsonl\n"
        "  playertrack lint events.jsonl --player tv --session 2",
    )
    parser.add_argument("events", metavar="EVENTS", help="an event log; - for standard input")
    add_session(parser)
    add_policy(parser)
    add_json(parser, "one finding a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 with findings."""
    from .._words import counted
    from ..trace.codec import read_records
    from ..trace.lint import Lint

    lint, source = Lint(read_policy(args.policy)), name_of(args.events)
    report = _Report(source, args.session, args.json)
    line, wanted = 0, None if args.player is ... else WantedPlayer(args.player)
    with open_input(args.events, "event log") as stream:
        for line, record in read_records(stream, source):
            _check_kind(record, source, line)
            if wanted is None or wanted(_player_of(record)):
                report.see(record)
                report.add(lint.add(line, record))
    if wanted is not None:
        wanted.check(source)
    report.add(lint.end())
    if args.session is not None and not report.found:
        return no_such_session(args.session, args.events, report.counts)
    if line:  # an empty log is reported as such
        print(f"{source}: {counted(report.count, 'finding')}", file=sys.stderr)
    return 1 if report.count else 0


def _player_of(record: dict[str, Any]) -> str | None:
    player = record.get("player")
    return player if isinstance(player, str) else None


def _check_kind(record: dict[str, Any], source: str, line: int) -> None:
    """Raise `TraceError` for what is clearly another kind of file."""
    from ..trace.codec import TraceError

    if "event" in record:
        return
    for field, what, cure in (
        ("signal", "a trace of signals", "playertrack derive makes one"),
        ("kind", "a raw recording of a player", "playertrack derive --raw PLAYER makes one"),
        ("started_at", "a summary of a session", "playertrack stats reads it"),
    ):
        if field in record:
            raise TraceError(source, line, f"this is {what}, not an event log; {cure}")


class _Report:
    """Prints findings, of one session if one was asked for, and counts them."""

    def __init__(self, source: str, session: int | str | None, as_json: bool) -> None:
        self._source, self._session, self._as_json = source, session, as_json
        # The sessions of each player, in the order of their first event.
        self._sessions: dict[object, dict[str, int]] = {}
        from .prose import printer

        self._print = printer(sys.stdout)
        self.count = 0
        self.found = False

    def see(self, record: dict[str, Any]) -> None:
        """Note the session of an event."""
        player, session = record.get("player"), record.get("session")
        if isinstance(session, str) and isinstance(player, (str, NoneType)):
            known = self._sessions.setdefault(player, {})
            known.setdefault(session, len(known) + 1)
            self.found = self.found or self._is_chosen(session)

    @property
    def counts(self) -> list[int]:
        """How many sessions each player has."""
        return [len(known) for known in self._sessions.values()]

    def add(self, findings: list[Finding]) -> None:
        """Print those findings that were asked for."""
        import json

        import attrs

        from ..errors import shorten

        for finding in findings:
            if not self._is_chosen(finding.session):
                continue
            self.count += 1
            if self._as_json:
                print(json.dumps({"file": self._source, **attrs.asdict(finding)}))
            else:
                session = (
                    "" if finding.session is None else f" (session {shorten(finding.session)})"
                )
                where = f"{self._source}:{finding.line}"
                self._print(f"{where}: [{finding.rule}] {finding.message}{session}")

    def _is_chosen(self, session: str | None) -> bool:
        if self._session in (None, session):
            return True
        return any(self._session == known.get(session or "") for known in self._sessions.values())
