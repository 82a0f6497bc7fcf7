"""The curl commands of the collection guide, copied from it as they are.

`guide_examples.txt` has them under the number of their section.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import parse_qsl

import attrs

#: What the guide's variables stand for in the tests.
VALUES = {
    "KALTURA_SERVICE_URL": "https://www.kaltura.com/api_v3",
    "KALTURA_ANALYTICS_URL": "https://analytics.kaltura.com",
    "KALTURA_PARTNER_ID": "102",
    "KALTURA_ADMIN_SECRET": "admin-secret",
    "KALTURA_KS": "the-ks",
    "KS": "the-ks",
    "KS_A": "the-ks",
    "KS_B": "the-ks",
    "ENTRY_ID": "1_abc",
    "SESSION_ID": "analytics_1700000000_4711",
    "FROM_TIMESTAMP": "1699990000",
    "TO_TIMESTAMP": "1700010000",
    "(date +%s)": "1700000000",
}


@attrs.frozen
class Example:
    """A request of the guide: where it goes and its form, in order."""

    section: str
    url: str
    form: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> dict[str, str]:
        return dict(self.form)


def load() -> list[Example]:
    """All of them, in the guide's order; the numbers in a heading are those of its loop."""
    text = Path(__file__).with_suffix(".txt").read_text("utf-8")
    examples = []
    for part in filter(str.strip, text.split("# ")):
        heading, _, command = part.partition("\n")
        section, *numbers = heading.split()
        examples += [_parsed(section, command, number) for number in numbers or [""]]
    return examples


def _parsed(section: str, command: str, number: str) -> Example:
    values = VALUES | dict.fromkeys(("EVENT", "EVENT_TYPE", "QUARTILE"), number)
    for name in sorted(values, key=len, reverse=True):
        command = command.replace(f"${name}", values[name])
    words = shlex.split(command.replace("\\\n", " "))
    pairs, others = [], []
    remaining = iter(words)
    for word in remaining:
        if word == "-d":
            pairs += parse_qsl(next(remaining), keep_blank_values=True, strict_parsing=True)
        else:
            others.append(word)
    assert others[0] == "curl", words
    return Example(section, others[-1], tuple(pairs))
