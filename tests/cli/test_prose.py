"""Text for a terminal: no word is broken, and a pipe gets lines as they are."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack.cli.prose import show, wrap


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
