"""Every page of the documentation, and the README: its code runs, its commands are commands.

The blocks of a page share their names and run in order, in a directory of their own, as
somebody would type them who reads on.
"""

from __future__ import annotations

import os
import re
import shlex
from importlib import import_module
from pathlib import Path

import attrs
import pytest
import scenarios
from test_rules import RULES

from playertrack.cli import COMMANDS, parser_of
from playertrack.testing.clips import make_clip
from playertrack.timeline import Timeline, observe
from playertrack.trace.conformance import load_cases

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {path.name: path.read_text("utf-8") for path in [ROOT / "README.md", *DOCS.glob("*.md")]}

#: A fenced block: what is behind the fence, and what is in it.
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?:[A-Z_]+=\S+ )*playertrack (.*)$", re.MULTILINE)


def blocks(text: str, kind: str) -> list[str]:
    return [body for info, body in FENCE.findall(text) if info == kind]


#: Pages that play with what `make players` installs where it may.
NEED_PLAYERS = ("wrap.md",)

WITH_CODE = [name for name, text in PAGES.items() if blocks(text, "python")]
COMMANDS_SHOWN = [
    (name, line)
    for name, text in PAGES.items()
    for block in blocks(text, "console")
    for line in COMMAND.findall(block)
]


@pytest.mark.parametrize("page", WITH_CODE)
def test_the_code_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / "tests" / "adapters")  # where the guide's player is
    make_clip(tmp_path / "video.mp4", 2.0)
    names: dict[str, object] = {"__name__": f"{page.removesuffix('.md')}_page"}
    for number, block in enumerate(blocks(PAGES[page], "python"), 1):
        try:
            exec(compile(block, f"{page}, block {number}", "exec"), names)
        except ImportError as error:
            if page not in NEED_PLAYERS or os.environ.get("CI"):
                raise
            pytest.skip(str(error))


@pytest.mark.parametrize(("page", "line"), COMMANDS_SHOWN)
def test_a_command_of_a_page_can_be_given(page: str, line: str) -> None:
    words = shlex.split(line.partition(" > ")[0].partition(" | ")[0])
    assert words[0] in COMMANDS
    parser = parser_of(words[0], import_module(f"playertrack.cli.{words[0].replace('-', '_')}"))
    parser.parse_args(words)


def test_the_first_test_fails_until_the_bug_is_fixed(pytester: pytest.Pytester) -> None:
    block = blocks(PAGES["start.md"], "python")[-1]
    test = pytester.path / "test_player.py"
    test.write_text(block)
    failed = pytester.runpytest_subprocess("-q", "test_player.py")
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*PAUSE is missing after*"])
    bug = "    def pause(self):\n        self.running = False\n"
    assert bug in block
    test.write_text(block.replace(bug, f"{bug}        self.tracker.pause()\n"))
    pytester.runpytest_subprocess("-q", "test_player.py").assert_outcomes(passed=1)


def test_pages_show_commands() -> None:
    assert {line.split()[0] for _, line in COMMANDS_SHOWN} >= {"play", "derive", "timeline"}


# -------------------------------------------------------------------------------- the rules


@attrs.frozen
class Drawn:
    """A rule and what is drawn of it."""

    rule: str
    timeline: Timeline


def named(name: str) -> Timeline:
    for case in load_cases(ROOT / "tests" / "cases"):
        if case.id == name:
            return observe(enumerate(case.signals, 1), case.policy)
    [found] = (each for each in scenarios.load() if each.id == name)
    return shown(found)


def shown(scenario: scenarios.Scenario) -> Timeline:
    return observe(
        ((line, (None, signal)) for line, signal in enumerate(scenario.signals, 1)),
        scenario.policy,
    )


def drawn_rules() -> list[Drawn]:
    found = []
    for section in re.split(r"^### ", PAGES["rules.md"], flags=re.MULTILINE)[1:]:
        [(info, body)] = FENCE.findall(section)
        policy, lines = "", body
        if body.startswith(":policy: "):
            policy, _, lines = body.removeprefix(":policy: ").partition("\n")
        if lines.strip():
            [scenario] = scenarios.parse(f"[shown] {{{policy}}}\n{lines}")
            timeline = shown(scenario)
        else:
            timeline = named(info.removeprefix("{timeline} "))
        found.append(Drawn(section.partition("\n")[0], timeline))
    return found


DRAWN = drawn_rules()


def test_every_rule_has_its_drawing() -> None:
    assert {drawn.rule for drawn in DRAWN} == set(RULES.split())


def rules_of(timeline: Timeline) -> set[str]:
    """The rules that the events go back to."""
    return {each.event.rule for row in timeline.rows for each in row.explanation.entries}


#: The rules that an event can name; others say how something is counted, or what there is not.
NAMED = set().union(*(rules_of(shown(scenario)) for scenario in scenarios.load()))
NAMED -= {"R-last-stretch"}  # only where an end completes a seek, which is not what it is about


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda drawn: drawn.rule)
def test_a_rule_is_seen_at_work_in_its_drawing(drawn: Drawn) -> None:
    assert rules_of(drawn.timeline)
    assert drawn.rule in rules_of(drawn.timeline) or drawn.rule not in NAMED
