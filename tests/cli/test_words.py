"""Words that many messages share."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from columns.tables import table_of

from cli.commanding import GOOD, QUIET, TRACE, Capture, names
from playertrack.cli import main

PACKAGE = Path(__file__).parents[2] / "playertrack"
SOURCES = [PACKAGE / name for name in ("cli", "collector", "delivery", "destinations", "timeline")]


def test_the_version_is_that_of_the_package(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"playertrack {version('playertrack')}\n"


def test_numbers_have_their_nouns_from_one_place() -> None:
    """Nothing else decides between "1 event" and "2 events"."""
    plural = re.compile(r"""["']s?["'] if \w+(\(\w+\))? (==|!=) 1|== 1 else ["']s""")
    paths = [PACKAGE / "_words.py", *(path for each in SOURCES for path in each.rglob("*.py"))]
    assert [path.name for path in paths if plural.search(path.read_text("utf-8"))] == ["_words.py"]


@pytest.mark.parametrize(("bad", "said"), [(1, "1 line left out"), (2, "2 lines left out")])
@pytest.mark.parametrize("command", ["derive", "timeline"])
def test_lines_that_are_left_out_are_counted(
    command: str, bad: int, said: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(f"{GOOD}\n" + "oops\n" * bad)
    assert main([command, str(path), "--skip-bad"]) == 1
    assert capsys.readouterr().err.endswith(f"{path}: {said}\n")


@pytest.mark.parametrize("name", ["SEEK", "seek", "Seek"])
def test_the_case_of_an_event_does_not_matter(name: str, trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--event", name, *QUIET]) == 0
    assert "SEEK" in capsys.readouterr().out


def test_the_console_sink_leaves_standard_output_to_the_event_log(
    trace: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["derive", str(trace), "--sink", "console"]) == 0
    out, err = capsys.readouterr()
    assert len(names(out)) == len(err.splitlines())
    assert main(["derive", str(trace), "--sink", "console", "-o", str(tmp_path / "x")]) == 0
    shown, quiet = capsys.readouterr()
    assert (shown, quiet) == (err, "")


@pytest.mark.parametrize("text", ["", "\n \n", None])
@pytest.mark.parametrize("command", ["derive", "derive --jobs 2", "explain", "timeline", "lint"])
def test_an_empty_file_is_said_to_be_empty(
    command: str, text: str | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ("empty.parquet" if text is None else "empty.jsonl")
    if text is None:
        pq.write_table(table_of([]), path)
    else:
        path.write_text(text)
    assert main([*command.split(), str(path)]) == 0
    what = "event log" if command == "lint" else "trace"
    said = capfd.readouterr().err.splitlines()
    assert [line for line in said if "is empty" in line] == [f"{path}: the {what} is empty"]
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE)
    main([*command.split(), str(path)])
    assert "is empty" not in capfd.readouterr().err
