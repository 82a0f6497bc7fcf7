"""`playertrack derive` with files of all kinds, several at once, in several processes."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from columns.tables import Entry, as_rows, bits, rows_of, table_of

from cli.commanding import Capture, names, playertrack
from playertrack import Fleet, Policy
from playertrack.cli import main
from playertrack.cli.progress import Meter
from playertrack.columns import SIGNAL_FIELDS, SUMMARY_SCHEMA
from playertrack.core.session import offline_ids
from playertrack.signals import (
    Close,
    Ended,
    Loaded,
    Play,
    Playing,
    Seek,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
)
from playertrack.trace.codec import encode_signal


def viewing(start: float, entry: str, end: float) -> list[Signal]:
    """A player that stalls, seeks and plays ``entry`` to ``end``, and plays it again."""
    signals: list[Signal] = [
        Loaded(at=start, entry_id=entry, duration=end),
        Play(at=start),
        Playing(at=start + 0.5),
    ]
    signals += [TimeUpdate(at=start + 0.5 + t, position=float(t)) for t in range(1, 11)]
    signals += [Stall(at=start + 11.0), StallEnd(at=start + 13.0)]
    signals += [TimeUpdate(at=start + 3.0 + t, position=float(t)) for t in range(11, 15)]
    signals += [Seek(at=start + 18.0, position=end - 5.0)]
    signals += [TimeUpdate(at=start + 18.0 + t, position=end - 5.0 + t) for t in range(1, 6)]
    signals += [Ended(at=start + 23.0), Playing(at=start + 25.0)]
    signals += [TimeUpdate(at=start + 25.0 + t, position=float(t)) for t in range(1, 6)]
    return signals


def fleet_of(count: int) -> list[Entry]:
    """``count`` players at a time, one of them closed; one has no name."""
    entries: list[tuple[float, Entry]] = []
    for number in range(count):
        player = f"player {number}" if number else None
        trace = viewing(100.0 + 1.7 * number, f"entry {number % 3}", 40.0)
        if number == 1:
            trace.append(Close(at=trace[-1].at + 1.0))
        entries += [(each.at, (player, each, seq)) for seq, each in enumerate(trace, 1)]
    return [entry for _, entry in sorted(entries, key=lambda one: one[0])]


ENTRIES = fleet_of(9)


def lines_of(entries: Sequence[Entry]) -> bytes:
    return b"".join(encode_signal(signal, player, seq) + b"\n" for player, signal, seq in entries)


def write(path: Path, entries: Sequence[Entry]) -> Path:
    """The trace in the form that the ending of ``path`` says."""
    if path.suffix == ".parquet":
        pq.write_table(table_of(entries), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines_of(entries)))
    elif path.suffix == ".zst":
        path.write_bytes(pa.compress(lines_of(entries), "zstd", asbytes=True))
    else:
        path.write_bytes(lines_of(entries))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The events that were written, without what is null."""
    if path.suffix == ".parquet":
        return rows_of(pq.read_table(path))
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(io.BytesIO(data), "zstd").read()
    records = [json.loads(line) for line in data.splitlines()]
    return [{k: v for k, v in each.items() if v is not None} for each in records]


def expected(entries: Sequence[Entry] = ENTRIES, **options: Any) -> list[dict[str, Any]]:
    fleet = Fleet(**options)
    events = [event for player, each, seq in entries for event in fleet.feed(player, each, seq)]
    return as_rows(events + fleet.close())


FORMS = ["jsonl", "parquet", "jsonl.gz", "zst"]


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
    cuts = [0, 20, 90, len(ENTRIES)]
    for name, a, b in zip("cab", cuts, cuts[1:], strict=False):
        write(folder / f"{'bca'['cab'.index(name)]}.parquet", ENTRIES[a:b])
    first = sorted(folder.glob("*.parquet"))
    order = [rows for path in first for rows in [pq.read_table(path).num_rows]]
    parts = {"b": ENTRIES[0:20], "c": ENTRIES[20:90], "a": ENTRIES[90:]}
    by_name = [*parts["a"], *parts["b"], *parts["c"]]
    assert sum(order) == len(by_name)

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


