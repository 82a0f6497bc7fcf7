"""The page about tests: its code runs, and fails as the page shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from inner import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text("utf-8")
FAKE = (ROOT / "examples" / "fake_player.py").read_text("utf-8")
SUITE = (ROOT / "examples" / "test_fake_player.py").read_text("utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

CODE = [body for kind, body in FENCE.findall(PAGE) if kind == "python"]
SHOWN = [body for kind, body in FENCE.findall(PAGE) if kind == "text"]
FORGOTTEN = "pass  # forgotten: self.tracker.pause()"

#: In the order of the page, which begins with the player on the bench.
BUGS = (
    "quartile by position",
    "double PLAY on resume",
    "unpaired buffer",
    "same session on replay",
    "SEEK per scrub step",
)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """The code of the page as one file of tests, beside the small player."""
    pytester.makeconftest(
        "import os, pytest\n"
        "from shown_player import FakePlayer\n"
        "@pytest.fixture\n"
        "def player():\n"
        "    return FakePlayer(bug=os.environ.get('FAKE_PLAYER_BUG'))\n"
    )
    pytester.makepyfile(shown_player=FAKE, test_page="\n".join(CODE))
    return pytester


def failing(result: pytest.RunResult) -> str:
    """The output of a run, without the marks that pytest puts before its lines."""
    return "\n".join(
        re.sub(r"^E {3}(?:    |AssertionError: )", "", each) for each in result.outlines
    )


def test_the_page_is_a_suite_that_finds_what_was_forgotten(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAKE_PLAYER_BUG", raising=False)
    result = run(suite, "--playertrack-update")
    result.assert_outcomes(passed=12, failed=1)
    assert SHOWN[0] in failing(result) + "\n"
    assert (suite.path / "golden" / "evening.jsonl").exists()

    right = "\n".join(CODE).replace(FORGOTTEN, "self.tracker.pause()")
    (suite.path / "test_page.py").write_text(right)
    run(suite).assert_outcomes(passed=13)


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_reported_as_the_page_shows(
    bug: str, suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_PLAYER_BUG", bug)
    result = run(suite, "-k", " or ".join(sorted(SHORT)))
    result.assert_outcomes(passed=4, failed=1, deselected=8)
    assert SHOWN[1 + BUGS.index(bug)] in failing(result) + "\n"


def bodies(source: str) -> dict[str, str]:
    """The bodies of the tests of a small player, by name."""
    return {
        node.name: "\n".join(map(ast.unparse, node.body))
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and [arg.arg for arg in node.args.args] == ["player"]
    }


SHORT = bodies("\n".join(CODE))


def test_the_page_shows_the_tests_of_the_example() -> None:
    assert bodies(SUITE) == SHORT
    assert len(SHORT) == len(BUGS)
