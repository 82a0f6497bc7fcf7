"""Delivery among surroundings that fail: it says why it waits, and goes on (wire, 5).

Threads, names, descriptors, the clock and the program's own code fail in any order, between
emits, closes and restarts; the server is always there. What has arrived is judged after each
step, and when all is right again everything has to arrive by itself.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import partial
from pathlib import Path
from random import Random

import attrs
import pytest
from fault_server import Answer, Received, Server, exception, ok
from sending import FAST, ME, firsts, until
from soaking import SOAK, report
from surroundings import FAULTS, HOST, Beside, Surroundings

from playertrack.delivery import Sender
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.events import Event
from playertrack.outbox import look
from playertrack.sinks import FanoutSink

LANES = "ab"

#: Each part with each way in which it may fail.
EACH = [(part, how) for part, hows in FAULTS.items() for how in hows]

#: Gives up soon, as far as a busy machine allows.
HASTY = attrs.evolve(FAST, timeout=0.5, connect_timeout=0.1, allow_http=True)

#: The steps, and how often each is taken.
STEPS = {"emit": 5, "fail": 4, "repair": 3, "explain": 2, "flush": 1, "expire": 1, "restart": 1}

#: Reasons that have an end of their own, which nobody has to try for.
ENDING = (
    "the clock is not set",
    "has not returned",
    "has not come",
    "being asked for",
    "emitted yet",
)


@attrs.define
class Arrived:
    """An event as the server took it."""

    lane: str
    number: int
    date: float


class Surrounded:
    """Emits, restarts, has parts of the surroundings fail, and judges what arrives."""

    def __init__(self, seed: int, place: Path) -> None:
        self.chance = Random(seed)
        self.directory = place
        self.steps = 0
        self.emitted: dict[str, list[float]] = {lane: [] for lane in LANES}
        self.arrived: list[Arrived] = []
        self.ks, self.taken = 1, 0
        self.cuts = 0
        self.around = Surroundings()

    def run(self, steps: int) -> None:
        """Do so many steps, each judged; then all is right again."""
        with Server(self.answer) as self.server, self.around.here():
            if self.chance.random() < 0.5:
                self.server.date = partial(formatdate, usegmt=True)
            for _ in range(self.chance.randrange(3)):
                self.fail()
            self.open()
            for _ in range(steps):
                step = self.chance.choices(list(STEPS), list(STEPS.values()))[0]
                getattr(self, step)()
                self.steps += 1
                self.judge()
            self.end()

    def open(self) -> None:
        clock = self.around.clock()
        self.sender = Sender(self.directory, settings=HASTY, clock=clock)
        url = self.server.base.replace("127.0.0.1", HOST)
        self.sink = StatsSink(ME, queue=self.sender, ks=self.give, url=url)
        self.beside = Beside(self.around)
        self.handed: list[Event] = []
        self.sinks = FanoutSink(
            [self.beside, self.sink], isolate=True, on_error=self.beside.on_error
        )

    def give(self) -> str:
        self.around.misbehave("ks")
        return f"K{self.ks}"

    def answer(self, request: Received) -> Answer:
        """Take an event with the present KS; each comes by a connection of its own."""
        if request.form["ks"] != f"K{self.ks}":
            return exception("INVALID_KS")
        self.taken = self.ks
        number = int(request.form["event[currentPoint]"])
        date = float(request.form["event[eventTimestamp]"])
        self.arrived.append(Arrived(request.session, number, date))
        return ok("true", "200 OK", "Connection: close")

    # ------------------------------------------------------------------------- the steps

    def emit(self) -> None:
        """Emit events, which are durable soon whatever is wrong beside the disk."""
        lane = self.chance.choice(LANES)
        for _ in range(self.chance.randint(1, 3)):
            now = time.time()
            self.emitted[lane].append(now)
            number = len(self.emitted[lane])
            at = now + self.around.off
            event = Event("PLAY", at=at, session=lane, index=number, position=number)
            self.handed.append(event)
            self.sinks.emit(event)
        assert self.sender.outbox.flush(20.0)

    def fail(self) -> None:
        self.around.fail(*self.chance.choice(EACH))

    def repair(self) -> None:
        """One of the parts that fail is right again."""
        if faults := sorted(self.around.faults):
            self.around.repair(self.chance.choice(faults))

    def expire(self) -> None:
        """The server takes the present KS no more, if it has taken it."""
        self.ks += self.taken == self.ks

    def flush(self) -> None:
        if self.sink.flush(0.1):
            assert self.pending == 0

    def restart(self) -> None:
        self.sinks.close(0.05)
        if self.sender.close(0.05):
            assert self.pending == 0
        self.cuts += len(LANES)  # their answers may have been on their way
        self.open()

    def explain(self) -> None:
        """Wait until all arrived, or there is a reason, and a next try (Q-live)."""
        deadline = time.monotonic() + 30.0
        while self.pending and not self.explained():
            assert time.monotonic() < deadline, f"Q-live: {self.sink.status(20.0)}"
            time.sleep(0.01)

    # ------------------------------------------------------------------ what is judged

    @property
    def pending(self) -> int:
        """How many events have not arrived."""
        arrived = {(each.lane, each.number) for each in tuple(self.arrived)}
        return sum(map(len, self.emitted.values())) - len(arrived)

    def explained(self) -> bool:
        began = time.monotonic()
        status = self.sink.status(60.0)
        assert time.monotonic() - began < 30.0, "Q-live: it cannot be asked"
        assert "a bug" not in str(status.reason), status.reason
        if status.state == "up" or status.reason is None:
            return False
        if status.next_try is not None:
            assert status.next_try - time.time() < 5.0, f"Q-live: {status}"
            return True
        return status.state == "paused" or any(each in status.reason for each in ENDING)

    def judge(self) -> None:
        """Check order, dates, and the sink beside."""
        arrived = tuple(self.arrived)
        for lane in LANES:
            mine = [each.number for each in arrived if each.lane == lane]
            assert mine == sorted(mine), f"Q-order: {mine}"
            assert firsts(mine) == list(range(1, len(set(mine)) + 1)), f"Q-order: {mine}"
        for each in arrived:  # dated in whole seconds, of a time that came in whole seconds
            at = self.emitted[each.lane][each.number - 1]
            assert any(abs(each.date - at - off) < 3.0 for off in self.around.offs), (
                f"Q-clock: {each} is of {at}"
            )
        assert self.beside.seen == self.handed[: len(self.beside.seen)], "Q-isolated"

    def end(self) -> None:
        """All is right again: what is left arrives, though nobody asks for it."""
        self.explain()
        for part in FAULTS:
            self.around.repair(part)
        time.sleep(0.15)  # a thread that could not be had just before is not tried for
        status = self.sink.status(20.0)
        if status.state == "paused":
            self.sink.resume()
        if "nothing was emitted yet" in str(status.reason):
            self.sink.flush(1.0)
        until(lambda: not self.pending, 30.0)
        self.judge()
        self.sinks.close(0.0)
        assert self.sender.close(20.0), self.sink.left()
        total = sum(map(len, self.emitted.values()))
        counts = self.sink.counts()
        assert (counts.accepted, counts.delivered, counts.pending) == (total, total, 0), counts
        again = len(self.arrived) - total
        assert again <= counts.ambiguous + self.cuts, f"Q-once: {again} came again"
        assert not look(self.directory).dead


@pytest.mark.parametrize("seed", range(8))
def test_q_live_whatever_fails_beside_the_process(seed: int, tmp_path: Path) -> None:
    Surrounded(seed, tmp_path).run(15)


@pytest.mark.soak
@pytest.mark.timeout(300 * SOAK)
def test_q_live_whatever_fails_beside_many_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = 0
    for seed in range(100, 100 + 20 * SOAK):
        life = Surrounded(seed, tmp_path / str(seed))
        try:
            life.run(40)
        except BaseException:
            report(capsys, f"surroundings: seed {seed}, step {life.steps}")
            raise
        steps += life.steps
    report(capsys, f"surroundings: {20 * SOAK} seeds, {steps} steps: no violation")
