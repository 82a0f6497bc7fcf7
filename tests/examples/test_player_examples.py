"""The examples with real players, as programs of their own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from needed_players import needs

from playertrack.testing import assert_events, assert_quartiles, assert_session_valid
from playertrack.testing.clips import make_clip

EXAMPLES = Path(__file__).parents[2] / "examples"
START = ("MEDIA_LOADED", "PLAY_REQUEST", "PLAY")


@contextmanager
def running(example: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """An example, whose output comes at once; it is gone in the end."""
    program = subprocess.Popen(
        [sys.executable, "-u", EXAMPLES / example, "--headless", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        try:
            yield program
        finally:
            program.kill()


def run(example: str, *arguments: str | Path) -> tuple[int, str]:
    """How it ends, and what it complains of."""
    with running(example, *arguments) as program:
        _, errors = program.communicate(timeout=90)
    return program.returncode, errors


def read(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    home = tmp_path_factory.mktemp("videos")
    return [make_clip(home / f"{name}.mp4", 1.5) for name in ("one", "two")]


def test_kiosk_reports_each_video_and_goes_on_after_a_broken_one(
    videos: list[Path], tmp_path: Path
) -> None:
    needs("playertrack_vlc.library")
    broken, log = tmp_path / "broken.mp4", tmp_path / "shown.jsonl"
    broken.write_bytes(b"no video")
    playlist = (videos[0], broken, videos[1])
    code, errors = run("kiosk/kiosk.py", *playlist, "--rounds", "2", "--sink", f"jsonl:{log}")
    assert code == 0, errors
    events = read(log)
    assert_session_valid(events)
    assert [e["entry_id"] for e in events if e["event"] == "PLAY"] == ["one", "two"] * 2
    for session in (1, 2, 3, 4):
        assert_quartiles(events, 25, 50, 75, 100, session=session)
    assert {event["player"] for event in events} == {"kiosk"}


def test_kiosk_ends_in_order_on_a_signal(videos: list[Path]) -> None:
    needs("playertrack_vlc.library")
    with running("kiosk/kiosk.py", *videos, "--sink", "console:stdout") as program:
        assert program.stdout is not None
        played = 0
        for line in program.stdout:
            played += len(re.findall(r"\bPLAY\b", line))
            if played == 3:  # beyond the end of the playlist
                break
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=60)
    assert (played, program.returncode, errors) == (3, 0, "")


def test_gstreamer_app_reports_what_was_watched(video: Path, tmp_path: Path) -> None:
    needs("playertrack_gstreamer.library")
    log = tmp_path / "watched.jsonl"
    code, errors = run("gstreamer_app.py", video, "--from", "4", "--sink", f"jsonl:{log}")
    assert code == 0, errors
    events = read(log)
    assert_session_valid(events)
    assert_events(events, [..., *START, ..., ("SEEK", {"target": 4.0}), ..., "PLAY_REACHED_100"])
    assert_quartiles(events, 75, 100)


def test_gstreamer_app_says_what_is_wrong(tmp_path: Path) -> None:
    needs("playertrack_gstreamer.library")
    log = tmp_path / "watched.jsonl"
    code, errors = run("gstreamer_app.py", tmp_path / "no.mp4", "--sink", f"jsonl:{log}")
    assert code == 1
    assert "not found" in errors.lower()
    assert_events(read(log), [..., "ERROR"])
