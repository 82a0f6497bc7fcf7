"""Adds events of new names to what the cases in `tests/random` expect.

    .venv/bin/python tools/add_events.py MUTE UNMUTE

Another implementation derived these cases, so a case is changed only where the new events are
all that differs. The others are listed, for you to judge by the rules and correct by hand. Exit
code 1 if there are any.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playertrack._words import counted
from playertrack.events import EVENTS
from playertrack.trace.conformance import Case, load_cases, run

RANDOM = Path(__file__).parents[1] / "tests" / "random"


def renewed(case: Case, new: Collection[str]) -> Sequence[Mapping[str, Any]] | None:
    """The expected events of ``case`` with the ``new`` ones; None if more than these differs."""
    made = run(case).events
    if len(made) != len(case.events) + sum(event["event"] in new for event in made):
        return None
    rest = iter(case.events)
    events = [
        event if event["event"] in new else {**next(rest), "index": event["index"]}
        for event in made
    ]
    case = Case(case.id, case.title, case.rules, case.policy, case.signals, tuple(events))
    return events if run(case).passed else None


def add(path: Path, new: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Rewrite a file; the id of each case that failed, and whether it was changed."""
    lines = path.read_text("utf-8").splitlines()
    for number, case in enumerate(load_cases(path)):
        if run(case).passed:
            continue
        events = renewed(case, new)
        yield case.id, events is not None
        if events is not None:
            record = {**json.loads(lines[number]), "events": events}
            lines[number] = json.dumps(record, separators=(",", ":"))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def main(new: Sequence[str], folder: Path = RANDOM) -> int:
    """Add the events of these names."""
    if not new or not set(new) <= EVENTS.keys():
        print("usage: add_events.py EVENT..., names that events.py has", file=sys.stderr)
        return 2
    changed = 0
    left = []
    for path in sorted(folder.glob("*.jsonl")):
        for case, done in add(path, new):
            changed += done
            if not done:
                left.append(case)
    print(f"{counted(changed, 'case')} changed")
    for case in left:
        print(f"{case}: more than the new events differs")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
