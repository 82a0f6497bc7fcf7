"""The page that compares us with Kaltura Player v7 is the one that the recordings give."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from playertrack.trace.codec import parse_record
from playertrack.trace.explain import RULES

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "player_v7.py"
compare = runpy.run_path(str(TOOL))["compare"]
RECORDINGS = sorted((ROOT / "tests" / "traces" / "html5_player_v7").glob("*.jsonl"))
#: Rules that make no event by themselves.
SILENT = {"R-no-rounding"}


def rows(name: str) -> list[Any]:
    (path,) = (path for path in RECORDINGS if path.stem == name)
    return list(compare([parse_record(line) for line in path.read_bytes().splitlines()]))


def name(reported: Any) -> str:
    return "" if reported is None else str(reported.own_name or reported.name)


def test_page_in_the_documentation_is_what_the_command_writes(tmp_path: Path) -> None:
    written = tmp_path / "page.md"
    command: list[str | Path] = [sys.executable, TOOL, *RECORDINGS, "-o", written]
    subprocess.run(command, check=True, timeout=60)
    assert written.read_text("utf-8") == (ROOT / "docs" / "player-v7.md").read_text("utf-8")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_event_is_listed_once_and_each_difference_has_a_rule(path: Path) -> None:
    records = [parse_record(line) for line in path.read_bytes().splitlines()]
    compared = compare(records)
    requests = [record["kind"] for record in records if record["source"] == "kava"]
    assert sorted(name(row.theirs) for row in compared if row.theirs) == sorted(requests)
    for row in compared:
        assert bool(row.rule) == bool(row.why)
        assert row.rule in RULES | dict.fromkeys(SILENT | {""}), row
        if row.rule == "":
            assert row.ours is not None and row.theirs is not None
            assert row.ours.name == row.theirs.name


def test_quartiles_that_a_seek_skipped_are_the_plugins_alone() -> None:
    skipped = [name(row.theirs) for row in rows("b_seek_forward_70") if row.rule == "R-quartile"]
    assert skipped == [f"PLAY_REACHED_{percent}_PERCENT" for percent in (25, 50, 90)]


def test_replay_is_a_session_with_quartiles_that_the_plugin_has_not() -> None:
    replayed = [name(row.ours) for row in rows("e_replay_after_end") if row.rule == "R-replay"]
    assert [each for each in replayed if each.startswith("PLAY_REACHED")] == [
        f"PLAY_REACHED_{percent}" for percent in (25, 50, 75, 100)
    ]


def test_pause_at_the_end_is_the_plugins_alone() -> None:
    (row,) = (row for row in rows("a_play_to_end") if row.rule == "R-pause")
    assert row.ours is None
    assert name(row.theirs) == "PAUSE"
