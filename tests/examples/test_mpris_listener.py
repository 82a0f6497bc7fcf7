"""The listener of MPRIS, with an mpv that reports and is commanded on a bus of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from needed_players import needs

from playertrack.testing import assert_events, assert_quartiles, assert_session_valid

EXAMPLE = Path(__file__).parents[2] / "examples/mpris_listener.py"
PLUGIN = Path("/usr/lib/mpv-mpris/mpris.so")
MPV = ("mpv", "--no-config", "--no-terminal", "--vo=null", "--ao=null", f"--script={PLUGIN}")


@contextmanager
def running(
    command: Sequence[str | Path], env: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A program, which is gone in the end."""
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            yield program
        finally:
            program.terminate()


@pytest.fixture
def bus() -> Iterator[Mapping[str, str]]:
    """The environment of programs with a session bus."""
    needs("gi.repository.Gio", PLUGIN)
    command = ("dbus-daemon", "--session", "--nofork", "--print-address")
    with running(command, os.environ) as daemon:
        assert daemon.stdout is not None
        yield {**os.environ, "DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}


def send(bus: Mapping[str, str], method: str, *arguments: str) -> None:
    """Give a command as the keys of a desktop do."""
    player = ("--dest=org.mpris.MediaPlayer2.mpv", "/org/mpris/MediaPlayer2")
    call = f"org.mpris.MediaPlayer2.Player.{method}"
    subprocess.run(["dbus-send", "--print-reply", *player, call, *arguments], env=bus, check=True)


def test_listener_reports_one_mpv_after_the_other(
    bus: Mapping[str, str], clip: Path, brief: Path, tmp_path: Path
) -> None:
    log = tmp_path / "watched.jsonl"
    sinks = ("--sink", "console:stdout", "--sink", f"jsonl:{log}")
    with running((sys.executable, "-u", EXAMPLE, "mpv", *sinks), bus) as listener:

        def until(event: str) -> None:
            assert listener.stdout is not None
            assert any(f" {event} " in line for line in listener.stdout), event

        with running((*MPV, str(clip)), bus):
            until("PLAY")
            send(bus, "Pause")
            until("PAUSE")
            send(bus, "Seek", "int64:6000000")
            until("SEEK")
            send(bus, "Play")
            until("PLAY_REACHED_100")
        with running((*MPV, str(brief)), bus):
            until("PLAY_REACHED_100")
        listener.terminate()
        _, errors = listener.communicate(timeout=60)
    assert (listener.returncode, errors) == (0, "")
    events = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert_session_valid(events)
    first = ("MEDIA_LOADED", {"entry_id": clip.stem})
    second = ("MEDIA_LOADED", {"entry_id": brief.stem})
    rest = (..., "PAUSE", "SEEK", "RESUME", ..., "PLAY_REACHED_100")
    assert_events(events, [..., first, "PLAY_REQUEST", "PLAY", *rest, second, ...])
    assert_quartiles(events, 25, 50, 75, 100, session=2)
