"""Events as an async iterator."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sinking import ERROR, EVENTS, PAUSE, numbered

from playertrack.events import Event
from playertrack.sinks import (
    EventStream,
)


async def read(stream: EventStream) -> list[Event]:
    return [event async for event in stream]


def test_stream_gives_what_came_and_ends_at_the_close() -> None:
    stream = EventStream(10)
    for event in EVENTS:
        stream.emit(event)
    assert not stream.close()
    assert asyncio.run(read(stream)) == EVENTS
    assert stream.close()
    assert asyncio.run(read(stream)) == []


def test_stream_wakes_a_loop_from_another_thread() -> None:
    async def main() -> list[Event]:
        stream = EventStream(10)
        reading = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)  # it waits by now
        await asyncio.to_thread(stream.emit, PAUSE)
        first = await reading
        ending = asyncio.ensure_future(read(stream))
        await asyncio.sleep(0)
        await asyncio.to_thread(stream.close)
        return [first, *await ending]

    assert asyncio.run(main()) == [PAUSE]


def test_stream_drops_the_oldest_of_a_slow_reader_and_counts_them() -> None:
    stream = EventStream(3)
    batch = numbered(5)
    for event in batch:
        stream.emit(event)
    stream.close()
    assert stream.dropped == 2
    assert asyncio.run(read(stream)) == batch[2:]


def test_stream_read_by_two_gives_each_event_to_one() -> None:
    async def main() -> tuple[list[Event], list[Event]]:
        stream = EventStream(10)
        reading = asyncio.gather(read(stream), read(stream))
        await asyncio.sleep(0)
        for event in numbered(4):
            stream.emit(event)
        stream.close()
        return await reading

    one, other = asyncio.run(main())
    assert sorted(one + other, key=lambda event: event.index) == numbered(4)


def test_stream_outlives_a_reader_that_gave_up() -> None:
    troubles: list[Any] = []

    async def main() -> Event:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: troubles.append(what))
        stream = EventStream(10)
        giving_up = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        giving_up.cancel()
        stream.emit(PAUSE)  # wakes a reader that is about to be cancelled
        stream.emit(ERROR)
        with pytest.raises(asyncio.CancelledError):
            await giving_up
        return await anext(stream)

    assert asyncio.run(main()) == PAUSE
    assert troubles == []


def test_stream_outlives_the_loop_of_its_reader() -> None:
    stream = EventStream(10)
    loop = asyncio.new_event_loop()
    # The task is left pending on purpose; in the log, that would reach some later test.
    loop.set_exception_handler(lambda _loop, _context: None)
    reading = loop.create_task(read(stream))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    stream.emit(PAUSE)
    stream.emit(ERROR)
    stream.close()
    assert asyncio.run(read(stream)) == EVENTS
    reading.get_coro().close()
