"""The commands, as one uses them: through `main`, and some through a process of their own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from playertrack.cli import COMMANDS, main

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"

GOOD = '{"signal": "timeupdate", "at": 1, "position": 2}'
TRACE = "\n".join(
    (
        '{"signal": "loaded", "at": 0, "entry_id": "A", "duration": 100}',
        '{"signal": "playing", "at": 0}',
        '{"signal": "timeupdate", "at": 30, "position": 30}',
        '{"signal": "seek", "at": 31, "position": 60}',
        "",
    )
)
STARTED = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]
QUIET = ("--policy", "view_interval=null")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE)
    return path


def read_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def names(text: str) -> list[str]:
    return [json.loads(line)["event"] for line in text.splitlines()]


def playertrack(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "playertrack", *argv],
        cwd=ROOT,
        timeout=60,
        check=False,
        capture_output=True,
        **options,
    )


# ------------------------------------------------------------------ the command line itself


def test_help_names_every_command(capsys: Capture) -> None:
    assert main(["--help"]) == 0

    text = capsys.readouterr().out
    for name, summary in COMMANDS.items():
        assert f"    {name}" in text
        assert summary in text
    assert "Exit codes" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples(command: str, capsys: Capture) -> None:
    assert main([command, "--help"]) == 0

    text = capsys.readouterr().out
    assert text.startswith(f"usage: playertrack {command}")
    assert f"  playertrack {command}" in text[text.index("examples:") :]
    assert "--json" in text


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "required: COMMAND"),
        (["dervie"], "invalid choice: 'dervie'"),
        (["derive"], "required: TRACE"),
        (["derive", "trace", "--skip"], "unrecognized arguments: --skip"),
        (["explain", "trace", "--session", "one"], "invalid int value: 'one'"),
        (["check"], "required: CASES"),
    ],
)
def test_wrong_use_ends_with_2(argv: list[str], said: str, capsys: Capture) -> None:
    assert main(argv) == 2

    assert said in capsys.readouterr().err


def test_help_loads_nothing_that_it_does_not_need() -> None:
    probe = """
