"""Processes that exit, are killed or fork: what a tracker has said by then."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, threading
from playertrack import Policy, Tracker
from playertrack.sinks import JsonlSink, NullSink

def start(tracker):
    tracker.loaded("1_a", 10.0)
    tracker.playing()

class Hanging(NullSink):
    def close(self, timeout):
        print("closing", flush=True)
        threading.Event().wait()

path = sys.argv[1]
"""


def run(program: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program, str(path)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def logged(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()]


PLAYED = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "VIEW"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("start(Tracker([JsonlSink(path)]))", PLAYED),
        (
            "t = Tracker([JsonlSink(path)], policy=Policy(stall_grace=60.0)); start(t); t.stall()",
            PLAYED,
        ),
        ("t = Tracker([JsonlSink(path)]); start(t); t.pause(); sys.exit()", [*PLAYED, "PAUSE"]),
        ("t = Tracker([JsonlSink(path)])", []),
        ("t = Tracker([JsonlSink(path)]); start(t); t.close(); t.close()", PLAYED),
    ],
)
def test_exit_delivers_what_a_tracker_left_open_has(
    program: str, expected: list[str], tmp_path: Path
) -> None:
    done = run(program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert logged(tmp_path / "events.jsonl") == expected


def test_exit_ends_a_stall_that_was_open(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)], policy=Policy(stall_grace=0.0))
start(t)
t.stall()
"""
    done = run(program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert logged(tmp_path / "events.jsonl") == [*PLAYED, "BUFFER_START", "BUFFER_END"]


@pytest.mark.parametrize("program", ["", "t.close(1.0)", "t.flush(); sys.exit()"])
def test_exit_is_not_kept_by_a_sink_that_hangs(program: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    done = run(f"t = Tracker([Hanging(), JsonlSink(path)]); start(t)\n{program}", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "closing\n", "")
    assert logged(path) == PLAYED


def test_error_of_the_program_is_still_its_own(tmp_path: Path) -> None:
    done = run("start(Tracker([JsonlSink(path)])); 1 / 0", tmp_path / "events.jsonl")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert logged(tmp_path / "events.jsonl") == PLAYED


FORK = """
import warnings
warnings.simplefilter("ignore")
def fork(child):
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        child()
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_fork_leaves_the_player_to_the_parent(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)], on_error=print)
start(t)
def child():
    t.pause()
    t.timeupdate(-1)
    assert t.flush() and t.close() and "PLAYING" in repr(t)
fork(child)
t.pause()
"""
    done = run(FORK + program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert logged(tmp_path / "events.jsonl") == [*PLAYED, "PAUSE"]


def test_fork_before_the_first_signal_gives_a_tracker_to_each(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)])
def child():
    start(t)
    assert t.close(20)
fork(child)
start(t)
"""
    done = run(FORK + program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert logged(tmp_path / "events.jsonl") == PLAYED * 2


def test_fork_while_everyone_is_at_work_does_not_hang(tmp_path: Path) -> None:
    program = """
t = Tracker([JsonlSink(path)], on_signal=lambda s: None)
start(t)
go_on = True
def hammer():
    while go_on:
        t.engage("share")
        t.flush(20)
threads = [threading.Thread(target=hammer) for _ in range(3)]
for thread in threads: thread.start()
for _ in range(20):
    fork(lambda: (t.play(), t.close(), None))
go_on = False
for thread in threads: thread.join()
assert t.close(20)
"""
    done = run(FORK + program, tmp_path / "events.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    shares = logged(tmp_path / "events.jsonl")[len(PLAYED) :]
    assert set(shares) == {"SHARE_CLICKED"}
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == [*range(1, len(lines) + 1)]
