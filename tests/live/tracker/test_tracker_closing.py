"""The end of a tracker, from outside, from within and without threads; and in asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import nan
from pathlib import Path
from typing import Any

from playertrack import Policy, Tracker, signals
from playertrack.core.state import State
from playertrack.events import Event
from playertrack.live.clock import ManualClock
from playertrack.signals import Close
from playertrack.sinks import MemorySink, NullSink
from tracker.tracking import PATIENCE, START, Listener, names, start


def test_with_block_ends_the_session_and_delivers(memory: MemorySink, clock: ManualClock) -> None:
    with Tracker([memory], clock=clock) as tracker:
        start(tracker)
        tracker.stall()
        clock.advance(1.0)
    assert names(memory.events)[-2:] == ["BUFFER_START", "BUFFER_END"]
    assert tracker.state is State.CLOSED


def test_close_may_be_called_again_and_what_comes_later_is_ignored(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    reported: list[Any] = []
    tracker = make(
        on_error=reported.append, on_diagnostic=reported.append, on_signal=reported.append
    )
    tracker.ready()
    assert tracker.close(PATIENCE)
    assert tracker.close(0.0)
    before = len(reported)
    tracker.play()
    tracker.timeupdate(nan)
    tracker.feed(signals.Play(at=0.0))
    assert tracker.flush(PATIENCE)
    assert names(memory.events) == ["WIDGET_LOADED"]
    assert len(reported) == before


def test_close_of_a_tracker_that_was_never_used(make: Callable[..., Tracker]) -> None:
    class Closable(NullSink):
        closed = False

        def close(self, timeout: float) -> bool:
            self.closed = True
            return True

    sink = Closable()
    assert make(sinks=[sink]).close(PATIENCE)
    assert sink.closed


def test_close_reports_what_is_not_delivered(make: Callable[..., Tracker]) -> None:
    class Undelivered(NullSink):
        def close(self, timeout: float) -> bool:
            assert 0.0 < timeout <= PATIENCE
            return False

    assert not make(sinks=[Undelivered()]).close(PATIENCE)


def test_close_takes_position_and_time_and_drops_what_cannot_be(
    make: Callable[..., Tracker], clock: ManualClock
) -> None:
    taken = Listener()
    make(on_signal=taken).close(PATIENCE, position=3.0, at=START + 1.0)
    assert taken.next() == Close(at=START + 1.0, position=3.0)
    reported = Listener()
    tracker = make(on_signal=taken, on_error=reported)
    assert tracker.close(PATIENCE, position=nan)
    assert taken.next() == Close(at=START)
    assert reported.next().field == "position"


def test_close_signal_that_is_fed_ends_the_player(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    tracker = make()
    start(tracker)
    tracker.feed(Close(at=START))
    assert tracker.state is State.CLOSED
    assert tracker.close(PATIENCE)
    assert memory.events


def test_sink_that_hangs_at_the_close_costs_no_more_than_the_timeout(
    make: Callable[..., Tracker], tmp_path: Path
) -> None:
    let_go = threading.Event()

    class Hanging(NullSink):
        def close(self, timeout: float) -> bool:
            return let_go.wait()

    stream_ended = Listener()
    tracker = make(sinks=[Hanging()])
    stream = tracker.events()
    tracker.ready()
    assert not tracker.close(0.05)
    let_go.set()
    asyncio.run(asyncio.wait_for(read(stream, stream_ended), PATIENCE))
    assert names(stream_ended.all()) == ["WIDGET_LOADED"]


def test_callback_may_close_its_tracker_but_not_wait(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    answers = Listener()

    def close(event: Event) -> None:
        if event.event == "PLAY":
            answers((tracker.flush(PATIENCE), tracker.close(PATIENCE)))

    tracker = make(on_event=close)
    start(tracker)
    assert answers.next() == (False, False)
    assert tracker.close(PATIENCE)
    assert "FIRST_PLAY" in names(memory.events)


@contextmanager
def no_new_threads() -> Iterator[None]:
    """As it is when an interpreter exits; here it is the memory that does not suffice."""
    before = threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(before)


def test_close_delivers_by_itself_where_there_can_be_no_thread(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    answers: list[bool] = []

    def close(event: Event) -> None:
        answers.append(tracker.close(PATIENCE))

    class Slow(MemorySink):
        """A sink of somebody else's, of which nobody knows how long it takes."""

    slow = Slow()
    tracker = make(sinks=[memory, slow], on_event=close)
    with no_new_threads():
        start(tracker)
        assert names(memory.events)[:2] == ["WIDGET_LOADED", "MEDIA_LOADED"]
        assert slow.events == []
        assert answers == []
        assert tracker.close(PATIENCE)
    assert slow.events == memory.events
    assert answers == [False] * len(memory.events)


async def read(stream: Any, listener: Callable[[Event], object]) -> None:
    async for event in stream:
        listener(event)


def test_events_can_be_read_by_several_in_several_loops(
    make: Callable[..., Tracker], memory: MemorySink
) -> None:
    tracker = make()
    reported: list[list[Event]] = [[], [], []]
    streams = [tracker.events() for _ in reported]

    def elsewhere() -> None:
        asyncio.run(read(streams[2], reported[2].append))

    async def main() -> None:
        reading = [asyncio.ensure_future(read(streams[n], reported[n].append)) for n in (0, 1)]
        start(tracker)
        assert await asyncio.to_thread(tracker.flush, PATIENCE)
        tracker.pause()
        assert await asyncio.to_thread(tracker.close, PATIENCE)
        await asyncio.gather(*reading)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    asyncio.run(main())
    thread.join(PATIENCE)
    assert names(memory.events)[-1] == "PAUSE"
    assert reported == [memory.events] * 3


def test_timer_is_run_in_a_program_of_asyncio() -> None:
    async def main() -> Event:
        tracker = Tracker(policy=Policy(stall_grace=0.01))
        stream = tracker.events()
        start(tracker)
        tracker.stall()
        async for event in stream:
            if event.event == "BUFFER_START":
                break
        assert await asyncio.to_thread(tracker.close, PATIENCE)
        return event

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)).rule == "R-stall"


def test_slow_reader_sees_the_last_events(make: Callable[..., Tracker], memory: MemorySink) -> None:
    tracker = make()
    stream = tracker.events(limit=2)
    start(tracker)
    tracker.close(PATIENCE)
    reported: list[Event] = []
    asyncio.run(read(stream, reported.append))
    assert reported == memory.events[-2:]
    assert stream.dropped == len(memory.events) - 2


def test_events_of_a_closed_tracker_are_over(make: Callable[..., Tracker]) -> None:
    tracker = make()
    tracker.close(PATIENCE)
    reported: list[Event] = []
    asyncio.run(read(tracker.events(), reported.append))
    assert reported == []
