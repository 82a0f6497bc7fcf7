"""`tools/players.py`: it notices each library that is missing, and waits for apt's locks."""

from __future__ import annotations

import os
import runpy
import stat
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "players.py"
SETUP = runpy.run_path(str(TOOL))

#: Hides what the arguments name, as it is where it was never installed, and runs the program.
HIDE = """
import ctypes.util, sys
program, *hidden = sys.argv[1:]

def audit(event, arguments):
    if event == "import" and arguments[0] in hidden:
        raise ModuleNotFoundError(f"No module named {arguments[0]!r}")
    if event == "ctypes.dlopen" and any(f"lib{name}." in str(arguments[0]) for name in hidden):
        raise OSError(f"{arguments[0]}: cannot open shared object file")

find = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name in hidden else find(name)
if "Gst" in hidden or "GstPlay" in hidden:
    import gi
    require = gi.require_version
    def require_version(name, version):
        if name in hidden:
            raise ValueError(f"Namespace {name} not available")
        require(name, version)
    gi.require_version = require_version
if {"PySide6", "PyQt6"} & {*hidden}:  # imported by name, of which audit hooks learn nothing
    sys.modules.update(dict.fromkeys(hidden))
sys.addaudithook(audit)
exec(program)
"""

#: What can be missing of each player: a library of the system or a module of Python.
PARTS: dict[str, list[tuple[str, ...]]] = {
    "VLC": [("vlc",), ("vlc", "vlc.vlc")],
    "mpv": [("mpv",)],
    "GStreamer": [("gi",), ("Gst",), ("GstPlay",)],
    "PySide6": [("PySide6",)],
    "PyQt6": [("PyQt6",)],
    # These are programs, found by PATH.
    "MPRIS": [()],
    "Java, for Spark": [()],
    "Redis": [()],
    "Chromium": [()],
}


def test_each_player_has_its_parts_here() -> None:
    assert set(PARTS) == set(SETUP["PLAYERS"])


@pytest.mark.parametrize(
    ("player", "hidden"), [(player, hidden) for player, each in PARTS.items() for hidden in each]
)
def test_a_player_without_a_part_is_missing(player: str, hidden: tuple[str, ...]) -> None:
    _, program = SETUP["PLAYERS"][player]
    path = os.environ["PATH"] if hidden else ""
    done = subprocess.run(
        [sys.executable, "-c", HIDE, program, *hidden],
        env={**os.environ, "PATH": path},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        ("playertrack.errors.MissingLibraryError", "AssertionError", "ModuleNotFoundError")
    )


APT = """#!/bin/sh
echo "$@" >> {log}
if [ -e {lock} ]; then
    [ "$(wc -l < {log})" -lt 3 ] || rm {lock}
    echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)" >&2
    exit 100
fi
if [ "$1" = broken ]; then echo "E: Unable to locate package vcl" >&2; exit 100; fi
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """A program like apt-get, whose lock is let go of when it was asked for three times."""
    program = tmp_path / "apt-get"
    program.write_text(APT.format(log=tmp_path / "log", lock=tmp_path / "lock"))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def asked(apt: Path) -> int:
    return len(apt.with_name("log").read_text().splitlines())


def test_another_program_with_the_lock_is_waited_for(
    apt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apt.with_name("lock").touch()
    assert SETUP["run_apt"]([str(apt), "update"], pause=0.01) is None
    assert asked(apt) == 4
    assert capsys.readouterr().out.count("waiting") == 1


def test_a_lock_that_stays_is_an_error_in_the_end(apt: Path) -> None:
    apt.with_name("lock").touch()
    assert "Could not get lock" in SETUP["run_apt"]([str(apt), "update"], patience=0)
    assert asked(apt) == 1


def test_other_errors_are_not_waited_for(apt: Path) -> None:
    assert "Unable to locate" in SETUP["run_apt"]([str(apt), "broken"])
    assert asked(apt) == 1


def test_dpkgs_own_lock_is_waited_for_by_apt() -> None:
    assert f"DPkg::Lock::Timeout={SETUP['LOCK_TIMEOUT']}" in SETUP["UNATTENDED"]
