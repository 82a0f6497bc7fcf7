"""`playertrack derive`: the order of signals, single players and sessions, summaries."""

from __future__ import annotations

import argparse
import json
import os
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cli.commanding import Capture
from cli.trace_files import ENTRIES, expected, read, viewing, write
from playertrack.cli import COMMANDS, main, module_of, parser_of
from playertrack.columns import SUMMARY_SCHEMA
from playertrack.core.session import offline_ids


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


#: All commands that can be asked for one player, in all the ways they read.
OF_ONE_PLAYER = [
    "derive trace",
    "derive trace --jobs 2",
    "derive trace -o out.jsonl --summaries out.parquet",
    "derive table",
    "derive trace trace",
    "derive trace --timeline",
    "explain trace",
    "timeline trace",
    "timeline table -o out.svg",
    "lint log",
]


@pytest.mark.parametrize("line", OF_ONE_PLAYER)
def test_player_that_no_line_names_is_refused(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "trace": write(Path("a.jsonl"), ENTRIES),
        "table": write(Path("a.parquet"), ENTRIES),
        "log": Path("events.jsonl"),
    }
    files["log"].write_text("".join(json.dumps(row) + "\n" for row in expected()))
    arguments = [str(files.get(word, word)) for word in line.split()]
    for name, hint in (("playr 1", "; did you mean player "), ("x", "; there are 'player 1'")):
        assert main([*arguments, "--player", name]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        [message] = said.err.splitlines()
        assert f": --player: there is no player {name!r}{hint}" in message
    assert not list(Path().glob("out.*"))


@pytest.mark.parametrize("line", ["derive FILE", "explain FILE", "timeline FILE", "lint LOG"])
def test_player_is_refused_where_no_line_names_one(
    line: str, tmp_path: Path, capsys: Capture
) -> None:
    nameless = [(None, signal, None) for signal in viewing(0.0, "A", 10.0)]
    log = tmp_path / "events.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in expected(nameless)))
    trace = write(tmp_path / "in.jsonl", nameless)
    command = line.replace("FILE", str(trace)).replace("LOG", str(log)).split(" ")
    assert main([*command, "--player", "tv"]) == 2
    assert "there is no player 'tv'; no line names a player" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["derive", "explain", "timeline"])
def test_player_is_refused_of_a_recording(command: str, tmp_path: Path, capsys: Capture) -> None:
    """It is that of one player, which has no name."""
    recording = tmp_path / "raw.jsonl"
    recording.write_text('{"t": 0.0, "kind": "app.open", "args": ["a"]}\n')
    assert main([command, str(recording), "--raw", "mpv"]) == 0
    capsys.readouterr()
    assert main([command, str(recording), "--raw", "mpv", "--player", "tv"]) == 2
    assert "there is no player 'tv'; no line names a player" in capsys.readouterr().err


def test_all_commands_that_know_players_are_in_the_table() -> None:
    """`play` has such an option, too: what plays."""
    knowing = {
        name
        for name in COMMANDS
        if any(
            "--player" in action.option_strings
            for action in _options(parser_of(name, module_of(name)), name)
        )
    }
    assert knowing - {"play"} == {line.split()[0] for line in OF_ONE_PLAYER}


def _options(parser: argparse.ArgumentParser, command: str) -> list[argparse.Action]:
    [subparsers] = (each for each in parser._actions if each.nargs == argparse.PARSER)
    assert isinstance(subparsers.choices, dict)
    return list(subparsers.choices[command]._actions)


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
