"""An mpv that runs as a process: started late, killed, started again, commanded by others."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_conformance import needed

import playertrack_mpv
from playertrack import PlayertrackError
from playertrack.testing.witness import Witness, assert_reported
from playertrack_mpv.core import TOO_EARLY, RefusedError
from playertrack_mpv.headless_process import start
from playertrack_mpv.ipc import GoneError, IpcClient

START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]
TIMEOUT = 20.0

Starter = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mpv.sock"


@pytest.fixture
def run(path: Path) -> Iterator[Starter]:
    """Starts an mpv at ``path``."""
    started: list[subprocess.Popen[bytes]] = []

    def make(*options: str) -> subprocess.Popen[bytes]:
        started.append(needed(lambda: start(path, *options)))
        return started[-1]

    yield make
    for process in started:
        process.kill()
        process.wait()


@contextmanager
def program(path: Path) -> Iterator[IpcClient]:
    """The program that started mpv, with a connection of its own."""
    waited = threading.Event()
    while True:
        try:
            client = IpcClient(path)
            break
        except OSError:
            assert not waited.wait(0.05)
    yield client
    client.destroy()


def test_mpv_is_measured_whoever_commands_it(path: Path, run: Starter, video: Path) -> None:
    run()
    with (
        Witness() as witness,
        playertrack_mpv.track_process(path, witness.tracker, entry_id="1_a") as binding,
        program(path) as other,
    ):
        assert binding.wait_connected(TIMEOUT)
        other.command("loadfile", str(video))
        witness.until("PLAY")
        witness.until_at(0.5)
        other.command("seek", "4", "absolute+exact")
        seek = witness.until("SEEK")
        assert seek.target == pytest.approx(4.0, abs=0.05)
        assert (seek.entry_id, seek.duration) == ("1_a", 6.0)
        other.set("pause", "yes")
        witness.until("PAUSE")
        other.set("speed", "2")
        witness.until("SPEED")
        other.set("pause", "no")
        witness.until("PLAY_REACHED_100")
    reported = [name for name in witness.names if not name.startswith("PLAY_REACHED")]
    assert reported == [*START, "SEEK", "PAUSE", "SPEED", "RESUME"]


def test_mpv_that_starts_later_with_its_file_is_measured(
    path: Path, run: Starter, video: Path
) -> None:
    with Witness() as witness, playertrack_mpv.track_process(path, witness.tracker) as binding:
        with pytest.raises(PlayertrackError, match="no mpv listens at"):
            binding.play()
        run(str(video))
        witness.until("PLAY")
        binding.pause()
        assert witness.until("PAUSE").entry_id == "clip"
    assert_reported(witness, *START, "PAUSE")


def test_part_that_begins_while_mpv_is_found_has_no_seek(
    path: Path, run: Starter, video: Path
) -> None:
    with Witness() as witness, playertrack_mpv.track_process(path, witness.tracker):
        run("--start=2", "--end=4", str(video))
        assert witness.until("PLAY_REACHED_75").duration == 2.0
    assert not {"SEEK", "ERROR"} & set(witness.names)


@pytest.mark.parametrize("end", ["kill", "quit"])
def test_restart_of_mpv_is_another_session_of_the_same_player(
    end: str, path: Path, run: Starter, video: Path
) -> None:
    process = run(str(video))
    with Witness() as witness, playertrack_mpv.track_process(path, witness.tracker) as binding:
        witness.until("PLAY")
        witness.until_at(0.5)
        if end == "kill":
            process.kill()
        else:
            with program(path) as other:
                other.command("quit")
        process.wait()
        witness.until_signal("stop")
        run(str(video))
        second = witness.until("PLAY", 2)
        witness.until("PLAY_REACHED_25", session=second.session)
        assert binding.wait_connected(TIMEOUT)
    assert_reported(witness, *START, *("MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"))
    first = witness.until("PLAY")
    assert first.session != second.session


def test_mpv_lives_on_when_it_is_measured_no_longer(path: Path, run: Starter, video: Path) -> None:
    process = run(str(video))
    with Witness() as witness, playertrack_mpv.track_process(path, witness.tracker):
        witness.until_at(0.3)
    with program(path) as other:
        before = other.seconds("time-pos")
        assert other.get("pause") == "no"
        assert before is not None
    assert process.poll() is None
    assert witness.signals[-1].name == "close"


def test_detaching_while_nobody_listens_takes_no_time(path: Path) -> None:
    with Witness() as witness, playertrack_mpv.track_process(path, witness.tracker) as binding:
        assert not binding.wait_connected(0.0)
    assert witness.names == ["WIDGET_LOADED"]


def test_socket_is_measured_once(path: Path) -> None:
    with (
        Witness() as first,
        Witness() as second,
        playertrack_mpv.track_process(path, first.tracker),
        pytest.raises(PlayertrackError),
    ):
        playertrack_mpv.track_process(str(path), second.tracker)


# ------------------------------------------------------------------------------ the client


def test_refusal_says_why(path: Path, run: Starter) -> None:
    run()
    with program(path) as client:
        with pytest.raises(RefusedError, match="seek: error running command") as refused:
            client.command("seek", "3", "absolute")
        assert refused.value.code == TOO_EARLY
        with pytest.raises(RefusedError, match="property"):
            client.set("no-such-property", "1")
        assert client.get("no-such-property") is None
        assert client.seconds("duration") is None
        assert client.get("pause") == "no"


def test_mpv_that_is_gone_is_said(path: Path, run: Starter) -> None:
    process = run()
    with program(path) as client:
        process.kill()
        process.wait()
        received = client.next(TIMEOUT)
        while received is not None and received[0] != "shutdown":
            received = client.next(TIMEOUT)
        assert received == ("shutdown", {})
        with pytest.raises(GoneError, match="mpv is gone"):
            client.command("stop")
        assert client.get("pause") is None


@contextmanager
def answering(path: Path, *answers: bytes) -> Iterator[IpcClient]:
    """A client of a program that has one answer to each request, and then goes."""

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            for each in answers:
                connection.recv(4096)
                connection.sendall(each)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        client = IpcClient(path)
        try:
            yield client
        finally:
            client.destroy()
            thread.join()


def test_seek_whose_target_is_the_position_already_is_known(path: Path) -> None:
    """mpv takes the requests that there are before it reports what they did."""
    position = b'{"request_id": 1, "error": "success", "data": 3.2}\n'
    rest = b'{"event": "seek"}\n{"request_id": 2, "error": "success"}\n'
    with answering(path, position, rest) as client:
        assert client.seconds("time-pos") == 3.2
        assert client.next(0.0) == ("seek", {})


def test_whatever_comes_over_the_socket_is_taken_or_left(path: Path) -> None:
    """A file's name may be no text, and another program may listen there."""
    noise = b'\xff\xfe\n[1]\n{"event": 3}\n\n{"request_id": "x"}\n{"event":"idle"}\n'
    answer = b'{"request_id": 1, "error": "success", "data": "no"}\n'
    with answering(path, noise + answer) as client:
        assert client.get("pause") == "no"
        assert client.next(TIMEOUT) == ("idle", {})
        assert client.next(TIMEOUT) == ("shutdown", {})
