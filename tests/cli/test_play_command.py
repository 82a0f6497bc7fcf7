"""``playertrack play``: real media, by the command line."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from media_server import serving

from playertrack.cli import main
from playertrack.testing.clips import make_clip

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "adapters")])}

NATURAL = [
    *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"),
    *("PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75", "PLAY_REACHED_100"),
]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return make_clip(path, 6.0, options={"movflags": "faststart"})


def play(*arguments: str | Path) -> int:
    """Play as fast as it decodes; the exit code.

    There are no VIEW events, and a decoder that a busy machine keeps waiting is no stall.
    """
    policy = ("--policy", "view_interval=null", "--policy", "stall_grace=3600")
    return main(["play", "--speed", "inf", *policy, *map(str, arguments)])


@contextmanager
def playing(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "playertrack", "play", *map(str, arguments)]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def events(lines: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["event"] for record in records]


def derived(trace: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The events that `derive` makes of a recorded trace."""
    assert main(["derive", str(trace)]) == 0
    return events(capsys.readouterr().out)


def without_sessions(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Live sessions have random ids."""
    ids = ("session", "previous_session")
    return [{k: v for k, v in record.items() if k not in ids} for record in records]


def test_shows_the_events_and_the_sum_of_them(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(clip) == 0
    captured = capsys.readouterr()
    session, *lines = captured.out.splitlines()
    assert session.startswith("session ")
    assert [line.split()[2] for line in lines[:-4]] == NATURAL
    assert "  at   0.000 s  join_time 0." in lines[3]
    assert lines[-4] == "session 1 of clip"
    assert lines[-3] == "  watched 6.0 s of 6.0 s (100 %); reached 25 %, 50 %, 75 %, 100 %"
    assert lines[-2].startswith("  played  6.0 s, started 0.")
    assert lines[-1] == "  no stalls, no seeks, no errors"
    assert captured.err == ""


def test_json_is_the_event_log_and_nothing_else(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(clip, "--json", "--entry-id", "1_abc") == 0
    captured = capsys.readouterr()
    records = events(captured.out)
    assert names(records) == NATURAL
    assert {record["entry_id"] for record in records[1:]} == {"1_abc"}
    assert captured.err.startswith("session 1 of 1_abc\n")


def test_the_recorded_trace_gives_the_same_events_again(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace.jsonl"
    script = tmp_path / "script.txt"
    script.write_text(
        "# a restless viewer\n1 pause\n3 play  # again\n\n3.5 seek 4\n4.2 stall 1.5\n8 play\n",
        "utf-8",
    )
    late = ["--do", "9 rate 2", "--do", "9.5 loop on", "--do", "16 replay", "--do", "17 stop"]
    files = ["--record", str(trace), "--script", str(script)]
    code = main(["play", str(clip), "--speed", "inf", "--json", *files, *late])
    live = events(capsys.readouterr().out)
    assert code == 0
    for expected in ("PAUSE", "RESUME", "SEEK", "BUFFER_START", "BUFFER_END", "REPLAY", "SPEED"):
        assert expected in names(live)
    assert without_sessions(live) == without_sessions(derived(trace, capsys))
    assert json.loads(trace.read_text("utf-8").splitlines()[-1])["signal"] == "close"


def test_a_seek_past_a_quartile_leaves_it_out(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(clip, "--do", "2 seek 4", "--json") == 0
    records = events(capsys.readouterr().out)
    assert names(records)[5:] == ["PLAY_REACHED_25", "SEEK", "PLAY_REACHED_75", "PLAY_REACHED_100"]
    (seek,) = (record for record in records if record["event"] == "SEEK")
    assert (seek["target"], seek["inferred"]) == (4.0, False)


def test_events_go_to_sinks_instead(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "events.jsonl"
    assert play(clip, "--sink", f"jsonl:{log}", "--sink", "null") == 0
    assert names(events(log.read_text("utf-8"))) == NATURAL
    assert capsys.readouterr().out.startswith("session 1 of clip\n")


def test_a_network_that_stops_for_a_while_is_a_buffer_pair(clip: Path) -> None:
    with (
        serving(clip) as server,
        playing(server.url("held"), "--json", "--speed", "inf") as command,
    ):
        assert command.stdout is not None
        lines: list[bytes] = []
        for line in command.stdout:
            lines.append(line)
            if b"BUFFER_START" in line:
                server.release()
        assert command.wait(30) == 0
    seen = names(events(b"".join(lines)))
    assert seen.count("BUFFER_START") == seen.count("BUFFER_END") == 1
    assert seen[-1] == "PLAY_REACHED_100"


def test_a_connection_that_breaks_is_exit_code_1(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(clip) as server:
        assert play(server.url("cut"), "--json") == 1
    records = events(capsys.readouterr().out)
    assert "PLAY" in names(records)
    assert names(records)[-1] == "ERROR"
    assert (records[-1]["code"], records[-1]["fatal"]) == ("network", True)


def test_ctrl_c_ends_it_as_a_viewer_does_who_leaves(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace, log = tmp_path / "trace.jsonl", tmp_path / "events.jsonl"
    options = ("--record", trace, "--sink", f"jsonl:{log}", "--json")
    with playing(clip, *options, "--do", "0 loop on") as command:
        assert command.stdout is not None
        lines: list[bytes] = []
        for line in command.stdout:
            lines.append(line)
            if b"PLAY_REACHED_25" in line:
                command.send_signal(signal.SIGINT)
        assert command.wait(30) == 0
        assert command.stderr is not None
        assert b"session 1 of clip\n  watched " in command.stderr.read()
    live = events(b"".join(lines))
    assert live == events(log.read_text("utf-8"))
    assert without_sessions(live) == without_sessions(derived(trace, capsys))
    last, close = map(json.loads, trace.read_text("utf-8").splitlines()[-2:])
    assert (last["signal"], close["signal"]) == ("timeupdate", "close")


def test_output_that_nobody_reads_ends_it(clip: Path) -> None:
    with playing(clip, "--do", "0 loop on") as command:
        assert command.stdout is not None
        assert command.stdout.readline().startswith(b"session ")
        command.stdout.close()
        assert command.wait(30) == 141


def test_media_may_come_from_standard_input(tmp_path: Path) -> None:
    media = make_clip(tmp_path / "clip.mkv", 2.0)
    command = [sys.executable, "-m", "playertrack", "play", "-", "--speed", "inf", "--json"]
    done = subprocess.run(
        command, env=ENVIRONMENT, input=media.read_bytes(), capture_output=True, check=True
    )
    assert names(events(done.stdout))[-1] == "PLAY_REACHED_100"
    assert events(done.stdout)[-1]["entry_id"] == "stdin"


def test_a_terminal_shows_how_far_it_is(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor() as pool, os.fdopen(theirs, "w") as terminal:
        shown = pool.submit(read_all, ours)
        monkeypatch.setattr(sys, "stderr", terminal)
        assert play(clip) == 0
        terminal.close()
        text = shown.result(30)
    assert text.startswith("\r\x1b[K0 s  ready\r\x1b[K")
    assert "\r\x1b[K0 s / 6 s  [                              ]   0 %  loaded\r" in text
    assert "\r\x1b[K3 s / 6 s  [===============" in text
    assert text.endswith("[==============================] 100 %  close\r\x1b[K")
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()[1:-4]] == NATURAL


def read_all(terminal: int) -> str:
    """All that is written to the other end, until that is closed."""
    text = b""
    with suppress(OSError), open(terminal, "rb", buffering=0) as file:  # how Linux signals the end
        while part := file.read(4096):
            text += part
    return text.decode()


def test_media_without_a_duration_shows_the_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    clip = make_clip(tmp_path / "clip.mkv", 2.0, options={"live": "1"})
    with ThreadPoolExecutor() as pool, os.fdopen(theirs, "w") as terminal:
        shown = pool.submit(read_all, ours)
        monkeypatch.setattr(sys, "stderr", terminal)
        assert play(clip) == 0
        terminal.close()
        assert "\r\x1b[K1 s  playing" in shown.result(30)


# ------------------------------------------------------------------------------ wrong use


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["missing.mp4"], "missing.mp4: No such file or directory\n"),
        (["."], ".: Is a directory\n"),
        (["CLIP", "--speed", "0.5"], "--speed: 0.5 is not allowed; expected 1 or more, or inf"),
        (["CLIP", "--speed", "fast"], "argument --speed: 'fast' is not a number"),
        (["CLIP", "--player", "gramophone"], "there is no player 'gramophone'; known are av, "),
        (["CLIP", "--sink", "drain"], "there is no sink 'drain'"),
        (["CLIP", "--policy", "settle=-1"], "settle: -1.0 is not allowed"),
        (["CLIP", "--record", "/nowhere/x"], "/nowhere/x: No such file or directory"),
        (["CLIP", "--script", "/nowhere/x"], "/nowhere/x: No such file or directory"),
        (["CLIP", "--do", "pause"], "--do 'pause': expected SECONDS COMMAND [VALUE]"),
        (["CLIP", "--do", "soon pause"], "--do 'soon pause': expected SECONDS COMMAND [VALUE]"),
        (["CLIP", "--do", "1 seek 2 3"], "--do '1 seek 2 3': expected SECONDS COMMAND [VALUE]"),
        (["CLIP", "--do", "1 seek on"], "--do '1 seek on': seek: True is not allowed"),
        (["CLIP", "--do", "1 fly"], "--do '1 fly': there is no command 'fly'; known are play, "),
        (["CLIP", "--do", "nan pause"], "--do 'nan pause': at: nan is not allowed"),
    ],
)
def test_wrong_use_is_exit_code_2_and_a_clear_message(
    arguments: list[str], problem: str, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(*(str(clip) if each == "CLIP" else each for each in arguments)) == 2
    captured = capsys.readouterr()
    assert problem in captured.err
    assert "Traceback" not in captured.err
    assert "PLAY_REQUEST" not in captured.out


def test_a_wrong_line_of_a_script_is_named(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.txt"
    script.write_text("1 pause\n\n2 rate 0\n", "utf-8")
    assert play(clip, "--script", script) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{script}:3: rate: 0.0 is not allowed; expected a speed from")
    assert captured.out == ""


@pytest.mark.parametrize("option", [["--sink", "jsonl:/dev/full"], ["--record", "/dev/full"]])
def test_what_cannot_be_delivered_is_exit_code_3(
    option: list[str], clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(clip, *option) == 3
    captured = capsys.readouterr()
    assert "No space left on device" in captured.err
    assert captured.err.endswith("not everything was delivered\n")
    assert "Traceback" not in captured.err


# --------------------------------------------------------------------------- other players


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Installs a package of one module that has the player ``tape``."""

    def install(source: str) -> None:
        about = tmp_path / "tape-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tape\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[playertrack.players]\ntape = tape_deck:Tape\n")
        (tmp_path / "tape_deck.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "tape_deck", raising=False)

    return install


TAPE = """
from playertrack import signals

class Tape:
    def __init__(self, on_signal, *, speed):
        self.emit, self.cues = on_signal, []

    def load(self, media, *, entry_id=None):
        self.emit(signals.Loaded(at=10.0, entry_id=entry_id or media, duration=2.0))

    def play(self):
        self.emit(signals.Play(at=11.0))

    def at(self, seconds, action, value=None):
        self.cues.append((seconds, action, value))

    def wait(self, timeout=None):
        self.emit(signals.Playing(at=12.0))
        for n in range(1, 9):
            self.emit(signals.TimeUpdate(at=12.0 + n / 4, position=n / 4))
        self.emit(signals.Captions(at=15.0, language=repr(self.cues)))
        return True

    def close(self, timeout=5.0):
        self.emit(signals.Close(at=16.0))
"""


def test_a_player_is_found_by_its_entry_point(
    installed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    installed(TAPE)
    assert play("side-a", "--player", "tape", "--json", "--do", "1 loop off") == 0
    records = events(capsys.readouterr().out)
    assert names(records) == [*NATURAL, "CAPTIONS"]
    assert records[3]["join_time"] == 1.0
    assert records[-1]["language"] == "[(1.0, 'loop', False)]"


def test_an_interrupt_closes_the_player(
    installed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    installed(TAPE.replace("        return True", "        raise KeyboardInterrupt"))
    assert play("side-a", "--player", "tape", "--json") == 0
    assert names(events(capsys.readouterr().out)) == [*NATURAL, "CAPTIONS"]


def test_a_player_that_cannot_be_loaded_says_how_to_get_it(
    installed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    installed("import a_library_that_is_not_there")
    assert play("side-a", "--player", "tape") == 2
    assert capsys.readouterr().err == (
        "player tape cannot be loaded (No module named 'a_library_that_is_not_there'): "
        "pip install 'playertrack[tape]'\n"
    )


def test_a_player_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("playertrack.cli.play._EXTRAS", ("av", "tape"))
    assert play("side-a", "--player", "tape") == 2
    message = "player tape is not installed: pip install 'playertrack[tape]'\n"
    assert capsys.readouterr().err == message
