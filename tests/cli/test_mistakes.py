"""Mistakes that people make at the command line get the messages in `mistakes.txt`."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from cli.commanding import TRACE, Capture
from playertrack.cli import main
from playertrack.trace.codec import encode_event
from playertrack.trace.feed import derive

RAW = '{"t": 0.1, "source": "vlc", "kind": "app.open", "main": true, "args": ["a.mp4"]}\n'
SUMMARY = (
    '{"player": "tv", "session": "s", "entry_id": "1_abc", "started_at": 1.0, "ended_at": 2.0}\n'
)
CASE = {"id": "x", "title": "x", "rules": ["R-play"], "signals": [{"signal": "play"}], "events": []}

#: A line of a trace, and what it has wrong.
LINES = {
    "no_position": '{"signal": "timeupdate", "at": 1}',
    "no_entry": '{"signal": "loaded", "at": 1}',
    "no_time": '{"signal": "play"}',
    "no_signal": '{"at": 1}',
    "typo": '{"signal": "timeupdat", "at": 1, "position": 2}',
    "negative": '{"signal": "timeupdate", "at": 1, "position": -2}',
    "words": '{"signal": "timeupdate", "at": 1, "position": "2"}',
    "milliseconds": '{"signal": "play", "at": 1700000000000}',
    "date": '{"signal": "play", "at": "2026-11-29T20:15:00Z"}',
    "nan": '{"signal": "timeupdate", "at": 1, "position": NaN}',
    "twice": '{"signal": "play", "at": 1, "at": 2}',
    "quotes": "{'signal': 'play', 'at': 1}",
    "csv": "play,1",
    "list": '["play", 1]',
    "ad_slot": '{"signal": "ad_start", "at": 1, "slot": "pre-roll"}',
}

#: The command line, its exit code, and the lines on standard error.
MISTAKES = [
    (words, int(code or 2), message)
    for words, code, message in re.findall(
        r"^\$ playertrack ?([^#\n]*?)(?:  # (\d))?\n(.+?)\n(?=\n|\Z)",
        Path(__file__).with_name("mistakes.txt").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
]


def make_files(folder: Path) -> None:
    """The files that the mistakes are made with."""
    (folder / "folder").mkdir()
    (folder / "trace.jsonl").write_text(TRACE)
    (folder / "raw.jsonl").write_text(RAW)
    (folder / "case.jsonl").write_text(json.dumps(CASE))
    (folder / "case.json").write_text(json.dumps(CASE))
    (folder / "empty.jsonl").touch()
    (folder / "talk.mp4").write_bytes(b"\0\0\0 ftypisom\xff")
    for name, line in LINES.items():
        (folder / f"{name}.jsonl").write_text(f"{TRACE}{line}\n")
    with (folder / "trace.jsonl").open("rb") as stream:
        lines = [encode_event(event) + b"\n" for events in derive(stream) for event in events]
    (folder / "events.jsonl").write_bytes(b"".join(lines))
    (folder / "sessions.jsonl").write_text(SUMMARY)


@pytest.mark.parametrize(("line", "code", "message"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_gets_its_message(
    line: str,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    for name in [name for name in os.environ if name.startswith(("KALTURA_", "PLAYERTRACK_"))]:
        monkeypatch.delenv(name)
    make_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)) == code
    expected = re.escape(f"{message}\n").replace("…", ".*")
    assert re.fullmatch(expected, capsys.readouterr().err)


def test_there_are_sixty() -> None:
    assert len(MISTAKES) >= 60