import sys
from playertrack.cli import main
code = main(["--help"]) or main(["derive", "--help"])
heavy = {"aiohttp", "asyncio", "attr", "av", "msgspec", "playertrack.engine", "transitions"}
sys.exit(code or ", ".join(sorted(heavy & set(sys.modules))) or 0)
"""

    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, check=False)

    assert done.stderr == b""
    assert done.returncode == 0


def test_the_module_is_the_command(trace: Path) -> None:
    done = playertrack("derive", str(trace), *QUIET)

    assert done.returncode == 0
    assert done.stderr == b""
    assert names(done.stdout.decode()) == [*STARTED, "PLAY_REACHED_25", "SEEK"]


@pytest.mark.parametrize("command", ["derive", "explain", "lint", "check"])
def test_a_file_that_cannot_be_read(command: str, tmp_path: Path, capsys: Capture) -> None:
    assert main([command, str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'missing'}: No such file or directory\n"


# ------------------------------------------------------------------ derive


def test_derive_writes_events_to_standard_output(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), *QUIET]) == 0

    out, err = capsys.readouterr()
    assert names(out) == [*STARTED, "PLAY_REACHED_25", "SEEK"]
    assert err == ""


def test_derive_reads_standard_input(
    trace: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["derive", str(trace)])
    of_file = capsys.readouterr().out
    read_stdin(monkeypatch, TRACE.encode())

    assert main(["derive", "-"]) == 0
    assert capsys.readouterr().out == of_file


def test_derive_gives_the_same_bytes_each_time(trace: Path) -> None:
    first = playertrack("derive", str(trace), env={**os.environ, "PYTHONHASHSEED": "1"})
    second = playertrack("derive", str(trace), env={**os.environ, "PYTHONHASHSEED": "2"})

    assert first.stdout == second.stdout != b""


def test_a_policy_value_is_json_or_else_a_word(trace: Path, capsys: Capture) -> None:
    same = ("--policy", "replay_session=same", "--policy", 'reload_same_entry="keep"')

    assert main(["derive", str(trace), *QUIET, *same, "--policy", "infer_seeks=false"]) == 0
    assert "VIEW" not in names(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("settle=-1", "settle: -1.0 is not allowed"),
        ("settle=NaN", "settle: nan is not allowed"),
        ("settle", "settle: '' is not allowed"),
        ("settel=1", "did you mean settle?"),
        ("replay_session=old", "replay_session: 'old' is not allowed; expected new or same"),
    ],
)
def test_a_policy_that_cannot_be(option: str, said: str, trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), "--policy", option]) == 2

    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


#: Every line that the format names as one that cannot be taken, and what is said of it.
REFUSED: dict[str, tuple[bytes, str]] = {
    "unknown signal": (b'{"signal": "explode", "at": 1}', "signal: "),
    "missing field": (b'{"signal": "timeupdate", "at": 1}', "position: "),
    "wrong type": (b'{"signal": "timeupdate", "at": "1", "position": 2}', "at: "),
    "negative position": (b'{"signal": "timeupdate", "at": 1, "position": -2}', "position: "),
    "player no string": (b'{"signal": "play", "at": 1, "player": 7}', "player: "),
    "NaN": (b'{"signal": "timeupdate", "at": 1, "position": NaN}', "position: "),
    "Infinity": (b'{"signal": "timeupdate", "at": Infinity, "position": 2}', "at: "),
    "number beyond a float": (b'{"signal": "play", "at": 1e999}', "at: "),
    "integer beyond a float": (b'{"signal": "play", "at": 1%s}' % (b"0" * 400), "at: "),
    "duplicate key": (b'{"signal": "play", "at": 1, "at": 1}', "at: "),
    "duplicate key of an update": (GOOD.replace("2}", '2, "at": 1}').encode(), "at: "),
    "line over 1 MiB": (GOOD.encode() + b" " * (1 << 20), "the line is longer"),
    "no json": (b"{signal: play}", "not JSON: "),
    "not utf-8": (b'{"signal": "play", "at": 1, "x": "\xff"}', "not UTF-8: "),
    "no object": (b'["play", 1]', "not an object: "),
    "deep nesting": (b"[" * 200_000, "not readable: "),
}


@pytest.mark.parametrize("command", ["derive", "explain"])
@pytest.mark.parametrize(("line", "said"), REFUSED.values(), ids=REFUSED)
def test_a_line_that_cannot_be_taken_stops_the_command(
    command: str, line: bytes, said: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(TRACE.encode() + b"\n" + line + b"\n" + GOOD.encode())

    assert main([command, str(path)]) == 2
    [message] = capsys.readouterr().err.splitlines()
    assert message.startswith(f"{path}:6: {said}")


@pytest.mark.parametrize("command", ["derive", "explain"])
@pytest.mark.parametrize(("line", "said"), REFUSED.values(), ids=REFUSED)
def test_a_line_that_cannot_be_taken_can_be_left_out(
    command: str, line: bytes, said: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE)
    assert main([command, str(path)]) == 0
    without = capsys.readouterr().out
    path.write_bytes(line + b"\n" + TRACE.encode() + line)

    assert main([command, str(path), "--skip-bad"]) == 1
    out, err = capsys.readouterr()
    first, second, *_ = err.splitlines()
    assert first.startswith(f"{path}:1: {said}")
    assert second.startswith(f"{path}:6: {said}")
    assert names(out) == names(without) if command == "derive" else out.count("\n") > 10


@pytest.mark.parametrize("case", ["duplicate key", "NaN", "deep nesting", "not utf-8"])
def test_a_bad_line_of_standard_input_has_no_traceback(case: str) -> None:
    line, said = REFUSED[case]

    done = playertrack("derive", "-", input=b"\n\n" + line)

    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"<stdin>:3: {said}")
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_what_came_before_a_bad_line_is_on_standard_output(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE + "oops")

    assert main(["derive", str(path), *QUIET]) == 2
    assert names(capsys.readouterr().out) == [*STARTED, "PLAY_REACHED_25", "SEEK"]


def test_an_output_file_is_whole(trace: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "events.jsonl"

    assert main(["derive", str(trace), "-o", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["derive", str(trace)]) == 0
    assert path.read_text() == capsys.readouterr().out


def test_an_output_file_is_not_touched_by_a_failure(tmp_path: Path, capsys: Capture) -> None:
    bad, path = tmp_path / "trace.jsonl", tmp_path / "events.jsonl"
    bad.write_text(TRACE + "oops")
    path.write_text("what was there")

    assert main(["derive", str(bad), "-o", str(path)]) == 2
    assert path.read_text() == "what was there"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["events.jsonl", "trace.jsonl"]


def test_an_output_file_may_be_the_trace(trace: Path, capsys: Capture) -> None:
    main(["derive", str(trace)])
    events = capsys.readouterr().out

    assert main(["derive", str(trace), "-o", str(trace)]) == 0
    assert trace.read_text() == events


def test_the_file_behind_a_link_is_written(trace: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "events.jsonl", tmp_path / "link"
    target.write_text("")
    link.symlink_to(target)

    assert main(["derive", str(trace), "-o", str(link)]) == 0
    assert link.is_symlink()
    assert len(target.read_text().splitlines()) > 5


def test_a_device_is_written_to(trace: Path) -> None:
    assert main(["derive", str(trace), "-o", os.devnull]) == 0
    assert not Path(os.devnull).is_file()


def test_an_output_file_that_cannot_be_written(
    trace: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["derive", str(trace), "-o", str(tmp_path / "missing" / "events")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_events_go_to_sinks_as_well(trace: Path, tmp_path: Path, capsys: Capture) -> None:
    log = tmp_path / "log.jsonl"

    assert main(["derive", str(trace), "--sink", f"jsonl:{log}", "--sink", "console"]) == 0
    out, err = capsys.readouterr()
    assert log.read_text() == out
    assert len(err.splitlines()) == len(out.splitlines())


def test_a_sink_that_there_is_not(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), "--sink", "pigeon"]) == 2
    assert "there is no sink 'pigeon'" in capsys.readouterr().err


def test_what_a_sink_does_not_deliver_ends_with_3(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), "--sink", "jsonl:/dev/full"]) == 3

    out, err = capsys.readouterr()
    assert names(out)[:5] == STARTED
    assert "not everything was delivered" in err


def test_the_json_option_changes_nothing_for_what_is_json(trace: Path, capsys: Capture) -> None:
    main(["derive", str(trace)])
    events = capsys.readouterr().out

    assert main(["derive", str(trace), "--json"]) == 0
    assert capsys.readouterr().out == events


# ------------------------------------------------------------------ derive --raw

TRANSLATOR = '''
from playertrack import Policy, SignalError, signals

class Translator:
    """Of a made-up player that counts in milliseconds, and says when it ends."""

    policy = Policy(view_interval=1, infer_seeks=False)

    def translate(self, record):
        at = record["t"] / 1000
        self.at = at
        if record["kind"] == "time":
            return [signals.TimeUpdate(at=at, position=record["value"] / 1000)]
        return [signals.Playing(at=at)]

    def finish(self):
        return [signals.Fullscreen(at=self.at, on=True)]
'''


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed adapter for the recordings of ``madeup``."""
    (tmp_path / "madeup_adapter.py").write_text(TRANSLATOR)
    info = tmp_path / "madeup-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: madeup\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[playertrack.adapters]\nmadeup = madeup_adapter:Translator\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_a_recording_needs_an_adapter(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), "--raw", "abacus"]) == 2

    out, err = capsys.readouterr()
    assert err.startswith("--raw: no installed adapter reads recordings of 'abacus'; installed: ")
    assert out == ""


