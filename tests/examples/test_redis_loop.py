"""The loop over a Redis stream, with a real server and a real kill -9."""

from __future__ import annotations

import json
import runpy
import shutil
import signal as posix
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
import redis

from playertrack import Fleet
from playertrack.signals import Signal, Tick
from playertrack.testing.script import ScriptedPlayer
from playertrack.trace.codec import encode_event, encode_signal

LOOP = Path(__file__).parents[2] / "examples" / "redis_loop.py"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Any, str]]:
    """A Redis of its own, on a socket in a folder of its own."""
    program = shutil.which("redis-server")
    assert program is not None, "there is no redis-server: make players"
    socket = tmp_path / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as process:
        url = f"unix://{socket}"
        client = redis.Redis.from_url(url)
        try:
            while not _answers(client):
                assert process.poll() is None
                time.sleep(0.01)  # it does not say when it listens
            yield client, url
        finally:
            client.close()
            process.terminate()


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def plays(names: Sequence[str | None]) -> list[tuple[str | None, Signal, int]]:
    """The signals of players in the order in which they may arrive: up to 3 s late."""
    random = Random(1)
    entries = []
    for number, name in enumerate(names):
        play = ScriptedPlayer(40.0, start=100.0 + number, seed=number)
        play.load().play().watch(12).seek(20).stall(1).watch(to=40).end()
        entries += [(name, each, seq) for seq, each in enumerate(play.signals, 1)]
    return sorted(entries, key=lambda each: each[1].at + random.uniform(0, 3))


def test_it_is_killed_three_times_and_nothing_is_lost_or_twice(
    server: tuple[Any, str],
) -> None:
    client, url = server
    arriving = plays([f"p{number}" for number in range(30)])
    client.xadd("signals", {"other": "this is no signal, and no reason to stop"})
    for player, each, seq in arriving:
        client.xadd("signals", {"signal": encode_signal(each, player, seq)})

    for part in (0.2, 0.4, 0.6):
        with subprocess.Popen([sys.executable, str(LOOP), url]) as process:
            while client.hlen("players") < 1 or _done(client, arriving) < part:
                assert process.poll() is None
            process.send_signal(posix.SIGKILL)
    subprocess.run([sys.executable, str(LOOP), url], check=True, timeout=60)

    fleet = Fleet(reorder=5.0, idle_close=4 * 3600.0)
    expected = [e for player, each, seq in arriving for e in fleet.feed(player, each, seq)]
    found = [fields[b"event"] for _, fields in client.xrange("events")]
    assert found == [encode_event(event) for event in expected]
    assert len({(record["session"], record["index"]) for record in map(json.loads, found)}) == len(
        found
    )


def test_idle_players_are_closed_and_leave_nothing(
    server: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = server
    arriving = plays([None, "", "p", "None", "null"])[:-50]
    seconds = 1_700_000_000
    for player, each, seq in arriving:
        signal = encode_signal(each, player, seq)
        client.xadd("signals", {"signal": signal}, id=f"{seconds * 1000}-*")
    for hours in (1, 5):
        later = encode_signal(Tick(at=seconds), "later", hours)
        client.xadd("signals", {"signal": later}, id=f"{(seconds + hours * 3600) * 1000}-0")

    loop = runpy.run_path(str(LOOP))
    fleets: list[Fleet] = []

    def made(**options: Any) -> Fleet:
        fleets.append(Fleet(**options))
        return fleets[-1]

    monkeypatch.setitem(loop["consume"].__globals__, "Fleet", made)
    loop["consume"](client, wait_ms=1)
    assert [list(fleet.known) for fleet in fleets] == [[]]
    assert client.hkeys("players") == client.zrange("arrived", 0, -1) == [b'"later"']

    fleet = Fleet(reorder=5.0, idle_close=4 * 3600.0)
    expected = [e for player, each, seq in arriving for e in fleet.feed(player, each, seq)]
    expected += fleet.close()
    found = [fields[b"event"] for _, fields in client.xrange("events")]
    assert sorted(found) == sorted(encode_event(event) for event in expected)


def _done(client: Any, arriving: Sequence[object]) -> float:
    """The share of the signals that were derived."""
    offset = client.get("offset")
    if offset is None:
        return 0.0
    left = client.xlen("signals") - len(client.xrange("signals", max=offset.decode()))
    return float(1.0 - left / len(arriving))
