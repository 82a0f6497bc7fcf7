"""Destinations of other authors that hang: only their own events wait (wire, 5: Q-live)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from fault_server import Server
from sending import FAST, again, event, events, firsts, index_of, indices, sink_for, until
from test_protocol import Plain, came

from playertrack.delivery import Answer, Request, Verdict
from playertrack.delivery.calls import MOST, Calls, StalledError
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.sink import DeliverySink
from playertrack.events import Event

FUNCTIONS = ("encode", "lane", "request", "authorize", "judge")

#: A function may hang for so long before it is given up; a queue waits for less at once.
IMPATIENT = attrs.evolve(FAST, timeout=0.4)


class Hanging(Plain):
    """Hangs in one of its functions until it is released, ``times`` times."""

    def __init__(self, address: str, function: str, times: int = 1) -> None:
        super().__init__(address)
        self.function, self.times = function, times
        self.hangs = 0
        self.released = threading.Event()

    def hang(self, function: str) -> None:
        if function == self.function and self.hangs < self.times and not self.released.is_set():
            self.hangs += 1
            self.released.wait(60.0)

    def encode(self, event: Event) -> bytes | None:
        self.hang("encode")
        return super().encode(event)

    def lane(self, event: Event) -> str | None:
        self.hang("lane")
        return super().lane(event)

    def request(self, items: Sequence[bytes]) -> Request:
        self.hang("request")
        return super().request(items)

    def authorize(self, request: Request, token: str | None) -> Request:
        self.hang("authorize")
        return super().authorize(request, token)

    def judge(self, answer: Answer, items: Sequence[bytes]) -> Verdict | Sequence[Verdict]:
        self.hang("judge")
        return super().judge(answer, items)


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    with Server() as slow, Server() as good:
        yield slow, good


def sink_of(destination: Any, queue: Path | None, **options: Any) -> DeliverySink:
    options = {"settings": IMPATIENT, **options}
    return DeliverySink(f"plain:{destination.address}", destination, queue=queue, **options)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_destination_that_hangs_delays_no_other_and_says_where(
    function: str, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, good = servers
    destination = Hanging(slow.base, function)
    held = sink_of(destination, tmp_path, settings=FAST)
    other = sink_for(good, tmp_path, settings=FAST)
    for n in range(1, 21):
        held.emit(event(n))
        other.emit(event(n))
    assert other.flush(20.0)
    assert indices(good.received) == list(range(1, 21))

    named = "encode" if function == "lane" else function  # a lane is asked for with the item
    until(lambda: f"Hanging.{named}() has not returned for" in str(held.status(30.0).reason))
    status = held.status(30.0)
    assert (status.state, status.pending) == ("waiting", 20)
    assert f"Hanging.{named}()" in str(held.left())
    destination.released.set()
    assert held.close(20.0)
    assert sorted(set(came(slow))) == list(range(1, 21))
    assert came(slow) == list(range(1, 21))
    assert other.close(20.0)


@pytest.mark.parametrize("function", ["request", "authorize", "judge"])
def test_a_call_that_never_returns_is_given_up_and_made_again(
    function: str, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, _ = servers
    destination = Hanging(slow.base, function, times=2)
    held = sink_of(destination, tmp_path)
    for each in events(5):
        held.emit(each)
    reason = f"Hanging.{function}() did not return in 0.4 s"
    until(lambda: held.sender.trouble(held.name) == reason)
    assert held.close(20.0)
    assert destination.hangs == 2
    assert sorted(set(came(slow))) == [1, 2, 3, 4, 5]
    # What was sent may have been taken; so may what a busy machine answered too late.
    assert again(slow.received) == held.counts().ambiguous >= (2 if function == "judge" else 0)
    destination.released.set()


def test_an_event_whose_encoding_never_returns_is_rejected_and_the_others_go_on(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, _ = servers

    class Stumbles(Hanging):
        def encode(self, event: Event) -> bytes | None:
            if event.index == 3:
                self.hang("encode")
            return b"%d" % event.index

    destination = Stumbles(slow.base, "encode", times=100)
    held = sink_of(destination, tmp_path)
    receipts = [held.emit(each) for each in events(6)]
    assert all(receipt.wait(20.0) for receipt in receipts), "each is durable as it is"
    until(lambda: held.flush(0.1) and held.counts().pending == 0)
    assert firsts(came(slow)) == [1, 2, 4, 5, 6]
    assert again(slow.received) <= held.counts().ambiguous
    (letter,) = held.sender.outbox.dead()
    assert letter.item.number == 3
    assert letter.reason == "encode() did not return in 0.4 s, 3 times"
    assert (held.counts().delivered, held.counts().rejected) == (5, 1)
    assert held.close(20.0)
    destination.released.set()


def test_events_that_were_not_encoded_are_left_to_the_next_process(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, _ = servers
    destination = Hanging(slow.base, "encode", times=100)
    held = sink_of(destination, tmp_path, settings=FAST)
    for each in events(10):
        held.emit(each)
    assert held.sender.outbox.flush(20.0)
    assert not held.close(0.1)
    assert came(slow) == []
    again = sink_of(Plain(slow.base), tmp_path)
    assert again.close(20.0)
    assert came(slow) == list(range(1, 11))
    destination.released.set()


def test_a_function_for_properties_that_hangs_delays_no_other(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, good = servers
    released = threading.Event()

    def properties(event: Event) -> dict[str, Any]:
        assert released.wait(60.0)
        return {"n": event.index}

    destination = HttpDestination(slow.base)
    held = sink_of(destination, tmp_path, properties=properties, settings=FAST)
    other = sink_for(good, tmp_path, settings=FAST)
    for n in range(1, 6):
        held.emit(event(n))
        other.emit(event(n))
    assert other.flush(20.0)
    until(lambda: "HttpDestination.properties() has not" in str(held.status(30.0).reason))
    assert indices(good.received) == [1, 2, 3, 4, 5]
    released.set()
    assert held.close(20.0)
    assert b'"n": 5' in slow.received[-1].body or b'"n":5' in slow.received[-1].body
    assert other.close(20.0)


def test_a_slow_destination_takes_no_time_from_the_others(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    slow, good = servers
    going = threading.Event()

    class Slow(Plain):
        def encode(self, event: Event) -> bytes | None:
            going.wait(0.3)
            return b"%d" % event.index

    held = sink_of(Slow(slow.base), tmp_path, settings=FAST)
    other = sink_for(good, tmp_path, settings=FAST)
    for n in range(1, 201):
        held.emit(event(n))
        other.emit(event(n))
    assert other.flush(30.0), "the others waited for it, which takes a minute"
    going.set()
    assert held.close(20.0)
    assert came(slow) == list(range(1, 201))
    assert [index_of(request) for request in good.received] == list(range(1, 201))
    assert other.close(20.0)


def test_no_more_calls_hang_than_threads_can_be_spared() -> None:
    released = threading.Event()
    calls = Calls("Hanging", 0.0)
    begun = threading.Semaphore(0)

    def hang() -> None:
        begun.release()
        released.wait(60.0)

    for _ in range(MOST):
        call = calls.start("encode", hang, lambda value, error: None)
        assert begun.acquire(timeout=20.0)
        calls.leave(call)
    with pytest.raises(StalledError, match="8 calls have not returned"):
        calls.start("encode", hang, lambda value, error: None)
    released.set()
    answered = threading.Event()
    until(lambda: not calls._hanging)
    calls.start("encode", hang, lambda value, error: answered.set())
    assert answered.wait(20.0)
    calls.close()
