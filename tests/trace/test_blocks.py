"""Traces of many lines: whatever they are made of, as if each line were read by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gzip import compress
from io import BytesIO
from typing import Any, cast

import pytest
from test_deriving import carefully, field_of

from playertrack import Event, Fleet
from playertrack.trace.codec import MAX_LINE, TraceError, parse_signal
from playertrack.trace.fast_decode import LineDecoder, Update
from playertrack.trace.feed import Share, derive, feed_lines
from playertrack.trace.input_files import uncompressed


def watched(*names: str, seconds: int = 300, more: str = "") -> Iterator[bytes]:
    """Players that watch at once; some of what they say is longer than an update."""
    for second in range(seconds):
        for name in names:
            whose = f', "player": "{name}"' if name else ""
            says = [f'"timeupdate", "at": {second}.25, "position": {second % 200}.25']
            if second % 200 == 0:
                loaded = f'"loaded", "at": {second}, "entry_id": "e{second}", "duration": 180'
                says = [loaded, f'"playing", "at": {second}']
            elif second % 37 == 0:
                says += [f'"stall", "at": {second}.5', f'"playing", "at": {second}.75']
            numbered = more.replace("N", str(2 * second))
            for each in says:
                yield f'{{"signal": {each}{whose}{numbered}}}'.encode()


USUAL = [*watched("a", "b", "c")]
#: Somewhere in the midst of what is decoded at once.
MIDDLE = 500

TRACES: dict[str, Sequence[bytes]] = {
    "some players": USUAL,
    "a player without a name": [*watched("")],
    "numbers": [*watched("a", "b", more=', "seq": N')],
    "numbers without players": [*watched("", more=', "seq": N')],
    "named and unnamed players": [*watched("a", "", "b")],
    "first one form, then another": [
        *watched("a"),
        *watched("", seconds=200),
        *watched("b", more=', "seq": N'),
    ],
    "keys that nobody knows": [*watched("a", "b", more=', "x": {"at": 1}')],
    "carriage returns": [line + b"\r" for line in USUAL],
    "blank lines": [each for line in USUAL for each in (line, b"", b" \r")],
    "no trace at all": [b"oops"] * 1000,
}
DAMAGED: dict[str, bytes] = {
    "no JSON": b'{"signal": "timeupdate", "at": 1,',
    "two objects": b" ".join(USUAL[:2]),
    "two objects with a comma": b",".join(USUAL[:2]),
    "a key twice": b'{"signal": "timeupdate", "at": 1, "position": 2, "player": "a", "at": 2}',
    "a key twice that nobody knows": b'{"signal": "stall", "at": 1, "x": 1, "x": 1}',
    "a key twice, and an escaped colon": b'{"signal": "stall", "at": 1, "at": 1, "x": "\\u003a"}',
    "a key twice, once escaped": b'{"signal": "stall", "at": 1, "\\u0061t": 1, "x": ":"}',
    "a null, and a key that nobody knows": b'{"signal": "stall", "at": 1, "player": null, "x": 1}',
    "a number too large that nobody knows": b'{"signal": "stall", "at": 1, "x": 1e999}',
    "a number too long that nobody knows": b'{"signal": "stall", "at": 1, "x": %s}' % (b"1" * 400),
    "a null": b'{"signal": "timeupdate", "at": 1, "position": 2, "player": null}',
    "no player": b'{"signal": "timeupdate", "at": 170, "position": 170}',
    "a colon in a name": b'{"signal": "timeupdate", "at": 1, "position": 2, "player": "a:b"}',
    "a negative position": b'{"signal": "timeupdate", "at": 1, "position": -2, "player": "a"}',
    "an `at` in milliseconds": b'{"signal": "timeupdate", "at": 1e13, "position": 2}',
    "no number": b'{"signal": "timeupdate", "at": 1, "position": NaN, "player": "a"}',
    "not UTF-8": b'{"signal": "timeupdate", "at": 1, "position": 2, "player": "\xff"}',
    "a string over two lines": b'{"signal": "pause", "at": 1, "player": "a\nb"}',
    "an object over two lines": b'{"signal": "timeupdate", "at": 1,\n"position": 2}',
    "an array over two lines": b'{"signal": "timeupdate", "at": 1, "position": [2\n]}',
    "an array over two lines that nobody reads": b'{"signal": "pause", "at": 1, "x": [2\n3]}',
    "a name over two lines that nobody reads": b'{"signal": "pause", "at": 1, "x": "a\nb"}',
    "only a null": b"null",
    "a null between two objects": b", null, ".join(USUAL[:2]),
    "an array": b"[%b]" % USUAL[0],
    "what closes an array and opens one": b"%b], [%b" % (USUAL[0], USUAL[1]),
    "a comma after an object": USUAL[0] + b",",
    "a comma before an object": b"," + USUAL[0],
    "a byte order mark": b"\xef\xbb\xbf" + USUAL[0],
    "a number that is too large": b'{"signal": "timeupdate", "at": 1, "position": 1e999}',
    "a number that is none": b'{"signal": "pause", "at": 1, "player": "a", "seq": -1}',
    "a line longer than a block": b'{"signal": "stall", "at": 170, "player": "%s"}'
    % (b"p" * 70000),
    "a line that is too long": b'{"signal": "stall", "at": 170, "x": "%s"}' % (b"x" * MAX_LINE),
}
TRACES |= {
    f"in the middle {name}": [*USUAL[:MIDDLE], line, *USUAL[MIDDLE:]]
    for name, line in DAMAGED.items()
}


def derived(trace: bytes) -> tuple[list[Event], list[tuple[int, str]]]:
    """As `carefully`, of what `derive` makes of the trace."""
    bad: list[TraceError] = []
    events = [event for made in derive(BytesIO(trace), on_bad=bad.append) for event in made]
    return events, [(error.line, field_of(error.problem)) for error in bad]


@pytest.mark.parametrize("end", [b"", b"\n"], ids=["without an end", "with an end"])
@pytest.mark.parametrize("lines", TRACES.values(), ids=TRACES.keys())
def test_many_lines_are_what_each_of_them_is(lines: Sequence[bytes], end: bytes) -> None:
    trace = b"\n".join(lines) + end
    assert derived(trace) == carefully(trace)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n "], ids=repr)
@pytest.mark.parametrize("more", ["", ', "seq": N'])
@pytest.mark.parametrize("player", ["a", ""])
def test_lines_that_leave_no_doubt_are_decoded_at_once(player: str, more: str, end: bytes) -> None:
    lines = [*watched(player, more=more)]
    decoder = LineDecoder()
    assert None not in decoder.decode(end.join(lines))
    assert decoder.update is not Update


@pytest.mark.parametrize(
    "more", ['"x": 1', '"x": "a:b", "y:z": null', '"x": true, "a:b": "https://a.b/c:d"', '"": ""']
)
def test_keys_that_nobody_knows_leave_no_doubt(more: str) -> None:
    lines = [*watched("a", "", "b:c", more=f", {more}")]
    assert None not in LineDecoder().decode(b"\n".join(lines))
    assert derived(b"\n".join(lines)) == carefully(b"\n".join(lines))


@pytest.mark.parametrize("between", [b"", b" ", b",", b", ", b",null,", b"null", b"],["])
@pytest.mark.parametrize(
    "line",
    [
        b'{"signal": "timeupdate", "at": 12, "position": 34, "player": "a"}',
        b'{"signal": "pause", "at": 12, "player": "a"}',
        b'{"signal": "pause", "at": [12, 34], "player": "a"}',
        b'{"signal": "captions", "at": 12, "language": null, "x": [12, [34, 56]]}',
    ],
)
def test_a_line_that_has_two_does_not_make_up_for_one_that_is_broken(
    line: bytes, between: bytes
) -> None:
    """Wherever it is broken, and whatever gets lost there."""
    two = between.join([USUAL[3], USUAL[4]])
    for place in range(len(line) + 1):
        for lost in (0, 1, 2):
            broken = line[:place] + b"\n" + line[place + lost :]
            trace = b"\n".join([*USUAL[:3], broken, two, *USUAL[5:8]])
            assert derived(trace) == carefully(trace), broken


def test_every_line_is_of_one_share() -> None:
    lines = [line for name in DAMAGED for line in (*USUAL[:20], DAMAGED[name])]
    trace = b"\n".join(lines)
    whole = [
        each for made in feed_lines(BytesIO(trace), Fleet(), share=Share(0, 1)) for each in made
    ]

    shares = [Share(number, 3) for number in range(3)]
    parts = [
        each
        for share in shares
        for made in feed_lines(BytesIO(trace), Fleet(), share=share)
        for each in made
    ]

    assert sorted(map(repr, parts)) == sorted(map(repr, whole))
    seen = {player: line for share in shares for player, line in share.first_seen.items()}
    assert {seen["a"], seen["b"], seen["c"]} == {1, 3, 5}


class Counted(Fleet):
    """Counts the updates that it is given one by one."""

    updates = 0

    def timeupdate(self, *args: Any) -> Sequence[Event]:
        self.updates += 1
        return super().timeupdate(*args)


def test_a_share_is_derived_in_the_quick_way() -> None:
    fleet = Counted()
    for _ in feed_lines(BytesIO(b"\n".join(USUAL)), fleet, share=Share(0, 1)):
        pass
    assert fleet.updates == 0


def test_players_are_of_the_same_share_however_many_there_are() -> None:
    names = [f"player {number}" for number in range(100_000)]
    share, again = Share(0, 2), Share(0, 2)
    trace = b"\n".join(
        f'{{"signal": "ready", "at": 1, "player": "{name}"}}'.encode() for name in names
    )
    for _ in feed_lines(BytesIO(trace), Fleet(), share=share):
        pass
    assert [*share.first_seen] == [name for name in names if again.has(name)]


def test_events_come_with_those_of_the_lines_before_where_nobody_asks_of_each_line() -> None:
    """From one error to the next they are as of one line."""
    trace = b"\n".join([*USUAL[:10], b"oops", b"oops", *USUAL[10:100], b""])

    (made,) = feed_lines(BytesIO(trace), Fleet())

    fleet = Fleet()
    before, after = (
        [event for line in lines for event in fleet.feed(*parse_signal(line))]
        for lines in (USUAL[:10], USUAL[10:100])
    )
    errors = [number for number, each in made if isinstance(each, TraceError)]
    events = [(number, each) for number, each in made if not isinstance(each, TraceError)]
    assert errors == [11, 12]
    assert events == [(11, before), (12, []), (102, after)]
    assert before
    assert after


def test_what_is_left_of_the_players_is_the_same() -> None:
    quickly, line_by_line = Fleet(), Fleet()
    for _ in feed_lines(BytesIO(b"\n".join(USUAL)), quickly):
        pass
    for line in USUAL:
        line_by_line.feed(*parse_signal(line))

    for player in "abc":
        assert quickly.snapshot(player) == line_by_line.snapshot(player)


def test_a_compressed_trace_is_read_as_it_was_written() -> None:
    trace = b"\n".join(USUAL)

    with uncompressed(BytesIO(compress(trace)), "gz", "a.gz") as stream:
        events = [event for made in derive(stream) for event in made]

    assert events == carefully(trace)[0]


def test_a_player_that_was_put_away_is_taken_up_by_its_next_update() -> None:
    fleet = Fleet()
    packed: list[Event] = []
    for made in feed_lines(BytesIO(b"\n".join(USUAL)), fleet):
        packed += [event for _, events in made for event in cast("Sequence[Event]", events)]
        for player in fleet.known:
            fleet.pack(player)

    assert packed + fleet.close() == carefully(b"\n".join(USUAL))[0]
