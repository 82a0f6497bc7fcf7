"""Text for a terminal: no word is broken, and a pipe gets lines as they are."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.commanding import Terminal
from playertrack.cli.prose import show, show_table, wrap

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@given(st.lists(st.text("abc-[]", min_size=1, max_size=30), min_size=1), st.integers(40, 120))
def test_words_are_kept_whole_and_lines_within_the_width(words: list[str], width: int) -> None:
    lines = list(wrap("    " + " ".join(words), width))
    assert " ".join(lines).split() == words
    assert all(len(line) <= width and line.startswith("    ") for line in lines)


def test_a_pipe_gets_lines_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    out = io.StringIO()
    show(["word " * 50], out)
    assert out.getvalue() == "word " * 50 + "\n"
    monkeypatch.setenv("COLUMNS", "60")
    out = io.StringIO()
    show(["word " * 50], out)
    assert max(map(len, out.getvalue().splitlines())) <= 60


@pytest.mark.parametrize(
    ("line", "coloured"),
    [
        (
            "PLAY_REACHED_25 at 1:02.500 [R-quartile]",
            ["PLAY_REACHED_25", "1:02.500", "[R-quartile]"],
        ),
        ("log.jsonl:12: [I-once] SEEK for the second time", ["[I-once]", "SEEK"]),
        ("stats, http://127.0.0.1:8000: paused (refused)", ["paused"]),
        ("http, https://example.com: down (no route)", ["down"]),
        ("watched 17.0 s of 40.0 s", ["17.0 s", "40.0 s"]),
        ("starts 2023-11-14 22:13:20", ["22:13:20"]),
    ],
)
def test_a_terminal_gets_colours_around_the_same_words(
    monkeypatch: pytest.MonkeyPatch, line: str, coloured: list[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    show([line], out)
    assert ESCAPES.sub("", out.getvalue()) == line + "\n"
    assert re.findall(r"\x1b\[[1-9][0-9;]*m(.*?)\x1b\[0m", out.getvalue()) == coloured
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    show([line], out)
    assert out.getvalue() == line + "\n"


def test_a_table_is_for_a_terminal_that_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    heads, rows = ["entry_id", "plays"], [["1_abc", "7"], ["[red]1_def", "10"]]
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    assert show_table(heads, rows, out)
    table = [line.split() for line in ESCAPES.sub("", out.getvalue()).splitlines()]
    assert [line for line in table if len(line) == 2] == [heads, *rows]
    for narrow in (io.StringIO(), Terminal()):
        monkeypatch.setenv("COLUMNS", "40")
        assert not show_table(["wide" * 10, "plays"], rows, narrow)
        assert narrow.getvalue() == ""
