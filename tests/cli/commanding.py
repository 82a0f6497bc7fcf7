"""Helpers that the tests of the commands share."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"

GOOD = '{"signal": "timeupdate", "at": 1, "position": 2}'
TRACE = "\n".join(
    (
        '{"signal": "loaded", "at": 0, "entry_id": "A", "duration": 100}',
        '{"signal": "playing", "at": 0}',
        '{"signal": "timeupdate", "at": 30, "position": 30}',
        '{"signal": "seek", "at": 31, "position": 60}',
        "",
    )
)
STARTED = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]
QUIET = ("--policy", "view_interval=null")

Capture = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """A terminal, as far as colours go."""

    def isatty(self) -> bool:
        return True


def read_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def names(text: str) -> list[str]:
    return [json.loads(line)["event"] for line in text.splitlines()]


def playertrack(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "playertrack", *argv],
        cwd=ROOT,
        timeout=60,
        check=False,
        capture_output=True,
        **options,
    )
