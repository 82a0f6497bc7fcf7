"""The documents say what is so: the drawn machine, the README, the commands."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, cast

import attrs
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from playertrack.cli import COMMANDS, main
from playertrack.columns import SUMMARY_SCHEMA
from playertrack.core.machine import diagram
from playertrack.core.state import State
from playertrack.events import EVENTS
from playertrack.signals import FIELDS, SIGNALS
from playertrack.testing import ScriptedPlayer
from playertrack.trace.codec import encode_signal

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
EVENTS_PAGE = (DOCS / "events.md").read_text("utf-8")

#: How the picture of the README is drawn.
DRAW = ("timeline", str(DOCS / "picture.jsonl"), "--policy", "view_interval=null", "-o")


def test_the_drawn_machine_is_the_one_that_runs() -> None:
    text = (DOCS / "machine.md").read_text("utf-8")
    drawn = re.search(
        r"<!-- diagram: start -->\n```mermaid\n(.*)```\n<!-- diagram: end -->", text, re.DOTALL
    )
    assert drawn is not None
    assert drawn[1].strip() == diagram().strip()


def test_what_draws_the_documentation_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is built outside of the tests, with modules of the package that may be renamed."""
    monkeypatch.syspath_prepend(DOCS / "_ext")
    table = import_module("flow").table()
    assert all(f"<th>{state.value}</th>" in table for state in State)


def test_the_readmes_code_says_what_it_does(capfd: pytest.CaptureFixture[str]) -> None:
    [block] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(block.splitlines()) <= 15
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    shown = capfd.readouterr()
    assert "SEEK" in shown.out + shown.err


def test_the_readmes_picture_is_the_one_that_is_drawn(tmp_path: Path) -> None:
    picture = DOCS / "picture.svg"
    drawn = tmp_path / "picture.svg"
    assert "docs/picture.svg" in README
    assert main([*DRAW, str(drawn)]) == 0
    assert drawn.read_text("utf-8") == picture.read_text("utf-8"), (
        f"draw it anew: playertrack {' '.join(DRAW)} {picture}"
    )


def test_every_command_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    [console] = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    install, *commands = (shlex.split(line.removeprefix("$ ")) for line in console.splitlines())
    assert install[:2] == ["pip", "install"]
    [(package, extra)] = re.findall(r"^(\w+)\[(\w+)\]$", install[2])
    assert extra in metadata(package).get_all("Provides-Extra", [])
    assert commands
    for program, *arguments in commands:
        assert program == package
        assert main(arguments) == 0
        assert "PLAY_REACHED_100" in capfd.readouterr().out


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 90


def test_what_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_the_table_of_commands_lists_the_commands() -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    assert set(re.findall(r"^\| `playertrack ([\w-]+)", page, re.MULTILINE)) == set(COMMANDS)


def test_the_page_of_events_lists_every_event_and_its_fields() -> None:
    rows = [line.split(" | ") for line in EVENTS_PAGE.splitlines() if line.startswith("| ")]
    listed: dict[str, str] = {}
    for row in rows:
        names = re.findall(r"\b[A-Z][A-Z_]*[A-Z](?:_\d+)?|(?<= )_\d+", row[0])
        stem = ""
        for name in names:
            whole = f"{stem}{name}" if name.startswith("_") else name
            stem = re.sub(r"_\d+$", "", whole)
            listed[whole] = row[-1]
    milestones = {f"PLAY_REACHED_{percent}" for percent in (25, 50, 75, 100)}
    ads = {f"{slot}_{percent}" for slot in ("MIDROLL", "POSTROLL") for percent in (25, 50, 75)}
    needed = {name for name in EVENTS if not name.startswith("PLAY_REACHED_")} | milestones
    assert needed - ads <= set(listed)
    for name in needed & set(listed):
        assert all(f"`{field}`" in listed[name] for field in EVENTS[name].extra), name


def test_the_page_of_events_shows_what_explain_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", EVENTS_PAGE, re.DOTALL)
    exec(compile(code, "events.md", "exec"), {"__name__": "events"})
    came = capsys.readouterr().out.split()
    shown, printed, *_ = re.findall(r"```text\n(.*?)```", EVENTS_PAGE, re.DOTALL)
    assert [line.split()[0] for line in shown.splitlines()] == came
    assert main(["explain", "skipped.jsonl", "--event", "PLAY_REACHED_50"]) == 0
    assert capsys.readouterr().out == printed


def test_the_page_of_files_lists_every_field() -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert set(FIELDS) <= named
    assert {field for fields in FIELDS.values() for field in fields} <= named
    assert set(SUMMARY_SCHEMA.names) <= named
    required = {
        field.name
        for cls in SIGNALS.values()
        for field in attrs.fields(cast(Any, cls))
        if field.default is attrs.NOTHING and field.name not in ("at", "position")
    }
    assert set(re.findall(r"\*\*`(\w+)`\*\*", page)) == required


def test_the_query_of_the_page_on_scale_puts_partitions_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB wrote the partitions, without the column of the player."""
    monkeypatch.chdir(tmp_path)
    script = ScriptedPlayer(40.0).load().play().watch(12).seek(30).stall(2).watch(5)
    Path("trace.jsonl").write_bytes(
        b"".join(
            encode_signal(signal, player, seq) + b"\n"
            for player in ("a", "b")
            for seq, signal in enumerate(script.signals, 1)
        )
    )
    assert main(["derive", "trace.jsonl"]) == 0
    whole = capsys.readouterr().out.splitlines()
    duckdb.sql("""
        COPY (SELECT *, seq // 20 AS hour FROM 'trace.jsonl' ORDER BY hash(seq))
        TO 'signals' (FORMAT parquet, PARTITION_BY (player, hour))
    """)
    query = re.search(r"```sql\n(.*?)```", (DOCS / "scale.md").read_text("utf-8"), re.DOTALL)
    assert query is not None
    duckdb.sql(query[1])
    assert main(["derive", "sorted.parquet"]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(whole)


def test_the_query_of_the_page_of_files_makes_numbers_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "formats.md").read_text("utf-8")
    query = re.search(r"`(COPY[^`]*)`", page)
    assert query is not None
    at = datetime(2026, 11, 29, 12, 0, 0, 250000, UTC)
    rows = [{"signal": "ready", "at": at}, {"signal": "play", "at": at}]
    pq.write_table(pa.Table.from_pylist(rows), "in.parquet")
    assert main(["derive", "in.parquet"]) == 2
    assert "expected numbers" in capsys.readouterr().err
    duckdb.sql(" ".join(query[1].split()))
    assert main(["derive", "trace.parquet"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["at"] for event in found} == {at.timestamp()}
