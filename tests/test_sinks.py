"""The sinks: what they write, how they fail, how they are found."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from playertrack import events
from playertrack.events import Event
from playertrack.sinks import (
    ConsoleSink,
    EventStream,
    FanoutSink,
    JsonlSink,
    MemorySink,
    NullSink,
    Sink,
    SinkError,
    event_line,
    open_sink,
)

PAUSE = Event("PAUSE", at=1700000003.25, session="s-1", index=7, entry_id="1_a", position=2.5)
ERROR = events.Error("ERROR", at=0.0, session="s-1", index=8, code="é", message="ваш\n日本")
EVENTS = [PAUSE, ERROR]


def numbered(count: int, **fields: Any) -> list[Event]:
    return [
        Event("PAUSE", at=float(index), session="s", index=index, **fields)
        for index in range(1, count + 1)
    ]


class Failing:
    """Raises what it is given, in both methods."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def emit(self, event: Event) -> None:
        raise self.errors[event.index % len(self.errors)]

    def close(self, timeout: float) -> bool:
        raise self.errors[0]


class Hanging(NullSink):
    """Does not come back from `close` before it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def close(self, timeout: float) -> bool:
        return self.let_go.wait()


# ------------------------------------------------------------------------------ event_line


@pytest.mark.parametrize("event", [*EVENTS, *(cls(
    name, at=1e-7, session="s", index=1, position=1e16, duration=0.1 + 0.2
) for name, cls in events.EVENTS.items())], ids=lambda event: event.event)  # fmt: skip
def test_event_line_is_what_json_makes_of_the_record(event: Event) -> None:
    line = json.dumps(events.to_record(event), ensure_ascii=False) + "\n"
    assert event_line(event) == line.encode()


def test_event_line_has_the_keys_of_the_format_in_order_and_floats_in_shortest_form() -> None:
    assert event_line(PAUSE) == (
        b'{"event": "PAUSE", "at": 1700000003.25, "session": "s-1", "index": 7, '
        b'"entry_id": "1_a", "position": 2.5, "duration": null}\n'
    )


# ----------------------------------------------------------------------------------- jsonl


def test_jsonl_has_a_line_an_event_as_soon_as_it_came(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JsonlSink(path)
    assert path.read_bytes() == b""
    for count in (1, 2):
        sink.emit(EVENTS[count - 1])
        assert path.read_bytes() == b"".join(map(event_line, EVENTS[:count]))
    assert sink.close(1.0)
    assert path.read_bytes() == b"".join(map(event_line, EVENTS))


def test_jsonl_appends_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for event in EVENTS:
        sink = JsonlSink(path)
        sink.emit(event)
        sink.close(1.0)
    assert path.read_bytes() == b"".join(map(event_line, EVENTS))


def test_jsonl_leaves_the_torn_last_line_of_a_crash_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event": "PLA')
    sink = JsonlSink(path)
    sink.emit(PAUSE)
    assert path.read_bytes() == b'{"event": "PLA\n' + event_line(PAUSE)
    sink.close(1.0)


def test_jsonl_that_got_nothing_leaves_a_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n")
    assert JsonlSink(path).close(1.0)
    assert path.read_bytes() == b"{}\n"


def test_jsonl_lines_of_many_threads_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JsonlSink(path)
    batch = numbered(300, entry_id="1_" + "x" * 500)

    def emit() -> None:
        for event in batch:
            sink.emit(event)

    threads = [threading.Thread(target=emit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sink.close(1.0)
    assert sorted(path.read_bytes().splitlines(True)) == sorted(map(event_line, batch * 4))


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size``: a full disk of our own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_jsonl_tears_no_line_and_loses_none_when_the_disk_was_full(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JsonlSink(path)
    batch = numbered(6)
    lines = list(map(event_line, batch))
    with file_limit(len(b"".join(lines[:2])) + 10):
        sink.emit(batch[0])
        sink.emit(batch[1])
        for event in batch[2:5]:
            with pytest.raises(OSError, match="too large"):
                sink.emit(event)
        assert path.read_bytes() == b"".join(lines)[: len(b"".join(lines[:2])) + 10]
    sink.emit(batch[5])
    assert path.read_bytes() == b"".join(lines)
    assert sink.close(1.0)


def test_jsonl_writes_at_the_close_what_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = JsonlSink(path)
    with file_limit(10), pytest.raises(OSError, match="too large"):
        sink.emit(PAUSE)
    assert sink.close(1.0)
    assert path.read_bytes() == event_line(PAUSE)


def test_jsonl_close_tells_why_lines_are_lost() -> None:
    sink = JsonlSink("/dev/full")
    with pytest.raises(OSError, match="No space") as caught:
        sink.emit(PAUSE)
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match="No space"):
        sink.close(1.0)
    assert not sink.close(1.0)


def test_jsonl_keeps_a_bounded_amount_for_a_disk_that_stays_full() -> None:
    sink = JsonlSink("/dev/full")
    for event in numbered(4, entry_id="x" * 1_000_000):
        with pytest.raises(OSError, match="No space"):
            sink.emit(event)
    with pytest.raises(SinkError, match="lost"):
        sink.emit(Event("PAUSE", at=5.0, session="s", index=5, entry_id="x" * 1_000_000))
    with pytest.raises(OSError, match="No space"):
        sink.close(1.0)


def test_jsonl_refuses_what_comes_after_the_close(tmp_path: Path) -> None:
    sink = JsonlSink(tmp_path / "events.jsonl")
    assert sink.close(1.0)
    with pytest.raises(SinkError, match=r"events\.jsonl is closed"):
        sink.emit(PAUSE)
    assert sink.close(1.0)


def test_jsonl_dash_is_standard_output_even_a_full_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with open(reading, "rb", buffering=0) as reader:  # noqa: PTH123
        with open(writing, "w") as stdout:  # noqa: PTH123
            monkeypatch.setattr(sys, "stdout", stdout)
            sink = open_sink("jsonl:-")
            event = Event("PAUSE", at=0.0, session="s", index=1, entry_id="x" * 100_000)
            sink.emit(event)
            first = reader.read(200_000)
            assert event_line(event).startswith(first)
            assert first != event_line(event)
            assert sink.close(1.0)
            assert first + reader.read(200_000) == event_line(event)
            assert not stdout.closed
            stdout.write("open")
        assert reader.read(9) == b"open"


@pytest.mark.parametrize("path", ["no/such/folder/events.jsonl", "."])
def test_jsonl_that_cannot_be_opened_says_which_and_why(path: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"cannot write to .*(No such file|Is a directory)"):
        JsonlSink(tmp_path / path)


# --------------------------------------------------------------------------------- console


def lines_of(*shown: Event) -> list[str]:
    stream = io.StringIO()
    sink = ConsoleSink(stream)
    for event in shown:
        sink.emit(event)
    assert sink.close(1.0)
    return stream.getvalue().splitlines()


def test_console_line_says_what_there_is_to_know() -> None:
    seek = events.Seek(
        "SEEK", at=1700000003.25, player="tv", session="0123456789", index=12, entry_id="1_a",
        position=60.0, duration=100.5, origin=None, target=1 / 3, inferred=True,
    )  # fmt: skip
    (line,) = lines_of(seek)
    assert line == (
        "2023-11-14 22:13:23.250  SEEK                  #12     60.000 /  100.500  01234567"
        "  tv  1_a  origin=None  target=0.333  inferred=True"
    )


def test_console_columns_are_aligned_for_every_event() -> None:
    made = [cls(name, at=0.0, session="s", index=9) for name, cls in events.EVENTS.items()]
    made[0] = Event("WIDGET_LOADED", at=0.0, session="s", index=1000, position=1e4, duration=1e4)
    lines = lines_of(*made)
    assert len({line.index("/") for line in lines}) == 1
    assert [line.split()[2] for line in lines] == [event.event for event in made]


@pytest.mark.parametrize("text", ["a\nb", "\x1b[2J", "two words", "", "\u202e"])
def test_console_text_from_outside_cannot_move_the_cursor(text: str) -> None:
    event = events.Error(
        "ERROR", at=0.0, player=text, session="s", index=1, entry_id=text, code=text, message="m"
    )
    (line,) = lines_of(event)
    assert line.isprintable()
    assert line.count(repr(text)) == 3


def test_console_shows_a_time_that_no_calendar_has() -> None:
    (line,) = lines_of(Event("PAUSE", at=1e12, session="s", index=1))
    assert "1000000000000.000" in line


def test_console_escapes_what_a_terminal_cannot_show() -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii")
    ConsoleSink(terminal).emit(ERROR)
    assert b"code='\\xe9'" in raw.getvalue()


@pytest.mark.parametrize(
    ("spec", "out", "err"),
    [("console", 0, 1), ("console:stderr", 0, 1), ("console:stdout", 1, 0)],
)
def test_console_goes_to_the_stream_asked_for(
    spec: str, out: int, err: int, capsys: pytest.CaptureFixture[str]
) -> None:
    open_sink(spec).emit(PAUSE)
    captured = capsys.readouterr()
    assert [captured.out.count("PAUSE"), captured.err.count("PAUSE")] == [out, err]


# ------------------------------------------------------------------------- memory and null


def test_memory_keeps_all_or_the_last() -> None:
    batch = numbered(5)
    everything, last = MemorySink(), MemorySink(2)
    for event in batch:
        everything.emit(event)
        last.emit(event)
    assert everything.close(0.0)
    assert everything.events == batch
    assert last.events == batch[-2:]


def test_null_forgets() -> None:
    sink = NullSink()
    sink.emit(PAUSE)
    assert sink.close(0.0)


# ---------------------------------------------------------------------------------- fanout


def test_fanout_gives_every_sink_all_events_in_order() -> None:
    sinks = [MemorySink(), MemorySink()]
    fanout = FanoutSink(sinks)
    for event in EVENTS:
        fanout.emit(event)
    assert [sink.events for sink in sinks] == [EVENTS, EVENTS]
    assert fanout.close(1.0)


def test_fanout_reports_each_kind_of_failure_of_a_sink_once() -> None:
    told: list[tuple[Sink, Exception]] = []
    full, broken = OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "broken")
    bug = ValueError("bug")
    failing, other, healthy = Failing(full, broken, bug), Failing(bug), MemorySink()
    fanout = FanoutSink(
        [failing, other, healthy], on_error=lambda sink, error: told.append((sink, error))
    )
    batch = numbered(9)
    for event in batch:
        fanout.emit(event)
    assert healthy.events == batch
    assert told == [(failing, broken), (other, bug), (failing, bug), (failing, full)]
    assert not fanout.close(1.0)
    assert len(told) == 4


def test_fanout_close_is_true_only_if_all_delivered() -> None:
    class Undelivered(NullSink):
        def close(self, timeout: float) -> bool:
            return False

    assert FanoutSink([]).close(1.0)
    assert not FanoutSink([NullSink(), Undelivered()]).close(1.0)


def test_fanout_close_reports_a_sink_that_raises_and_closes_the_others(tmp_path: Path) -> None:
    told: list[Exception] = []
    bug, jsonl = ValueError("bug"), JsonlSink(tmp_path / "events.jsonl")
    fanout = FanoutSink([Failing(bug), jsonl], on_error=lambda _, error: told.append(error))
    assert not fanout.close(10.0)
    assert told == [bug]
    with pytest.raises(SinkError, match="closed"):
        jsonl.emit(PAUSE)


def test_fanout_close_does_not_wait_for_a_sink_that_hangs(tmp_path: Path) -> None:
    hanging, jsonl = Hanging(), JsonlSink(tmp_path / "events.jsonl")
    assert not FanoutSink([hanging, jsonl]).close(0.05)
    with pytest.raises(SinkError, match="closed"):
        jsonl.emit(PAUSE)
    hanging.let_go.set()


@contextmanager
def no_new_threads() -> Iterator[None]:
    """As it is when an interpreter exits; here it is the memory that does not suffice."""
    before = threading.stack_size(1 << 46)
    try:
        yield
    finally:
        threading.stack_size(before)


def test_fanout_closes_without_threads_where_there_can_be_none(tmp_path: Path) -> None:
    sink = JsonlSink(tmp_path / "events.jsonl")
    with no_new_threads():
        assert FanoutSink([sink, NullSink()]).close(1.0)
    with pytest.raises(SinkError, match="closed"):
        sink.emit(PAUSE)


def test_fanout_survives_its_handler(caplog: pytest.LogCaptureFixture) -> None:
    def handler(sink: Sink, error: Exception) -> None:
        raise LookupError("the handler")

    healthy = MemorySink()
    FanoutSink([Failing(ValueError("bug")), healthy], on_error=handler).emit(PAUSE)
    assert healthy.events == [PAUSE]
    assert "LookupError" in caplog.text


def test_fanout_without_handler_logs(caplog: pytest.LogCaptureFixture) -> None:
    FanoutSink([Failing(ValueError("bug"))]).emit(PAUSE)
    assert caplog.record_tuples == [
        ("playertrack", logging.ERROR, "Failing failed: ValueError('bug')")
    ]


# ---------------------------------------------------------------------------------- stream


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
        stream.emit(PAUSE)  # wakes a reader that is about to hear that it is cancelled
        stream.emit(ERROR)
        with pytest.raises(asyncio.CancelledError):
            await giving_up
        return await anext(stream)

    assert asyncio.run(main()) == PAUSE
    assert troubles == []


def test_stream_outlives_the_loop_of_its_reader() -> None:
    stream = EventStream(10)
    loop = asyncio.new_event_loop()
    reading = loop.create_task(read(stream))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    stream.emit(PAUSE)
    stream.emit(ERROR)
    stream.close()
    assert asyncio.run(read(stream)) == EVENTS
    reading.get_coro().close()


# --------------------------------------------------------------------------------- by name


@pytest.mark.parametrize(
    ("spec", "cls"),
    [
        ("console", ConsoleSink),
        ("fanout:null,console:stdout", FanoutSink),
        ("jsonl:events.jsonl", JsonlSink),
        ("memory", MemorySink),
        ("memory:0", MemorySink),
        ("null", NullSink),
    ],
)
def test_sink_is_opened_by_its_name(
    spec: str, cls: type[Sink], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sink = open_sink(spec)
    assert type(sink) is cls
    sink.emit(PAUSE)
    assert sink.close(1.0)


def test_argument_may_have_colons(tmp_path: Path) -> None:
    sink = open_sink(f"jsonl:{tmp_path}/a:b")
    sink.close(1.0)
    assert (tmp_path / "a:b").exists()


def test_fanout_and_memory_take_their_arguments() -> None:
    fanout = open_sink("fanout:null,memory:2")
    assert isinstance(fanout, FanoutSink)
    null, memory = fanout.sinks
    assert isinstance(null, NullSink)
    assert isinstance(memory, MemorySink)
    for event in numbered(3):
        fanout.emit(event)
    assert memory.events == numbered(3)[1:]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("jsonl", "needs a file"),
        ("null:x", "no argument, not 'x'"),
        ("memory:many", "number of events to keep, not 'many'"),
        ("memory:-1", "number of events to keep, not '-1'"),
        ("memory:" + "9" * 30, "number of events to keep"),
        ("console:file", "stderr or stdout, not 'file'"),
        ("fanout:", "there is no sink ''"),
        ("kafka:x", "no sink 'kafka'; known are .*console, fanout, jsonl, .*memory, null"),
        ("", "there is no sink ''; known are"),
    ],
)
def test_sink_that_cannot_be_opened_is_refused_with_the_cure(spec: str, message: str) -> None:
    with pytest.raises(SinkError, match=message):
        open_sink(spec)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Installs a package with an entry point of ours, as pip would lay it out."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, target: str) -> None:
        info = tmp_path / "otherpeople-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: otherpeople\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[playertrack.sinks]\n{name} = {target}\n")
        (tmp_path / "otherpeople.py").write_text(
            "from playertrack.sinks import MemorySink\n"
            "class Theirs(MemorySink):\n"
            "    @classmethod\n"
            "    def open(cls, argument):\n"
            "        sink = cls()\n"
            "        sink.argument = argument\n"
            "        return sink\n"
        )

    return install


def test_sink_of_another_package_is_found(install: Callable[[str, str], None]) -> None:
    install("theirs", "otherpeople:Theirs.open")
    sink = open_sink("theirs:a:b")
    assert type(sink).__name__ == "Theirs"
    assert vars(sink)["argument"] == "a:b"


def test_sink_of_another_package_is_among_the_known(install: Callable[[str, str], None]) -> None:
    install("theirs", "otherpeople:Theirs.open")
    with pytest.raises(SinkError, match=r"known are .*theirs"):
        open_sink("others")


def test_sink_of_another_package_that_does_not_load_is_named(
    install: Callable[[str, str], None],
) -> None:
    install("theirs", "no_such_module:Theirs.open")
    with pytest.raises(SinkError, match=r"theirs cannot be loaded: .*no_such_module"):
        open_sink("theirs")


def test_own_sinks_are_found_without_searching_the_installed_packages() -> None:
    code = (
        "import sys; from playertrack.sinks import open_sink; was = set(sys.modules)\n"
        "open_sink('null'); open_sink('memory')\n"
        "assert not [name for name in sys.modules.keys() - was if 'metadata' in name]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=True)
