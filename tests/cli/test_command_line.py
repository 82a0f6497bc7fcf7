"""The command line itself; terminals, pipes and Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.commanding import (
    QUIET,
    ROOT,
    STARTED,
    Capture,
    names,
    playertrack,
)
from cli.trace_files import ENTRIES, write
from playertrack.cli import COMMANDS, main


def test_help_names_every_command(capsys: Capture) -> None:
    assert main(["--help"]) == 0

    text = capsys.readouterr().out
    for name, summary in COMMANDS.items():
        assert f"    {name}" in text
        assert summary in text
    assert "Exit codes" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples(command: str, capsys: Capture) -> None:
    assert main([command, "--help"]) == 0

    text = capsys.readouterr().out
    assert text.startswith(f"usage: playertrack {command}")
    assert f"  playertrack {command}" in text[text.index("examples:") :]
    assert "--json" in text


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "required: COMMAND"),
        (["dervie"], "there is no command 'dervie'; did you mean derive?"),
        (["derive"], "required: IN"),
        (["derive", "trace", "--skip"], "unknown option --skip; did you mean --skip-bad?"),
        (["explain", "trace", "--session", "-1"], "--session: '-1' is not a whole number from 1"),
        (["timeline", "trace", "--session", "0"], "--session: '0' is not a whole number from 1"),
        (["collector", "--events", "0"], "--events: '0' is not a whole number from 1"),
        (["collector", "--timeout", "-1"], "--timeout: '-1' is not a number of seconds"),
        (["check"], "required: CASES"),
    ],
)
def test_wrong_use_ends_with_2(argv: list[str], said: str, capsys: Capture) -> None:
    assert main(argv) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert line.endswith("--help")


def test_help_loads_nothing_that_it_does_not_need() -> None:
    probe = """
import sys
from playertrack.cli import main
code = main(["--help"]) or main(["derive", "--help"])
heavy = {"aiohttp", "asyncio", "attr", "av", "msgspec", "playertrack.core.engine", "transitions"}
sys.exit(code or ", ".join(sorted(heavy & set(sys.modules))) or 0)
"""

    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, check=False)

    assert done.stderr == b""
    assert done.returncode == 0


def test_the_module_is_the_command(trace: Path) -> None:
    done = playertrack("derive", str(trace), *QUIET)

    assert done.returncode == 0
    assert done.stderr == b""
    assert names(done.stdout.decode()) == [*STARTED, "PLAY_REACHED_25", "SEEK"]


@pytest.mark.parametrize("command", ["derive", "explain", "lint", "check"])
def test_a_file_that_cannot_be_read(command: str, tmp_path: Path, capsys: Capture) -> None:
    assert main([command, str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'missing'}: No such file or directory\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("command", ["derive", "explain", "lint", "stats", "stats trace"])
def test_what_takes_long_shows_how_far_it_is_if_there_is_a_terminal(
    command: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace, events = tmp_path / f"trace.{form}", tmp_path / f"events.{form}"
    write(trace, ENTRIES)
    if command in ("lint", "stats"):
        assert main(["derive", str(trace), "-o", str(events)]) == 0
        trace = events
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    main([command.split()[0], str(trace)])
    assert "\r" not in terminal.getvalue()

    monkeypatch.setattr("playertrack.cli.progress._AFTER", 0.0)
    main([command.split()[0], str(trace)])
    assert "100 %" in terminal.getvalue() and "\r\x1b[K" in terminal.getvalue()


@pytest.fixture
def long_trace(tmp_path: Path) -> Path:
    """A trace whose events no pipe can hold."""
    path = tmp_path / "trace.jsonl"
    path.write_text(
        "".join(
            f'{{"signal": "fullscreen", "at": {at}, "on": {("true", "false")[at % 2]}}}\n'
            for at in range(100_000)
        )
    )
    return path


def test_a_reader_that_had_enough_is_no_error(long_trace: Path) -> None:
    command = [sys.executable, "-m", "playertrack", "derive", str(long_trace)]

    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"event": "WIDGET_LOADED"')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    command = [sys.executable, "-m", "playertrack", "derive", "-"]

    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b'{"signal": "ready", "at": 1}\n')
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"event": "WIDGET_LOADED"')
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)],
    ids=["INT", "TERM"],
)
def test_a_command_that_is_ended_leaves_the_output_as_it_was(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    output, summaries = tmp_path / "events.jsonl", tmp_path / "summaries.jsonl"
    output.write_bytes(b"of yesterday")
    files = ["-o", str(output), "--summaries", str(summaries), "--sink", "console"]
    command = [sys.executable, "-m", "playertrack", "derive", "-", *files]

    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"signal": "ready", "at": 1}\n')
        process.stdin.flush()
        assert b"WIDGET_LOADED" in process.stdout.readline()
        assert len(list(tmp_path.iterdir())) == 3
        process.send_signal(number)
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (code, b"")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"of yesterday"]


#: An output during which a SIGTERM comes where Python can raise nothing.
FINALIZED = """
import os, signal
from playertrack.cli.outputs import open_output

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

with open_output("events.jsonl") as file:
    file.write(b"half")
    file.flush()
    Finalized()
    print("it went on")
"""


def test_a_command_is_ended_wherever_it_is(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FINALIZED]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, b"", b"")
    assert not list(tmp_path.iterdir())


@contextmanager
def deriving_in_several_processes(trace: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command that waits for somebody to read what its processes made."""
    command = [sys.executable, "-m", "playertrack", "derive", str(trace), "--jobs", "3"]

    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'{"event": "WIDGET_LOADED"')
        yield process


def children(process: subprocess.Popen[bytes]) -> list[int]:
    pid = process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_sigterm_while_processes_start_makes_no_traceback(long_trace: Path) -> None:
    """Else one that has just started finds nothing of what it is to do."""
    command = [sys.executable, "-m", "playertrack", "derive", str(long_trace), "--jobs", "3"]
    for started in (2, 3, 4):  # one of them is the resource tracker
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            while len(children(process)) < started:
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
            assert (process.returncode, said) == (-signal.SIGTERM, b"")


def test_ctrl_c_ends_several_processes_without_a_traceback(long_trace: Path) -> None:
    """A terminal interrupts them all; the first one says what that means."""
    with deriving_in_several_processes(long_trace) as process:
        for child in children(process):
            os.kill(child, signal.SIGINT)
        assert process.stdout is not None
        for _ in range(50_000):
            assert process.stdout.readline().startswith(b'{"event": "')
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (130, b"")


def test_a_process_that_is_killed_fails_the_command(long_trace: Path) -> None:
    with deriving_in_several_processes(long_trace) as process:
        for child in children(process):
            os.kill(child, signal.SIGKILL)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2
        assert said.startswith(b"--jobs: one of the processes was killed")
