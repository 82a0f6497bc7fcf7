"""``playertrack play --player``: real players on the command line, and those that are missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from playertrack.cli import main
from playertrack.cli.play import list_players
from playertrack.errors import MissingLibraryError
from playertrack.testing.pulse import Pulse

PLAYERS = ("vlc", "mpv", "gstreamer", "gstplay")


@pytest.fixture(params=PLAYERS)
def player(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> str:
    """A player that can be used here; where none may be missing that is a failure."""
    name = str(request.param)
    assert list_players() == 0
    said = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    if not said[name].endswith(" ready"):
        assert not os.environ.get("CI"), said[name]
        pytest.skip(said[name])
    return name


def names(lines: str) -> list[str]:
    reported = [json.loads(line)["event"] for line in lines.splitlines()]
    return [name for name in reported if name != "VIEW"]


def test_script_is_performed_and_the_raw_recording_gives_the_same_events(
    player: str, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw.jsonl"
    # Of six seconds, with some to spare for a machine that starts the player or pauses it late.
    script = ["--do", "2.5 seek 3.2", "--do", "3.7 pause", "--do", "4.7 play"]
    command = ["play", str(video), "--player", player, "--json", "--record-raw", str(raw)]
    pulse, began = Pulse(monotonic), monotonic()
    pulse.start()
    assert main([*command, *script]) == 0
    pulse.stop()
    played = names(capsys.readouterr().out)
    may_be = ["PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75"]
    if pulse.stood(began, monotonic()):
        # The player waited as well, and commands that were due meanwhile come all at once.
        may_be += ["BUFFER_START", "BUFFER_END", "PAUSE", "RESUME"]
    expected = ("SEEK", "PAUSE", "RESUME", "PLAY_REACHED_100")
    assert [name for name in played[5:] if name not in may_be] == [
        name for name in expected if name not in may_be
    ]
    assert main(["derive", "--raw", player, str(raw)]) == 0
    assert names(capsys.readouterr().out) == played


@pytest.mark.parametrize("player", ["vlc"], indirect=True)
def test_loop_goes_on_until_it_is_stopped(
    player: str, video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = ["--do", "0 loop on", "--do", "1 seek 5.2", "--do", "4 stop"]
    assert main(["play", str(video), "--player", player, "--json", *script]) == 0
    assert "REPLAY" in names(capsys.readouterr().out)


def test_media_that_cannot_be_opened_is_said_in_a_line(
    player: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing.mp4")
    assert main(["play", missing, "--player", player, "--json"]) == 2
    assert capsys.readouterr().err.startswith(f"{missing}: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--speed", "2"], "speed: 2.0 is not allowed; this player plays in real time"),
        (["--do", "1 fly"], "there is no command 'fly'; known are play, pause"),
        (["--do", "1 stall 2"], "there is no command 'stall'"),
        (["--do", "1 seek"], "seek: None is not allowed"),
        (["--do", "1 loop 3"], "loop: 3.0 is not allowed"),
        (["--do", "-1 play"], "at: -1.0 is not allowed; expected seconds, 0 or more"),
    ],
)
def test_what_a_real_player_cannot_do_is_refused(
    player: str, arguments: list[str], said: str, video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", str(video), "--player", player, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_standard_input_is_refused(player: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "-", "--player", player]) == 2
    assert "this player cannot play standard input" in capsys.readouterr().err


def test_embedded_player_has_no_raw_recording(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", str(video), "--record-raw", str(tmp_path / "raw.jsonl")]) == 2
    assert "--record-raw: player av has signals only: --record" in capsys.readouterr().err


def test_nothing_to_play_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play"]) == 2
    assert "name a file or URL to play" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("library", "module", "said"),
    [
        ("vlc", "playertrack_vlc.library", "apt-get install libvlc5 vlc-plugin-base"),
        ("mpv", "playertrack_mpv.library", "apt-get install libmpv2"),
        ("gi", "playertrack_gstreamer.library", "apt-get install python3-gi "),
    ],
)
def test_missing_library_says_what_to_install(
    library: str, module: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(MissingLibraryError, match=said) as missing:
        __import__(module)
    assert isinstance(missing.value, ImportError)


def test_list_of_players_says_how_to_get_those_that_are_missing() -> None:
    program = """
import sys
sys.modules.update(vlc=None, gi=None)
from playertrack.cli import main
sys.exit(main(["play", "--list-players"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert lines["av"].split() == ["av", "ready"]
    assert "not here: VLC is missing" in lines["vlc"]
    assert "apt-get install python3-gi" in lines["gstreamer"]
    assert set(PLAYERS) < set(lines)
