"""Sinks for people and for tests."""

from __future__ import annotations

import io

import pytest
from sinking import ERROR, PAUSE, numbered

from playertrack import events
from playertrack.events import Event
from playertrack.sinks import (
    ConsoleSink,
    MemorySink,
    NullSink,
    open_sink,
)


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
        "2023-11-14 22:13:23.250  SEEK                  #12     1:00.000 /   1:40.500  01234567"
        "  tv  1_a  target=0.333  inferred=True"
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
    assert "1000000000000  " in line


def test_console_escapes_what_a_terminal_cannot_show() -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii")
    ConsoleSink(terminal).emit(ERROR)
    assert b"code='\\xe9'" in raw.getvalue()


@pytest.mark.parametrize(
    ("spec", "out", "err"),
    [("console", 1, 0), ("console:stderr", 0, 1), ("console:stdout", 1, 0)],
)
def test_console_goes_to_the_stream_asked_for(
    spec: str, out: int, err: int, capsys: pytest.CaptureFixture[str]
) -> None:
    open_sink(spec).emit(PAUSE)
    captured = capsys.readouterr()
    assert [captured.out.count("PAUSE"), captured.err.count("PAUSE")] == [out, err]


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
