"""A line an event: whole lines, whatever disks, threads and processes do."""

from __future__ import annotations

import errno
import json
import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sinking import EVENTS, PAUSE, numbered

from playertrack import events
from playertrack.events import Event
from playertrack.sinks import (
    JsonlSink,
    SinkError,
    event_line,
    open_sink,
)


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


def test_jsonl_close_says_why_lines_are_lost() -> None:
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
    with open(reading, "rb", buffering=0) as reader:  # noqa: PTH123 - a number
        with open(writing, "w") as stdout:  # noqa: PTH123 - a number
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
