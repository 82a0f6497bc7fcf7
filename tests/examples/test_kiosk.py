"""The kiosk as a program: no clock, offline, killed, an expired KS; nothing is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fault_server import Received, Server, exception, ok

from playertrack.cli import main
from playertrack.testing.clips import make_clip

KIOSK = Path(__file__).parents[2] / "examples" / "kiosk" / "kiosk.py"

#: Python imports this first: the clock of a device without a battery, which boots in 1970.
NO_BATTERY = """
import time
right, booted = time.time, time.time()
time.time = lambda: right() - booted + 5.0
"""

pytestmark = pytest.mark.timeout(200)


@contextmanager
def kiosk(
    queue: Path, address: str, ks: str, *arguments: str | Path, path: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The kiosk, with its settings in the environment as a service manager gives them.

    ``path`` has modules that Python is to find before its own.
    """
    program = subprocess.Popen(
        [
            sys.executable,
            "-u",
            KIOSK,
            "--headless",
            "--sink",
            "stats",
            "--queue",
            queue,
            *arguments,
        ],
        env={
            **os.environ,
            "KALTURA_PARTNER_ID": "102",
            "KALTURA_SERVICE_URL": address,
            "KALTURA_KS": ks,
            **({} if path is None else {"PYTHONPATH": str(path)}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        try:
            yield program
        finally:
            program.kill()


def waiting(queue: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The status of the only destination; nothing where there is no queue yet."""
    main(["queue", "status", str(queue), "--json"])
    lines = capsys.readouterr().out.splitlines()
    return json.loads(lines[0]) if lines else {"accepted": 0}


def until_accepted(number: int, queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wait until so many events are in the queue, which is asked from outside."""
    deadline = time.monotonic() + 60
    while int(str(waiting(queue, capsys)["accepted"])) < number:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_a_kiosk_plays_arrives_once_in_order_and_rightly_dated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        import playertrack_vlc.library  # noqa: F401 - is there a VLC?
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    videos = [make_clip(tmp_path / f"{name}.mp4", 1.5) for name in ("one", "two")]
    queue, started = tmp_path / "queue", time.time()

    (tmp_path / "sitecustomize.py").write_text(NO_BATTERY)
    # No clock yet, offline, and killed without a warning while the second video plays.
    with kiosk(queue, "http://127.0.0.1:9/api_v3", "djJ8old", *videos, path=tmp_path) as program:
        # Ten of the first video, with those that have no name there once they are dated.
        until_accepted(13, queue, capsys)
        program.send_signal(signal.SIGKILL)
        program.wait(60)
    status = waiting(queue, capsys)
    durable = int(str(status["accepted"]))
    assert (status["oldest_pending"], status["estimated"]) == (None, 0)

    def answer(request: Received) -> bytes:
        return exception("EXPIRED_KS") if request.form.get("ks") != "djJ8new" else ok()

    with Server(answer) as server:
        # Back, with a KS that has expired meanwhile: nothing is lost, and somebody has to act.
        with kiosk(queue, server.base, "djJ8old", *videos, "--rounds", "1") as program:
            assert program.wait(100) == 0
        status = waiting(queue, capsys)
        assert (status["state"], status["delivered"]) == ("paused", 0)
        assert int(str(status["accepted"])) > durable
        # With a new KS everything goes out, what was played by three processes.
        with kiosk(queue, server.base, "djJ8new", *videos, "--rounds", "1") as program:
            assert program.wait(100) == 0
        status = waiting(queue, capsys)
        assert (status["state"], status["pending"], status["rejected"]) == ("up", 0, 0)
        taken = [each.form for each in server.received if each.form.get("ks") == "djJ8new"]

    assert len(taken) == status["accepted"] == status["delivered"]
    # Once: no event of a session came twice, but those that may.
    events = Counter((form["event[sessionId]"], form["event[eventType]"]) for form in taken)
    assert set(events.values()) == {1}
    # In order and rightly dated: by session, and never in the future or before this test.
    sessions: dict[str, list[int]] = {}
    for form in taken:
        sessions.setdefault(form["event[sessionId]"], []).append(int(form["event[eventTimestamp]"]))
    for times in sessions.values():
        assert times == sorted(times)
        assert started - 1 <= times[0] <= times[-1] <= time.time()
    # All of what was played in full: PLAY and the four quartiles, of both videos, twice.
    whole = [s for s in sessions if all((s, str(n)) in events for n in (3, 4, 5, 6, 7))]
    assert len(whole) >= 5


def test_systemd_is_notified_by_the_kiosk(tmp_path: Path) -> None:
    try:
        import playertrack_vlc.library  # noqa: F401 - is there a VLC?
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    video = make_clip(tmp_path / "one.mp4", 1.0)
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
        service.bind(str(address))
        service.settimeout(60)
        program = [sys.executable, str(KIOSK), "--headless", "--sink", "null", "--rounds", "1"]
        environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
        done = subprocess.run([*program, str(video)], env=environment, check=False, timeout=100)
        assert done.returncode == 0
        received = [service.recv(100).decode() for _ in range(3)]
    assert received == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_the_unit_runs_what_is_there() -> None:
    """The program, the watchdog and the queue are those that the example has."""
    unit = (KIOSK.parent / "kiosk.service").read_text("utf-8")
    settings = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    assert settings["Type"] == "notify"
    assert "/kiosk.py" in settings["ExecStart"]
    alive = float(re.findall(r"^ALIVE = (\S+)", KIOSK.read_text("utf-8"), re.MULTILINE)[0])
    assert float(settings["WatchdogSec"]) > 2 * alive
    assert "--queue /var/lib/kiosk" in unit and settings["StateDirectory"] == "kiosk"
