"""`playertrack`: commands do not write over what they read, and name what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commanding import Capture
from cli.trace_files import ENTRIES, write
from playertrack.cli import main


def _linked(trace: Path, how: str) -> Path:
    """The trace under another name."""
    other = trace.with_name(f"other{trace.suffix}")
    if how == "symlink":
        other.symlink_to(trace)
    elif how == "hardlink":
        other.hardlink_to(trace)
    return trace if how == "same" else other


@pytest.mark.parametrize("how", ["same", "symlink", "hardlink"])
@pytest.mark.parametrize("command", ["-o", "--summaries", "--sink", "timeline", "stats"])
def test_a_trace_is_not_overwritten(
    command: str, how: str, tmp_path: Path, capsys: Capture
) -> None:
    trace = write(tmp_path / {"timeline": "a.svg"}.get(command, "a.jsonl"), ENTRIES)
    before, out = trace.read_bytes(), _linked(trace, how)
    options = ["-o", str(out)]
    if command.startswith("-"):
        options = [command, f"jsonl:{out}" if command == "--sink" else str(out)]
    name = "derive" if command.startswith("-") else command
    assert main([name, str(trace), *options]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"{out} is the input {trace}; choose another name" in line
    assert trace.read_bytes() == before


@pytest.mark.parametrize("out", ["out.parquet", "out.jsonl", "out.jsonl.gz", "", "day=1/a.jsonl"])
def test_a_folder_does_not_take_in_what_is_made_of_it(
    out: str, tmp_path: Path, capsys: Capture
) -> None:
    write(tmp_path / "a.jsonl", ENTRIES)
    assert main(["derive", str(tmp_path), "-o", str(tmp_path / out)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"would become an input in the folder {tmp_path}; choose a name outside" in line
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("name", ["out.jsonl", "-"])
def test_events_and_summaries_do_not_share_a_file(
    name: str, tmp_path: Path, capsys: Capture
) -> None:
    trace, out = write(tmp_path / "a.jsonl", ENTRIES), str(tmp_path / name) if name[1:] else name
    assert main(["derive", str(trace), "-o", out, "--summaries", out]) == 2
    assert f"--summaries: {out} is what --output writes" in capsys.readouterr().err