@pytest.mark.usefixtures("adapter")
def test_a_recording_goes_through_its_adapter(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "recording.jsonl"
    path.write_text('{"kind": "start", "t": 1000}\n{"kind": "time", "t": 2000, "value": 1000}\n')

    assert main(["derive", str(path), "--raw", "madeup"]) == 0
    assert names(capsys.readouterr().out) == [*STARTED, "VIEW", "VIEW", "OPEN_FULL_SCREEN"]
    assert main(["derive", str(path), "--raw", "madeup", *QUIET]) == 0
    assert names(capsys.readouterr().out) == [*STARTED, "OPEN_FULL_SCREEN"]


@pytest.mark.usefixtures("adapter")
def test_a_recording_with_a_value_that_cannot_be(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "recording.jsonl"
    path.write_text('{"kind": "start", "t": 0}\n{"kind": "time", "t": 2, "value": -1}\noops\n')

    assert main(["derive", str(path), "--raw", "madeup"]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:2: position: -0.001 is not allowed")
    assert main(["derive", str(path), "--raw", "madeup", "--skip-bad"]) == 1
    out, err = capsys.readouterr()
    assert names(out)[:5] == STARTED
    assert [line.split(" ")[0] for line in err.splitlines()[:2]] == [f"{path}:2:", f"{path}:3:"]


# ------------------------------------------------------------------ explain


def test_explain_tells_of_each_event_and_each_quartile_that_is_missing(
    trace: Path, capsys: Capture
) -> None:
    assert main(["explain", str(trace), *QUIET]) == 0

    out = capsys.readouterr().out
    assert "PLAY_REACHED_25 #6 at 30\n" in out
    assert "timeupdate on line 3: playback itself went over this point" in out
    assert "PLAY_REACHED_50 did not fire:\n" in out
    assert "a seek at +31.000 s went past 50, from 30 to 60" in out


def test_explain_can_be_asked_for_one_event(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--event", "PLAY_REACHED_75"]) == 0

    out = capsys.readouterr().out
    assert out.splitlines()[1:] == [
        "  PLAY_REACHED_75 did not fire:",
        "                  playback came to 60, the point is 75",
    ]


def test_explain_can_be_asked_for_one_session(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--session", "1"]) == 0
    assert capsys.readouterr().out.startswith("session 1: ")
    assert main(["explain", str(trace), "--session", "2"]) == 0
    assert capsys.readouterr() == ("", f"{trace}: nothing to explain\n")


def test_explain_knows_which_events_there_are(trace: Path, capsys: Capture) -> None:
    assert main(["explain", str(trace), "--event", "PLAYED"]) == 2
    assert capsys.readouterr().err == "--event: there is no event 'PLAYED'\n"


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


# ------------------------------------------------------------------ check


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


def test_check_tells_what_a_case_expected_and_what_it_got(tmp_path: Path, capsys: Capture) -> None:
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


def test_check_tells_where_a_file_is_no_case(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"id": "x", "signals": [{"signal": "play"}], "events": []}')

    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}: x: signals[0]: at: None")


# ------------------------------------------------------------------ lint


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


# ------------------------------------------------------------------ diagram


def test_diagram_draws_the_machine(capsys: Capture) -> None:
    assert main(["diagram"]) == 0
    text = capsys.readouterr().out
    assert "stateDiagram-v2" in text
    assert "STALLING --> BUFFERING: buffer" in text

    assert main(["diagram", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mermaid"].strip() == text.strip()


# ------------------------------------------------------------------ terminals, pipes, Ctrl-C


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def long_trace(path: Path) -> Path:
    """More bytes than are read without showing how far it is, in few lines."""
    padded = GOOD.replace("{", '{"x": "%s", ' % ("x" * 1_000_000))
    path.write_text(f"{padded}\n" * 36)
    return path


def test_a_long_file_shows_how_far_it_is_if_there_is_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    assert main(["derive", str(long_trace(tmp_path / "long.jsonl"))]) == 0
    shown = terminal.getvalue()
    assert "long.jsonl: 50 %" in shown
    assert shown.endswith("\r\x1b[K")


def test_a_short_file_or_no_terminal_shows_nothing(
    trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert main(["derive", str(long_trace(tmp_path / "long.jsonl"))]) == 0
    assert capsys.readouterr().err == ""

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["derive", str(trace)]) == 0
    assert terminal.getvalue() == ""


def test_a_reader_that_had_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(
        "".join(
            f'{{"signal": "fullscreen", "at": {at}, "on": {("true", "false")[at % 2]}}}\n'
            for at in range(100_000)
        )
    )
    command = [sys.executable, "-m", "playertrack", "derive", str(path)]

    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"event": "WIDGET_LOADED"')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    command = [sys.executable, "-m", "playertrack", "derive", "-"]

    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b'{"signal": "ready", "at": 1}\n')
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"event": "WIDGET_LOADED"')
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == b""
