"""`playertrack derive`, of traces and of raw recordings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.commanding import (
    GOOD,
    QUIET,
    STARTED,
    TRACE,
    Capture,
    names,
    playertrack,
    read_stdin,
)
from playertrack.cli import main


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
        ("settle", "--policy: 'settle' is not allowed; expected a field, = and its value"),
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
    "missing field": (b'{"signal": "timeupdate", "at": 1}', "timeupdate needs a position"),
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
    assert names(capsys.readouterr().out) == [*STARTED, "PLAY_REACHED_25"]


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
    target = tmp_path / "missing" / "events"
    assert main(["derive", str(trace), "-o", str(target)]) == 2
    assert capsys.readouterr() == ("", f"{target}: No such file or directory\n")


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


def test_a_trace_is_no_raw_recording(trace: Path, capsys: Capture) -> None:
    assert main(["derive", str(trace), "--raw", "html5"]) == 2
    said = "this is a trace of signals, not a raw recording; leave out --raw"
    assert capsys.readouterr() == ("", f"{trace}:1: {said}\n")
