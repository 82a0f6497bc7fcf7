"""A tracker is closed in an event loop, which goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from queue import SimpleQueue

from async_tests import in_loop

from playertrack import Event, Tracker
from playertrack.sinks import MemorySink

TIMEOUT = 60.0


class SlowSink(MemorySink):
    """Closes only when something else has happened."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = threading.Event()
        self.released = threading.Event()

    def close(self, timeout: float) -> bool:
        self.closing.set()
        return self.released.wait(timeout)


def play(tracker: Tracker) -> None:
    tracker.loaded("1_abc", duration=60.0)
    tracker.play()
    tracker.playing()


@in_loop
async def test_loop_goes_on_while_a_tracker_is_closed() -> None:
    """The sink is released by the loop itself: one that stands still would wait in vain."""
    sink = SlowSink()
    tracker = Tracker([sink])
    play(tracker)
    closing = asyncio.ensure_future(tracker.aclose(TIMEOUT))
    assert await asyncio.to_thread(sink.closing.wait, TIMEOUT)
    assert not closing.done()
    sink.released.set()
    assert await closing
    assert [event.event for event in sink.events][-1] == "VIEW"


@in_loop
async def test_async_block_delivers_what_waits() -> None:
    sink, reported = MemorySink(), list[Event]()
    async with Tracker([sink], on_event=reported.append) as tracker:
        play(tracker)
    assert [event.event for event in reported] == [event.event for event in sink.events]
    assert "PLAY" in [event.event for event in reported]
    assert tracker.close()


@in_loop
async def test_what_is_not_delivered_in_time_is_said() -> None:
    sink = SlowSink()
    tracker = Tracker([sink])
    play(tracker)
    assert not await tracker.aclose(0.05)
    sink.released.set()


@in_loop
async def test_closing_that_is_given_up_goes_on() -> None:
    sink = SlowSink()
    tracker = Tracker([sink])
    play(tracker)
    closing = asyncio.ensure_future(tracker.aclose(TIMEOUT))
    assert await asyncio.to_thread(sink.closing.wait, TIMEOUT)
    closing.cancel()
    sink.released.set()
    assert await tracker.aclose(TIMEOUT)


def test_closing_soon_says_when_it_is_done() -> None:
    sink, closed = SlowSink(), SimpleQueue[bool]()
    tracker = Tracker([sink])
    play(tracker)
    tracker.close_soon(TIMEOUT, on_closed=closed.put)
    assert sink.closing.wait(TIMEOUT)
    assert closed.empty()
    sink.released.set()
    assert closed.get(timeout=TIMEOUT)
    tracker.close_soon(on_closed=closed.put)
    assert closed.get(timeout=TIMEOUT)
    assert tracker.close()


def test_callback_may_close_its_tracker_soon() -> None:
    closed = SimpleQueue[bool]()
    tracker = Tracker(on_event=lambda event: tracker.close_soon(on_closed=closed.put))
    tracker.ready()
    assert closed.get(timeout=TIMEOUT)


def test_callback_of_the_end_that_raises_harms_nobody() -> None:
    closed = SimpleQueue[bool]()

    def fail(_: bool) -> None:
        raise ValueError("no")

    tracker = Tracker()
    tracker.ready()
    tracker.close_soon(on_closed=fail)
    tracker.close_soon(on_closed=closed.put)
    assert closed.get(timeout=TIMEOUT)
