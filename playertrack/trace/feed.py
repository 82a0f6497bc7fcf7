"""From the lines of traces to events.

`derive` reads a trace and gives its events; `feed_lines` also says which line made which events.
Plain lines are decoded quickly (see `fast_decode`), all others carefully by `codec.parse_entry`.
Both ways give the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import compress, repeat
from operator import length_hint
from typing import Any, cast
from zlib import crc32

from .._msgspec import msgspec
from ..core.fleet import Fleet
from ..errors import SignalError
from ..events import Event
from .codec import (
    BLANK,
    MAX_LINE,
    ByteStream,
    LineError,
    OnBad,
    TraceError,
    blocks,
    parse_entry,
)
from .fast_decode import ERRORS, LineDecoder, signal_of
from .summaries import EndedSessions, Row

#: So many players are remembered, to know again whose share they are.
_MOST_KNOWN = 1 << 16

#: What a line, or row, of the input came to: its number, and its events, what is wrong with it,
#: or the summaries of the sessions that it ended.
Made = tuple[int, Sequence[Event] | TraceError | list[Row]]


class _Lines:
    """The lines of a block by their ``numbers``; it is split when one is asked for."""

    def __init__(self, block: bytes, numbers: range) -> None:
        self._block, self.numbers = block, numbers

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._block.split(b"\n")

    def __getitem__(self, number: int) -> bytes:
        return self._lines[number - self.numbers.start]


class Share:
    """One of ``count`` shares of the players, so that as many processes can each derive theirs.

    ``first_seen`` notes on which line, or row, each of its players first appeared.
    """

    def __init__(self, number: int, count: int) -> None:
        self.number, self.count = number, count
        self.first_seen: dict[str | None, int] = {}
        self._has = lru_cache(_MOST_KNOWN)(self.has)  # of very many players it forgets some

    def has(self, player: str | None) -> bool:
        """True if ``player`` is in this share."""
        return share_of(player, self.count) == self.number

    def mine(self, found: Sequence[Any], lines: _Lines) -> list[bool]:
        """Which of the lines are of its players; what nobody can read is in the first share.

        ``found`` is what the ``lines`` were decoded to, None where that failed.
        """
        players = (
            _player_of(lines[line]) if each is None else each.player
            for line, each in zip(lines.numbers, found, strict=True)
        )
        return list(map(self._has, players))


def share_of(player: str | None, count: int) -> int:
    """Which of ``count`` shares has ``player``: the same in every process."""
    return crc32(player.encode(errors="surrogatepass")) % count if player else 0


class _Player(msgspec.Struct, gc=False):
    player: str | None = None


_decode_player = msgspec.json.Decoder(_Player).decode


def _player_of(line: bytes) -> str | None:
    try:
        return _decode_player(line).player
    except ERRORS:
        return None


def derive(
    stream: ByteStream,
    fleet: Fleet | None = None,
    *,
    source: str = "<trace>",
    on_bad: OnBad | None = None,
) -> Iterator[Sequence[Event]]:
    """The events of a trace, as many at once as the stream had lines to give.

    ``fleet`` derives them (one with the default policy if there is none). When the trace ends
    each player is closed at its own last ``at`` (R-eof). Raises `TraceError` at a line that
    cannot be taken, after the events before it were given; with ``on_bad`` the line is handed
    there and left out.
    """
    fleet = fleet or Fleet()
    for block in feed_lines(stream, fleet, source=source):
        made: list[Event] = []
        for _, each in block:
            if not isinstance(each, TraceError):
                made += cast("Sequence[Event]", each)
            elif on_bad is not None:
                on_bad(each)
            else:
                yield made
                raise each
        yield made
    yield fleet.close()


def feed_lines(
    stream: ByteStream,
    fleet: Fleet,
    *,
    source: str = "<trace>",
    share: Share | None = None,
    wanted: Callable[[str | None], bool] | None = None,
    ended: EndedSessions | None = None,
) -> Iterator[list[Made]]:
    """Feed the lines of a trace to ``fleet``: what they made, as they arrive.

    Lines that made nothing are not named. ``share``: only the players of that share. ``wanted``:
    only the players of which it says so. ``ended`` collects the sessions of the fleet that end.
    With neither ``share`` nor ``ended`` nobody needs to know of each line: the events from one
    error to the next are given as made by one line, the last of them. Nobody is closed in the end.
    """
    decoder = LineDecoder()
    apart = share is not None or ended is not None
    for lines, numbers, found in _decoded(stream, decoder, share):
        made: list[Made] = []
        joined: list[Event] = []
        rest = iter(found)
        notable: Iterator[tuple[Any, Sequence[Event] | None]]
        if fleet.plain and wanted is None:
            notable = fleet.skim(rest, decoder.update)
        else:
            notable = zip(rest, repeat(None))
        for line, taken in notable:
            if taken is not None and not apart:
                joined += taken
                continue
            number = numbers[-1 - length_hint(rest)]
            try:
                events = taken or _feed(fleet, line, decoder.update, lines, number, share, wanted)
            except (LineError, SignalError) as error:
                made += [(number, joined), (number, TraceError(source, number, str(error)))]
                joined = []
                continue
            if apart:
                made += _of_line(number, events, ended)
            else:
                joined += events
        if joined:
            made.append((numbers[-1], joined))
        yield made


def _decoded(
    stream: ByteStream, decoder: LineDecoder, share: Share | None
) -> Iterator[tuple[_Lines, Sequence[int], Sequence[Any]]]:
    """The lines of each block, and the numbers of those of the ``share``, with what they hold."""
    first = 1
    for block in blocks(stream):
        found = decoder.decode(block)
        if len(block) > MAX_LINE and b"\n" not in block[: MAX_LINE + 1]:
            found = [None, *found[1:]]
        lines = _Lines(block, range(first, first + len(found)))
        first += len(found)
        if share is None:
            yield lines, lines.numbers, found
        else:
            mine = share.mine(found, lines)
            yield lines, list(compress(lines.numbers, mine)), list(compress(found, mine))


def _of_line(number: int, events: Sequence[Event], ended: EndedSessions | None) -> Iterator[Made]:
    """The events of a line, and the summaries of the sessions that it ended."""
    if events:
        yield number, events
    if ended:
        yield number, ended.take()


def _feed(
    fleet: Fleet,
    found: Any,
    update: type[Any],
    lines: _Lines,
    number: int,
    share: Share | None,
    wanted: Callable[[str | None], bool] | None,
) -> Sequence[Event]:
    """Feed what was ``found`` on a line; the careful way if it was left in any doubt."""
    signal = None
    is_update = type(found) is update
    if found is not None and not is_update:
        signal = signal_of(found)
    if is_update or signal is not None:
        player, seq = found.player, found.seq
    elif (line := lines[number]).strip(BLANK):
        player, signal, seq = parse_entry(line)
    else:
        return ()
    if wanted is not None and not wanted(player):
        return ()
    if signal is not None:
        events = fleet.feed(player, signal, seq)
    else:
        events = fleet.timeupdate(player, found.position, found.at, seq)
    if share is not None:
        share.first_seen.setdefault(player, number)
    return events
