"""Traces in, event logs out: the format, the strictness, and that both ways are one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playertrack import Fleet, Policy, SignalError, signals
from playertrack.events import Event, FlavorSwitch, Play, Seek, View, to_record
from playertrack.traces import (
    MAX_LINE,
    LineError,
    TraceError,
    derive,
    encode_event,
    encode_signal,
    parse_json,
    parse_record,
    parse_signal,
    read_records,
    read_signals,
)

# ----------------------------------------------------------------------------- events out


def test_an_event_is_written_as_the_format_shows_it() -> None:
    play = Play(
        "PLAY",
        at=1700000001.0,
        session="s",
        index=4,
        entry_id="1_abc",
        position=0.0,
        duration=100.0,
        join_time=0.4,
    )

    assert encode_event(play) == (
        b'{"event": "PLAY", "at": 1700000001.0, "session": "s", "index": 4, "entry_id": "1_abc", '
        b'"position": 0.0, "duration": 100.0, "join_time": 0.4}'
    )


def test_the_player_stands_before_the_session_if_there_is_one() -> None:
    event = Event("PAUSE", at=1.0, player="tv", session="s", index=1)

    assert list(json.loads(encode_event(event))) == [
        *("event", "at", "player", "session", "index", "entry_id", "position", "duration")
    ]


def test_text_is_utf_8_and_a_line_stays_a_line() -> None:
    event = Event("PAUSE", at=1.0, player="télé\n\u2028", session="s", index=1)

    line = encode_event(event)

    assert "télé\\n\u2028".encode() in line
    assert b"\n" not in line


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, b"0.0"),
        (12.25, b"12.25"),
        (1e15, b"1000000000000000.0"),
        (1e16, b"1e+16"),
        (1e22, b"1e+22"),
        (1e-4, b"0.0001"),
        (1e-5, b"1e-05"),
        (5e-324, b"5e-324"),
        (1.7976931348623157e308, b"1.7976931348623157e+308"),
    ],
)
def test_numbers_have_pythons_shortest_form(number: float, text: bytes) -> None:
    event = View("VIEW", at=0.0, session="s", index=1, play_time=number)

    assert b'"play_time": ' + text + b"," in encode_event(event)


def test_counts_and_bitrates_stay_integers() -> None:
    event = FlavorSwitch("FLAVOR_SWITCH", at=0.0, session="s", index=3, bitrate=800)

    assert b'"index": 3,' in encode_event(event)
    assert encode_event(event).endswith(b'"bitrate": 800}')


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.booleans(),
)
def test_an_event_line_is_what_json_of_the_standard_library_writes(
    number: float, other: float, text: str, flag: bool
) -> None:
    event = Seek(
        text,
        at=number,
        player=text,
        session=text,
        index=7,
        origin=other,
        target=None,
        inferred=flag,
    )

    assert encode_event(event) == json.dumps(to_record(event), ensure_ascii=False).encode()


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_event(Event("PAUSE", at=float("nan"), session="s", index=1))


@given(st.sampled_from([None, "tv", "télé"]))
def test_a_signal_survives_being_written_and_read(player: str | None) -> None:
    signal = signals.Seek(at=3.0, position=4.5, origin=1.0)

    assert parse_signal(encode_signal(signal, player)) == (player, signal)


# ----------------------------------------------------------------------------- lines in

GOOD = b'{"signal": "timeupdate", "at": 1, "position": 2}'

#: A line that cannot be taken, and what the message must say.
REFUSED = {
    "no json": (b"{", "not JSON: "),
    "text after the object": (GOOD + b" x", "not JSON: Extra data"),
    "two objects": (GOOD + GOOD, "not JSON: Extra data"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "not JSON: begins with a byte order mark"),
    "not utf-8": (GOOD.replace(b"timeupdate", b"\xff"), "not UTF-8: invalid start byte at byte 13"),
    "utf-16": (GOOD.decode().encode("utf-16"), "not UTF-8: "),
    "control character": (b'{"signal": "pause\x01", "at": 1}', "not JSON: Invalid control"),
    "a list": (b"[1]", "not an object: [1]"),
    "a number": (b"7", "not an object: 7"),
    "null": (b"null", "not an object: None"),
    "deep nesting": (b'{"x": ' + b"[" * 100_000, "nested too deeply"),
    "deep nesting, closed": (
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "nested too deeply",
    ),
    "too long": (GOOD + b" " * MAX_LINE, "longer than 1048576 bytes"),
    "signal twice": (b'{"signal": "play", "signal": "play", "at": 1}', "signal: the key"),
    "at twice": (GOOD.replace(b"{", b'{"at": 1, '), "at: the key is there twice"),
    "position twice": (GOOD.replace(b"}", b', "position": 2}'), "position: the key"),
    "escaped twice": (GOOD.replace(b"{", b'{"\\u0061t": 1, '), "at: the key is there twice"),
    "unknown twice": (GOOD.replace(b"{", b'{"x": 1, "x": 1, '), "x: the key is there twice"),
    "odd key twice": (
        GOOD.replace(b"{", b'{"\\n": 1, "\\n": 1, '),
        "'\\n': the key is there twice",
    ),
    "nested twice": (GOOD.replace(b"{", b'{"x": [{"y": 1, "y": 1}], '), "y: the key"),
    "NaN": (GOOD.replace(b"2", b"NaN"), "position: nan"),
    "Infinity": (GOOD.replace(b"1", b"Infinity"), "at: inf"),
    "-Infinity": (GOOD.replace(b"1", b"-Infinity"), "at: -inf"),
    "NaN, ignored field": (GOOD.replace(b"{", b'{"x": NaN, '), "x: nan"),
    "NaN, nested": (GOOD.replace(b"{", b'{"x": [1, [NaN]], '), "x: [1, [nan]]"),
    "beyond a float": (GOOD.replace(b"2", b"1e400"), "position: inf"),
    "integer beyond a float": (GOOD.replace(b"2", b"9" * 400), "position: inf"),
    "integer beyond printing": (GOOD.replace(b"2", b"9" * 5000), "position: inf"),
    "player a number": (GOOD.replace(b"{", b'{"player": 5, '), "player: 5"),
    "player null": (GOOD.replace(b"{", b'{"player": null, '), "player: None"),
    "player a list": (GOOD.replace(b"{", b'{"player": ["a"], '), "player: ['a']"),
    "player no text": (GOOD.replace(b"{", b'{"player": "\\ud800", '), "player: '\\ud800'"),
    "unknown signal": (b'{"signal": "explode", "at": 1}', "signal: 'explode'"),
    "no signal": (b'{"at": 1}', "signal: None"),
    "signal misspelt": (GOOD.replace(b"signal", b"signai"), "signal: None"),
    "signal no text": (b'{"signal": ["play"], "at": 1}', "signal: ['play']"),
    "no at": (b'{"signal": "play"}', "at: None"),
    "no position": (b'{"signal": "timeupdate", "at": 1}', "position: None"),
    "at a string": (GOOD.replace(b"1", b'"1"'), "at: '1'"),
    "at true": (GOOD.replace(b"1", b"true"), "at: True"),
    "at in milliseconds": (GOOD.replace(b"1", b"1700000000000"), "at: 1700000000000"),
    "position null": (GOOD.replace(b"2", b"null"), "position: None"),
    "position negative": (GOOD.replace(b"2", b"-2"), "position: -2"),
    "no entry": (b'{"signal": "loaded", "at": 1}', "entry_id: None"),
    "rate 0": (b'{"signal": "ratechange", "at": 1, "rate": 0}', "rate: 0"),
}


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_a_line_that_cannot_be_taken_is_told_with_its_place_and_field(
    line: bytes, message: str
) -> None:
    with pytest.raises(TraceError) as caught:
        list(derive(BytesIO(b"\n" + GOOD + b"\n" + line + b"\n"), source="trace"))

    assert str(caught.value).startswith("trace:3: ")
    assert message in caught.value.problem
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_both_readers_refuse_the_same_lines(line: bytes, message: str) -> None:
    with pytest.raises(TraceError) as caught:
        list(read_signals(BytesIO(GOOD + b"\n" + line), "trace"))

    assert caught.value.line == 2
    assert message in caught.value.problem


@pytest.mark.parametrize(
    "line",
    [
        GOOD + b"\r",
        b"\t " + GOOD + b" ",
        GOOD.replace(b"{", b'{"x": {"at": 1, "y": [null, true, "\\ud800"]}, '),
        GOOD.replace(b"{", b'{"duration": "no field of a timeupdate", '),
        GOOD.replace(b"{", b'{"x": 1e308, '),
        GOOD.replace(b'"at"', b'"\\u0061t"'),
    ],
)
def test_a_line_that_is_only_unusual_is_taken(line: bytes) -> None:
    assert parse_signal(line) == (None, signals.TimeUpdate(at=1.0, position=2.0))
    assert list(derive(BytesIO(line))) == [[], []]


def test_blank_lines_count_and_mean_nothing() -> None:
    trace = b"\n \t\n\r\n" + GOOD + b"\n\n"

    assert [line for line, _ in read_signals(BytesIO(trace))] == [4]
    assert list(derive(BytesIO(trace))) == list(derive(BytesIO(GOOD)))


def test_a_line_of_just_the_length_allowed_is_taken() -> None:
    line = GOOD + b" " * (MAX_LINE - len(GOOD))

    assert [number for number, _ in read_signals(BytesIO(line + b"\n" + GOOD))] == [1, 2]
    list(derive(BytesIO(line + b"\n" + GOOD)))


def test_a_line_without_end_costs_no_more_than_one_that_is_too_long() -> None:
    class Endless:
        left = 40

        def read1(self, size: int, /) -> bytes:
            self.left -= 1
            return b"x" * size if self.left > 0 else b"\n" + GOOD if self.left == 0 else b""

    bad: list[TraceError] = []

    assert [line for line, _ in read_signals(Endless(), on_bad=bad.append)] == [2]
    assert [error.line for error in bad] == [1]


def test_records_of_an_event_log_are_read_as_strictly() -> None:
    assert list(read_records(BytesIO(b'{"event": 1}\n\n{}'))) == [(1, {"event": 1}), (3, {})]
    with pytest.raises(TraceError, match=r"^log:1: x: the key is there twice$"):
        list(read_records(BytesIO(b'{"x": 1, "x": 1}'), "log"))


def test_a_text_of_several_lines_names_the_line() -> None:
    with pytest.raises(LineError, match=r"line 2, column 3"):
        parse_json(b"{\n  oops}")


def test_a_record_is_an_object() -> None:
    assert parse_record(b'{"a": 1}') == {"a": 1}
    with pytest.raises(LineError, match="not an object"):
        parse_record(b"[]")


# ----------------------------------------------------------------------------- deriving

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


# ------------------------------------------------- the fast way and the careful way are one


def field_of(problem: object) -> str:
    """What a complaint is about: a field, or that it is no JSON."""
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
def test_derive_does_what_reading_each_line_with_care_does(written: list[bytes]) -> None:
    opening = b'{"signal": "playing", "at": 0}\n{"signal": "playing", "at": 0, "player": "a"}\n'
    trace = opening + b"\n".join(written)
    bad: list[TraceError] = []

    events = [event for made in derive(BytesIO(trace), on_bad=bad.append) for event in made]

    assert (events, [(error.line, field_of(error.problem)) for error in bad]) == carefully(trace)
