"""``playertrack timeline``, and the pictures at the end of other commands."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pictures import TESTS, playing, updates

from playertrack.cli import main

SVG = "{http://www.w3.org/2000/svg}"

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Two sessions: one to the end, one not."""
    records = [
        *playing(10),
        *updates(0, 0, 10),
        {"signal": "ended", "at": 10.1},
        {"signal": "playing", "at": 12},
        *updates(12, 0, 4),
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def rows(svg: Path) -> list[ET.Element]:
    root = ET.parse(svg).getroot()
    return [each for each in root.findall(f"{SVG}svg") if each.get("class") == "row"]


def test_the_terminal_is_drawn_on(trace: Path, capsys: Capture) -> None:
    assert main(["timeline", str(trace)]) == 0
    shown = capsys.readouterr().out
    assert "session 1 of A" in shown
    assert "session 2 of A" in shown
    assert "PLAY_REACHED_100" in shown


def test_a_drawing_is_written(trace: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out.svg"
    assert main(["timeline", str(trace), "-o", str(out)]) == 0
    assert len(rows(out)) == 2
    assert capsys.readouterr().out == ""


def test_a_program_gets_what_there_is_to_draw(trace: Path, capsys: Capture) -> None:
    assert main(["timeline", str(trace), "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["watched"] == [{"start": 0.0, "end": 10.0, "times": 1}]
    assert [band["name"] for band in second["states"]] == ["PLAYING"]
    assert second["summary"]["ordinal"] == 2


def test_one_session_is_drawn(trace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.svg"
    assert main(["timeline", str(trace), "-o", str(out), "--session", "2"]) == 0
    assert len(rows(out)) == 1


def test_a_recording_of_a_player_is_drawn(tmp_path: Path) -> None:
    out = tmp_path / "out.svg"
    recording = TESTS / "traces" / "vlc" / "seek_fwd.jsonl"
    assert main(["timeline", str(recording), "--raw", "vlc", "-o", str(out)]) == 0
    assert len(rows(out)) == 1


def test_another_kind_of_file_is_refused(trace: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out.png"
    assert main(["timeline", str(trace), "-o", str(out)]) == 2
    assert "--output" in capsys.readouterr().err
    assert not out.exists()


def test_a_bad_line_is_reported(trace: Path, capsys: Capture) -> None:
    trace.write_text(trace.read_text() + "\nnonsense\n")
    assert main(["timeline", str(trace)]) == 2
    assert f"{trace}:33: not JSON" in capsys.readouterr().err
    assert main(["timeline", str(trace), "--skip-bad"]) == 1
    assert "session 1" in capsys.readouterr().out


def test_derive_ends_with_a_picture(trace: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace)]) == 0
    plain = capsys.readouterr().out
    assert main(["derive", str(trace), "--timeline"]) == 0
    shown = capsys.readouterr()
    assert shown.out == plain
    assert "session 2 of A" in shown.err
    log = tmp_path / "events.jsonl"
    assert main(["derive", str(trace), "--timeline", "-o", str(log)]) == 0
    assert log.read_text() == plain
    assert "session 2 of A" in capsys.readouterr().out


def test_derive_draws_a_recording(capsys: Capture) -> None:
    recording = TESTS / "traces" / "vlc" / "seek_fwd.jsonl"
    assert main(["derive", str(recording), "--raw", "vlc"]) == 0
    plain = capsys.readouterr().out
    assert main(["derive", str(recording), "--raw", "vlc", "--timeline"]) == 0
    shown = capsys.readouterr()
    assert shown.out == plain
    assert "session 1" in shown.err


def test_a_recording_is_explained(capsys: Capture) -> None:
    recording = TESTS / "traces" / "vlc" / "seek_fwd.jsonl"
    assert main(["explain", str(recording), "--raw", "vlc", "--event", "PLAY_REACHED_50"]) == 0
    assert "skipped the point at 6" in capsys.readouterr().out


def test_play_ends_with_a_picture(tmp_path: Path, capsys: Capture) -> None:
    from playertrack.testing.clips import make_clip

    clip = tmp_path / "clip.mp4"
    make_clip(clip, seconds=2)
    assert main(["play", str(clip), "--speed", "inf", "--timeline"]) == 0
    shown = capsys.readouterr().out
    assert "session 1 of" in shown
    assert "100 %  at" in shown
