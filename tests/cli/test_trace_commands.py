"""`playertrack explain`, `check`, `lint` and `diagram`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.commanding import (
    CASES,
    QUIET,
    STARTED,
    TRACE,
    Capture,
    playertrack,
    read_stdin,
)
from playertrack.cli import main


def test_explain_covers_each_event_and_each_missing_quartile(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), *QUIET]) == 0

    out = capsys.readouterr().out
    assert "PLAY_REACHED_25 #6 at 30 s\n" in out
    assert "timeupdate on line 3: playback itself went over this point" in out
    assert "PLAY_REACHED_50 did not fire:\n" in out
    assert "a seek at 31 s skipped the point at 50 s, from 30 s to 1:00" in out


def test_explain_can_be_asked_for_one_event(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--event", "PLAY_REACHED_75"]) == 0

    out = capsys.readouterr().out
    assert out.splitlines()[1:] == [
        "  PLAY_REACHED_75 did not fire:",
        "                playback came to 1:00, the point is 1:15",
    ]


def test_explain_can_be_asked_for_one_session(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--session", "1"]) == 0
    assert capsys.readouterr().out.startswith("session 1: ")


@pytest.mark.parametrize("command", ["explain", "timeline"])
def test_a_session_that_is_not_there(command: str, trace: Path, capsys: Capture) -> None:
    assert main([command, str(trace), "--session", "2"]) == 2
    said = f"{trace}: --session: there is 1 session, not 2\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("command", ["explain", "timeline"])
def test_nothing_is_no_line_of_json(command: str, tmp_path: Path, capsys: Capture) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert main([command, str(empty), "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_explain_knows_which_events_there_are(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--event", "PLAYED"]) == 2
    assert capsys.readouterr().err == "--event: there is no event 'PLAYED'; did you mean PLAY?\n"


def test_explain_for_programs(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--json", *QUIET]) == 0

    [record] = map(json.loads, capsys.readouterr().out.splitlines())
    assert [event["event"] for event in record["events"]] == [*STARTED, "PLAY_REACHED_25", "SEEK"]
    assert record["events"][-1]["rule"] == "R-seek"
    assert [each["event"] for each in record["missing"]] == [
        f"PLAY_REACHED_{quartile}" for quartile in (50, 75, 100)
    ]


def test_what_a_terminal_cannot_show_is_shown_as_an_escape(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE + '{"signal": "captions", "at": 32, "language": "ελληνικά"}')

    done = playertrack("explain", str(path), env={**os.environ, "PYTHONIOENCODING": "ascii"})

    assert done.returncode == 0
    assert b"language='\\u03b5" in done.stdout


def test_check_passes_the_cases_of_the_contract(capsys: Capture) -> None:
    assert main(["check", str(CASES)]) == 0

    out, err = capsys.readouterr()
    count = len(list(CASES.glob("*.json")))
    assert len(out.splitlines()) == count
    assert all(line.startswith("ok    ") for line in out.splitlines())
    assert err == f"{count} cases, none failed\n"


def broken_case(tmp_path: Path) -> Path:
    case = json.loads((CASES / "pub-p16-replay.json").read_text())
    case["events"][5]["position"] = 26
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(case))
    return path


def test_check_reports_what_a_case_expected_and_what_it_got(
    tmp_path: Path, capsys: Capture
) -> None:
    path = broken_case(tmp_path)

    assert main(["check", str(CASES / "pub-view.json"), str(path)]) == 1
    out, err = capsys.readouterr()
    assert "FAIL  pub-p16-replay" in out
    assert "event 6 of pub-p16-replay: position is 25.0 instead of 26" in out
    assert err == "2 cases, 1 failed\n"


def test_check_for_programs(tmp_path: Path, capsys: Capture) -> None:
    assert main(["check", "--json", str(CASES / "pub-view.json"), str(broken_case(tmp_path))]) == 1

    passed, failed = map(json.loads, capsys.readouterr().out.splitlines())
    assert passed == {"id": "pub-view", "passed": True, "difference": ""}
    assert (failed["id"], failed["passed"]) == ("pub-p16-replay", False)


def test_check_reads_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    read_stdin(monkeypatch, (CASES / "pub-view.json").read_bytes())

    assert main(["check", "-"]) == 0
    assert capsys.readouterr().out.startswith("ok    pub-view")


def test_check_wants_a_case(tmp_path: Path, capsys: Capture) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: no cases\n"


def test_check_reports_where_a_file_is_no_case(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"id": "x", "signals": [{"signal": "play"}], "events": []}')

    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}: x: signals[0]: play needs a time (at)")


def test_lint_has_nothing_to_say_of_what_derive_makes(
    trace: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "events.jsonl"
    main(["derive", str(trace), "-o", str(path)])

    assert main(["lint", str(path)]) == 0
    assert capsys.readouterr() == ("", f"{path}: no findings\n")


def test_lint_names_rule_line_and_session(tmp_path: Path, capsys: Capture, trace: Path) -> None:
    path = tmp_path / "events.jsonl"
    main(["derive", str(trace), "-o", str(path), *QUIET])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], "", *lines[6:]]))

    assert main(["lint", str(path)]) == 1
    out, err = capsys.readouterr()
    session = json.loads(lines[0])["session"]
    assert out == f"{path}:7: [I-index] index 7 follows 5 (session '{session}')\n"
    assert err == f"{path}: 1 finding\n"


def test_lint_for_programs(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    read_stdin(monkeypatch, b'{"event": "PLAY"}')

    assert main(["lint", "-", "--json"]) == 1
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {
        "file": "<stdin>",
        "rule": "format",
        "line": 1,
        "session": None,
        "message": "at is missing",
    }


def test_lint_stops_at_a_line_that_is_no_object(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n[]\n")

    assert main(["lint", str(path)]) == 2
    assert f"{path}:2: not an object: []\n" in capsys.readouterr().err


def test_lint_knows_the_policy(tmp_path: Path, capsys: Capture) -> None:
    path, log = tmp_path / "trace.jsonl", tmp_path / "events.jsonl"
    path.write_text(
        TRACE + '{"signal": "ended", "at": 71, "position": 100}\n{"signal": "play", "at": 72}'
    )
    same = ("--policy", "replay_session=same")
    main(["derive", str(path), "-o", str(log), *same])

    assert main(["lint", str(log)]) == 1
    assert main(["lint", str(log), *same]) == 0


def test_diagram_draws_the_machine(capsys: Capture) -> None:
    assert main(["diagram"]) == 0
    text = capsys.readouterr().out
    assert "stateDiagram-v2" in text
    assert "STALLING --> BUFFERING: buffer" in text

    assert main(["diagram", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mermaid"].strip() == text.strip()
