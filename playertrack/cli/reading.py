"""Traces as the commands read them: signals line by line, of a trace or a raw recording."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from types import EllipsisType
from typing import TYPE_CHECKING

from .common import (
    Complaints,
    WantedPlayer,
    add_policy,
    add_session,
    add_skip_bad,
    name_of,
    open_input,
    read_policy,
)

if TYPE_CHECKING:
    from ..policy import Policy
    from ..signals import Signal
    from ..trace.codec import ByteStream, OnBad
    from ..trace.recording import Translator

#: Who reads raw recordings: an entry is called for a `Translator`.
GROUP = "playertrack.adapters"

#: What a file is that --raw was given for and that is no raw recording.
_NOT_RAW = {
    "signal": "this is a trace of signals, not a raw recording; leave out --raw",
    "event": "this is an event log, not a raw recording; playertrack lint checks it",
}

#: A line's number, and the player and the signal on it.
Numbered = tuple[int, tuple[str | None, "Signal"]]


def add_raw(parser: argparse.ArgumentParser) -> None:
    """``--raw PLAYER``; see `translator_of`."""
    parser.add_argument(
        "--raw",
        metavar="PLAYER",
        help="the input is a raw recording of this player, such as vlc, mpv or html5",
    )


def translator_and_policy(args: argparse.Namespace) -> tuple[Translator | None, Policy]:
    """The reader of the input (``--raw``), and the policy by which it is judged (``--policy``)."""
    translator = translator_of(args.raw)
    return translator, read_policy(args.policy, None if translator is None else translator.policy)


def add_trace(parser: argparse.ArgumentParser) -> None:
    """``TRACE`` and how it is read; see `TraceReader`."""
    parser.add_argument("trace", metavar="TRACE", help="a signal trace; - for standard input")
    add_session(parser)
    add_raw(parser)
    add_policy(parser)
    add_skip_bad(parser)


class TraceReader:
    """Reads the trace that a command names, as its options say; see `add_trace`."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._path, self._player = args.trace, args.player
        self._translator, self.policy = translator_and_policy(args)
        self.source = name_of(args.trace)
        self.complaints = Complaints(args.skip_bad)

    @contextmanager
    def signals(self) -> Iterator[Iterator[Numbered]]:
        """The signals of the players that were asked for."""
        with open_input(self._path) as stream:
            yield numbered_signals(
                stream, self._translator, self.source, self.complaints.on_bad, player=self._player
            )


def translator_of(player: str | None) -> Translator | None:
    """The translator for a player's raw recordings; raises `PlayertrackError` if there is none."""
    from importlib.metadata import entry_points

    from .._words import did_you_mean
    from ..errors import PlayertrackError, shorten

    if player is None:
        return None
    found = entry_points(group=GROUP)
    if player not in found.names:
        known = ", ".join(sorted(found.names)) or "none"
        hint = did_you_mean(player, found.names) or f"; installed: {known}"
        raise PlayertrackError(
            f"--raw: no installed adapter reads recordings of {shorten(player)}{hint}"
        )
    translator: Translator = found[player].load()()
    return translator


def numbered_signals(
    stream: ByteStream,
    translator: Translator | None,
    source: str,
    on_bad: OnBad | None,
    *,
    player: str | EllipsisType = ...,
) -> Iterator[Numbered]:
    """The signals of a trace, or those that ``translator`` makes of a raw recording.

    ``player``: only those of this player, ... for all; raises `PlayertrackError` if it has none.
    """
    from ..errors import SignalError
    from ..trace.codec import LineError, TraceError, read_records, read_signals

    if translator is None:
        signals = read_signals(stream, source, on_bad)
        if player is ...:
            yield from signals
            return
        wanted = WantedPlayer(player)
        yield from (each for each in signals if wanted(each[1][0]))
        wanted.check(source)
        return
    if player is not ...:  # a recording has one player, which has no name
        WantedPlayer(player).check(source)
    line = 0
    for line, record in read_records(stream, source, on_bad):
        try:
            if "kind" not in record and ("signal" in record or "event" in record):
                raise LineError(_NOT_RAW["signal" if "signal" in record else "event"])
            made = translator.translate(record)
        except (LineError, SignalError) as error:
            refused = TraceError(source, line, str(error))
            if on_bad is None:
                raise refused from None
            on_bad(refused)
        else:
            yield from ((line, (None, signal)) for signal in made)
    yield from ((line, (None, signal)) for signal in translator.finish())
