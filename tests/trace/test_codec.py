"""Traces in, event logs out: the format, and how strict it is."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import signals
from playertrack.events import EVENTS, Event, FlavorSwitch, Play, Seek, View, to_record
from playertrack.trace.codec import (
    MAX_LINE,
    LineError,
    TraceError,
    encode_event,
    encode_events,
    encode_signal,
    parse_json,
    parse_record,
    parse_signal,
    read_records,
    read_signals,
)
from playertrack.trace.feed import derive


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


def test_counts_stay_integers_and_bitrates_are_floats() -> None:
    event = FlavorSwitch("FLAVOR_SWITCH", at=0.0, session="s", index=3, bitrate=800.0)

    assert b'"index": 3,' in encode_event(event)
    assert encode_event(event).endswith(b'"bitrate": 800.0}')


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


@given(
    st.lists(
        st.builds(
            Event,
            st.sampled_from(["PAUSE", "RESUME"]),
            at=st.floats(allow_nan=False, allow_infinity=False),
            player=st.sampled_from([None, "tv", "}\n\0{"]),
            session=st.text(st.characters(exclude_categories=["Cs"])),
            index=st.integers(1, 9),
        ),
        max_size=20,
    ),
    st.sampled_from([1, 50]),
)
def test_lines_made_at_once_are_those_made_one_by_one(events: list[Event], often: int) -> None:
    lines = [encode_event(event) + b"\n" for event in events * often]
    assert encode_events(events * often) == b"".join(lines)


@pytest.mark.parametrize("player", [None, "tv"])
@pytest.mark.parametrize("name", EVENTS)
def test_the_line_of_each_event(name: str, player: str | None) -> None:
    event = EVENTS[name](name, at=1.5, player=player, session="s", index=1, position=2.0)

    assert encode_event(event) == json.dumps(to_record(event)).encode()


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_event(Event("PAUSE", at=float("nan"), session="s", index=1))


@given(st.sampled_from([None, "tv", "télé"]))
def test_a_signal_survives_being_written_and_read(player: str | None) -> None:
    signal = signals.Seek(at=3.0, position=4.5, origin=1.0)

    assert parse_signal(encode_signal(signal, player)) == (player, signal)


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
    "no signal": (b'{"at": 1}', "there is no signal"),
    "signal misspelt": (GOOD.replace(b"signal", b"signai"), "there is no signal"),
    "a raw recording": (b'{"t": 1, "kind": "Playing"}', "this is a raw recording of a player"),
    "signal no text": (b'{"signal": ["play"], "at": 1}', "signal: ['play']"),
    "no at": (b'{"signal": "play"}', "play needs a time (at)"),
    "no position": (b'{"signal": "timeupdate", "at": 1}', "timeupdate needs a position"),
    "at a string": (GOOD.replace(b"1", b'"1"'), "at: '1'"),
    "at true": (GOOD.replace(b"1", b"true"), "at: True"),
    "at in milliseconds": (GOOD.replace(b"1", b"1700000000000"), "at: 1700000000000"),
    "position null": (GOOD.replace(b"2", b"null"), "position: None"),
    "position negative": (GOOD.replace(b"2", b"-2"), "position: -2"),
    "no entry": (b'{"signal": "loaded", "at": 1}', "loaded needs an entry_id"),
    "rate 0": (b'{"signal": "ratechange", "at": 1, "rate": 0}', "rate: 0"),
}


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_line_is_reported_with_its_place_and_field(line: bytes, message: str) -> None:
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
