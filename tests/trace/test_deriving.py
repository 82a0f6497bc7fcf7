"""From traces to events, in one go; the fast way and the careful way are one."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playertrack import Fleet, Policy, SignalError
from playertrack.events import Event
from playertrack.trace.codec import LineError, TraceError, parse_signal
from playertrack.trace.feed import derive

SESSION = (
    b'{"signal": "loaded", "at": 0, "entry_id": "A", "duration": 40}\n'
    b'{"signal": "playing", "at": 0}\n'
    + b"".join(
        b'{"signal": "timeupdate", "at": %d, "position": %d}\n' % (t, t) for t in range(1, 41)
    )
    + b'{"signal": "ended", "at": 40}\n'
)


def names(batches: Iterator[Any]) -> list[str]:
    return [event.event for events in batches for event in events]


def test_a_trace_gives_the_events_of_the_engine() -> None:
    fleet = Fleet(policy=Policy(view_interval=None))

    assert names(derive(BytesIO(SESSION), fleet)) == [
        *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"),
        *("PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75", "PLAY_REACHED_100"),
    ]


def test_a_time_has_one_spelling() -> None:
    """Also in an event that is made at once from an update of -0.0."""
    trace = b'{"signal": "playing", "at": -10}\n' + b"".join(
        b'{"signal": "timeupdate", "at": -%d.0, "position": %d}\n' % (10 - t, t)
        for t in range(1, 11)
    )
    made = [event for events in derive(BytesIO(trace)) for event in events]
    assert [repr(event.at) for event in made if event.event == "VIEW"] == ["-10.0", "0.0"]


def test_at_the_end_each_player_is_closed_at_its_own_time_in_order_of_appearance() -> None:
    trace = b"".join(
        b'{"player": "%s", "signal": "%s", "at": %d, %s}\n' % line
        for line in (
            (b"b", b"timeupdate", 1, b'"position": -1'),  # no signal, so no appearance
            (b"a", b"playing", 1, b'"x": 0'),
            (b"b", b"playing", 2, b'"x": 0'),
            (b"b", b"stall", 3, b'"x": 0'),
            (b"a", b"stall", 9, b'"x": 0'),
            (b"b", b"captions", 12, b'"language": "en"'),
            (b"a", b"captions", 15, b'"language": "en"'),
        )
    )

    *_, closing = derive(BytesIO(trace), on_bad=lambda error: None)

    assert [(event.event, event.player, event.at) for event in closing] == [
        ("BUFFER_END", "a", 15.0),
        ("BUFFER_END", "b", 12.0),
    ]


def test_what_came_before_a_bad_line_is_given_first() -> None:
    batches = derive(BytesIO(SESSION + b"oops\n" + SESSION))

    assert "PLAY" in [event.event for event in next(batches)]
    with pytest.raises(TraceError, match=":44: "):
        next(batches)


def test_a_bad_line_can_be_left_out() -> None:
    bad: list[TraceError] = []
    trace = b"oops\n" + SESSION + b'{"signal": "oops", "at": 1}\n'

    assert names(derive(BytesIO(trace), on_bad=bad.append)) == names(derive(BytesIO(SESSION)))
    assert [error.line for error in bad] == [1, 45]


def test_events_come_as_soon_as_their_lines_do() -> None:
    class Live:
        lines = SESSION.splitlines(keepends=True)

        def read1(self, size: int, /) -> bytes:
            return self.lines.pop(0)

    live = Live()
    batches = derive(live)

    assert [event.event for event in next(batches)] == ["WIDGET_LOADED", "MEDIA_LOADED"]
    assert len(live.lines) == 42


@given(st.lists(st.integers(1, 200), min_size=1, max_size=50))
def test_it_does_not_matter_in_what_pieces_the_bytes_come(sizes: list[int]) -> None:
    class Pieces:
        def __init__(self) -> None:
            self.file, self.count = BytesIO(SESSION), 0

        def read1(self, size: int, /) -> bytes:
            self.count += 1
            return self.file.read(sizes[self.count % len(sizes)])

    pieces = [event for events in derive(Pieces()) for event in events]

    assert pieces == [event for events in derive(BytesIO(SESSION)) for event in events]


def field_of(problem: object) -> str:
    """The subject of a complaint: a field, or that it is no JSON."""
    return str(problem).partition(":")[0]


def carefully(trace: bytes) -> tuple[list[Event], list[tuple[int, str]]]:
    """The events, and line and field of each complaint: all read by `parse_signal` and fed."""
    fleet = Fleet()
    events: list[Event] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(trace.split(b"\n"), 1):
        if line.strip(b" \t\r"):
            try:
                events += fleet.feed(*parse_signal(line))
            except (LineError, SignalError) as error:
                bad.append((number, field_of(error)))
    return events + fleet.close(), bad


NUMBERS = [
    *(b"0", b"-0", b"-0.0", b"1", b"2.5", b"1e1", b"1E+1", b"1e-400", b"0.1e1", b"10", b"11"),
    *(b"9007199254740993", b"123456789012345678901234567890", b"1" * 309, b"2.5000000000000001"),
    *(b"1e400", b"-1", b"01", b"1.", b".5", b"+1", b"NaN", b"Infinity", b"1e", b"0x1", b"1_0"),
    *(b"true", b"null", b'"1"', b"[1]", b"{}", b'{"at": 1}', b"", b"1 1", b"1,"),
]
TEXTS = [
    *(b'"timeupdate"', b'"timeupd\\u0061te"', b'"time\\"update"', b'"playing"', b'"pause"'),
    *(b'""', b'"a"', b'"a,b:c"', b'"a\\"b"', b'"\\""', b'"\\\\"', b'"\xc3\xa9"', b'"\xff"'),
    *(b'"\\ud83d\\ude00"', b'"\\ud800"', b'"\\/"', b'"\x01"', b'"\\x"', b'"\x00"', b'"'),
]
#: Signals other than `timeupdate`, each with fields of its own.
OTHERS = [
    [(b'"signal"', b'"pause"')],
    [(b'"signal"', b'"loaded"'), (b'"entry_id"', b'"a:b"'), (b'"duration"', b"10")],
    [(b'"signal"', b'"loaded"'), (b'"entry_id"', b'"a"'), (b'"live"', b"true")],
    [(b'"signal"', b'"ratechange"'), (b'"rate"', b"2")],
    [(b'"signal"', b'"error"'), (b'"code"', b'"E"'), (b'"fatal"', b"0")],
    [(b'"signal"', b'"captions"'), (b'"language"', b"null")],
    [(b'"signal"', b'"captions"')],
    [(b'"signal"', b'"flavor_switch"'), (b'"bitrate"', b"12345678901234567890123")],
]
KEYS = [
    b'"signal"',
    b'"at"',
    b'"position"',
    b'"player"',
    b'"x"',
    b'"\\u0061t"',
    b'"At"',
    b"at",
    b'""',
]

number = st.sampled_from(NUMBERS)
text = st.sampled_from(TEXTS)
blank = st.sampled_from([b"", b"", b" ", b"\t", b"\r", b"\x0c", b"\xc2\xa0"])
pair = st.one_of(
    st.tuples(st.just(b'"signal"'), st.just(b'"timeupdate"')),
    st.tuples(st.just(b'"at"'), number),
    st.tuples(st.just(b'"position"'), number),
    st.tuples(st.just(b'"player"'), text),
    st.tuples(st.sampled_from(KEYS), st.one_of(number, text)),
)
usual = st.tuples(
    st.tuples(st.just(b'"signal"'), st.just(b'"timeupdate"')),
    st.tuples(st.just(b'"at"'), number),
    st.tuples(st.just(b'"position"'), number),
)
at = st.tuples(st.just(b'"at"'), st.sampled_from([b"1", b"2.5", b"-0", b"true", b"1e13"]))
other = st.tuples(st.sampled_from(OTHERS), at).map(lambda drawn: [*drawn[0], drawn[1]])


_PAUSE = b'{"signal":"pause","at":1}'


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    pairs = list(draw(st.one_of(usual, other, st.just(()))))
    pairs += draw(st.lists(pair, max_size=3))
    pairs = draw(st.permutations(pairs))
    space, colon = draw(blank), draw(st.sampled_from([b":", b": ", b" :", b"="]))
    inside = (b"," + space).join(key + colon + value for key, value in pairs)
    return draw(blank) + b"{" + inside + b"}" + draw(blank)


@given(st.lists(lines(), max_size=8))
@example([b'{"signal":"timeupdate","at":1,"position":-0}'])
@example([b'{"signal":"timeupdate","at":1,"position":1,"player":null,"x":1}'])
@example([b'{"signal":"timeupdate","at":1,"position":1}', b'{"signal":"timeupdate","at":1,"at":1}'])
@example(
    [b'{"signal":"pause","at":1}{"signal":"playing","at":1}', b"", b'{"signal":"stall","at":1}']
)
@example(
    [b'{"signal":"pause","at":1} {"signal":"stall","at":1}', b'{"signal":"stall",', b'"at":1}']
)
@example([b'{"signal":"pause","at":1}\r', b'{"signal":"stall","at":1}'])
@example([b'{"at":{}', b'{"at":1}}'])
def test_derive_does_what_reading_each_line_with_care_does(written: list[bytes]) -> None:
    opening = b'{"signal": "playing", "at": 0}\n{"signal": "playing", "at": 0, "player": "a"}\n'
    trace = opening + b"\n".join(written)
    bad: list[TraceError] = []

    events = [event for made in derive(BytesIO(trace), on_bad=bad.append) for event in made]

    assert (events, [(error.line, field_of(error.problem)) for error in bad]) == carefully(trace)
