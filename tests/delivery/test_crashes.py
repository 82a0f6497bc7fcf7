"""``kill -9``, at random and at named points (wire, 5: Q-durable, Q-once, Q-order, Q-total)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from crashing import KS, LANES, points
from fault_server import Received, Server
from sending import index_of, sink_for
from soaking import SOAK, report

from playertrack.outbox import Counts, look

#: Points that a sender passes once, when it opens the queue, and those that it seldom passes.
_ONCE = {"while the queue is opened", "after what was noted is removed"}
_SELDOM = {"while delivered rows are removed"}

#: So many senders are killed before one lives until the queue is empty.
ROUNDS = 200

Sent = tuple[int, str, int]


def orders(rounds: range, chance: Random) -> Iterable[dict[str, Any]]:
    """A third of them at named points, each of them as often as any other."""
    names = list(points())
    for n in rounds:
        order: dict[str, Any] = {"round": n, "first": 1 + 1000 * n}
        if n % 3:
            order["durable"] = chance.randrange(80)
            order["seconds"] = chance.uniform(0.0, 0.01)
        else:
            point = order["point"] = names[n // 3 % len(names)]
            order["nth"] = (
                1 if point in _ONCE else chance.randrange(1, 3 if point in _SELDOM else 12)
            )
        yield order


def crash(rounds: range, server: Server, queue: Path) -> set[tuple[str, int]]:
    """Have senders killed, one after the other; gives what they had reported durable."""
    durable: set[tuple[str, int]] = set()
    command = [sys.executable, str(Path(__file__).parent / "crashing.py"), server.base, str(queue)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killing:
        assert killing.stdin is not None
        assert killing.stdout is not None
        for order in orders(rounds, Random(rounds.start)):
            killing.stdin.write(json.dumps(order) + "\n")
            killing.stdin.flush()
            ended, lines = json.loads(killing.stdout.readline())
            assert ended == signal.SIGKILL, order
            assert len(lines) >= order.get("durable", 0), order
            durable |= {(lane, int(number)) for lane, number in map(str.split, lines)}
        killing.stdin.close()
    return durable


def sent(request: Received) -> Sent:
    """By the sender of which round, in which lane, which number."""
    last = request.target.split("/service/")[0].rpartition("/")[2]
    return int(last), request.session, index_of(request)


def repeats(requests: list[Sent]) -> int:
    """How many requests brought an event again, each of them as Q-once allows.

    One request of a lane is on its way at a time, so a crash can leave one event of the lane
    in doubt: the last that its sender sent. No other may come again, and it comes first.
    """
    found = 0
    for lane in LANES:
        mine = [(sender, number) for sender, each, number in requests if each == lane]
        for (sender, number), (next_sender, next_number) in pairwise(mine):
            assert next_number >= number, "an event overtook another one of its session"
            if next_number == number:
                assert next_sender > sender, "sent twice though nothing crashed in between"
                found += 1
    return found


def empty(server: Server, queue: Path, number: int) -> Counts:
    """Send what the killed ones left; gives what was counted."""
    sink = sink_for(f"{server.base}/{number}", queue, ks=KS)
    assert sink.flush(240.0)
    (standing,) = look(queue).standings
    assert sink.close(30.0)
    return standing.counts


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(1, marks=pytest.mark.timeout(300)),
        pytest.param(SOAK, marks=[pytest.mark.soak, pytest.mark.timeout(300 * SOAK)]),
    ],
)
def test_q_durable_q_once_q_order_q_total_over_kill_minus_nine(
    turns: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = tmp_path / "queue"
    durable: set[tuple[str, int]] = set()
    with Server() as server:
        for turn in range(turns):
            first = turn * (ROUNDS + 1)
            durable |= crash(range(first, first + ROUNDS), server, queue)
            counts = empty(server, queue, first + ROUNDS)

    assert {request.form.get("ks") for request in server.received} == {KS}
    for path in queue.iterdir():
        assert KS.encode() not in path.read_bytes(), "Q-secret"
    requests = [sent(request) for request in server.received]
    received = {(lane, number) for _, lane, number in requests}
    again = repeats(requests)
    report(
        capsys,
        f"{turns * ROUNDS} crashes: {len(durable)} events reported durable, "
        f"{len(received)} delivered, {again} of them twice",
    )
    assert durable <= received, "what was reported durable was lost"
    assert counts.accepted == counts.delivered == len(received)
    assert len(requests) == len(received) + again
