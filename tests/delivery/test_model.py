"""The outbox and the sender against a model of fifty lines (wire, 4 and 5).

The model predicts what a server gets and what becomes of each event; it is not read back from
what it is to be compared with. One lane at a time is in it, since between lanes any order is
right; what holds for several is checked where they meet.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import attrs
import pytest
from fault_server import RESET, Answer, Received, Server, exception, ok
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sending import FAST, event, index_of, sink_for
from soaking import SOAK

from playertrack.outbox import look

LANES = "ab"


@attrs.define
class Model:
    """The expected state: each lane's events in order, and what became of the first of them."""

    emitted: dict[str, list[int]] = attrs.field(factory=lambda: {lane: [] for lane in LANES})
    delivered: set[tuple[str, int]] = attrs.field(factory=set)
    rejected: set[tuple[str, int]] = attrs.field(factory=set)
    bad: set[tuple[str, int]] = attrs.field(factory=set)
    mood: str = "up"

    def emit(self, lane: str, bad: bool) -> int:
        number = len(self.emitted[lane]) + 1
        self.emitted[lane].append(number)
        if bad:
            self.bad.add((lane, number))
        return number

    def settle(self) -> None:
        """Send all that waits, if the server is up."""
        if self.mood == "up":
            every = {(lane, n) for lane, numbers in self.emitted.items() for n in numbers}
            self.rejected = every & self.bad
            self.delivered = every - self.bad

    @property
    def pending(self) -> int:
        total = sum(map(len, self.emitted.values()))
        return total - len(self.delivered) - len(self.rejected)

    def answer(self, lane: str, number: int) -> Answer:
        """The server's answer."""
        if self.mood == "dead":
            return RESET
        if self.mood == "busy":
            return ok("", "503 Busy")
        if self.mood == "wrong":
            return ok("", "404 No")
        if self.mood == "ks":
            return exception("INVALID_KS")
        return exception("NO_SUCH_THING") if (lane, number) in self.bad else ok()


class Delivery(RuleBasedStateMachine):
    """Emits, breaks, repairs, restarts, and compares."""

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.directory = Path(tempfile.mkdtemp())
        self.server = Server(self.answer)
        self.server.__enter__()
        self.sink = sink_for(self.server, self.directory, settings=FAST)

    def answer(self, request: Received) -> Answer:
        return self.model.answer(request.session, index_of(request))

    @rule(lane=st.sampled_from(LANES), bad=st.booleans(), count=st.integers(1, 5))
    def emit(self, lane: str, bad: bool, count: int) -> None:
        for _ in range(count):
            receipt = self.sink.emit(event(self.model.emit(lane, bad), lane))
        assert receipt.wait(20.0)

    @rule(mood=st.sampled_from(["up", "dead", "busy", "wrong", "ks"]))
    def turn(self, mood: str) -> None:
        """The server changes its mood when no refusal of the former one is on its way."""
        if self.model.mood == "up":
            assert self.sink.flush(20.0)
        self.model.settle()
        if self.model.mood in ("wrong", "ks") and self.model.pending:
            assert not self.sink.flush(20.0)
        self.model.mood = mood
        self.sink.resume()

    @rule()
    def restart(self) -> None:
        done = self.sink.close(20.0 if self.model.mood == "up" else 0.02)
        self.model.settle()
        assert done == (self.model.pending == 0)
        self.sink = sink_for(self.server, self.directory, settings=FAST)

    @precondition(lambda self: self.model.mood == "up")
    @rule()
    def deliver(self) -> None:
        assert self.sink.flush(20.0)
        self.model.settle()
        counts = self.sink.counts()
        assert counts.delivered == len(self.model.delivered)
        assert counts.rejected == len(self.model.rejected)
        assert counts.pending == 0

    @invariant()
    def every_event_is_in_one_place(self) -> None:
        c = self.sink.counts(20.0)
        assert c.accepted == sum(map(len, self.model.emitted.values()))
        assert c.accepted == c.delivered + c.rejected + c.pending
        if self.model.mood != "up":
            assert c.pending == self.model.pending

    @invariant()
    def order_is_kept_and_what_was_settled_is_not_sent_again(self) -> None:
        received = [(r.session, index_of(r)) for r in list(self.server.received)]
        for lane in LANES:
            mine = [n for session, n in received if session == lane]
            assert mine == sorted(mine), "an event was sent after a later one"

    def teardown(self) -> None:
        if not hasattr(self, "sink"):
            return
        self.turn("up")
        assert self.sink.close(20.0)
        self.model.settle()
        counts = look(self.directory).standings
        if counts:
            assert counts[0].counts.delivered == len(self.model.delivered)
            dead = {(x.item.lane, x.item.number) for x in look(self.directory).dead}
            assert dead == self.model.rejected
        self.server.__exit__()
        shutil.rmtree(self.directory)


class LongDelivery(Delivery):
    """The same for longer, with other examples each time."""


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)

TestLongDelivery = pytest.mark.soak(pytest.mark.timeout(300 * SOAK)(LongDelivery.TestCase))
TestLongDelivery.settings = settings(
    max_examples=50 * SOAK, stateful_step_count=30, deadline=None, derandomize=False
)
