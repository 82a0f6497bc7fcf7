"""A playback that outlives the process that reports it: its index, sums and flags go on."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from async_tests import in_loop
from fault_server import Server, ok

from playertrack import events
from playertrack.collector import Collector, Received
from playertrack.destinations.kaltura import Identity, KavaDestination, StatsDestination
from playertrack.destinations.kaltura.kava import KavaSink

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ME = Identity(partner_id=102)


async def run(part: str, collector: Collector, tmp_path: Path) -> int:
    """Run a process to its end; its return code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, HERE / "resuming.py", part, collector.analytics_url),
        *(tmp_path / "queue", tmp_path / "snapshot"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return await asyncio.wait_for(process.wait(), 60)


def once(received: Iterable[Received]) -> list[Received]:
    """Without the one that was on its way when the process was killed, and came again (Q-once)."""
    every = list(received)
    again = [new for old, new in pairwise(every) if old.fields == new.fields]
    assert len(again) <= 1
    return [each for each in every if each not in again]


def column(received: list[Received], name: str) -> list[str | None]:
    return [each.fields.get(name) for each in received]


@in_loop
async def test_a_playback_goes_on_where_the_process_before_was_killed(tmp_path: Path) -> None:
    async with Collector() as collector:
        assert await run("first", collector, tmp_path) == -signal.SIGKILL
        assert await run("second", collector, tmp_path) == 0
        kava = once(each for each in collector.received if each.endpoint == "kava")
        stats = once(each for each in collector.received if each.endpoint == "stats")
    assert all(each.good for each in (*kava, *stats))
    assert len({each.session for each in (*kava, *stats)}) == 1
    assert column(kava, "eventIndex") == [str(n) for n in range(1, len(kava) + 1)]
    sums = [each.fields["playTimeSum"] for each in kava if each.event == "VIEW"]
    assert sums == ["0", "10", "20", "30", "40", "50", "60"]
    sent = column(kava, "sessionStartTime")
    assert sent[0] is None and sent[-1] is not None
    assert len(set(sent)) == 2
    after = stats[column(stats, "eventType").index("17") :]
    assert set(column(after, "seek")) == {"true"}
    assert [each.event for each in after] == ["SEEK", "PLAY_REACHED_25"]


# ------------------------------------------------------------------------- what is remembered


_Mapper = TypeVar("_Mapper", KavaDestination, StatsDestination)


def event(name: str, at: float, **fields: Any) -> events.Event:
    known: dict[str, Any] = {"session": "s", "index": 1, "entry_id": "1_abc"}
    return events.EVENTS[name](name, at=1000.0 + at, **(known | fields))


def view(at: float) -> events.Event:
    return event("VIEW", at, play_time=10.0, buffer_time=1.0)


def body(mapper: KavaDestination | StatsDestination, what: events.Event) -> tuple[str, bytes]:
    item = mapper.encode(what)
    note = mapper.sessions.note(what.session)
    assert item is not None
    assert note is not None
    return item.decode(), note


def knowing(mapper: _Mapper, note: bytes) -> _Mapper:
    """``mapper`` as in another process, with the last note on the session."""
    mapper.sessions.recall = {"s": note}.get
    return mapper


def test_another_mapper_goes_on_with_the_note_of_the_last_request() -> None:
    first = KavaDestination(ME)
    first.answered("s", b'{"time": 5, "viewEventsEnabled": true}')
    body(first, event("MEDIA_LOADED", 0, live=True))
    _, note = body(first, view(10))
    second = knowing(KavaDestination(ME), note)
    second.answered("s", b"99")
    text, note = body(second, view(20))
    assert "&eventIndex=3&" in text
    assert "&playTimeSum=20&bufferTime=1&bufferTimeSum=2&" in text
    assert "&playbackType=live&" in text
    assert text.endswith("&sessionStartTime=5")
    # … and forgets with the server, which had no VIEW for 30 s.
    third = knowing(KavaDestination(ME), note)
    text, _ = body(third, view(51))
    assert "&eventIndex=1&" in text and "&playTimeSum=10&" in text


def test_a_session_that_is_played_again_knows_the_one_before() -> None:
    first = KavaDestination(ME)
    body(first, event("MEDIA_LOADED", 0, live=True))
    _, note = body(first, event("SPEED", 1, rate=2.0))
    second = knowing(KavaDestination(ME), note)
    text, _ = body(second, event("REPLAY", 9, session="t", previous_session="s"))
    assert "&playbackType=live&playbackSpeed=2&" in text
    assert "&eventIndex=1&" in text


def test_views_that_nobody_wants_are_not_sent_by_the_next_process_either() -> None:
    first = KavaDestination(ME)
    first.answered("s", b'{"time": 5, "viewEventsEnabled": false}')
    _, note = body(first, event("PAUSE", 1))
    second = knowing(KavaDestination(ME), note)
    assert second.encode(view(2)) is None
    second.answered("s", b'{"time": 9, "viewEventsEnabled": true}')
    assert second.encode(view(3)) is None


def test_stats_remembers_the_seek() -> None:
    _, note = body(StatsDestination(ME), event("SEEK", 1))
    text, _ = body(knowing(StatsDestination(ME), note), event("PLAY_REACHED_50", 2))
    assert "&event%5Bseek%5D=true&" in text


@pytest.mark.parametrize("note", [b"", b"\xc1", b"\x80", b"null", b"\x93\x01\x02\x03"])
def test_a_note_that_cannot_be_read_is_none(note: bytes) -> None:
    text, _ = body(knowing(KavaDestination(ME), note), event("PAUSE", 1))
    assert "&eventIndex=1&" in text


def test_notes_are_carried_over_from_a_damaged_queue(tmp_path: Path) -> None:
    kava = KavaSink(ME, queue=tmp_path, url="http://127.0.0.1:9")
    assert kava.emit(event("PAUSE", 1)).wait(20.0)
    kava.close(0.0)
    path = tmp_path / "queue.db"
    with closing(sqlite3.connect(path)) as queue:
        (page,) = queue.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'")
        (size,) = queue.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page[0] - 1) * size)
        file.write(b"\xff" * size)
    with Server(lambda request: ok("5")) as server:
        kava = KavaSink(ME, queue=tmp_path, url=server.base)
        kava.emit(event("PAUSE", 2))
        assert kava.close(20.0)
    assert kava.counts().dropped == {"damaged": 1}
    assert [request.form["eventIndex"] for request in server.received] == ["2"]


def test_players_that_share_a_queue_all_learn_what_was_answered(tmp_path: Path) -> None:
    with Server(lambda request: ok("5")) as server:
        sinks = [KavaSink(ME, queue=tmp_path, url=server.base) for _ in "st"]
        for sink, session in zip(sinks, "st", strict=True):
            sink.emit(event("PAUSE", 1, session=session))
            assert sink.flush(20.0)
            sink.emit(event("PAUSE", 2, session=session))
            assert sink.close(20.0)
    sent = [(each.session, each.form.get("sessionStartTime")) for each in server.received]
    assert sent == [("s", None), ("s", "5"), ("t", None), ("t", "5")]
