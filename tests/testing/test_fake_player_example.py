"""The example of a player's test suite: it finds each bug, with a test of less than six lines."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest
from inner import run

EXAMPLES = Path(__file__).parents[2] / "examples"
SUITE = EXAMPLES / "test_fake_player.py"

#: The test that finds it, and the test's report.
FOUND = {
    "quartile by position": (
        "test_what_was_skipped_was_not_watched",
        "*session 1: expected quartiles none; got 25, 50*",
    ),
    "double PLAY on resume": ("test_going_on_is_not_another_play", "*PLAY #7 *: expected RESUME*"),
    "unpaired buffer": ("test_a_buffer_that_starts_also_ends", "*I-pair: PAUSE before the BUFFER*"),
    "same session on replay": (
        "test_a_replay_counts_anew",
        "*there is no session 2 with a PLAY: 1 session found*",
    ),
    "SEEK per scrub step": ("test_a_scrub_is_one_seek", "*SEEK #6 *nothing was expected here*"),
}


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(
        fake_player=(EXAMPLES / "fake_player.py").read_text("utf-8"),
        test_copy=SUITE.read_text("utf-8"),
    )
    return pytester


@pytest.mark.parametrize("bug", FOUND)
def test_each_bug_is_found_by_its_own_test(
    bug: str, suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_PLAYER_BUG", bug)
    result = run(suite)
    result.assert_outcomes(passed=4, failed=1)
    test, report = FOUND[bug]
    result.stdout.fnmatch_lines([report])
    result.stdout.fnmatch_lines([f"FAILED *::{test}*"])


def test_the_right_player_passes(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAKE_PLAYER_BUG", raising=False)
    run(suite).assert_outcomes(passed=5)


def test_all_bugs_are_found_here_in_less_than_six_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    from fake_player import Bug

    assert set(FOUND) == set(get_args(Bug))
    tests = [
        node
        for node in ast.parse(SUITE.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert {node.name for node in tests} == {test for test, _ in FOUND.values()}
    assert all(node.end_lineno and node.end_lineno - node.lineno + 1 < 6 for node in tests)
