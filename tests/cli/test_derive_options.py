"""`playertrack derive`: what does not go together, sinks, policies and progress."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cli.commanding import Capture, playertrack
from cli.trace_files import ENTRIES, expected, read, write
from playertrack import Policy
from playertrack.cli import main
from playertrack.cli.progress import Meter


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--raw", "html5", "--reorder", "5"], "--raw: --reorder does not go with it"),
        (["--timeline", "--summaries", "x"], "--timeline: --summaries does not go with it"),
        (["--timeline", "--session", "1"], "--timeline: --session does not go with it"),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], said: str, trace: Path, capsys: Capture
) -> None:
    assert main(["derive", str(trace), *options]) == 2
    assert capsys.readouterr() == ("", f"{said}\n")


def test_one_trace_at_a_time_is_drawn(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), str(trace), "--timeline"]) == 2
    assert "--timeline: expected one trace" in capsys.readouterr().err


def test_sinks_take_events_of_several_processes(tmp_path: Path) -> None:
    trace, log = write(tmp_path / "in.parquet", ENTRIES), tmp_path / "log.jsonl"
    options = ["--jobs", "2", "--sink", f"jsonl:{log}", "-o", str(tmp_path / "out.jsonl")]
    assert main(["derive", str(trace), *options]) == 0
    assert log.read_bytes() == (tmp_path / "out.jsonl").read_bytes()


def test_policies_reach_every_process(tmp_path: Path) -> None:
    trace, out = write(tmp_path / "in.jsonl", ENTRIES), tmp_path / "out.jsonl"
    options = ["--jobs", "2", "--policy", "view_interval=null", "-o", str(out)]
    assert main(["derive", str(trace), *options]) == 0
    assert read(out) == expected(policy=Policy(view_interval=None))


def test_as_a_program_with_several_processes(tmp_path: Path) -> None:
    trace = write(tmp_path / "in.jsonl", ENTRIES)
    one = playertrack("derive", str(trace))
    for jobs in ("2", "1000000"):
        more = playertrack("derive", str(trace), "--jobs", jobs)
        assert (more.returncode, more.stdout, more.stderr) == (0, one.stdout, b"")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_has_rate_and_time_left() -> None:
    now, out = 0.0, Terminal()
    meter = Meter(100_000_000, out, lambda: now)
    meter.show(1_000_000)
    assert out.getvalue() == ""
    now = 2.0
    meter.show(50_000_000)
    assert out.getvalue().endswith("50 %  25.0 MB/s  2 s left")
    now = 3700.0
    meter.show(50_000_001)
    assert out.getvalue().endswith("1:01:40 left")
    meter.close()
    assert out.getvalue().endswith("\r\x1b[K")


def test_no_progress_where_nobody_looks() -> None:
    out = io.StringIO()
    meter = Meter(100, out, lambda: 100.0)
    meter.show(50)
    meter.close()
    assert out.getvalue() == ""