def test_an_empty_folder(tmp_path: Path, capsys: Capture) -> None:
    assert main(["derive", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: a folder without .parquet or .jsonl files\n"


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


# ------------------------------------------------------------------------ order


def _by_player(row: dict[str, Any]) -> tuple[Any, ...]:
    return row.get("player", ""), row["at"], row["session"], row["index"]


def test_signals_out_of_order_are_put_in_order(tmp_path: Path, capsys: Capture) -> None:
    arriving = [each for pair in zip(ENTRIES[1::2], ENTRIES[::2], strict=False) for each in pair]
    arriving += ENTRIES[len(arriving) :] + ENTRIES[:40]
    trace, out = write(tmp_path / "in.jsonl", arriving), tmp_path / "out.jsonl"
    assert main(["derive", str(trace), "--reorder", "30", "-o", str(out)]) == 0
    assert capsys.readouterr().err == ""
    assert sorted(read(out), key=_by_player) == sorted(expected(), key=_by_player)
    assert main(["derive", str(trace), "-o", str(out)]) == 0
    assert read(out) == expected(arriving), "without --reorder numbers mean nothing"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_late_is_left_out_and_counted(jobs: str, tmp_path: Path, capsys: Capture) -> None:
    late = [ENTRIES[3], ENTRIES[7]]
    arriving = [each for each in ENTRIES if each not in late]
    trace = write(tmp_path / "in.jsonl", [*arriving, *late])
    out = tmp_path / "out.jsonl"
    options = ["--reorder", "1", "--jobs", jobs, "-o", str(out)]
    assert main(["derive", str(trace), *options]) == 0
    assert capsys.readouterr().err == "2 late signals left out\n"
    assert len(read(out)) == len(expected(arriving, reorder=1.0))


def test_players_that_were_idle_begin_anew(tmp_path: Path) -> None:
    trace = [("tv", each, None) for start in (0.0, 500.0) for each in viewing(start, "A", 40.0)]
    path, out = write(tmp_path / "in.jsonl", trace), tmp_path / "out.jsonl"
    assert main(["derive", str(path), "--idle-close", "400", "-o", str(out)]) == 0
    rows = read(out)
    assert [row["event"] for row in rows].count("WIDGET_LOADED") == 2
    assert {row["session"] for row in rows} >= {
        offline_ids("tv", 1, 0.0),
        offline_ids("tv", 1, 500),
    }


@pytest.mark.parametrize("value", ["-1", "nan", "soon"])
def test_a_time_that_cannot_be(value: str, capsys: Capture) -> None:
    assert main(["derive", "-", "--reorder", value]) == 2
    assert "--reorder: " in capsys.readouterr().err


# ------------------------------------------------------------------------ players and sessions


def test_only_one_player(tmp_path: Path, capsys: Capture) -> None:
    trace = write(tmp_path / "in.jsonl", ENTRIES)
    assert main(["derive", str(trace), "--player", "player 4"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {record["player"] for record in records} == {"player 4"}
    assert len(records) == sum(row.get("player") == "player 4" for row in expected())


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_only_one_session(jobs: str, tmp_path: Path, capsys: Capture) -> None:
    trace, rows = write(tmp_path / "in.jsonl", ENTRIES), tmp_path / "rows.jsonl"
    options = ["--jobs", jobs, "--summaries", str(rows)]
    assert main(["derive", str(trace), "--session", "2", *options]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len({record["session"] for record in records}) == 9
    assert {record["event"] for record in records} >= {"REPLAY", "PLAY"}
    assert [json.loads(line)["ordinal"] for line in rows.read_text().splitlines()] == [2] * 9

    chosen = records[0]["session"]
    assert main(["derive", str(trace), "--session", chosen, *options]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [record for record in records if record["session"] == chosen]

    assert main(["derive", str(trace), "--session", "3", *options]) == 2
    assert capsys.readouterr() == ("", "--session: there is no session 3\n")


@pytest.mark.parametrize("command", ["explain", "timeline"])
def test_other_commands_know_players_and_sessions(
    command: str, tmp_path: Path, capsys: Capture
) -> None:
    trace = write(tmp_path / "in.jsonl.gz", ENTRIES)
    session = offline_ids("player 4", 1, viewing(100.0 + 1.7 * 4, "x", 40.0)[0].at)

    def summaries(*options: str) -> list[Any]:
        assert main([command, str(trace), "--json", *options]) == 0
        return [json.loads(line)["summary"] for line in capsys.readouterr().out.splitlines()]

    assert [each["ordinal"] for each in summaries("--player", "player 4")] == [1, 2]
    [only] = summaries("--session", session)
    assert (only["player"], only["session"]) == ("player 4", session)
    assert main([command, str(trace), "--player", "nobody", "--session", "1"]) == 2


def test_lint_knows_players_and_sessions(tmp_path: Path, capsys: Capture) -> None:
    log = tmp_path / "events.jsonl"
    records = [
        row | {"index": row["index"] + (row.get("player") in ("player 3", "player 4"))}
        for row in expected()
    ]
    log.write_text(
        "".join(
            json.dumps({"entry_id": None, "position": None, "duration": None, **row}) + "\n"
            for row in records
        )
    )
    assert main(["lint", str(log)]) == 1
    everything = capsys.readouterr().out.count("\n")
    assert main(["lint", str(log), "--player", "player 3"]) == 1
    one = capsys.readouterr().out.count("\n")
    assert main(["lint", str(log), "--player", "player 3", "--session", "2"]) == 1
    part = capsys.readouterr().out.count("\n")
    assert everything == 2 * one and 0 < part < one
    assert main(["lint", str(log), "--player", "player 5"]) == 0
    assert main(["lint", str(log), "--player", "player 5", "--session", "7"]) == 2


# ------------------------------------------------------------------------ summaries


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_summaries_have_a_row_a_session(form: str, tmp_path: Path) -> None:
    trace, path = write(tmp_path / "in.jsonl", ENTRIES), tmp_path / f"rows.{form}"
    assert main(["derive", str(trace), "-o", os.devnull, "--summaries", str(path)]) == 0
    if form == "parquet":
        table = pq.read_table(path)
        assert table.schema.equals(SUMMARY_SCHEMA)
        rows = table.to_pylist()
    else:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert all(list(row) == SUMMARY_SCHEMA.names for row in rows)
    assert len(rows) == 18
    first, second = (row for row in rows if row["player"] == "player 2")
    start = 100.0 + 1.7 * 2
    assert first["started_at"] == start and first["ended_at"] == start + 25.0
    assert second["started_at"] == start + 25.0 and second["ended_at"] == start + 30.0
    assert (first["entry_id"], first["ordinal"], first["seek_count"]) == ("entry 2", 1, 1)
    assert first["join_time"] == 0.5 and first["stall_count"] == 1
    assert [list(each) for each in first["watched"]] == [[0.0, 14.0], [35.0, 40.0]]
    assert second["session"] == offline_ids("player 2", 2, start + 25.0)


def test_summaries_are_those_of_explain(tmp_path: Path, capsys: Capture) -> None:
    trace, path = write(tmp_path / "in.jsonl", ENTRIES), tmp_path / "rows.jsonl"
    assert main(["explain", str(trace), "--json"]) == 0
    explained = [json.loads(line)["summary"] for line in capsys.readouterr().out.splitlines()]
    assert main(["derive", str(trace), "-o", os.devnull, "--summaries", str(path)]) == 0
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        del row["started_at"], row["ended_at"]
    key = itemgetter("session")
    assert sorted(rows, key=key) == sorted(explained, key=key)


# ------------------------------------------------------------------------ what does not go together


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--raw", "html5", "--reorder", "5"], "--raw: --reorder does not go with it"),
        (["--timeline", "--summaries", "x"], "--timeline: --summaries does not go with it"),
        (["--timeline", "--session", "1"], "--timeline: --session does not go with it"),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], said: str, trace: Path, capsys: Capture
) -> None:
    assert main(["derive", str(trace), *options]) == 2
    assert capsys.readouterr() == ("", f"{said}\n")


def test_one_trace_at_a_time_is_drawn(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), str(trace), "--timeline"]) == 2
    assert "--timeline: expected one trace" in capsys.readouterr().err


def test_sinks_take_events_of_several_processes(tmp_path: Path) -> None:
    trace, log = write(tmp_path / "in.parquet", ENTRIES), tmp_path / "log.jsonl"
    options = ["--jobs", "2", "--sink", f"jsonl:{log}", "-o", str(tmp_path / "out.jsonl")]
    assert main(["derive", str(trace), *options]) == 0
    assert log.read_bytes() == (tmp_path / "out.jsonl").read_bytes()


def test_policies_reach_every_process(tmp_path: Path) -> None:
    trace, out = write(tmp_path / "in.jsonl", ENTRIES), tmp_path / "out.jsonl"
    options = ["--jobs", "2", "--policy", "view_interval=null", "-o", str(out)]
    assert main(["derive", str(trace), *options]) == 0
    assert read(out) == expected(policy=Policy(view_interval=None))


def test_as_a_program_with_several_processes(tmp_path: Path) -> None:
    trace = write(tmp_path / "in.jsonl", ENTRIES)
    one = playertrack("derive", str(trace))
    two = playertrack("derive", str(trace), "--jobs", "2")
    assert (two.returncode, two.stdout, two.stderr) == (0, one.stdout, b"")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_has_rate_and_time_left() -> None:
    now, out = 0.0, Terminal()
    meter = Meter(100_000_000, out, lambda: now)
    meter.show(1_000_000)
    assert out.getvalue() == ""
    now = 2.0
    meter.show(50_000_000)
    assert out.getvalue().endswith("50 %  25.0 MB/s  0:02 left")
    now = 3700.0
    meter.show(50_000_001)
    assert out.getvalue().endswith("1:01:39 left")
    meter.close()
    assert out.getvalue().endswith("\r\x1b[K")


def test_no_progress_where_nobody_looks() -> None:
    out = io.StringIO()
    meter = Meter(100, out, lambda: 100.0)
    meter.show(50)
    meter.close()
    assert out.getvalue() == ""


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path, capsys: Capture) -> None:
    """One line says why, whatever is written; no traceback of a library follows it."""
    for columns, said in (
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
