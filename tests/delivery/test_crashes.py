"""``kill -9``, at random and at named points (wire, 5: Q-durable, Q-once, Q-order).

``PLAYERTRACK_CRASHES=5000 pytest tests/delivery/test_crashes.py`` takes longer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from crashing import LANES, points
from fault_server import Server
from sending import index_of, sink_for

from playertrack.outbox import look

pytestmark = pytest.mark.soak

ROUNDS = int(os.environ.get("PLAYERTRACK_CRASHES", "200"))


def orders(rounds: int, chance: Random) -> list[dict[str, object]]:
    """A third of them at named points, each of them as often as any other."""
    names = list(points())
    made: list[dict[str, object]] = []
    for n in range(rounds):
        order: dict[str, object] = {"first": 1 + 1000 * n}
        if n % 3:
            order["seconds"] = chance.uniform(0.005, 0.12)
        else:
            order["point"] = names[n // 3 % len(names)]
            few = "open" in str(order["point"]) or "noted is removed" in str(order["point"])
            order["nth"] = 1 if few else chance.randrange(1, 12)
            if "delivered rows" in str(order["point"]):
                order["nth"] = chance.randrange(1, 3)
        made.append(order)
    return made


def test_q_durable_q_once_q_order_q_total_over_kill_minus_nine(tmp_path: Path) -> None:
    log = tmp_path / "durable"
    log.touch()
    queue = tmp_path / "queue"
    with Server() as server:
        command = [sys.executable, str(Path(__file__).parent / "crashing.py")]
        with subprocess.Popen(
            [*command, server.base, str(queue), str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as killing:
            assert killing.stdin is not None
            assert killing.stdout is not None
            for order in orders(ROUNDS, Random(ROUNDS)):
                killing.stdin.write(json.dumps(order) + "\n")
                killing.stdin.flush()
                assert killing.stdout.readline() == f"{int(signal.SIGKILL)}\n", order
            killing.stdin.close()
        sink = sink_for(server, queue)
        assert sink.flush(60.0)
        (standing,) = look(queue).standings
        assert sink.close(10.0)

    received = [(request.session, index_of(request)) for request in server.received]
    durable = {(lane, int(n)) for lane, n in map(str.split, log.read_text().splitlines())}
    assert len(durable) > 10 * ROUNDS
    assert durable <= set(received), "what was reported durable was lost"
    assert standing.counts.accepted == standing.counts.delivered == len(set(received))
    for lane in LANES:
        mine = [n for session, n in received if session == lane]
        first = list(dict.fromkeys(mine))
        assert first == sorted(first), "an event overtook another one of its session"
        again = Counter(mine)
        assert len(mine) - len(again) <= ROUNDS, "more than one twice for a crash"
        # What came again came right after the crash, before anything new.
        for previous, number in pairwise(mine):
            assert number >= previous, "an event came again after a later one"
