"""`playertrack stats`: from events, traces and summaries, as text, JSON, CSV, Parquet, picture."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cli.commanding import Capture, Terminal, read_stdin
from cli.trace_files import ENTRIES, add_columns, write
from playertrack.cli import main
from playertrack.testing import ScriptedPlayer


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same plays as traces, events and summaries, each in two forms."""
    found = {
        "trace": write(tmp_path / "trace.jsonl", ENTRIES),
        "trace table": write(tmp_path / "trace.parquet", ENTRIES),
    }
    for what, options in (("events", "-o"), ("summaries", "--summaries")):
        for form in ("jsonl.gz", "parquet"):
            path = tmp_path / f"{what}.{form}"
            command = ["derive", str(found["trace"]), options, str(path)]
            if what == "summaries":
                command += ["-o", os.devnull]
            assert main(command) == 0
            found[f"{what} {form}"] = path
    return found


def stats(capsys: Capture, *argv: str) -> list[dict[str, object]]:
    assert main(["stats", "--json", *argv]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_all_forms_say_the_same(files: dict[str, Path], capsys: Capture) -> None:
    exact = stats(capsys, str(files["summaries jsonl.gz"]), "--by", "entry_id")
    assert [(row["entry_id"], row["sessions"], row["seeks"]) for row in exact] == [
        ("entry 0", 6, 3),
        ("entry 1", 6, 3),
        ("entry 2", 6, 3),
    ]
    for name in ("summaries parquet", "trace", "trace table"):
        found = stats(capsys, str(files[name]), "--by", "entry_id")
        assert found == exact, name
    logged = stats(capsys, str(files["events jsonl.gz"]), "--by", "entry_id")
    assert stats(capsys, str(files["events parquet"]), "--by", "entry_id") == logged
    for one, other in zip(exact, logged, strict=True):
        for field in ("plays", "join_time_p95", "rebuffers", "rebuffer_time", "completion"):
            assert one[field] == other[field]


def test_for_people(files: dict[str, Path], capsys: Capture) -> None:
    assert main(["stats", str(files["trace"])]) == 0
    out = capsys.readouterr().out
    assert out.startswith("all\n  plays       18 of 18 sessions\n")
    assert "\n  rebuffering 7.7 % of the time, 2.5 a minute (9 in all)\n" in out


@pytest.mark.parametrize("columns", [80, 60])
def test_groups_on_a_terminal(
    columns: int, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stdout", out := Terminal())
    assert main(["stats", str(files["trace"]), "--by", "entry_id"]) == 0
    if columns == 80:
        [row] = [line.split() for line in out.getvalue().splitlines() if "entry 1" in line]
        assert row == [
            "entry",
            "1",
            "6",
            "0.25",
            "s",
            "0.5",
            "s",
            "7.7",
            "%",
            "3",
            "0",
            "50.0",
            "%",
            "30.0",
            "%",
        ]
    else:  # no room for a table
        assert "entry 1\n  plays       6 of 6 sessions\n" in out.getvalue()


def test_a_log_with_other_milestones_shows_those(tmp_path: Path, capsys: Capture) -> None:
    trace, log = tmp_path / "trace.jsonl", tmp_path / "log.jsonl"
    ScriptedPlayer(60.0).load().play().watch(50).write(trace)
    unknown = "watched share unknown: it needs traces or summaries"
    quartiles = "25 %: 100.0 %, 50 %: 100.0 %, 75 %: 100.0 %, 100 %: 0.0 %"
    for milestones, shown in (
        ("[10,90]", f"  ?, {unknown}\n  retention   10 %: 100.0 %, 90 %: 0.0 %\n"),
        ("[50,75]", "retention   25 %: ?, 50 %: 100.0 %, 75 %: 100.0 %, 100 %: ?\n"),
        ("[25,50,75,100]", f"  0.0 %, {unknown}\n  retention   {quartiles}\n"),
    ):
        asked = f"milestones={milestones}"
        assert main(["derive", str(trace), "--policy", asked, "-o", str(log)]) == 0
        capsys.readouterr()
        assert main(["stats", str(log), "--policy", asked]) == 0
        assert capsys.readouterr().out.endswith(shown)


def test_csv_parquet_and_picture(files: dict[str, Path], tmp_path: Path, capsys: Capture) -> None:
    trace = str(files["trace"])
    [row] = stats(capsys, trace)
    assert main(["stats", trace, "--csv"]) == 0
    [flat] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert float(flat["rebuffer_ratio"]) == row["rebuffer_ratio"]
    assert flat["retention_100"] == str(row["retention"][100])  # type: ignore[index] # a list in it

    table, picture = tmp_path / "stats.parquet", tmp_path / "curve.svg"
    assert main(["stats", trace, "-o", str(table)]) == 0
    assert pq.read_table(table).to_pylist() == [row]
    schema = pq.read_schema(table)
    assert main(["stats", trace, "--by", "player", "-o", str(picture)]) == 0
    nothing = tmp_path / "nothing.jsonl"
    nothing.touch()
    assert main(["stats", str(nothing), "-o", str(table)]) == 0
    assert pq.read_schema(table) == schema
    assert main(["stats", str(nothing), "--csv"]) == 0
    assert csv.DictReader(io.StringIO(capsys.readouterr().out)).fieldnames == list(flat)
    drawing = ElementTree.parse(picture).getroot()
    assert len(drawing.findall(".//{*}path")) == 12
    assert "and 3 more, not drawn" in "".join(drawing.itertext())


@pytest.mark.parametrize(
    ("sites", "groups"),
    [
        (["a", None], {"a", None}),
        ([None, None], {None}),
        ([1, 2.5], {1.0, 2.5}),
        ([1, "a", True], {"1", "a"}),
    ],
)
def test_groups_of_any_type_in_parquet(
    sites: list[object], groups: set[object], tmp_path: Path
) -> None:
    log, table = tmp_path / "log.jsonl", tmp_path / "stats.parquet"
    plays = [{"event": "PLAY", "session": str(n), "site": s} for n, s in enumerate(sites)]
    plays.append({"event": "PLAY", "session": "s", "entry_id": "A", "site": sites[0]})
    log.write_text("".join(json.dumps(play) + "\n" for play in plays))
    by = "site" if any(sites) else "entry_id"
    assert main(["stats", str(log), "--by", by, "-o", str(table)]) == 0
    assert set(pq.read_table(table)[by].to_pylist()) == (groups if any(sites) else {None, "A"})


def test_a_group_has_no_name_of_a_figure(files: dict[str, Path], capsys: Capture) -> None:
    assert main(["stats", str(files["trace"]), "--by", "play_time"]) == 2
    assert capsys.readouterr().err.startswith("--by: play_time is one of the figures")


@pytest.mark.parametrize("doubled", ["events", "summaries", "trace"])
def test_a_session_counts_once_whatever_else_has_it(
    doubled: str, files: dict[str, Path], tmp_path: Path, capsys: Capture
) -> None:
    """A folder may well hold the events and the summaries of one run."""
    exact = stats(capsys, str(files["summaries parquet"]))
    others = [str(path) for name, path in files.items() if name.startswith(doubled + " ")]
    assert others
    assert stats(capsys, *others, str(files["summaries parquet"])) == exact


def test_what_nobody_played_has_no_share_and_an_empty_name_is_shown(
    tmp_path: Path, capsys: Capture
) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text('{"signal": "loaded", "at": 1, "entry_id": "A", "player": ""}\n')
    assert main(["stats", str(trace), "--by", "player"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("''\n  plays       0 of 1 sessions\n")
    assert "completion  ?, watched ? of the media\n" in out


@pytest.mark.parametrize("what", ["events", "summaries"])
def test_folders_are_columns(
    what: str, files: dict[str, Path], tmp_path: Path, capsys: Capture
) -> None:
    """A column by which a table is partitioned is in the names of its folders alone."""
    table, folder = pq.read_table(files[f"{what} parquet"]), tmp_path / "table"
    for entry in ("entry 0", "entry 1", "entry 2"):
        part = folder / f"entry_id={entry.replace(' ', '%20')}" / "live=false" / "day=2001-01-01"
        part.mkdir(parents=True)
        chosen = table.filter(pc.equal(table["entry_id"], entry))
        pq.write_table(chosen.drop_columns(["entry_id", "live"]), part / "part-0.parquet")
    none = folder / "entry_id=__HIVE_DEFAULT_PARTITION__"
    none.mkdir()
    pq.write_table(table.filter(pc.is_null(table["entry_id"])), none / "part-0.parquet")
    for by in ("entry_id", "day"):
        found = stats(capsys, str(folder), "--by", by)
        whole = stats(capsys, str(files[f"{what} parquet"]), "--by", by)
        for field in (by, "sessions", "plays", "seeks", "completion"):  # sums may differ in a bit
            assert [row[field] for row in found] == [row[field] for row in whole]


def test_a_session_starts_with_its_first_event_wherever_that_is(
    tmp_path: Path, capsys: Capture
) -> None:
    """The rows that Spark writes are in no order."""
    log = tmp_path / "events.jsonl"
    event = {"event": "VIEW", "session": "s", "entry_id": "a", "at": 90000.0, "index": 7}
    first = {**event, "event": "PLAY_REQUEST", "at": 80000.0, "index": 1}
    log.write_text(f"{json.dumps(event)}\n{json.dumps(first)}\n")
    assert [row["day"] for row in stats(capsys, str(log), "--by", "day")] == ["1970-01-01"]


@pytest.mark.parametrize(
    ("by", "group"),
    [
        ("moment", "2023-11-14 22:13:20.000000001"),
        ("date", "2026-01-02"),
        ("price", "1.50"),
    ],
)
def test_columns_of_others(by: str, group: str, files: dict[str, Path], capsys: Capture) -> None:
    log = add_columns(files["events parquet"])
    [row] = stats(capsys, str(log), "--by", by)
    assert (row[by], row["sessions"]) == (group, 18)


def test_names_in_a_picture_are_text(tmp_path: Path) -> None:
    log, picture = tmp_path / "log.jsonl", tmp_path / "curve.svg"
    log.write_text(json.dumps({"event": "PLAY", "session": "s", "entry_id": "<script>&"}) + "\n")
    assert main(["stats", str(log), "--by", "entry_id", "-o", str(picture)]) == 0
    assert "<script>&" in "".join(ElementTree.parse(picture).getroot().itertext())


def test_standard_input(
    files: dict[str, Path], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_stdin(monkeypatch, b'{"event": "PLAY", "session": "s", "join_time": 1.5}\n')
    [row] = stats(capsys, "-")
    assert (row["plays"], row["join_time_p50"]) == (1, 1.5)
    read_stdin(monkeypatch, files["trace"].read_bytes())
    assert main(["stats", "-"]) == 2
    assert capsys.readouterr().err.startswith("-: events and summaries are read there")


def test_bad_lines(files: dict[str, Path], tmp_path: Path, capsys: Capture) -> None:
    bad = tmp_path / "bad.jsonl"
    for text in (files["trace"].read_text(), '{"event": "PLAY", "session": "s"}\n'):
        bad.write_text(text + "oops\n")
        assert main(["stats", str(bad)]) == 2
        assert capsys.readouterr().err.startswith(f"{bad}:{text.count(chr(10)) + 1}: not JSON")
        assert main(["stats", str(bad), "--skip-bad", "--json"]) == 1
        out, err = capsys.readouterr()
        assert json.loads(out)["plays"] > 0
        assert err.endswith("1 line left out\n")
    bad.write_text("{}\n")
    assert main(["stats", str(bad)]) == 2
    assert capsys.readouterr().err.startswith(f"{bad}:1: neither an event")


def test_an_ending_that_there_is_not(files: dict[str, Path], capsys: Capture) -> None:
    assert main(["stats", str(files["trace"]), "-o", "stats.xls"]) == 2
    assert "--output: expected a name that ends in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("watched", "[[0, 3]]", "a list of [start, end]"),
        ("watched", [5], "a list of [start, end]"),
        ("watched", [["a", "b"]], "a list of [start, end]"),
        ("session", 5, "a string"),
        ("play_time", "3.0", "a number"),
        ("join_time", True, "a number"),
        ("stall_count", 1.5, "a whole number, 0 or more"),
        ("seek_count", -1, "a whole number, 0 or more"),
        ("error_count", 1e300, "a whole number, 0 or more"),
    ],
)
def test_a_row_that_is_no_summary(
    field: str, value: Any, expected: str, tmp_path: Path, capsys: Capture
) -> None:
    """Such as one that went through a table of texts."""
    good: dict[str, Any] = {"session": "s", "join_time": 1.0, "watched": [[0, 3]], "duration": 6}
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in (good, good | {field: value})))
    assert main(["stats", str(rows)]) == 2
    said = f"{rows}:2: {field}: {value!r} is not allowed; expected {expected}\n"
    assert capsys.readouterr().err == said
    assert main(["stats", str(rows), "--skip-bad", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["plays"] == 1
    assert err == f"{said}1 line left out\n"


def test_groups_of_numbers_that_no_column_holds(tmp_path: Path) -> None:
    log, table = tmp_path / "log.jsonl", tmp_path / "stats.parquet"
    log.write_text(json.dumps({"event": "PLAY", "session": "s", "price": 10**30}) + "\n")
    assert main(["stats", str(log), "--by", "price", "-o", str(table)]) == 0
    assert pq.read_table(table)["price"].to_pylist() == [str(10**30)]
