"""A process that is asked to end delivers first what its tracker holds back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import signal, sys
from playertrack import Tracker, close_at_sigterm
from playertrack.sinks import JsonlSink

def own(number, frame):
    print("own handler", flush=True)
    sys.exit(3)

if sys.argv[2] == "own":
    signal.signal(signal.SIGTERM, own)
elif sys.argv[2] == "ignored":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
close_at_sigterm()
tracker = Tracker([JsonlSink(sys.argv[1])])
tracker.loaded("1_abc", duration=60.0)
tracker.playing()
tracker.pause()
print("paused", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("handler", "code", "said"),
    [("none", -signal.SIGTERM, ""), ("own", 3, "own handler\n"), ("ignored", 0, "")],
)
def test_pause_in_its_grace_is_not_lost(handler: str, code: int, said: str, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(log), handler],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "paused\n"
    program.send_signal(signal.SIGTERM)
    out, _ = program.communicate(timeout=30)
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events[-1] == "PAUSE"
    assert (program.returncode, out) == (code, said)
