"""`playertrack derive`: files of every form, several of them, several processes."""

from __future__ import annotations

import gzip
import io
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from columns.tables import bits, table_of

from cli.commanding import Capture, names
from cli.trace_files import ENTRIES, FORMS, add_columns, expected, lines_of, read, write
from playertrack import Fleet
from playertrack.cli import main
from playertrack.columns import SIGNAL_FIELDS


@pytest.mark.parametrize("into", FORMS)
@pytest.mark.parametrize("out_of", FORMS)
def test_every_form_gives_the_same_events(out_of: str, into: str, tmp_path: Path) -> None:
    trace = write(tmp_path / f"in.{out_of}", ENTRIES)
    events = tmp_path / f"out.{into}"
    assert main(["derive", str(trace), "-o", str(events)]) == 0
    assert bits(read(events)) == bits(expected())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [(), ("--reorder", "5", "--idle-close", "10")])
def test_several_processes_give_the_same_bytes(
    form: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    half = len(ENTRIES) // 2
    traces = [
        str(write(tmp_path / f"1.{form}", ENTRIES[:half])),
        str(write(tmp_path / f"2.{form}", ENTRIES[half:])),
    ]
    written = []
    for jobs in ("1", "3"):
        events, rows = tmp_path / f"events{jobs}.{form}", tmp_path / f"rows{jobs}.jsonl"
        files = ["-o", str(events), "--summaries", str(rows)]
        assert main(["derive", *traces, *files, *options, "--jobs", jobs]) == 0
        written.append((events.read_bytes(), rows.read_bytes()))
    assert written[0] == written[1]
    assert len(written[0][0]) > 100 and len(written[0][1]) > 100


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_several_inputs_are_one_and_a_folder_is_its_files(jobs: str, tmp_path: Path) -> None:
    folder, out = tmp_path / "signals", tmp_path / "out.jsonl"
    folder.mkdir()
    (folder / "notes.txt").write_text("no trace")
    (folder / "._a.parquet").write_text("what macOS keeps beside a file")
    cuts = [0, 20, 90, len(ENTRIES)]
    for name, a, b in zip("cab", cuts, cuts[1:], strict=False):
        write(folder / f"{'bca'['cab'.index(name)]}.parquet", ENTRIES[a:b])
    parts = {"b": ENTRIES[0:20], "c": ENTRIES[20:90], "a": ENTRIES[90:]}
    by_name = [*parts["a"], *parts["b"], *parts["c"]]

    assert main(["derive", str(folder), "-o", str(out), "--jobs", jobs]) == 0
    assert read(out) == expected(by_name)
    more = write(tmp_path / "more.jsonl", ENTRIES[:30])
    assert main(["derive", str(more), str(folder), "-o", str(out), "--jobs", jobs]) == 0
    assert read(out) == expected([*ENTRIES[:30], *by_name])


def test_a_folder_of_lines(tmp_path: Path) -> None:
    folder, out = tmp_path / "signals", tmp_path / "out.jsonl"
    folder.mkdir()
    write(folder / "a.jsonl", ENTRIES[:50])
    write(folder / "b.jsonl.gz", ENTRIES[50:])
    assert main(["derive", str(folder), "-o", str(out)]) == 0
    assert read(out) == expected()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_subfolders_are_read_in_the_order_of_their_numbers(jobs: str, tmp_path: Path) -> None:
    """As Spark and DuckDB write a table in partitions, with what they keep beside it."""
    folder, out = tmp_path / "signals", tmp_path / "out.jsonl"
    cuts = [0, 20, 90, 150, len(ENTRIES)]
    for number, (a, b) in enumerate(pairwise(cuts), 8):
        part = folder / "day=2026-11-29" / f"hour={number}"
        part.mkdir(parents=True)
        write(part / f"part-0.{'jsonl' if number == 9 else 'parquet'}", ENTRIES[a:b])
    write(folder / "day=2026-11-29" / "hour=8" / "the same.jsonl", ENTRIES[:20])
    (folder / "_SUCCESS").touch()
    (folder / "_part-0.jsonl").write_bytes(b"of a job that was killed\xff")
    for hidden in ("_temporary/0", ".cache", "day=2026-11-29/hour=9/_spark_metadata"):
        (folder / hidden).mkdir(parents=True)
        (folder / hidden / "part-0.parquet").write_bytes(b"of another program\xff")

    assert main(["derive", str(folder), "-o", str(out), "--jobs", jobs]) == 0
    assert read(out) == expected()


def test_links_to_folders_are_followed_but_not_round(tmp_path: Path) -> None:
    folder, other, out = tmp_path / "signals", tmp_path / "other disk", tmp_path / "out.jsonl"
    folder.mkdir()
    (other / "day=1").mkdir(parents=True)
    write(other / "day=1" / "a.jsonl", ENTRIES)
    (folder / "linked").symlink_to(other)
    (folder / "round").symlink_to(folder)
    (other / "day=1" / "round").symlink_to(other)
    assert main(["derive", str(folder), "-o", str(out)]) == 0
    assert read(out) == expected()


@pytest.mark.parametrize("command", ["derive", "stats", "view"])
@pytest.mark.parametrize("column", ["player", "signal", "entry_id"])
def test_a_column_that_only_the_path_has(
    column: str, command: str, tmp_path: Path, capsys: Capture
) -> None:
    """Without it the signals of all players would be those of one."""
    part = tmp_path / "signals" / f"{column}=a" / "source=web"
    part.mkdir(parents=True)
    table = table_of(ENTRIES[:20])
    pq.write_table(table.drop_columns([column, "source"]), part / "part-0.parquet")
    assert main([command, str(tmp_path / "signals")]) == 2
    said = f"{column}: only the path has this column; write it into the file as well"
    assert said in capsys.readouterr().err
    pq.write_table(table, part / "part-0.parquet")
    assert main(["derive", str(tmp_path / "signals"), "-o", os.devnull]) == 0


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_lines_whose_player_only_the_path_has(jobs: str, tmp_path: Path, capsys: Capture) -> None:
    for player in ("a", "b"):
        part = tmp_path / "signals" / f"player={player}"
        part.mkdir(parents=True)
        write(part / "1.jsonl.gz", [(None, signal, seq) for _, signal, seq in ENTRIES[:20]])
    command = ["derive", str(tmp_path / "signals"), "-o", os.devnull, "--jobs", jobs]
    assert main(command) == 2
    said = "player: only the path has this column; write it into the file as well"
    path = tmp_path / "signals" / "player=a" / "1.jsonl.gz"
    assert capsys.readouterr().err == f"{path}: {said}\n"

    for player in ("a", "b"):
        named = lines_of([(player, signal, seq) for _, signal, seq in ENTRIES[:20]])
        path = tmp_path / "signals" / f"player={player}" / "1.jsonl.gz"
        path.write_bytes(gzip.compress(b"no line\n" + named if player == "a" else b"\n"))
    assert main([*command, "--skip-bad"]) == 1
    assert "a/1.jsonl.gz:1: not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["derive", "stats"])
def test_a_part_without_rows_is_reported_only_where_there_is_no_other(
    command: str, tmp_path: Path, capsys: Capture
) -> None:
    """Spark writes one with each batch."""
    whole = write(tmp_path / "part-1.parquet", ENTRIES)
    pq.write_table(pq.read_table(whole).slice(0, 0), tmp_path / "part-0.parquet")
    assert main([command, str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    whole.unlink()
    assert main([command, str(tmp_path)]) == 0
    assert "part-0.parquet: the " in capsys.readouterr().err


def test_a_folder_without_traces(tmp_path: Path, capsys: Capture) -> None:
    trace = write(tmp_path / "part-0.json", ENTRIES)  # as Spark calls its lines
    assert main(["derive", str(tmp_path)]) == 2
    said = "a folder without .parquet or .jsonl files; name files of other endings"
    assert capsys.readouterr().err == f"{tmp_path}: {said}\n"
    assert main(["derive", str(trace), "-o", os.devnull]) == 0


def test_a_pipe_is_read_once_by_any_number_of_processes(tmp_path: Path) -> None:
    here, there = os.pipe()
    os.write(there, lines_of(ENTRIES))
    os.close(there)
    try:
        out = tmp_path / "out.jsonl"
        assert main(["derive", f"/dev/fd/{here}", "-o", str(out), "--jobs", "2"]) == 0
    finally:
        os.close(here)
    assert read(out) == expected()


def test_a_folder_as_output(tmp_path: Path) -> None:
    trace = write(tmp_path / "in.jsonl", ENTRIES)
    assert main(["derive", str(trace), "-o", f"{tmp_path}/events/"]) == 0
    assert read(tmp_path / "events" / "events.parquet") == expected()


#: Rows that lines have, too.
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_cannot_be_taken_stops_the_command_or_is_left_out(
    form: str, jobs: str, tmp_path: Path, capsys: Capture
) -> None:
    whole, bad = tmp_path / f"whole.{form}", tmp_path / f"bad.{form}"
    write(whole, ENTRIES[:7])
    if form == "parquet":
        rows = table_of(ENTRIES[:3])
        record = {"signal": "timeupdate", "at": 1.0, "position": -1.0, "player": "player 5"}
        schema = pa.schema(list(SIGNAL_FIELDS.items()))
        pq.write_table(pa.concat_tables([rows, pa.Table.from_pylist([record], schema), rows]), bad)
    else:
        line = b'{"signal": "timeupdate", "at": 1, "position": -1.0, "player": "player 5"}\n'
        bad.write_bytes(lines_of(ENTRIES[:3]) + line + lines_of(ENTRIES[:3]))
    said = f"{bad}:4: position: -1.0 is not allowed; expected seconds, 0 or more"

    assert main(["derive", str(whole), str(bad), "--jobs", jobs]) == 2
    out, err = capsys.readouterr()
    assert err == f"{said}\n"
    before = [*ENTRIES[:7], *ENTRIES[:3]]
    fleet = Fleet()
    assert names(out) == [e.event for p, s, _ in before for e in fleet.feed(p, s)]

    assert main(["derive", str(whole), str(bad), "--jobs", jobs, "--skip-bad"]) == 1
    out, err = capsys.readouterr()
    assert err.splitlines() == [said, "2 files: 1 line left out"]
    assert len(names(out)) == len(expected([*before, *ENTRIES[:3]]))


@pytest.mark.parametrize("rows", [0, 5])
@pytest.mark.parametrize("column", ["signal", "at"])
def test_a_file_without_a_column_that_signals_have(
    column: str, rows: int, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(table_of(ENTRIES[:rows]).drop_columns([column]), path)
    assert main(["derive", str(path)]) == 2
    said = f"{path}: {column}: the column is missing; signals have player, signal, at\n"
    assert capsys.readouterr().err.endswith(said)


def _torn() -> bytes:
    """A Parquet file with a hole near its start."""
    out = io.BytesIO()
    pq.write_table(table_of(ENTRIES), out)
    return out.getvalue()[:200] + b"\xff" * 300 + out.getvalue()[500:]


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("cut.jsonl.gz", gzip.compress(lines_of(ENTRIES))[:-20], "not readable: "),
        ("no.gz", b"hello", "not readable: "),
        ("cut.zst", pa.compress(lines_of(ENTRIES), "zstd", asbytes=True)[:-20], "not readable: "),
        ("no.zst", b"hello", "not readable: "),
        ("no.parquet", b"hello", "not Parquet: "),
        ("empty.parquet", b"", "not Parquet: "),
        ("torn.parquet", _torn(), "not readable: "),
    ],
)
def test_files_that_are_not_what_they_say(
    name: str, data: bytes, said: str, jobs: str, tmp_path: Path, capsys: Capture
) -> None:
    whole, bad = write(tmp_path / "whole.jsonl", ENTRIES[:9]), tmp_path / name
    bad.write_bytes(data)
    assert main(["derive", str(whole), str(bad), "--jobs", jobs]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"{bad}: {said}")
    assert err.count("\n") == 1
    assert names(out)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_that_is_not_there(jobs: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["derive", str(tmp_path / "none.jsonl"), "--jobs", jobs]) == 2
    assert capsys.readouterr() == ("", f"{tmp_path}/none.jsonl: No such file or directory\n")


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path, capsys: Capture) -> None:
    """One line says why, whatever is written; no traceback of a library follows it."""
    for columns, said in (
        (["session", "started_at"], "these are summaries, not signals"),
        (["event", "at", "session"], "these are events, not signals"),
        (["session", "watched"], "signal: the column is missing"),
        (["signal", "player"], "at: the column is missing"),
    ):
        pq.write_table(pa.table({name: ["x"] for name in columns}), tmp_path / "in.parquet")
        out = tmp_path / "out.parquet"
        assert main(["derive", str(tmp_path / "in.parquet"), "-o", str(out)]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert said in line
        assert not out.exists()
    for name in ("player", "signal", "source"):
        nested: dict[str, Any] = {"signal": ["play"], "at": [1.0], name: [{"name": "x"}]}
        pq.write_table(pa.table(nested), tmp_path / "in.parquet")
        assert main(["derive", str(tmp_path / "in.parquet")]) == 2
        assert f"{name}: a column of struct<name: string> is not allowed" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["explain", "timeline"])
def test_a_command_reads_parquet_as_it_reads_lines(
    command: str, tmp_path: Path, capsys: Capture
) -> None:
    shown = []
    lines = write(tmp_path / "a.jsonl", ENTRIES)
    for path in (lines, add_columns(write(tmp_path / "a.parquet", ENTRIES))):
        assert main([command, str(path), "--player", "player 1"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "PLAY" in shown[0]


def test_lint_reads_parquet(tmp_path: Path, capsys: Capture) -> None:
    trace, rows = write(tmp_path / "a.parquet", ENTRIES), tmp_path / "events.parquet"
    assert main(["derive", str(trace), "-o", str(rows)]) == 0
    assert main(["lint", str(add_columns(rows))]) == 0
    assert main(["lint", str(trace)]) == 2
    assert f"{trace}:1: this is a trace of signals" in capsys.readouterr().err
